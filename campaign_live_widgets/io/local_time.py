"""Local times: what the clocks of a time zone show, also where they are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_LAST_SECOND = 59


def local_time(moment: datetime, time_zone: str) -> datetime:
    """Return an aware time on the clocks of *time_zone*."""
    return moment.astimezone(ZoneInfo(time_zone))


def offset(local: datetime) -> timedelta:
    """Return how far the clocks of an aware time are ahead of UTC."""
    return local.utcoffset() or timedelta()


def is_repeated(local: datetime) -> bool:
    """Return whether the clocks show this minute twice, since they are set back.

    >>> is_repeated(local_time(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Paris"))
    True
    """
    start = local.replace(second=0, microsecond=0, fold=0)
    # Clocks were once set back by seconds, too: both ends of the minute count.
    return _is_ambiguous(start) or _is_ambiguous(start.replace(second=_LAST_SECOND))


def _is_ambiguous(local: datetime) -> bool:
    """Return whether the clocks show this second twice; *local* is the first time."""
    return offset(local) > offset(local.replace(fold=1))


def moments_of(wall: datetime, time_zone: str) -> list[datetime]:
    """Return when the clocks of *time_zone* show a time without a zone, in UTC.

    Two moments where the clocks are set back, and none where they are set forward.

    >>> moments_of(datetime(2026, 3, 29, 2, 30), "Europe/Paris")
    []
    """
    zone = ZoneInfo(time_zone)
    moments = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(at for at in moments if at.astimezone(zone).replace(tzinfo=None) == wall)


def change_over(wall: datetime, time_zone: str) -> tuple[datetime, datetime]:
    """Return what the clocks show before and after they are set forward over *wall*.

    >>> [f"{local:%H:%M %Z}" for local in change_over(datetime(2026, 3, 29, 2, 30), "Europe/Paris")]
    ['02:00 CET', '03:00 CEST']
    """
    zone = ZoneInfo(time_zone)
    former, latter = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = latter.astimezone(UTC), former.astimezone(UTC)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if offset(middle.astimezone(zone)) == offset(former):
            before = middle
        else:
            after = middle
    return before.astimezone(zone) + _SECOND, after.astimezone(zone)
