"""Where the window of a report ends, and why there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.snapshot import EPOCH, MINUTE, Window

if TYPE_CHECKING:
    from campaign_live_widgets.app.settings.query import Span
    from campaign_live_widgets.snapshot import Ending

_NOW: Final[Ending] = "now"
_NEWEST: Final[Ending] = "newest"
_FIXED: Final[Ending] = "fixed"
_SHORTEST: Final = timedelta(hours=1)
"""How long a campaign of an hour or less is taken to be, to tell whether it goes on."""
_MICROSECOND: Final = timedelta(microseconds=1)


def span_of(
    window: Span,
    at: datetime | None,
    now: datetime,
    newest: datetime | None,
    oldest: datetime | None,
) -> tuple[timedelta, datetime, Ending]:
    """Return how long a report's window is, where it ends, and why there.

    Parameters
    ----------
    window : timedelta, Window or "all"
    at : datetime or None
        Where it was asked to end; by default *now*, or at the *newest* event where that is
        longer ago than the window is long.
    now : datetime
    newest, oldest : datetime or None
        Events of the campaign, whatever the window.
    """
    if isinstance(window, Window):
        return window.length, window.end, _FIXED
    if isinstance(window, timedelta):
        length = window
    else:
        length = max(newest - oldest, _SHORTEST) if newest and oldest else _SHORTEST
    end, ending = now, _NOW
    if at is not None:
        end, ending = at, _FIXED
    elif newest is not None and newest < now - length:
        # the window's end is not inside it; the event is
        end, ending = newest + _MICROSECOND, _NEWEST
    if not isinstance(window, timedelta) and oldest is not None:
        first = EPOCH + (oldest - EPOCH) // MINUTE * MINUTE
        length = max(Window.ending(end, MINUTE).end - first, MINUTE)
    return length, end, ending
