"""What is known of a source, whatever the campaign."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign_live_widgets.engine.aggregates import entities
from campaign_live_widgets.engine.aggregates.event_times import MINUTE_US, EventTimes
from campaign_live_widgets.snapshot import Health, microseconds, time_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign_live_widgets.engine.aggregates.entities import EntityStats
    from campaign_live_widgets.snapshot import Campaign


class SourceFacts:
    """The campaigns of a source, when their events happened, and its rows by outcome.

    Parameters
    ----------
    clock : callable
        Returns the time now, with a time zone.
    rows : Health
        See :attr:`rows`.

    Attributes
    ----------
    campaigns : dict
        By id.
    times : EventTimes
        When events happened that were counted permanently.
    more_times : EventTimes
        Of events that are known in another way: from a log, or until they are counted again.
    rows : Health
        The numbers of rows by outcome.
    """

    def __init__(self, clock: Callable[[], datetime], rows: Health | None = None) -> None:
        self._clock = clock
        self.campaigns: dict[str, EntityStats] = {}
        self.times, self.more_times = EventTimes(), EventTimes()
        self.rows = rows or Health()

    @property
    def health(self) -> Health:
        """Return the numbers of rows read so far by outcome, and of events dated after now."""
        now = self.now()
        future = [times.ahead(now) for times in (self.times, self.more_times)]
        until = max((last for _, last in future if last is not None), default=None)
        return replace(
            self.rows,
            ahead=sum(count for count, _ in future),
            ahead_until=None if until is None else time_of(until),
        )

    def last(self, campaign: str, until: int) -> int | None:
        """Return the time of a campaign's last event up to *until*."""
        last_times = [times.last(campaign, until) for times in (self.times, self.more_times)]
        return max((last for last in last_times if last is not None), default=None)

    def now(self) -> int:
        """Return the time now, in microseconds since the epoch."""
        return microseconds(self._clock())

    def until(self, at: datetime | None) -> int:
        """Return until when events count as past in a report of *at*: its minute, or now."""
        now = self.now()
        if at is None:
            return now
        return min(now, (microseconds(at) // MINUTE_US + 1) * MINUTE_US - 1)

    def next_change(self, after: datetime) -> datetime | None:
        """Return when the next event that is dated after *after* becomes past, if there is one."""
        us = microseconds(after)
        both = (self.times.next_ahead(us), self.more_times.next_ahead(us))
        future = [time for time in both if time is not None]
        return time_of(min(future)) if future else None

    def newest_events(self) -> dict[str, int | None]:
        """Return the time of the last event up to now of each campaign."""
        now = self.now()
        return {campaign: self.last(campaign, now) for campaign in self.campaigns}

    def list_campaigns(self) -> list[Campaign]:
        """Return the campaigns, the one with the newest event up to now first."""
        return entities.campaigns(self.campaigns, self.newest_events())
