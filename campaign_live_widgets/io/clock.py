"""The clock of everything that is given no other."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(UTC)
