"""Check a store: read every file, and report each problem in one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np

from campaign_live_widgets.sources.files.interrupts import interruptible, stop_if_interrupted
from campaign_live_widgets.sources.files.opened import why
from campaign_live_widgets.sources.files.staging import UNREADABLE
from campaign_live_widgets.sources.formats.canonical import ADDED, COLUMNS
from campaign_live_widgets.sources.store_log import DAY_US, DamagedError, Log, parquet
from campaign_live_widgets.sources.stored_files import file_problem
from campaign_live_widgets.store.folder import are_rejects_intact, unreferenced
from campaign_live_widgets.store.index import id_index as ids
from campaign_live_widgets.store.index.rebuild_index import read_ids
from campaign_live_widgets.store.partition import folder_of
from campaign_live_widgets.store.unmapped import waiting_rows

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator

    from campaign_live_widgets.sources.store_log import IdRun, State, StoredFile

_MAX_NAMES: Final = 3
"""Names that a line lists."""
_WRITTEN_COLUMNS: Final = (COLUMNS, tuple(name for name in COLUMNS if name not in ADDED))
"""The columns of files of this version, and of earlier ones."""
_TRIES: Final = 3
"""Attempts, because a writer may replace files while they are checked."""


@dataclass(slots=True)
class Checked:
    """The result of a check.

    Attributes
    ----------
    problems : list of str
        One line for each problem: what is wrong, and where.
    remarks : list of str
        Harmless findings, such as leftovers of a killed writer.
    events, files, campaigns, commits : int
        Numbers of intact ones.
    """

    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    events: int = 0
    files: int = 0
    campaigns: int = 0
    commits: int = 0


def check(
    folder: str | os.PathLike[str], progress: Callable[[int, int], None] | None = None
) -> Checked:
    """Read a whole store and return its problems; nothing is written.

    Parameters
    ----------
    folder : str or path
    progress : callable, optional
        Called after each file with the bytes read and all bytes.

    Raises
    ------
    SourceError
        If the folder is not a store.
    """
    log = Log(folder)
    for _ in range(_TRIES):
        state = log.state()
        result = _Check(log, state).run(progress or (lambda _done, _total: None))
        if not result.problems or log.state().files.keys() == state.files.keys():
            break
    return result


class _Check:
    """One check of all files."""

    def __init__(self, log: Log, state: State) -> None:
        self._log, self._state, self._folder = log, state, log.folder
        self._result = Checked()
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        self._campaigns: set[str] = set()

    def run(self, progress: Callable[[int, int], None]) -> Checked:
        """Check the log, the files of events, the index, and all other files."""
        self._check_log()
        runs = [run for entry in self._state.runs.values() if (run := self._check_run(entry))]
        repeated = _RepeatedIds()
        total = sum(file.size for file in self._state.files.values())
        bytes_read = 0
        with interruptible(self._con):
            for file in self._state.files.values():
                self._check_file(file, runs, repeated)
                bytes_read += file.size
                progress(bytes_read, total)
        if repeated.count:
            where = _list(repeated.files)
            self._report(f"{repeated.count:,} events are stored more than once (in {where})")
        indexed = sum(run.rows for run in self._state.runs.values())
        stored = sum(file.rows for file in self._state.files.values())
        for file in self._state.lost:
            self._report(
                f"{file.path} was lost: {_events(file.rows)} of campaign {file.campaign!r} "
                "are missing until a source with them is ingested"
            )
        if not self._state.lost and indexed != stored and len(runs) == len(self._state.runs):
            self._report(f"the index has {indexed:,} events, the log {stored:,}")
        self._check_other_files()
        self._result.campaigns = len(self._campaigns)
        self._con.close()
        return self._result

    def _report(self, text: str) -> None:
        self._result.problems.append(text)

    def _check_log(self) -> None:
        """Check every file of the log, including commits that a checkpoint replaces."""
        self._result.problems += self._state.problems
        commits, checkpoints = self._log.numbers()
        for number in commits:
            try:
                self._log.commit(number)
                self._result.commits += 1
            except (DamagedError, OSError) as error:
                text = f"commit {number} {error}"
                if not any(
                    problem.startswith(f"commit {number} ") for problem in self._state.problems
                ):
                    self._report(f"{text}; a checkpoint replaces it")
        for number in checkpoints:
            try:
                self._log.checkpoint(number)
            except (DamagedError, OSError) as error:
                self._report(f"checkpoint {number} {error}; other files of the log replace it")

    def _check_run(self, run: IdRun) -> ids.Run | None:
        path = self._folder / run.path
        problem = file_problem(path, run.size, run.digest)
        if problem is None and run.probe == ids.probe(self._con):
            return ids.Run(path, run.rows)
        if problem is not None:
            self._report(f"{run.path} {problem}; it is an index: the next writer rebuilds it")
        else:
            self._result.remarks.append(
                f"{run.path} is of another version of DuckDB; the next writer rebuilds the index"
            )
        return None

    def _check_file(self, file: StoredFile, runs: list[ids.Run], repeated: _RepeatedIds) -> None:
        path = self._folder / file.path
        problem = file_problem(path, file.size, file.digest)
        if problem is not None:
            self._report(
                f"{file.path} {problem}: {_events(file.rows)} of campaign {file.campaign!r}"
            )
            return
        try:
            problems = list(self._content_problems(file))
            high, low = read_ids(self._con, parquet(self._folder, [file]))
        except UNREADABLE as error:
            stop_if_interrupted(error)
            self._report(f"{file.path} {why(error)}")
            return
        if len(runs) == len(self._state.runs):
            missing = len(high) - int(np.count_nonzero(ids.contains(runs, high, low)))
            if missing:
                problems.append(f"{_events(missing)} are not in the index")
        repeated.add(file.path, high, low)
        if problems:
            self._report(f"{file.path}: {'; '.join(problems)}")
            return
        self._result.files += 1
        self._result.events += file.rows
        self._campaigns.add(file.campaign)

    def _content_problems(self, file: StoredFile) -> Iterator[str]:
        """Yield how the rows of a file differ from its entry in the log."""
        scan = parquet(self._folder, [file])
        relation = self._con.execute(f"SELECT * FROM {scan} LIMIT 0")
        if tuple(column[0] for column in relation.description or ()) not in _WRITTEN_COLUMNS:
            yield "its columns are not the canonical ones"
            return
        rows, other, oldest, newest = self._con.execute(
            f"SELECT count(*), count(*) FILTER (campaign_id IS DISTINCT FROM ?), "
            f"min(epoch_us(timestamp)), max(epoch_us(timestamp)) FROM {scan}",
            [file.campaign],
        ).fetchone() or (0, 0, None, None)
        if rows != file.rows:
            yield f"it contains {_events(rows)}, not {file.rows:,}"
        if other:
            yield f"{_events(other)} are of another campaign"
        if rows and not (file.oldest <= oldest and newest <= file.newest):
            yield "its events are outside the time range in the log"
        if rows and {oldest // DAY_US, newest // DAY_US} != {file.day}:
            yield "its events are of another day"
        if not file.path.startswith(folder_of(file.campaign, file.day) + "/"):
            yield "it is in the folder of another campaign or day"

    def _check_other_files(self) -> None:
        """Check the files of rejected rows, and find files that the log does not name."""
        for path, rows in self._state.rejects.items():
            try:
                content = (self._folder / path).read_bytes()
            except OSError as error:
                self._report(f"{path} cannot be read: {error.strerror}")
                continue
            if content.count(b"\n") < min(rows, 1) or not are_rejects_intact(path, content):
                self._report(f"{path} is damaged: it has rejected rows, which are counted")
        waiting = waiting_rows(self._folder)
        if waiting:
            wait = "1 row waits" if waiting == 1 else f"{waiting:,} rows wait"
            self._result.remarks.append(f"{wait} for a mapping; see campaign-live ingest --retry")
        leftovers = unreferenced(self._folder, self._state)
        if not leftovers:
            return
        files = "1 file is" if len(leftovers) == 1 else f"{len(leftovers):,} files are"
        text = f"{files} not part of the store ({_list(leftovers)})"
        if self._state.problems:
            self._report(f"{text}; they may belong to a missing commit")
        else:
            self._result.remarks.append(f"{text}; the next writer removes them")


class _RepeatedIds:
    """Finds ids that are stored more than once; it needs 16 bytes of memory an id."""

    def __init__(self) -> None:
        self._runs: list[tuple[ids.Hashes, ids.Hashes]] = []
        self.count = 0
        self.files: Counter[str] = Counter()

    def add(self, path: str, high: ids.Hashes, low: ids.Hashes) -> None:
        """Add the ids of a file."""
        high, low = ids.sort(high, low)
        in_other_files = ids.contains_sorted(self._runs, high, low)
        same = (high[1:] == high[:-1]) & (low[1:] == low[:-1])
        count = int(np.count_nonzero(in_other_files)) + int(np.count_nonzero(same))
        if count:
            self.count += count
            self.files[path] += count
        merged = ids.runs_to_merge([len(run[0]) for run in self._runs], len(high))
        parts = [self._runs[index] for index in merged]
        self._runs = [run for index, run in enumerate(self._runs) if index not in set(merged)]
        blocks = list(ids.merge_blocks([*parts, (high, low)]))
        if blocks:
            both = [np.concatenate(column) for column in zip(*blocks, strict=True)]
            self._runs.append((both[0], both[1]))


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"


def _list(names: Iterable[str]) -> str:
    ordered = sorted(names)
    others = len(ordered) - _MAX_NAMES
    more = f" and {others:,} more" if others > 0 else ""
    return ", ".join(ordered[:_MAX_NAMES]) + more
