"""Times as text: every time that a reader sees, also where the clocks are changed.

A time that the clocks show twice, since they are set back, has its offset from UTC. Two times of
different offsets have their zones, both.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from babel.dates import format_datetime

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.io.local_time import is_repeated, local_time, offset
from campaign_live_widgets.snapshot import EPOCH, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

SHORT: Final = "d MMM HH:mm"
WITH_YEAR: Final = "d MMM y HH:mm"
_CLOCK: Final = "HH:mm"
_TO_THE_SECOND: Final = "d MMM y HH:mm:ss"
_UTC_DAY: Final = Text("UTC day", "jour UTC")
_UTC: Final = ("UTC", "Etc/UTC")
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_QUARTER: Final = timedelta(minutes=15)


def instant(at: datetime, time_zone: str, locale: str, *, pattern: str = SHORT) -> str:
    """Return *at* on the clocks of *time_zone*, with its offset only where they show it twice."""
    local = local_time(at, time_zone)
    return _joined(_text(local, pattern, locale), _offset_if_repeated(local))


def named(at: datetime, time_zone: str, locale: str, *, pattern: str = SHORT) -> str:
    """Return *at* on the clocks of *time_zone*, with the zone's short name."""
    return _joined(_text(local_time(at, time_zone), pattern, locale), zone(at, time_zone))


def moment(at: datetime, time_zone: str, locale: str) -> str:
    """Return *at* to the second, with year and zone."""
    return named(at, time_zone, locale, pattern=_TO_THE_SECOND)


def zone(at: datetime, time_zone: str) -> str:
    """Return the short name of *time_zone* at *at*: ``UTC``, ``CET``, or ``UTC+3`` without one.

    A name that applies before and after a change is not enough for a time that the clocks
    show twice.
    """
    local = local_time(at, time_zone)
    other = local.replace(fold=1 - local.fold)
    is_shared = is_repeated(local) and other.tzname() == local.tzname()
    return utc_offset(local) if is_shared else _zone_name(local)


def span(  # noqa: PLR0913 - all but four by name
    start: datetime,
    end: datetime,
    time_zone: str,
    locale: str,
    *,
    pattern: str = WITH_YEAR,
    has_zone: bool = True,
) -> str:
    """Return start and end of a window, with the zone; with both where their offsets differ.

    Without *has_zone*, the zones are left out unless they differ.
    """
    first, last = ends(start, end, time_zone, locale, pattern=pattern, has_zone=has_zone)
    return f"{first} – {last}"  # noqa: RUF001 - a span


def ends(  # noqa: PLR0913 - all but four by name
    start: datetime,
    end: datetime,
    time_zone: str,
    locale: str,
    *,
    pattern: str = WITH_YEAR,
    has_zone: bool = True,
) -> tuple[str, str]:
    """Return the two times of a :func:`span`."""
    first, last = (local_time(at, time_zone) for at in (start, end))
    names = _offset_if_repeated(first), _offset_if_repeated(last)
    if offset(first) != offset(last):
        names = zone(start, time_zone), zone(end, time_zone)
        if names[0] == names[1]:
            names = utc_offset(first), utc_offset(last)
    elif has_zone:
        names = "", zone(end, time_zone)
    return (
        _joined(_text(first, pattern, locale), names[0]),
        _joined(_text(last, pattern, locale), names[1]),
    )


def set_forward(former: datetime, latter: datetime, locale: str) -> tuple[str, str]:
    """Return what clocks show before and after they are set forward, with their zones."""
    pattern = _CLOCK if former.date() == latter.date() else WITH_YEAR
    names = _zone_name(former), _zone_name(latter)
    if names[0] == names[1]:
        names = utc_offset(former), utc_offset(latter)
    return (
        _joined(_text(former, pattern, locale), names[0]),
        _joined(_text(latter, pattern, locale), names[1]),
    )


def which(at: datetime, time_zone: str, locale: str) -> str:
    """Return which one of two times of the same text *at* is: ``02:30 CEST, UTC+2``."""
    local = local_time(at, time_zone)
    names = dict.fromkeys((_zone_name(local), utc_offset(local)))
    return _joined(_text(local, _CLOCK, locale), ", ".join(names))


def written(wall: datetime, locale: str) -> str:
    """Return a local time that may not exist."""
    return _text(wall, WITH_YEAR, locale)


def row_time(wall: datetime, locale: str, *, has_year: bool) -> str:
    """Return the local time of a row, as ``clock.js`` writes it; the zone is the caller's."""
    with_year = bucket_pattern(locale)
    without_year = "d MMM, HH:mm" if locale == "fr" else "MMM d, HH:mm"
    return _text(wall, with_year if has_year else without_year, locale)


def bucket_pattern(locale: str) -> str:
    """Return how tables and sentences write the time of a bucket."""
    return "d MMM y, HH:mm" if locale == "fr" else "MMM d, y, HH:mm"


def day_text(local: datetime, locale: str, *, has_offset: bool = False) -> str:
    """Return the day of a local time, for an axis."""
    text = _text(local, "d MMM" if locale == "fr" else "MMM d", locale)
    return _joined(text, utc_offset(local) if has_offset else "")


def clock_text(local: datetime, locale: str) -> str:
    """Return hour and minute of a local time, with its offset only where they come twice."""
    return _joined(_text(local, _CLOCK, locale), _offset_if_repeated(local))


def utc_offset(local: datetime) -> str:
    """Return the offset of a local time: ``UTC``, ``UTC+2``, ``UTC+10:30``."""
    ahead = offset(local)
    if not ahead:
        return "UTC"
    sign = "+" if ahead > timedelta() else "\N{MINUS SIGN}"
    hours, rest = divmod(abs(ahead), _HOUR)
    minutes, seconds = divmod(rest, MINUTE)
    text = f"UTC{sign}{hours}"
    if rest:
        text += f":{minutes:02}"
    return f"{text}:{seconds.seconds:02}" if seconds else text


def are_utc_days(buckets: Sequence[datetime], time_zone: str) -> bool:
    """Return whether buckets are days of UTC, which is not the zone of the times shown.

    They start at midnight in UTC: by other clocks that may be another day, or no midnight.
    """
    is_daily = len(buckets) > 1 and buckets[1] - buckets[0] >= _DAY
    return is_daily and not (buckets[0] - EPOCH) % _DAY and time_zone not in _UTC


def bucket_time(at: datetime, time_zone: str, locale: str, pattern: str, *, is_utc: bool) -> str:
    """Return the start of a bucket; *is_utc*: it is a day of UTC, and the text shows that."""
    if is_utc:
        return f"{instant(at, 'UTC', locale, pattern=pattern)} {utc_day(locale)}"
    return instant(at, time_zone, locale, pattern=pattern)


def utc_day(locale: str) -> str:
    """Return what is added to the time of a bucket that is a day of UTC."""
    return f"({_UTC_DAY(locale)})"


def clock_steps(
    moments: Iterable[datetime], time_zone: str, locale: str = ""
) -> list[list[int | str]]:
    """Return how a page writes *moments*, in order: its scripts know no time zones.

    Each step is the first moment it applies to, in seconds since the epoch, the seconds to
    add for local time, and the offset as text where the clocks show its times twice; see
    ``clock.js``. The first step also applies before, and so is the same for any moments
    without a change. The steps are not to be changed: those of the same moments are kept.

    With a *locale*, the moments are buckets: those that are days of UTC are written as such.
    """
    times = (*moments,)
    if locale and are_utc_days(times, time_zone):
        return [[0, 0, utc_day(locale)]]
    return _clock_steps(times, time_zone)


@lru_cache(maxsize=64)
def _clock_steps(moments: tuple[datetime, ...], time_zone: str) -> list[list[int | str]]:
    return _steps(moments, time_zone, _offset_if_repeated)


def _steps(
    moments: Iterable[datetime], time_zone: str, follows: Callable[[datetime], str]
) -> list[list[int | str]]:
    steps: list[list[int | str]] = []
    for at in moments:
        local = local_time(at, time_zone)
        step: list[int | str] = [int(offset(local).total_seconds()), follows(local)]
        if not steps or steps[-1][1:] != step:
            steps.append([int(at.timestamp()) if steps else 0, *step])
    return steps


def zone_steps(now: datetime, time_zone: str) -> list[list[int | str]]:
    """Return the steps by which a page names the zone of any time from yesterday to tomorrow."""
    return _zone_steps((now - EPOCH) // _HOUR, time_zone)


@lru_cache(maxsize=8)
def _zone_steps(hour: int, time_zone: str) -> list[list[int | str]]:
    moments = (EPOCH + hour * _HOUR + i * _QUARTER for i in range(-96, 2 * 96))
    return _steps(moments, time_zone, lambda local: zone(local, time_zone))


def _text(local: datetime, pattern: str, locale: str) -> str:
    return _wall_text(local.replace(tzinfo=None, fold=0), pattern, locale)


@lru_cache(maxsize=1 << 12)
def _wall_text(wall: datetime, pattern: str, locale: str) -> str:
    """Return the text of a local time; no pattern has a zone, in which equal times differ."""
    return str(format_datetime(wall, pattern, locale=locale))


def _zone_name(local: datetime) -> str:
    name = local.tzname() or ""
    return name if name[:1].isalpha() else utc_offset(local)


def _joined(text: str, name: str) -> str:
    return f"{text} {name}" if name else text


def _offset_if_repeated(local: datetime) -> str:
    """Return the offset of a time that the clocks show twice; empty for all others."""
    return utc_offset(local) if is_repeated(local) else ""
