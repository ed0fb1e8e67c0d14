"""The rollup of a store: its log lists the new files, their sizes and the times of events."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.engine.aggregates.counts_by_dimension import minutes
from campaign_live_widgets.engine.aggregates.entities import EntityStats, add_entity
from campaign_live_widgets.engine.aggregates.event_times import (
    EventTimes,
    Moment,
    newest_campaign,
)
from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.engine.duckdb.file_rollup import FileRollup, chunks_of
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.snapshot import Health
from campaign_live_widgets.sources import EXAMPLES
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.files.interrupts import held_back, stop_if_interrupted
from campaign_live_widgets.sources.files.staging import UNREADABLE, why
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.store_log import Log, State, parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from campaign_live_widgets.snapshot import Reject, Window
    from campaign_live_widgets.sources.store_log import StoredFile

_MINUTE_US: Final = 60_000_000
_READ: Final = ", ".join(column for column in COLUMNS if column != "timestamp")
_TRIES: Final = 3
"""Attempts to read a store whose files are replaced meanwhile."""


class _FileReplacedError(Exception):
    """A file of the store has been replaced meanwhile, or is missing."""


class StoreRollup(FileRollup):
    """Counts of one campaign of a store, kept up to date by :meth:`refresh`.

    Of other campaigns, only the times of events after now are read. If the rollup has one window,
    events of this campaign outside it are read only for names. A store contains each event once,
    so duplicates are not searched.
    """

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
        super().__init__(source, campaign, follow=follow, window=window, at=at, clock=clock)
        self._log = Log(self.location.text)
        self._state = State()
        self._damaged: dict[str, tuple[str, int | None]] = {}
        """Path → why a file cannot be read, and its size then, ``None`` where it is missing."""
        self._rejects: tuple[Reject, ...] = ()
        self._logged = EventTimes()
        """Times from the log, and times from files whose last event is after now."""
        self._read_ahead: dict[str, list[Moment]] = {}
        """Path → the times in a file whose last event was after now when it was read."""

    def refresh(self) -> bool:
        """Read what is new in the store; return whether any count or note changed.

        Raises
        ------
        SourceError
            If the store cannot be read; earlier counts are kept.
        """
        old_health = self._health
        for _ in range(_TRIES):
            try:
                changed = self._poll()
                break
            except _FileReplacedError:
                continue
        else:
            changed = self._poll(lost=True)
        self._sum_health()
        if not changed:
            self._entered.compact()
        return changed or self._health != old_health

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
        if commits == [] and not self._repaired():
            return False
        if commits is None:
            state = self._log.state()
            self._reset()
            self._damaged.clear()
            files: list[StoredFile] = list(state.files.values())
        else:
            state = self._state
            files = [file for commit in commits if not commit.compacts for file in commit.files]
            files += [state.files[path] for path in self._repaired()]
            for commit in commits:
                state.apply(commit)
        self._state = state
        self._rejects = tuple(self._log.rejects(state, EXAMPLES))
        self._campaigns = _campaigns(state.files.values())
        if self._campaign is None and self._campaigns:
            self._campaign = self._newest_of(state.files.values())
        self._log_times(state)
        campaign_files = [file for file in files if file.campaign == self._campaign]
        self._read(campaign_files, stop_if_asked, lost=lost)
        return bool(files)

    def _all_times(self) -> tuple[EventTimes, ...]:
        return (self._times, self._logged)

    def _newest_of(self, files: Iterable[StoredFile]) -> str | None:
        """Return the campaign of the newest event up to the time of the report."""
        until = self._until(self._at)
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

    def _log_times(self, state: State) -> None:
        """Collect the times of events from the log and, where needed, from files.

        Files with events after now are read; those of the counted campaign are read anyway.
        """
        now, previous = self._now(), self._read_ahead
        self._logged, self._read_ahead = EventTimes(), {}
        for path, file in state.files.items():
            if file.newest <= now:
                moments = [
                    Moment(file.campaign, is_ahead=False, last=file.newest, events=file.rows)
                ]
            elif file.campaign == self._campaign:
                continue
            else:
                moments = previous.get(path) or self._moments(file, now)
                self._read_ahead[path] = moments
            self._logged.add(moments, None)

    def _moments(self, file: StoredFile, until: int) -> list[Moment]:
        """Return when the events of a file happened; empty if it cannot be read."""
        query = sql.times(f"({self._events([file])})", "", until)
        try:
            return [Moment(*row) for row in self._con.execute(query).fetchall()]
        except UNREADABLE as error:
            stop_if_interrupted(error)
            return []  # counting it, or the next refresh, reports the error

    def _repaired(self) -> list[str]:
        """Return the files that could not be read and have another size now."""
        return [
            path
            for path, (_, size) in self._damaged.items()
            if path in self._state.files and _size(self._log.folder / path) != size
        ]

    def _read(
        self, files: Sequence[StoredFile], stop_if_asked: Callable[[], None], *, lost: bool
    ) -> None:
        whole = []
        for file in files:
            size = _size(self._log.folder / file.path)
            self._damaged.pop(file.path, None)
            if size is None and not lost:
                raise _FileReplacedError
            if size == file.size:
                whole.append(file)
            else:
                cause = (
                    "is missing" if size is None else "has another size than when it was written"
                )
                self._damaged[file.path] = (cause, size)
        inside, outside = self._by_window(whole)
        batches = list(chunks_of(inside, lambda file: file.size))
        self._keep_ids |= len(batches) > 1
        for batch in batches:
            stop_if_asked()
            self._count(batch, lost=lost)
        for batch in chunks_of(outside, lambda file: file.size):
            stop_if_asked()
            self._count(batch, lost=lost, names_only=True)

    def _by_window(self, files: Sequence[StoredFile]) -> tuple[list[StoredFile], list[StoredFile]]:
        """Return the files that may contain events of the one window, and the others."""
        if self._window is None:
            return list(files), []
        start, end = (minute * _MINUTE_US for minute in minutes(self._window))
        inside = [file for file in files if file.newest >= start and file.oldest < end]
        inside_paths = {file.path for file in inside}
        return inside, [file for file in files if file.path not in inside_paths]

    def _count(self, files: Sequence[StoredFile], *, lost: bool, names_only: bool = False) -> None:
        """Count files together; if that fails, count each alone."""
        try:
            self._con.execute(f"CREATE OR REPLACE TEMP VIEW {BATCH} AS {self._events(files)}")
            now = self._now()
            counted = self._counter.count_distinct(
                BATCH,
                str(self._campaign),
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
                    self._count([file], lost=lost, names_only=names_only)
                return
            size = _size(self._log.folder / files[0].path)
            if size is None and not lost:
                raise _FileReplacedError from error
            self._damaged[files[0].path] = (why(error), size)
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
        self._health = Health(
            events=sum(campaign.events for campaign in self._campaigns.values()),
            rejected=sum(tally.rejected for tally in tallies),
            ignored=sum(tally.ignored for tally in tallies),
            rejects=self._rejects,
            notes=(
                *state.problems,
                *(f"{path}: {cause}" for path, (cause, _) in sorted(self._damaged.items())),
            ),
        )


def _campaigns(files: Iterable[StoredFile]) -> dict[str, EntityStats]:
    """Return the campaigns of the log."""
    campaigns: dict[str, EntityStats] = {}
    for file in files:
        add_entity(
            campaigns, file.campaign, EntityStats(file.rows, file.oldest, file.newest, file.name)
        )
    return campaigns


def _size(path: os.PathLike[str]) -> int | None:
    """Return the size of a file, ``None`` if it does not exist."""
    try:
        return os.path.getsize(path)
    except OSError:
        return None
