"""Times and windows as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from campaign_live_widgets.catalog import LOCALES
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.snapshot import EPOCH, MINUTE, Window

_UNITS: Final = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PART: Final = re.compile(r"(\d{1,9})\s*(min|[mhdw])", re.IGNORECASE)
_SPACED_OFFSET: Final = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$")
_DAY: Final = 1440
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9000
_LONGEST: Final = timedelta(days=3660)


def parse_window(text: str | timedelta) -> timedelta:
    """Return a window's length from ``15m``, ``6h``, ``7d``, ``2w`` or ``1h30m``.

    Raises
    ------
    UsageError
        Where it is none of these, not whole minutes, zero or longer than ten years.
    """
    if isinstance(text, timedelta):
        length = text
        whole = length % timedelta(minutes=1) == timedelta(0)
    else:
        parts = _PART.findall(text)
        whole = bool(parts) and _PART.sub("", text).strip() == ""
        try:
            length = sum(
                (timedelta(**{_UNITS[unit.lower()]: int(n)}) for n, unit in parts), timedelta()
            )
        except OverflowError:
            whole = False
    if not whole or not timedelta(0) < length <= _LONGEST:
        message = (
            f"window {str(text)!r} is not a length of time; "
            "give minutes, hours, days or weeks, such as 15m, 6h, 24h or 7d (at most ten years)"
        )
        raise UsageError(message)
    return length


def parse_at(text: str | datetime | None, zone: str = "UTC") -> datetime | None:
    """Return a time from RFC 3339 (``2026-11-23T12:00:00Z``); ``None`` for ``now`` or nothing.

    A time without a zone is on the clock of *zone*; a date alone is its midnight. A ``+`` that
    an address has turned into a space is read as it was meant.

    Raises
    ------
    UsageError
        Where it is no time.
    """
    if text is None or text == "" or (isinstance(text, str) and text.strip().lower() == "now"):
        return None
    try:
        at = text if isinstance(text, datetime) else datetime.fromisoformat(_plus(text))
        at = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        message = f"{text!r} is not a time; give RFC 3339, such as 2026-11-23T12:00:00Z"
        raise UsageError(message)
    return at


def _plus(text: str) -> str:
    return _SPACED_OFFSET.sub(r"\1+\2", text.strip().upper())


def whole_minutes(start: datetime, end: datetime) -> Window | None:
    """Return the window of whole minutes from *start* to *end*; ``None`` where it is none."""
    first = EPOCH + (start - EPOCH) // MINUTE * MINUTE
    last = Window.ending(end, MINUTE).end
    return Window(first, last) if MINUTE <= last - first <= _LONGEST else None


def address_length(length: timedelta) -> str:
    """Return a window's length as :func:`parse_window` reads it, in the largest whole unit."""
    minutes = length // MINUTE
    if minutes % _DAY == 0 and minutes > _DAY:
        return f"{minutes // _DAY}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def address_time(at: datetime | None) -> str:
    """Return a time in UTC as :func:`parse_at` reads it; seconds only where there are any."""
    if at is None:
        return "now"
    form = "auto" if at.second or at.microsecond else "minutes"
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=form) + "Z"


def parse_time_zone(name: str) -> str:
    """Return the name of a time zone that exists; raise :class:`UsageError` otherwise."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"unknown time zone {name!r}; give an IANA name, such as Europe/Paris"
        raise UsageError(message) from None
    return name


def parse_locale(name: str) -> str:
    """Return a language the report speaks; raise :class:`UnknownNameError` otherwise."""
    short = name.replace("_", "-").partition("-")[0].lower()
    if short not in LOCALES:
        raise UnknownNameError("locale", name, LOCALES)
    return short
