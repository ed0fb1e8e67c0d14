"""How long to wait before a retry."""

from __future__ import annotations

from typing import Final

BACKOFF: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each retry of a source that cannot be read; the last one repeats."""


def retry_delay(failures: int, backoff: tuple[float, ...] = BACKOFF) -> float:
    """Return the seconds to wait after *failures* in a row (at least one)."""
    return backoff[min(failures, len(backoff)) - 1]
