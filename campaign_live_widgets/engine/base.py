"""The base class of rollups: counts in memory, from which snapshots are made."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

from campaign_live_widgets.engine.aggregates import entities
from campaign_live_widgets.engine.aggregates.counts_by_dimension import CountedBy, minutes
from campaign_live_widgets.engine.aggregates.event_times import MINUTE_US, EventTimes
from campaign_live_widgets.engine.aggregates.gone_events import GoneEvents
from campaign_live_widgets.engine.aggregates.segments import Segments
from campaign_live_widgets.engine.aggregates.unique_profiles import EnteredProfiles
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.snapshot import ALL, Health, Snapshot, Window

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from typing import Self

    from campaign_live_widgets.engine.aggregates.entities import EntityStats
    from campaign_live_widgets.engine.aggregates.segments import SegmentMask
    from campaign_live_widgets.snapshot import Campaign, Selection
    from campaign_live_widgets.sources.address import SourceAddress


def _ignore() -> None:
    """Do nothing."""


class Rollup(ABC):
    """Counts of one campaign of a source, kept up to date by :meth:`refresh`.

    A subclass reads its kind of source and fills the aggregates; the snapshots are made here.

    Parameters
    ----------
    source : str or path
        A file, a folder, a glob, or the address of a database's table; see
        :class:`~campaign_live_widgets.sources.address.SourceAddress`.
    campaign : str, optional
        By default the campaign with the newest event that the first refresh reads; see *at*.
    follow : bool
        Whether :meth:`refresh` will be called again. Then the state that is needed to count only
        new events is kept, and a last line without its newline waits for the next refresh.
    window : Window, optional
        Only with ``follow=False``: the one window that snapshots will be asked for.
    at : datetime, optional
        The time of the report: the default campaign is the one with the newest event up to
        then. By default, and at most, now.
    clock : callable
        Returns the time now, with a time zone.

    Raises
    ------
    ValueError
        If a window is given for a rollup that follows its source.
    """

    location: SourceAddress

    def __init__(  # noqa: PLR0913 - all but two by name
        self,
        source: str | os.PathLike[str],
        campaign: str | None = None,
        *,
        follow: bool = True,
        window: Window | None = None,
        at: datetime | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        if window is not None and follow:
            message = "a fixed window is for a rollup that does not follow its source"
            raise ValueError(message)
        self._campaign = campaign
        self._follow = follow
        self._window = window
        self._at, self._clock = at, clock
        self._health = Health()
        self.gone = GoneEvents()
        """Counted events that are in no file any more; the rollups of one server share them."""
        self.before_change: Callable[[], object] = _ignore
        """Is called in :meth:`refresh` before anything that snapshots are made from is changed in
        place, maybe several times; not where it is replaced. See :meth:`view`."""
        self._reset()
        self._open(source)

    @abstractmethod
    def _open(self, source: str | os.PathLike[str]) -> None:
        """Parse the address of the source, and prepare to read it."""

    @abstractmethod
    def refresh(self) -> bool:
        """Read what is new in the source; return whether any count or note changed.

        Raises
        ------
        SourceError
            If the source cannot be read; earlier counts are kept.
        """

    def recount(self) -> None:
        """Count the source again from its start, and forget which events are gone.

        Raises
        ------
        SourceError
            If the source cannot be read; earlier counts are kept.
        """
        self.refresh()

    def record_gone(self) -> None:  # noqa: B027 - only files lose events
        """Record in :attr:`gone` what a rollup that replaces this one cannot know.

        Raises
        ------
        SourceError
            If the source cannot be read.
        """

    @abstractmethod
    def close(self) -> None:
        """Close connections and remove temporary files."""

    def view(self) -> Self:
        """Return the counts as they are now, while another thread refreshes this rollup.

        Only numbers may be asked of it. It is not changed by a refresh that counts the source
        again; aggregates that a refresh adds to are shared with it, so that nothing may be asked
        of it from :attr:`before_change` until the end of that refresh.
        """
        return copy.copy(self)

    def shares_counts(self, view: Rollup) -> bool:
        """Return whether a refresh would change the counts of *view* in place."""
        return self._segments is view._segments

    def _reset(self) -> None:
        """Empty all aggregates."""
        self._segments = Segments()
        self._entered = EnteredProfiles(self._segments)
        self._entered_in_window: dict[bool, int] | None = None
        self._counted = {question: CountedBy(question) for question in QUESTIONS}
        self._times = EventTimes()
        self._campaigns: dict[str, EntityStats] = {}
        self._messages: dict[str, EntityStats] = {}
        self._executions: dict[str, EntityStats] = {}

    @property
    def campaign(self) -> str | None:
        """Return the campaign that is counted; ``None`` before one is known."""
        return self._campaign

    @property
    def health(self) -> Health:
        """Return the numbers of rows read so far by outcome, and of events dated after now."""
        future = [times.ahead(self._now()) for times in self._all_times()]
        until = max((last for _, last in future if last is not None), default=None)
        return replace(
            self._health,
            ahead=sum(count for count, _ in future),
            ahead_until=None if until is None else entities.time(until),
        )

    @property
    def newest_event(self) -> datetime | None:
        """Return the time of the campaign's newest event up to now, whatever the window."""
        last = self._last(self._campaign or "", self._now())
        return None if last is None else entities.time(last)

    def next_change(self, after: datetime) -> datetime | None:
        """Return when the next event that is dated after *after* becomes past.

        Until then, only a refresh or the window can change a number. ``None``: there is none.
        """
        us = entities.microseconds(after)
        future = [time for times in self._all_times() if (time := times.next_ahead(us)) is not None]
        return entities.time(min(future)) if future else None

    def _all_times(self) -> tuple[EventTimes, ...]:
        """Return when events happened."""
        return (self._times,)

    def _last(self, campaign: str, until: int) -> int | None:
        """Return the time of a campaign's last event up to *until*."""
        last_times = [times.last(campaign, until) for times in self._all_times()]
        return max((last for last in last_times if last is not None), default=None)

    def _now(self) -> int:
        """Return the time now, in microseconds since the epoch."""
        return entities.microseconds(self._clock())

    def _until(self, at: datetime | None) -> int:
        """Return until when events count as past in a report of *at*: its minute, or now."""
        now = self._now()
        if at is None:
            return now
        return min(now, (entities.microseconds(at) // MINUTE_US + 1) * MINUTE_US - 1)

    @property
    def oldest_event(self) -> datetime | None:
        """Return the time of the campaign's oldest event, whatever the window."""
        stats = self._campaigns.get(self._campaign or "")
        return entities.time(stats.oldest) if stats else None

    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source, the one with the newest event up to now first."""
        now = self._now()
        newest = {campaign: self._last(campaign, now) for campaign in self._campaigns}
        return entities.campaigns(self._campaigns, newest)

    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids of all messages and all executions of the campaign."""
        return frozenset(self._messages), frozenset(self._executions)

    def channels(self, message_id: str) -> tuple[str, ...]:
        """Return the channels of a message; empty if the message is unknown."""
        stats = self._messages.get(message_id)
        return entities.in_order(stats.channels) if stats else ()

    def snapshot(
        self,
        *,
        at: datetime,
        window: timedelta,
        include_tests: bool = False,
        selection: Selection = ALL,
    ) -> Snapshot:
        """Return the campaign's numbers in the window of that length that ends at *at*.

        With a *selection*, only its messages and executions are counted, all from the aggregates:
        the source is not read. Unknown names count nothing; see :meth:`require`.

        Raises
        ------
        ValueError
            Where the rollup was opened for one window, and another one is asked for, or a
            selection.
        """
        span = Window.ending(at, window)
        if self._window is not None and span != self._window:
            message = "this rollup was opened for another window"
            raise ValueError(message)
        if self._window is not None and selection != ALL:
            message = "a rollup for one window counts the whole campaign; open it without a window"
            raise ValueError(message)
        start, end = minutes(span)
        mask = self._segments.mask_of(selection)
        tables = {
            question: counted.totals(start, end, include_tests=include_tests, mask=mask)
            for question, counted in self._counted.items()
        }
        series = self._counted[QUESTIONS[0]].series(span, include_tests=include_tests, mask=mask)
        campaign = self._campaigns.get(self._campaign or "")
        newest = self._last(self._campaign or "", self._until(at))
        return Snapshot(
            campaign_id=self._campaign or "",
            campaign_name=campaign.newest_name if campaign else None,
            window=span,
            counts={"bucket": series, **tables},
            entered_profiles=self._distinct_profiles(
                start, end, include_tests=include_tests, mask=mask
            ),
            message_names={
                key: stats.name[1] for key, stats in self._messages.items() if stats.name
            },
            newest_event=None if newest is None else entities.time(newest),
            health=self.health,
            include_tests=include_tests,
            selection=selection,
            messages=entities.messages(self._messages),
            executions=entities.executions(self._executions),
            campaign_names={key: stats.newest_name for key, stats in self._campaigns.items()},
        )

    def _distinct_profiles(
        self, start: int, end: int, *, include_tests: bool, mask: SegmentMask
    ) -> int:
        if self._entered_in_window is not None:
            return self._entered_in_window[include_tests]
        return self._entered.distinct(start, end, include_tests=include_tests, mask=mask)

    def require_campaign(self) -> None:
        """Raise :class:`UnknownNameError` where the source has no event of the campaign."""
        if self._campaign not in self._campaigns:
            raise UnknownNameError("campaign", self._campaign, self._campaigns)

    def require(self, selection: Selection) -> None:
        """Raise :class:`UnknownNameError` where the campaign has no event of a name in it."""
        for kind, selected_names, known_names in (
            ("message", selection.messages, self._messages),
            ("execution", selection.executions, self._executions),
        ):
            for name in sorted(selected_names - known_names.keys()):
                raise UnknownNameError(kind, name, known_names)
