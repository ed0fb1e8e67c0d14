"""The counts of one campaign, from which its snapshots are made."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from campaign_live_widgets.engine.aggregates import entities
from campaign_live_widgets.engine.aggregates.counts_by_dimension import CountedBy, minutes
from campaign_live_widgets.engine.aggregates.cube_cells import add_cells
from campaign_live_widgets.engine.aggregates.entities import add_entity
from campaign_live_widgets.engine.aggregates.segments import Segments
from campaign_live_widgets.engine.aggregates.unique_profiles import EnteredProfiles
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.snapshot import ALL, Snapshot, Window, time_of

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from campaign_live_widgets.engine.aggregates.entities import EntityStats
    from campaign_live_widgets.engine.aggregates.segments import SegmentMask
    from campaign_live_widgets.engine.batch_delta import CampaignDelta
    from campaign_live_widgets.engine.source_facts import SourceFacts
    from campaign_live_widgets.snapshot import Selection


class CampaignCounts:
    """Counts of one campaign of a source.

    A rollup makes it and keeps it up to date; ask the rollup for it again after each refresh.

    Parameters
    ----------
    campaign : str or None
        ``None`` before any campaign is known: then nothing is counted.
    facts : SourceFacts
        Of the source.
    window : Window, optional
        The one window that snapshots will be asked for.

    Attributes
    ----------
    segments : Segments
    entered : EnteredProfiles
    entered_in_window : dict or None
        In place of *entered*, distinct profiles of the one window, without and with tests.
    counted : dict
        Question → its counts.
    messages, executions : dict
        By id.
    asked_at : float
        When somebody asked for it last, in seconds of a monotonic clock.
    """

    def __init__(
        self, campaign: str | None, facts: SourceFacts, window: Window | None = None
    ) -> None:
        self.campaign, self._facts, self._window = campaign, facts, window
        self.segments = Segments()
        self.entered = EnteredProfiles(self.segments)
        self.entered_in_window: dict[bool, int] | None = None
        self.counted = {question: CountedBy(question) for question in QUESTIONS}
        self.messages: dict[str, EntityStats] = {}
        self.executions: dict[str, EntityStats] = {}
        self.asked_at = monotonic()

    @property
    def nbytes(self) -> int:
        """Return about how many bytes the counts take."""
        return self.entered.nbytes + sum(counted.cube.nbytes for counted in self.counted.values())

    def add(self, part: CampaignDelta) -> None:
        """Add what a batch has of the campaign."""
        numbers = self.segments.numbers(part.segments)
        add_cells(part.cells, self.counted, numbers)
        if part.entries is not None:
            high, low, minute, is_test, segment = part.entries
            self.entered.add(
                high, low, minute.astype(np.int64), is_test.astype(bool), numbers[segment]
            )
        if part.entered is not None:
            self.entered_in_window = part.entered
        for totals, additions in (
            (self.messages, part.messages),
            (self.executions, part.executions),
        ):
            for key, stats in additions.items():
                add_entity(totals, key, stats)

    def last_event(self, until: int) -> int | None:
        """Return the time of the campaign's last event up to *until*, in microseconds."""
        return self._facts.last(self.campaign or "", until)

    @property
    def newest_event(self) -> datetime | None:
        """Return the time of the campaign's newest event up to now, whatever the window."""
        last = self.last_event(self._facts.now())
        return None if last is None else time_of(last)

    @property
    def oldest_event(self) -> datetime | None:
        """Return the time of the campaign's oldest event, whatever the window."""
        stats = self._facts.campaigns.get(self.campaign or "")
        return time_of(stats.oldest) if stats else None

    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids of all messages and all executions of the campaign."""
        return frozenset(self.messages), frozenset(self.executions)

    def channels(self, message_id: str) -> tuple[str, ...]:
        """Return the channels of a message; empty if the message is unknown."""
        stats = self.messages.get(message_id)
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
        mask = self.segments.mask_of(selection)
        tables = {
            question: counted.totals(start, end, include_tests=include_tests, mask=mask)
            for question, counted in self.counted.items()
        }
        series = self.counted[QUESTIONS[0]].series(span, include_tests=include_tests, mask=mask)
        facts = self._facts
        campaign = facts.campaigns.get(self.campaign or "")
        newest = facts.last(self.campaign or "", facts.until(at))
        return Snapshot(
            campaign_id=self.campaign or "",
            campaign_name=campaign.newest_name if campaign else None,
            window=span,
            counts={"bucket": series, **tables},
            entered_profiles=self._distinct_profiles(
                start, end, include_tests=include_tests, mask=mask
            ),
            message_names={
                key: stats.name[1] for key, stats in self.messages.items() if stats.name
            },
            newest_event=None if newest is None else time_of(newest),
            health=facts.health,
            include_tests=include_tests,
            selection=selection,
            messages=entities.messages(self.messages),
            executions=entities.executions(self.executions),
            campaign_names={key: stats.newest_name for key, stats in facts.campaigns.items()},
        )

    def _distinct_profiles(
        self, start: int, end: int, *, include_tests: bool, mask: SegmentMask
    ) -> int:
        if self.entered_in_window is not None:
            return self.entered_in_window[include_tests]
        return self.entered.distinct(start, end, include_tests=include_tests, mask=mask)

    def require_campaign(self) -> None:
        """Raise :class:`UnknownNameError` where the source has no event of the campaign."""
        if self.campaign not in self._facts.campaigns:
            raise UnknownNameError("campaign", self.campaign, self._facts.campaigns)

    def require(self, selection: Selection) -> None:
        """Raise :class:`UnknownNameError` where the campaign has no event of a name in it."""
        for kind, selected_names, known_names in (
            ("message", selection.messages, self.messages),
            ("execution", selection.executions, self.executions),
        ):
            for name in sorted(selected_names - known_names.keys()):
                raise UnknownNameError(kind, name, known_names)
