"""The window of a report, and the snapshot of it: where every report gets its numbers from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.app.settings.secret_reference import redact_health
from campaign_live_widgets.snapshot import EPOCH, MICROSECOND, MINUTE, Window

if TYPE_CHECKING:
    from campaign_live_widgets.app.settings.query import Query, Span
    from campaign_live_widgets.engine import Rollup
    from campaign_live_widgets.snapshot import Ending, Snapshot

_NOW: Final[Ending] = "now"
_NEWEST: Final[Ending] = "newest"
_FIXED: Final[Ending] = "fixed"
_MANY: Final = 1_000
"""Messages, from which on they may be mails."""
_FEW_EVENTS: Final = 20
"""Events of a message on average: a mail has a few, a message of a campaign has many."""
_SHORTEST: Final = timedelta(hours=1)
"""Assumed length of a campaign of an hour or less, to decide whether it has ended."""


def take_snapshot(
    rollup: Rollup,
    query: Query,
    now: datetime,
    *,
    name: str | None = None,
    campaign: str | None = None,
) -> Snapshot:
    """Return the numbers that *query* asks for, complete with the reason of the window's end.

    Parameters
    ----------
    rollup : Rollup
        Of a source that has been read.
    query : Query
    now : datetime
    name : str, optional
        The public name of the source; a secret reference hides its value in the health.
    campaign : str, optional
        By default the rollup's own one.
    """
    counts = rollup.counts_of(campaign)
    length, end, ending = effective_window(
        query.window, query.at, now, counts.newest_event, counts.oldest_event
    )
    snapshot = counts.snapshot(
        at=end,
        window=length,
        include_tests=query.include_tests,
        selection=query.selection,
        machines=query.machines,
        families=query.families,
        small_cells=query.small_cells,
    )
    health = redact_health(snapshot.health, name, rollup.location)
    health = replace(
        health, messages=_mails_as_messages(snapshot), without_send=_without_send(snapshot)
    )
    return replace(snapshot, ending=ending, health=health, taken_at=now, basis=query.basis)


def _mails_as_messages(snapshot: Snapshot) -> int:
    """Return how many messages there are if most of them are of few mails, else 0."""
    count = len(snapshot.messages)
    events = sum(message.events for message in snapshot.messages)
    return count if count >= _MANY and events < count * _FEW_EVENTS else 0


def _without_send(snapshot: Snapshot) -> int:
    """Return how many deliveries and bounces exceed the sends of their channel."""
    counts = snapshot.counts["message_id"]
    extra = (
        counts.column("delivered")
        + counts.column("bounce")
        - counts.column("bounce_async")
        - counts.column("sent")
    )
    channels = np.array(counts.channels, dtype=object)
    return sum(max(0, int(extra[channels == name].sum())) for name in set(counts.channels))


def effective_window(
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
        The requested end; ``None`` ends the window *now*, or at the *newest* event where that
        is longer ago than the window is long.
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
        # The end of a window is outside of it: one microsecond later, the event is inside.
        end, ending = newest + MICROSECOND, _NEWEST
    if not isinstance(window, timedelta) and oldest is not None:
        first = EPOCH + (oldest - EPOCH) // MINUTE * MINUTE
        length = max(Window.ending(end, MINUTE).end - first, MINUTE)
    return length, end, ending
