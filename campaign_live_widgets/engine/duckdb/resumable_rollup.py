"""A rollup that starts from its saved state, and saves it again."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.engine.aggregates.event_times import newest_campaign
from campaign_live_widgets.engine.base import Rollup
from campaign_live_widgets.engine.duckdb.release_memory import release_memory
from campaign_live_widgets.engine.saved_state.folder import guard
from campaign_live_widgets.engine.saved_state.keeper import StateKeeper
from campaign_live_widgets.engine.saved_state.saved_rollup import SavedRollup

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
    from campaign_live_widgets.engine.duckdb.batch_counter import BatchCounter
    from campaign_live_widgets.engine.saved_state.saved_rollup import PackedRuns
    from campaign_live_widgets.sources import Tail
    from campaign_live_widgets.sources.files.staging import Stage

_UNSORTED: Final = 100_000
"""New rows above which a state is not saved before they are sorted."""


class ResumableRollup(Rollup):
    """A rollup of files with a saved state; see :class:`Rollup`."""

    gives_pairs = True
    _con: duckdb.DuckDBPyConnection
    _stage: Stage
    _tail: Tail
    _seen: SeenEvents
    _counter: BatchCounter
    _has_read_much: bool

    @abstractmethod
    def _new_counter(self) -> BatchCounter:
        """Return what counts batches, for the ids that are known now."""

    @abstractmethod
    def _count_held(self, campaign: str, stop_if_asked: Callable[[], None]) -> None:
        """Hold a campaign, and count it in what was read of the files."""

    def _open_state(self, source: str, mapping: str) -> None:
        """Prepare the state of a source; *mapping* is the digest of what maps it, if anything."""
        self._keeper: StateKeeper | None = None
        if self._state_folder is not None:
            self._keeper = StateKeeper(
                self._state_folder, source, guard(self._con, source, mapping), mapping
            )
        self._is_first, self._must_choose, self._has_changed = True, False, False
        self._requested = self._campaign
        self._packed: list[PackedRuns] = []

    def _load_once(self) -> None:
        """Before the first refresh: start from the saved state, if there is one that fits."""
        loaded = None
        # The newest campaign of the past is known only by reading the files.
        if self._keeper and self._is_first and (self._campaign is not None or self._at is None):
            loaded = self._keeper.load()
        self._is_first = False
        if loaded is None:
            return
        try:
            saved = SavedRollup.unpack(*loaded, self._clock, uniques=self._uniques)
            if not self._take_over(saved):
                return
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            return  # it is of another form: the source is read
        self._facts, self._held, self._seen = saved.facts, saved.held, saved.seen
        self._counter = self._new_counter()
        self.gone.restore(saved.gone)
        self._campaign = self._campaign or saved.campaign
        self._must_choose = True

    def _take_over(self, saved: SavedRollup) -> bool:
        """Go on from where files were read; return whether that is possible."""
        self._tail.restore(saved.files)
        self._stage.schemas.take_formats(self._tail.files)
        return True

    def _choose_again(self, stop_if_asked: Callable[[], None]) -> None:
        """After a state was loaded: choose the campaign as a first refresh does, and hold it."""
        if not self._must_choose:
            return
        if self._requested is None:
            self._campaign = newest_campaign(self._facts.newest_events())
        if self._campaign is not None and self._campaign not in self._held:
            self._count_held(self._campaign, stop_if_asked)
        self._must_choose = False

    def save(self, *, wait: bool = False) -> bool:
        """Write what is counted to the folder of states; see :meth:`Rollup.save`."""
        if self._keeper is None or self._campaign is None or self._tail.is_rewritten:
            return False
        self._use_mapped(self._keeper)
        if not self._has_changed or not (wait or self._is_due(self._keeper)):
            return False
        saved = SavedRollup(
            self._campaign, self._facts, self._held, self._seen, self.gone.ids, self._tail.files
        )
        if not self._add_to(saved):
            return False
        self._packed, self._has_changed = saved.large(), False
        self._keeper.write(*saved.pack())
        if wait:
            self._keeper.wait()
        return True

    def _is_due(self, keeper: StateKeeper) -> bool:
        """Return whether to save now: many new rows are sorted first, at the next idle look."""
        rows = [self._seen.runs]
        for counts in self._held.values():
            rows += [entries.runs for entries in counts.unique_entries().values()]
        return keeper.is_due() and all(group.unsorted < _UNSORTED for group in rows)

    def _add_to(self, saved: SavedRollup) -> bool:
        """Add what only this kind of source has; return whether it can be saved."""
        return not saved.store

    def _use_mapped(self, keeper: StateKeeper) -> None:
        """Use the arrays of the file that was written, in place of those in memory."""
        written = keeper.take_written()
        if written is not None:
            for packed in self._packed:
                packed.exchange(written)
            self._packed = []
            self._has_read_much |= len(self._seen) > _UNSORTED  # what is mapped now was in memory
            self._release()

    def _release(self) -> None:
        """Give memory back once much was read."""
        if self._has_read_much:
            self._has_read_much = False
            release_memory(self._con)
