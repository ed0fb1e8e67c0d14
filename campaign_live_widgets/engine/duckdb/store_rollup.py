"""The rollup of a store: its log lists the new files, their sizes and the times of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.engine.aggregates.counts_by_dimension import minutes
from campaign_live_widgets.engine.aggregates.entities import EntityStats, add_entity
from campaign_live_widgets.engine.aggregates.event_times import (
    EventTimes,
    Moment,
    newest_campaign,
)
from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.engine.duckdb.file_checks import FileChecks
from campaign_live_widgets.engine.duckdb.file_rollup import MUCH, FileRollup
from campaign_live_widgets.engine.duckdb.unlisted_files import unlisted_files
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.file_status import status_of
from campaign_live_widgets.snapshot import Health
from campaign_live_widgets.sources import EXAMPLES
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.files.chunks import chunks_of
from campaign_live_widgets.sources.files.interrupts import held_back, stop_if_interrupted
from campaign_live_widgets.sources.files.staging import UNREADABLE
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.mapping.load import KEEP
from campaign_live_widgets.sources.store_log import Log, State, decode_state, encode, parquet
from campaign_live_widgets.sources.stored_files import lost_by_campaign

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Container, Iterable, Sequence

    from campaign_live_widgets.engine.saved_state.saved_rollup import SavedRollup
    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources.store_log import Commit, StoredFile

_MINUTE_US: Final = 60_000_000
_READ: Final = ", ".join(column for column in COLUMNS if column != "timestamp")
_TRIES: Final = 3
"""Attempts to read a store whose files are replaced meanwhile."""


class _FileReplacedError(Exception):
    """A file of the store has been replaced meanwhile, or is missing."""


class StoreRollup(FileRollup):
    """Counts of the campaigns of a store that are asked for, kept up to date by :meth:`refresh`.

    Of other campaigns, only the times of events after now are read. If the rollup has one window,
    events of its campaign outside it are read only for names. A store contains each event once,
    so duplicates are not searched.
    """

    def _open(self, source: str | os.PathLike[str]) -> None:
        super()._open(source)
        if self.location.mapping not in (None, KEEP):
            message = (
                f"{self.location.text}: a store holds events that are mapped already; "
                "give the mapping to campaign-live ingest"
            )
            raise SourceError(message)
        if self.location.outcomes:
            message = (
                f"{self.location.text}: a store holds events as they were ingested; "
                "give --sends outcomes to campaign-live ingest, into a new store"
            )
            raise SourceError(message)
        self._log = Log(self.location.text)
        self._state = State()
        self._checks = FileChecks(self._log.folder)
        self._unlisted: list[StoredFile] = []
        """Files of commits that cannot be read."""
        self._rejects: tuple[Reject, ...] = ()
        self._read_ahead: dict[str, list[Moment]] = {}
        """Path → the times in a file whose last event was after now when it was read."""

    def refresh(self) -> bool:
        """Read what is new in the store; return whether any count or note changed.

        Raises
        ------
        SourceError
            If the store cannot be read; earlier counts are kept.
        """
        old_rows = self._facts.rows
        self._load_once()
        is_loaded, changed = self._must_choose, False
        for _ in range(_TRIES):
            try:
                changed |= self._poll()
                break
            except _FileReplacedError:
                continue
        else:
            changed |= self._poll(lost=True)
        with held_back(self._con) as stop_if_asked:
            self._choose_again(stop_if_asked)
        self._sum_health()
        self._has_changed |= changed
        changed |= is_loaded
        if not changed:
            self._compact()
            self._release()
        return changed or self._facts.rows != old_rows

    def recount(self) -> None:
        """Count the store again from its start; see :meth:`Rollup.recount`."""
        self._state = State()
        self.refresh()

    def _poll(self, *, lost: bool = False) -> bool:
        """Count what is new since the last refresh; return whether anything is.

        If it is interrupted, the next refresh counts everything again.
        """
        try:
            with held_back(self._con) as stop_if_asked:
                return self._count_new(stop_if_asked, lost=lost)
        except (_FileReplacedError, KeyboardInterrupt):
            self._state = State()
            raise

    def _count_new(self, stop_if_asked: Callable[[], None], *, lost: bool) -> bool:
        commits = self._log.after(self._state.number) if self._state.number else None
        if commits is not None and self._must_count_again(commits):
            commits = None
        if commits == []:
            return False
        had_files = bool(self._state.files)
        if commits is None:
            state = self._log.state()
            self._reset()
            self._checks.clear()
            self._unlisted = unlisted_files(self._con, self._log.folder, state)
            files: list[StoredFile] = list(state.files.values())
        else:
            state = self._state
            files = [file for commit in commits if not commit.compacts for file in commit.files]
            for commit in commits:
                state.apply(commit)
        self._state = state
        self._rejects = tuple(self._log.rejects(state, EXAMPLES))
        for file in files:
            if not self._checks.check(file, content=False) and self._checks.is_missing(file):
                self._require_lost(file, lost=lost)
        if self._campaign is None and state.files:
            self._campaign = self._choose_campaign(state)
            if self._campaign is not None:
                self._hold(self._campaign)
        for campaign in self._held:
            campaign_files = [file for file in files if file.campaign == campaign]
            self._read(campaign, campaign_files, stop_if_asked, lost=lost)
        self._take_from_log(state)
        return bool(files) or had_files

    def _count_held(self, campaign: str, stop_if_asked: Callable[[], None]) -> None:
        files = [file for file in self._state.files.values() if file.campaign == campaign]
        self._hold(campaign)
        try:
            self._read(campaign, files, stop_if_asked, lost=False)
            self._take_from_log(self._state)
            self._sum_health()
        except _FileReplacedError:
            self._state = State()
            self.refresh()
        except BaseException:
            self._drop(campaign)
            raise

    def _add_to(self, saved: SavedRollup) -> bool:
        saved.store = {"state": encode(self._state).decode(), "checks": self._checks.plain()}
        return not (self._state.unread or self._state.problems or self._unlisted)

    def _take_over(self, saved: SavedRollup) -> bool:
        state = decode_state(saved.store["state"].encode())
        if not self._checks.restore(saved.store["checks"]):
            return False
        self._state = state
        self._rejects = tuple(self._log.rejects(state, EXAMPLES))
        saved.facts.campaigns = self._stats_of_campaigns(state)
        saved.facts.more_times = self._logged_times(state, saved.held)
        return True

    def _drop(self, campaign: str) -> None:
        super()._drop(campaign)
        self._facts.times.forget(campaign)
        self._take_from_log(self._state)

    def _take_from_log(self, state: State) -> None:
        """Take from the log what is known of campaigns whose files are not read."""
        campaigns, times = self._stats_of_campaigns(state), self._logged_times(state, self._held)
        self.before_change()
        self._facts.campaigns, self._facts.more_times = campaigns, times

    def _must_count_again(self, commits: Sequence[Commit]) -> bool:
        """Return whether files of counted events were damaged, repaired or given up since."""
        state = self._state
        if self._checks.compare_log(has_new_commits=bool(commits) and not state.unread):
            current = self._log.state()
            if current.number < state.number + len(commits) or current.unread != state.unread:
                return True
        removed = {path for commit in commits for path in commit.removed}
        changed = self._checks.compare(state.files, removed)
        for commit in commits:
            if commit.compacts:  # its events were counted, if they could be read
                changed |= self._checks.any_damaged(commit.removed)
                changed |= any(
                    not self._checks.check(file, content=False)
                    for file in commit.files
                    if file.path not in removed
                )
            else:
                changed |= not state.files.keys().isdisjoint(commit.removed)
        return changed

    def _require_lost(self, file: StoredFile, *, lost: bool) -> None:
        """Raise :class:`_FileReplacedError` if a missing file may have been replaced."""
        if lost:
            return
        if file.path not in self._state.files or self._log.after(self._state.number) != []:
            raise _FileReplacedError

    def _choose_campaign(self, state: State) -> str | None:
        """Return the campaign of the newest event that can be read, with its files checked."""
        while True:
            intact = [file for file in state.files.values() if self._checks.is_intact(file)]
            campaign = self._newest_of(intact or state.files.values())
            damaged = [
                file
                for file in intact
                if file.campaign == campaign and not self._checks.check(file, content=True)
            ]
            if not damaged:
                return campaign

    def _newest_of(self, files: Iterable[StoredFile]) -> str | None:
        """Return the campaign of the newest event up to the time of the report."""
        until = self._facts.until(self._at)
        newest: dict[str, int | None] = {}
        for file in files:
            last: int | None = file.newest
            if file.newest > until:
                moments = self._moments(file, until) if file.oldest <= until else []
                last = max((moment.last for moment in moments if not moment.is_ahead), default=None)
            previous = newest.setdefault(file.campaign, last)
            if last is not None and (previous is None or last > previous):
                newest[file.campaign] = last
        return newest_campaign(newest)

    def _logged_times(self, state: State, held: Container[str]) -> EventTimes:
        """Return the times of events from the log and, where needed, from files.

        Files with events after now are read; those of counted campaigns are read anyway.
        """
        now, previous = self._facts.now(), self._read_ahead
        logged, self._read_ahead = EventTimes(), {}
        for path, file in state.files.items():
            if not self._checks.is_intact(file):
                continue
            if file.newest <= now:
                moments = [
                    Moment(file.campaign, is_ahead=False, last=file.newest, events=file.rows)
                ]
            elif file.campaign in held:
                continue
            else:
                moments = previous.get(path) or self._moments(file, now)
                self._read_ahead[path] = moments
            logged.add(moments, ())
        return logged

    def _moments(self, file: StoredFile, until: int) -> list[Moment]:
        """Return when the events of a file happened; empty if it cannot be read."""
        query = sql.times(f"({self._events([file])})", (), until)
        try:
            return [Moment(*row) for row in self._con.execute(query).fetchall()]
        except UNREADABLE as error:
            stop_if_interrupted(error)
            self._checks.reject(file)
            return []

    def _read(
        self,
        campaign: str,
        files: Sequence[StoredFile],
        stop_if_asked: Callable[[], None],
        *,
        lost: bool,
    ) -> None:
        """Count files of a campaign that is held."""
        intact = []
        for file in files:
            stop_if_asked()
            if self._checks.is_intact(file) and self._checks.check(file, content=True):
                intact.append(file)
            elif self._checks.is_missing(file):
                self._require_lost(file, lost=lost)
        inside, outside = self._by_window(intact)
        batches = list(chunks_of(inside, lambda file: file.size))
        self._has_read_much |= sum(file.size for file in inside) > MUCH
        self._keep_ids |= len(batches) > 1
        for batch in batches:
            stop_if_asked()
            self._count(campaign, batch, lost=lost)
        for batch in chunks_of(outside, lambda file: file.size):
            stop_if_asked()
            self._count(campaign, batch, lost=lost, names_only=True)

    def _by_window(self, files: Sequence[StoredFile]) -> tuple[list[StoredFile], list[StoredFile]]:
        """Return the files that may contain events before the window's end, and the others."""
        if self._window is None:
            return list(files), []
        end = minutes(self._window)[1] * _MINUTE_US
        inside = [file for file in files if file.oldest < end]
        inside_paths = {file.path for file in inside}
        return inside, [file for file in files if file.path not in inside_paths]

    def _count(
        self, campaign: str, files: Sequence[StoredFile], *, lost: bool, names_only: bool = False
    ) -> None:
        """Count files together; if that fails, count each alone."""
        try:
            self._con.execute(f"CREATE OR REPLACE TEMP VIEW {BATCH} AS {self._events(files)}")
            now = self._facts.now()
            counted = self._counter.count_distinct(
                BATCH,
                campaign,
                rows=sum(file.rows for file in files),
                keeps=self._keep_ids,
                names_only=names_only,
                now=now,
            )
        except UNREADABLE as error:
            stop_if_interrupted(error)
            if len(files) > 1:
                self._keep_ids = True
                for file in files:
                    self._count(campaign, [file], lost=lost, names_only=names_only)
                return
            if status_of(self._log.folder / files[0].path) is None:
                self._require_lost(files[0], lost=lost)
            self._checks.reject(files[0])
            return
        counted.campaigns = {}  # they come from the log
        self._merge(counted, now)

    def _events(self, files: Sequence[StoredFile]) -> str:
        """Return SQL for the events in files of the store."""
        scan = parquet(self._log.folder, files)
        return f"SELECT epoch_us(timestamp) AS us, {_READ} FROM {scan}"

    def _sum_health(self) -> None:
        """Sum the tallies that the log has of all ingested rows."""
        state = self._state
        tallies = list(state.tallies())
        lost = lost_by_campaign([*self._checks.lost(state.files), *state.lost, *self._unlisted])
        rows = Health(
            events=sum(campaign.events for campaign in self._facts.campaigns.values()),
            rejected=sum(tally.rejected for tally in tallies),
            ignored=sum(tally.ignored for tally in tallies),
            missing=sum(one.events for one in lost),
            lost=lost,
            unread_commits=tuple(state.unread),
            rejects=self._rejects,
        )
        self._set_rows(rows)

    def _stats_of_campaigns(self, state: State) -> dict[str, EntityStats]:
        """Return the campaigns of the log with their readable events, which may be none."""
        campaigns: dict[str, EntityStats] = {}
        lost: dict[str, EntityStats] = {}
        for file in state.files.values():
            is_intact = self._checks.is_intact(file)
            stats = EntityStats(file.rows if is_intact else 0, file.oldest, file.newest, file.name)
            add_entity(campaigns if is_intact else lost, file.campaign, stats)
        for file in (*state.lost, *self._unlisted):
            add_entity(lost, file.campaign, EntityStats(0, file.oldest, file.newest, file.name))
        return lost | campaigns
