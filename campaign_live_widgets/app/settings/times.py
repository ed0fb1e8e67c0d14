"""Times and windows as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from campaign_live_widgets.catalog import LOCALES
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.io.clock import rfc3339
from campaign_live_widgets.io.durations import MINUTES_EXAMPLES, parse_duration
from campaign_live_widgets.snapshot import EPOCH, MINUTE, Window

_SPACED_OFFSET: Final = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$")
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9000
LONGEST_WINDOW: Final = timedelta(days=3660)
"""About ten years."""


def parse_window(text: str | timedelta) -> timedelta:
    """Return a window's length from ``15m``, ``6h``, ``7d`` or ``2w``.

    Raises
    ------
    UsageError
        If it is not a duration of whole minutes, longer than zero and up to ten years.
    """
    try:
        length = text if isinstance(text, timedelta) else parse_duration(text)
    except ValueError:
        length = timedelta()
    if length % MINUTE or not timedelta() < length <= LONGEST_WINDOW:
        message = (
            f"invalid window {str(text)!r}: give whole minutes, hours, days or weeks, "
            f"such as {MINUTES_EXAMPLES} (at most ten years)"
        )
        raise UsageError(message)
    return length


def parse_at(text: str | datetime | None) -> datetime | None:
    """Return a time from RFC 3339 (``2026-11-23T12:00:00Z``); ``None`` for ``now`` or nothing.

    A time without a zone is UTC; a date alone is its midnight. A ``+`` that
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
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if at is None or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        message = f"{text!r} is not a time; give RFC 3339, such as 2026-11-23T12:00:00Z"
        raise UsageError(message)
    return at


def _plus(text: str) -> str:
    return _SPACED_OFFSET.sub(r"\1+\2", text.strip().upper())


def whole_minutes(start: datetime, end: datetime) -> Window | None:
    """Return the window of whole minutes from *start* to *end*; ``None`` if it has none."""
    first = EPOCH + (start - EPOCH) // MINUTE * MINUTE
    last = Window.ending(end, MINUTE).end
    return Window(first, last) if MINUTE <= last - first <= LONGEST_WINDOW else None


def address_time(at: datetime | None) -> str:
    """Return a time in UTC as :func:`parse_at` reads it; seconds only where there are any."""
    if at is None:
        return "now"
    form = "auto" if at.second or at.microsecond else "minutes"
    return rfc3339(at, form)


def parse_time_zone(name: str) -> str:
    """Return the name of a time zone that exists; raise :class:`UsageError` otherwise."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"unknown time zone {name!r}; give an IANA name, such as Europe/Paris"
        raise UsageError(message) from None
    return name


def parse_locale(name: str) -> str:
    """Return a language of the report; raise :class:`UnknownNameError` otherwise."""
    short = name.replace("_", "-").partition("-")[0].lower()
    if short not in LOCALES:
        raise UnknownNameError("locale", name, LOCALES)
    return short
