"""The clock, and times as text."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current time, in UTC; the default clock."""
    return datetime.now(UTC)


def rfc3339(moment: datetime, timespec: str = "auto") -> str:
    """Return an aware time as RFC 3339 in UTC.

    *timespec* is the one of :meth:`datetime.datetime.isoformat`; by default seconds have a
    fraction only if needed.
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def parse_rfc3339(text: str) -> datetime:
    """Return the aware time that RFC 3339 text names.

    Raises
    ------
    ValueError
        If the text is not a time, or has no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = f"{text!r} has no time zone"
        raise ValueError(message)
    return moment
