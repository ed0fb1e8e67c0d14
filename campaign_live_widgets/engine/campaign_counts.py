"""The counts of one campaign, from which its snapshots are made."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Final, Required, TypedDict

import numpy as np

from campaign_live_widgets.catalog.providers import families as shipped_families
from campaign_live_widgets.engine.aggregates import entities
from campaign_live_widgets.engine.aggregates.counts_by_dimension import CountedBy, minutes
from campaign_live_widgets.engine.aggregates.cube_cells import add_cells
from campaign_live_widgets.engine.aggregates.entities import add_entity
from campaign_live_widgets.engine.aggregates.provider_counts import ProviderCounts
from campaign_live_widgets.engine.aggregates.segments import Segments
from campaign_live_widgets.engine.aggregates.unique_pairs import PairTotals, UniquePairs
from campaign_live_widgets.engine.aggregates.unique_profiles import EnteredProfiles
from campaign_live_widgets.engine.aggregates.value_profiles import ValueProfiles
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.snapshot import ALL, NOT_FOLDED, Run, Snapshot, Uniques, Window, time_of

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from campaign_live_widgets.catalog.providers import Families
    from campaign_live_widgets.engine.aggregates.entities import EntityStats
    from campaign_live_widgets.engine.aggregates.segments import SegmentMask
    from campaign_live_widgets.engine.aggregates.unique_entries import UniqueEntries
    from campaign_live_widgets.engine.batch_delta import CampaignDelta
    from campaign_live_widgets.engine.source_facts import SourceFacts
    from campaign_live_widgets.snapshot import Folded, Machines, Selection

_FAMILIES_KEPT: Final = 4
"""Files of mailbox providers, the shipped one included, of which the domains are remembered."""


_FIRST_MINUTE: Final = -(1 << 48)
"""Before all minutes that a time can have."""


class Scope(TypedDict, total=False):
    """What :meth:`CampaignCounts.snapshot` is asked for."""

    at: Required[datetime]
    window: Required[timedelta]
    include_tests: bool
    selection: Selection
    machines: Machines
    families: Families | None
    small_cells: int


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
    uniques : bool
        Whether distinct pairs are counted.
    small_cells : bool
        Whether profiles are kept by domain and link.

    Attributes
    ----------
    segments : Segments
    entered : EnteredProfiles
    entered_in_window : dict or None
        In place of *entered*, distinct profiles of the one window, without and with tests.
    entered_to_date : dict or None
        With *entered_in_window*: the same up to the end of the window, where it is known.
    pairs : UniquePairs or None
        ``None`` where pairs are not counted.
    values : ValueProfiles or None
        ``None`` where profiles are not kept by domain and link.
    pairs_in_window : PairTotals or None
        In place of *pairs*, those of the one window.
    counted_to_date : CountedBy or None
        With one window: counts by message up to its end, where they are known.
    counted : dict
        Question → its counts.
    messages, executions : dict
        By id.
    asked_at : float
        When somebody asked for it last, in seconds of a monotonic clock.
    """

    def __init__(
        self,
        campaign: str | None,
        facts: SourceFacts,
        window: Window | None = None,
        *,
        uniques: bool = False,
        small_cells: bool = False,
    ) -> None:
        self.campaign, self._facts, self._window = campaign, facts, window
        self.segments = Segments()
        self.entered = EnteredProfiles(self.segments)
        self.entered_in_window: dict[bool, int] | None = None
        self.entered_to_date: dict[bool, int] | None = None
        self.pairs = UniquePairs(self.segments) if uniques else None
        self.values = ValueProfiles() if small_cells else None
        self.pairs_in_window: PairTotals | None = None
        self.counted_to_date: CountedBy | None = None
        self.counted = {question: CountedBy(question) for question in QUESTIONS}
        self._providers: dict[Families, ProviderCounts] = {}
        self.messages: dict[str, EntityStats] = {}
        self.executions: dict[str, EntityStats] = {}
        self.asked_at = monotonic()

    @property
    def nbytes(self) -> int:
        """Return about how many bytes the counts take."""
        entries = sum(entries.nbytes for entries in self.unique_entries().values())
        entries += 0 if self.values is None else self.values.nbytes
        return entries + sum(counted.cube.nbytes for counted in self.counted.values())

    def add(self, part: CampaignDelta) -> None:
        """Add what a batch has of the campaign."""
        numbers = self.segments.numbers(part.segments)
        add_cells(part.cells, self.counted, numbers)
        if part.entries is not None:
            high, low, minute, is_test, segment = part.entries
            self.entered.add(
                high, low, minute.astype(np.int64), is_test.astype(bool), numbers[segment]
            )
        if part.links is not None:
            self.entered.begin(*part.links)
        if part.entered is not None:
            self.entered_in_window, self.entered_to_date = part.entered, part.entered_to_date
        if part.pairs is not None and self.pairs is not None:
            self.pairs.add(part.pairs, numbers)
        if part.values is not None and self.values is not None:
            self.values.add(part.values, numbers)
        if part.pair_totals is not None:
            self.pairs_in_window = part.pair_totals
        if part.earlier is not None:
            self.counted_to_date = self.counted_to_date or CountedBy(QUESTIONS[0])
            inside = [
                replace(c, slot=c.slot * 0) for c in part.cells if c.dimension == QUESTIONS[0]
            ]
            cube_by_question = {QUESTIONS[0]: self.counted_to_date}
            add_cells([*inside, *part.earlier], cube_by_question, numbers)
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

    def snapshot(  # noqa: PLR0913 - all but self by name
        self,
        *,
        at: datetime,
        window: timedelta,
        include_tests: bool = False,
        selection: Selection = ALL,
        machines: Machines = "include",
        families: Families | None = None,
        small_cells: int = 0,
    ) -> Snapshot:
        """Return the campaign's numbers in the window of that length that ends at *at*.

        With a *selection*, only its messages and executions are counted, all from the aggregates:
        the source is not read. Unknown names count nothing; see :meth:`require`. *machines* is
        which opens and clicks are counted. *families* are those of the mailbox providers, by
        default the shipped ones. Domains and links of fewer profiles than *small_cells* are named
        as those that share a row.

        Raises
        ------
        ValueError
            Where the rollup was opened for one window, and another one is asked for, or a
            selection.
        UsageError
            Where *small_cells* is given, and profiles are not kept by domain and link.
        """
        span = Window.ending(at, window)
        if self._window is not None and span != self._window:
            message = "this rollup was opened for another window"
            raise ValueError(message)
        if self._window is not None and selection != ALL:
            message = "a rollup for one window counts the whole campaign; open it without a window"
            raise ValueError(message)
        families = families or shipped_families()
        providers = self._providers_of(families)
        start, end = minutes(span)
        mask = self.segments.mask_of(selection)
        tables = {
            question: counted.totals(
                start, end, include_tests=include_tests, mask=mask, machines=machines
            )
            for question, counted in {**self.counted, **providers.folded}.items()
        }
        series = self.counted[QUESTIONS[0]].series(
            span, include_tests=include_tests, mask=mask, machines=machines
        )
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
            machines=machines,
            small_cells=small_cells,
            folded=self._folded(
                start,
                end,
                small_cells,
                include_tests=include_tests,
                mask=mask,
                machines=machines,
            ),
            selection=selection,
            messages=entities.messages(self.messages),
            executions=entities.executions(self.executions),
            campaign_names={key: stats.newest_name for key, stats in facts.campaigns.items()},
            run=self._run(end, include_tests=include_tests, mask=mask, machines=machines),
            uniques=self._uniques(
                start, end, include_tests=include_tests, mask=mask, machines=machines
            ),
            families=families,
            provider_series=providers.series(span, include_tests=include_tests, mask=mask),
        )

    def unique_entries(self) -> dict[str, UniqueEntries]:
        """Return all that is known of distinct profiles and pairs, by name."""
        pairs = self.pairs
        of_pairs = {} if pairs is None else {"pairs": pairs.pairs, "clicked": pairs.clicked}
        return {"entered": self.entered, **of_pairs}

    def compact(self) -> None:
        """Sort what was added now, so that the next refresh does not have to."""
        for entries in self.unique_entries().values():
            entries.compact()

    def _run(
        self, end: int, *, include_tests: bool, mask: SegmentMask, machines: Machines
    ) -> Run | None:
        """Return what is counted up to the minute *end*."""
        if self._window is None:
            counted, before = self.counted[QUESTIONS[0]], end
        elif self.counted_to_date is not None:
            counted, before = self.counted_to_date, 1  # all of it is in the minute 0
        else:
            return None
        if self.entered_in_window is None:
            entered = self.entered.distinct(None, end, include_tests=include_tests, mask=mask)
        elif self.entered_to_date is not None:
            entered = self.entered_to_date[include_tests]
        else:
            return None
        totals = counted.totals(
            _FIRST_MINUTE, before, include_tests=include_tests, mask=mask, machines=machines
        )
        return Run(totals, entered)

    def _uniques(
        self, start: int, end: int, *, include_tests: bool, mask: SegmentMask, machines: Machines
    ) -> Uniques | None:
        if self.pairs_in_window is not None:
            return self.pairs_in_window.uniques(include_tests=include_tests, machines=machines)
        if self.pairs is None:
            return None
        return self.pairs.uniques(
            start, end, include_tests=include_tests, mask=mask, machines=machines
        )

    def _providers_of(self, families: Families) -> ProviderCounts:
        if families not in self._providers:
            if len(self._providers) == _FAMILIES_KEPT:
                del self._providers[next(iter(self._providers))]
            domains, details = (self.counted[question].cube for question in ("domain", "detail"))
            self._providers[families] = ProviderCounts(domains, details, families)
        return self._providers[families]

    def _folded(  # noqa: PLR0913 - all but three by name
        self,
        start: int,
        end: int,
        fewest: int,
        *,
        include_tests: bool,
        mask: SegmentMask,
        machines: Machines,
    ) -> Folded:
        if not fewest:
            return NOT_FOLDED
        if self.values is None:
            message = "small cells cannot be folded: the source is read without small_cells"
            raise UsageError(message)
        return self.values.folded(
            start, end, fewest, include_tests=include_tests, mask=mask, machines=machines
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
