"""What a report says about itself in words: its window, its newest event, its health."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.errors import CampaignLiveError
from campaign_live_widgets.snapshot import MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.snapshot import Health, Snapshot, Window

STATES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "loading": Text("Loading", "Chargement"),
        "live": Text("Live", "En direct"),
        "paused": Text("Paused", "En pause"),
        "stale": Text("Not up to date", "Pas à jour"),
        "error": Text("Error", "Erreur"),
    }
)
"""The states a report may be in, and the word on its pill."""

WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "ago": Text("{} ago", "il y a {}"),
        "now": Text("just now", "à l'instant"),
        "second": Text("s", "s"),
        "minute": Text("min", "min"),
        "hour": Text("h", "h"),
        "day": Text("d", "j"),
        "newest": Text("Newest event", "Dernier événement"),
        "none": Text("No event yet", "Aucun événement pour l'instant"),
        "refreshed": Text("Refreshed", "Actualisé"),
        "pause": Text("Pause", "Pause"),
        "resume": Text("Resume", "Reprendre"),
        "still": Text("Snapshot", "Instantané"),
        "health": Text("Data quality", "Qualité des données"),
        "file": Text("File", "Fichier"),
        "row": Text("Row", "Ligne"),
        "cause": Text("Cause", "Cause"),
        "rejects": Text("First rejected rows", "Premières lignes rejetées"),
    }
)
"""The words that the header's own script puts together."""

HEALTH: Final[Mapping[str, tuple[Text, Text]]] = MappingProxyType(
    {
        "events": (
            Text("Events", "Événements"),
            Text("Distinct events accepted.", "Événements distincts acceptés."),
        ),
        "duplicates": (
            Text("Duplicates", "Doublons"),
            Text("Repeats of an event, dropped.", "Répétitions d'un événement, écartées."),
        ),
        "rejected": (
            Text("Rejected", "Rejetées"),
            Text("Rows refused, with their cause.", "Lignes refusées, avec leur cause."),
        ),
        "ignored": (
            Text("Ignored", "Ignorées"),
            Text("Rows that carry no event.", "Lignes qui ne portent pas d'événement."),
        ),
    }
)
"""Each number of :class:`Health`: its name, and what it means for the whole source."""

_LAST: Final = Text("last {}", "dernières {}")
_LAST_DAYS: Final = Text("last {} days", "{} derniers jours")
_DAYS: Final = Text("{} days", "{} jours")
_AT_NEWEST: Final = Text(
    "Window ends at the newest event ({}), since nothing newer has come.",
    "La fenêtre se termine au dernier événement ({}) : rien de plus récent n'est arrivé.",
)
_AT_FIXED: Final = Text(
    "Window ends at {}, not now.", "La fenêtre se termine le {}, et non maintenant."
)
_STALE: Final = Text(
    "Numbers as of {}; the source cannot be read since: {}",
    "Chiffres du {} ; depuis, la source est illisible : {}",
)


def number(value: int, locale: str) -> str:
    """Return a count with the digit groups of *locale*."""
    return str(format_decimal(value, locale=locale))


def instant(moment: datetime, time_zone: str, locale: str, *, pattern: str = "d MMM HH:mm") -> str:
    """Return *moment* on the clock of *time_zone*, without naming the zone."""
    return str(format_datetime(moment.astimezone(ZoneInfo(time_zone)), pattern, locale=locale))


def zone(moment: datetime, time_zone: str) -> str:
    """Return the short name of *time_zone* at *moment*, such as ``UTC`` or ``CET``."""
    return moment.astimezone(ZoneInfo(time_zone)).tzname() or time_zone


def moment(at: datetime, time_zone: str, locale: str) -> str:
    """Return *at* to the second, with year and zone."""
    text = instant(at, time_zone, locale, pattern="d MMM y HH:mm:ss")
    return f"{text} {zone(at, time_zone)}"


def length(span: timedelta, locale: str) -> str:
    """Return how long *span* is, in the largest unit that is whole."""
    minutes = span // MINUTE
    if minutes % 1440 == 0 and minutes > 1440:  # noqa: PLR2004 - minutes of a day
        return _DAYS(locale).format(minutes // 1440)
    if minutes % 60 == 0:
        return f"{minutes // 60} h"
    return f"{minutes} min"


def _last(span: timedelta, locale: str) -> str:
    days = span // timedelta(days=1)
    if days > 1 and span == timedelta(days=days):
        return _LAST_DAYS(locale).format(days)
    return _LAST(locale).format(length(span, locale))


def window(span: Window, now: datetime, time_zone: str, locale: str) -> str:
    """Return the window in words: ``last 24 h, 22 Nov 15:05 - 23 Nov 15:05 UTC``.

    "Last" is said only of a window that ends now; years, only when they are not this one.
    """
    long = length(span.length, locale)
    if abs(span.end - now) <= 2 * MINUTE:
        long = _last(span.length, locale)
    this_year = span.start.year == span.end.year == now.year
    pattern = "d MMM HH:mm" if this_year else "d MMM y HH:mm"
    start, end = (instant(t, time_zone, locale, pattern=pattern) for t in (span.start, span.end))
    return f"{long}, {start} – {end} {zone(span.end, time_zone)}"  # noqa: RUF001 - a span


def window_note(snapshot: Snapshot, now: datetime, time_zone: str, locale: str) -> str:
    """Return why the window does not end now; empty when it does."""
    end, newest = snapshot.window.end, snapshot.newest_event
    if abs(end - now) <= 2 * MINUTE:
        return ""
    at_newest = newest is not None and timedelta(0) <= end - newest <= MINUTE
    moment = newest if at_newest and newest is not None else end
    text = _AT_NEWEST if at_newest else _AT_FIXED
    return text(locale).format(instant(moment, time_zone, locale, pattern="d MMM y HH:mm"))


def stale_note(since: datetime, cause: object, time_zone: str, locale: str) -> str:
    """Return since when the numbers stand still, and why."""
    moment = f"{instant(since, time_zone, locale)} {zone(since, time_zone)}"
    return _STALE(locale).format(moment, cause)


def health_rows(health: Health, locale: str) -> list[list[str]]:
    """Return one row per number of *health*: name, number, meaning."""
    return [
        [name(locale), number(getattr(health, field), locale), meaning(locale)]
        for field, (name, meaning) in HEALTH.items()
    ]


def utc_now() -> datetime:
    """Return the time now: the clock of a report that is given no other."""
    return datetime.now(UTC)


def one_line(error: BaseException) -> str:
    """Return what an error says, cut to its first line."""
    said = str(error).strip().splitlines()
    if isinstance(error, CampaignLiveError):
        return said[0] if said else type(error).__name__
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
