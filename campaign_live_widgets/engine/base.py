"""The base class of rollups: counts in memory, from which snapshots are made."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.engine.aggregates.event_times import newest_campaign
from campaign_live_widgets.engine.aggregates.gone_events import GoneEvents
from campaign_live_widgets.engine.campaign_counts import CampaignCounts
from campaign_live_widgets.engine.source_facts import SourceFacts
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.snapshot import ALL, Health, Snapshot, Window
from campaign_live_widgets.sources.files.file_changes import FileChanges

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from typing import Self, Unpack

    from campaign_live_widgets.engine.campaign_counts import Scope
    from campaign_live_widgets.snapshot import Campaign, Selection
    from campaign_live_widgets.sources.address import SourceAddress

_HELD: Final = 64
"""Campaigns that are held, even if no one has asked for them lately."""
_HELD_BYTES: Final = 1 << 28
"""Bytes of the counts of held campaigns above which old ones are dropped."""
AHEAD: Final = 8
"""Newest campaigns that are counted before they are asked for..."""
_AHEAD_BYTES: Final = 1 << 27
"""...as long as all counts take at most about as many bytes."""
_LATELY: Final = 60.0
"""Seconds after which a campaign was not asked for lately."""


def _ignore() -> None:
    """Do nothing."""


class Rollup(ABC):
    """Counts of the campaigns of a source that are asked for, kept up to date by :meth:`refresh`.

    A subclass reads its kind of source and fills the counts of one campaign each, which make the
    snapshots. Not safe to use from several threads.

    Parameters
    ----------
    source : str or path
        A file, a folder, a glob, or the address of a database's table; see
        :class:`~campaign_live_widgets.sources.address.SourceAddress`.
    campaign : str, optional
        The rollup's own one; by default the campaign with the newest event that the first
        refresh reads, see *at*.
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
    uniques : bool
        Whether distinct pairs of profiles and sends are counted, if the source gives them.
    small_cells : bool
        Whether profiles are kept by domain and link, to fold small cells; then no state is saved.
    state : Path, optional
        The folder of saved states: the first refresh starts from what :meth:`save` has written
        there, if the source still has what it had. By default nothing is loaded or saved.

    Raises
    ------
    ValueError
        If a window is given for a rollup that follows its source.
    """

    location: SourceAddress
    gives_pairs: ClassVar[bool] = False
    """Whether this kind of source gives events of pairs."""

    def __init__(  # noqa: PLR0913 - all but two by name
        self,
        source: str | os.PathLike[str],
        campaign: str | None = None,
        *,
        follow: bool = True,
        window: Window | None = None,
        at: datetime | None = None,
        clock: Callable[[], datetime] = utc_now,
        state: Path | None = None,
        uniques: bool = True,
        small_cells: bool = False,
    ) -> None:
        if window is not None and follow:
            message = "a fixed window is for a rollup that does not follow its source"
            raise ValueError(message)
        self._campaign = campaign
        self._follow = follow
        self._window = window
        self._at, self._clock = at, clock
        self._state_folder = state if follow and not small_cells else None
        self._uniques = uniques and self.gives_pairs
        self._small_cells = small_cells
        self._facts = SourceFacts(clock)
        self._held: dict[str, CampaignCounts] = {}
        """The campaigns that are counted, by id."""
        self.gone = GoneEvents()
        """Counted events that are in no file any more; the rollups of one server share them."""
        self.before_change: Callable[[], object] = _ignore
        """Is called in :meth:`refresh` before anything that snapshots are made from is changed in
        place, maybe several times; not where it is replaced. See :meth:`view`."""
        self.changes = FileChanges()
        """What a watcher reports: without one, each refresh looks at all files."""
        self._may_count_others = follow
        if campaign is not None:
            self._hold(campaign)
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

    def save(self, *, wait: bool = False) -> bool:  # noqa: ARG002 - what is saved is its kind's
        """Write what is counted to the folder of states, if it is time to; see *state*.

        Call it in the thread that refreshes. Another thread writes; writing is never an error.
        Databases have no saved state.

        Parameters
        ----------
        wait : bool
            Write now, if anything has changed, and return once it is written.

        Returns
        -------
        bool
            Whether writing has begun.
        """
        return False

    def interrupt(self) -> None:  # noqa: B027 - what cannot be interrupted ends later
        """End a statement that another thread runs, if it can be ended.

        What that thread has called raises :class:`KeyboardInterrupt` then, and earlier counts are
        kept. Between two statements it does nothing.
        """

    @abstractmethod
    def close(self) -> None:
        """Close connections and remove temporary files."""

    def view(self) -> Self:
        """Return the counts as they are now, while another thread refreshes this rollup.

        Only numbers of campaigns that are held may be asked of it. It is not changed by a refresh
        that counts the source again; aggregates that a refresh adds to are shared with it, so that
        nothing may be asked of it from :attr:`before_change` until the end of that refresh.
        """
        view = copy.copy(self)
        view._held = dict(self._held)  # noqa: SLF001 - its own
        view._may_count_others = False  # noqa: SLF001
        return view

    def shares_counts(self, view: Rollup) -> bool:
        """Return whether a refresh would change the counts of *view* in place."""
        return self._facts is view._facts or any(
            view._held.get(campaign) is counts for campaign, counts in self._held.items()
        )

    def next_change(self, after: datetime) -> datetime | None:
        """Return when the next event that is dated after *after* becomes past.

        Until then, only a refresh or the window can change a number. ``None``: there is none.
        """
        return self._facts.next_change(after)

    def _set_rows(self, rows: Health) -> None:
        """Set the numbers of rows by outcome."""
        if rows != self._facts.rows:
            self.before_change()
            self._facts.rows = rows

    def _reset(self) -> None:
        """Empty all aggregates; the campaigns that are held will be counted again."""
        self._facts = SourceFacts(self._clock, self._facts.rows)
        earlier, self._held = self._held, {}
        for campaign, counts in earlier.items():
            self._hold(campaign).asked_at = counts.asked_at

    def _new_counts(self, campaign: str | None) -> CampaignCounts:
        return CampaignCounts(
            campaign,
            self._facts,
            self._window,
            uniques=self._uniques,
            small_cells=self._small_cells,
        )

    def _hold(self, campaign: str) -> CampaignCounts:
        """Return the counts of a campaign that is counted from now on; empty if it is new."""
        if campaign not in self._held:
            self._held[campaign] = self._new_counts(campaign)
        return self._held[campaign]

    @property
    def campaign(self) -> str | None:
        """Return the rollup's own campaign; ``None`` before one is known."""
        return self._campaign

    def holds(self, campaign: str) -> bool:
        """Return whether a campaign is counted, so that the source need not be read for it."""
        return campaign in self._held

    def counts_of(self, campaign: str | None = None) -> CampaignCounts:
        """Return the counts of a campaign, by default the rollup's own.

        A campaign that is not held is counted now, which reads the source, and is held from then
        on: each refresh counts it. Held campaigns that no one has asked for lately are dropped
        where they would take too much memory. A campaign of which the source has no event has
        empty counts; see :meth:`CampaignCounts.require_campaign`.

        Raises
        ------
        SourceError
            If the source cannot be read.
        ValueError
            If a further campaign is asked of a view, or of a rollup that does not follow its
            source.
        """
        if campaign is None:
            campaign = self._campaign
        if campaign is None:
            return self._new_counts(None)
        if not self.holds(campaign):
            if not self._may_count_others:
                message = "only a rollup that follows its source counts further campaigns"
                raise ValueError(message)
            self._count_another(campaign)
            self._drop_old(campaign)
        counts = self._held[campaign]
        counts.asked_at = monotonic()
        return counts

    def prepare(self, campaign: str | None, selection: Selection) -> None:
        """Read what the first snapshot of a selection needs, so that it need not do so itself.

        Raises
        ------
        SourceError
            If the source cannot be read.
        """
        if self.needs(campaign, selection):
            self.counts_of(campaign).entered.load(self.before_change)

    def needs(self, campaign: str | None, selection: Selection) -> bool:
        """Return whether :meth:`prepare` would read something for a campaign that is held."""
        return selection != ALL and self.counts_of(campaign).entered.elsewhere is not None

    def count_ahead(self) -> bool:
        """Count the newest campaign that is not held, so that it is there once it is asked for.

        Only as many campaigns as take little memory. Call it where there is time: it reads the
        source; see :meth:`counts_of`.

        Returns
        -------
        bool
            Whether a campaign was counted.
        """
        if not self._may_count_others or not self._held:
            return False
        size = sum(counts.nbytes for counts in self._held.values())
        campaigns = self.campaigns()
        known = sum(campaign.events for campaign in campaigns if self.holds(campaign.id))
        for campaign in campaigns[:AHEAD]:
            if self.holds(campaign.id):
                continue
            if size + size * campaign.events // max(known, 1) > _AHEAD_BYTES:
                return False
            self._count_another(campaign.id)
            counts = self._held[campaign.id]
            counts.asked_at = -inf
            counts.entered.distinct(0, 0, include_tests=False)  # links are made when first needed
            return True
        return False

    @abstractmethod
    def _count_another(self, campaign: str) -> None:
        """Count a campaign that is not held, from the start of the source, and hold it."""

    def _drop_old(self, requested: str) -> None:
        """Drop campaigns that were not asked for lately, the longest ago first, above a bound.

        Not the *requested* one, and not the rollup's own.
        """
        size = sum(counts.nbytes for counts in self._held.values())
        lately = monotonic() - _LATELY
        for campaign, counts in sorted(self._held.items(), key=lambda item: item[1].asked_at):
            if size <= _HELD_BYTES and len(self._held) <= _HELD:
                return
            if campaign not in (requested, self._campaign) and counts.asked_at < lately:
                size -= counts.nbytes
                self._drop(campaign)

    def _drop(self, campaign: str) -> None:
        """Stop counting a campaign."""
        self.before_change()
        del self._held[campaign]
        self._facts.times.forget_minutes(campaign)
        self._facts.more_times.forget_minutes(campaign)

    def newest_campaign(self, at: datetime | None = None) -> str | None:
        """Return the campaign with the newest event up to *at*, by default now; ties by id.

        Campaigns whose last event up to then is not known are counted, which reads the source.

        Raises
        ------
        SourceError
            If the source cannot be read.
        """
        until, now = self._facts.until(at), self._facts.now()
        for campaign, stats in dict(self._facts.campaigns).items():
            last = self._facts.last(campaign, now)
            if stats.oldest <= until and last is not None and last > until:
                self.counts_of(campaign)
        return newest_campaign(
            {
                campaign: self._held[campaign].last_event(until)
                if self.holds(campaign)
                else self._facts.last(campaign, until)
                for campaign in self._facts.campaigns
            }
        )

    @property
    def health(self) -> Health:
        """Return the numbers of rows read so far by outcome, and of events dated after now."""
        return self._facts.health

    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source, the one with the newest event up to now first."""
        return self._facts.list_campaigns()

    @property
    def newest_event(self) -> datetime | None:
        """Return the time of the newest event of :attr:`campaign` up to now."""
        return self.counts_of().newest_event

    @property
    def oldest_event(self) -> datetime | None:
        """Return the time of the oldest event of :attr:`campaign`."""
        return self.counts_of().oldest_event

    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids of all messages and all executions of :attr:`campaign`."""
        return self.counts_of().names()

    def snapshot(self, **scope: Unpack[Scope]) -> Snapshot:
        """Return the numbers of :attr:`campaign`; see :meth:`CampaignCounts.snapshot`."""
        return self.counts_of().snapshot(**scope)

    def require_campaign(self) -> None:
        """Raise :class:`UnknownNameError` where the source has no event of the campaign."""
        self.counts_of().require_campaign()

    def require(self, selection: Selection) -> None:
        """Raise :class:`UnknownNameError` where the campaign has no event of a name in it."""
        self.counts_of().require(selection)
