"""Is a store what was written to it? Every file is read, and what is wrong is said in words."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np

from campaign_live_widgets.sources.files.interrupts import interruptible, stop_if_interrupted
from campaign_live_widgets.sources.files.staging import UNREADABLE
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.store_log import DAY_US, DamagedError, Log, file_digest, parquet
from campaign_live_widgets.store import id_index as ids
from campaign_live_widgets.store.partition import folder_of
from campaign_live_widgets.store.rebuild_index import ids_in
from campaign_live_widgets.store.writer import unreferenced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from campaign_live_widgets.sources.store_log import IdRun, State, StoredFile

_SOME: Final = 3
"""Names that are told of many."""
_TRIES: Final = 3


@dataclass(slots=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    problems : list of str
        A line each, with what is wrong and where.
    remarks : list of str
        What is no harm, such as files that a killed writer has left behind.
    events, files, campaigns, commits : int
        What is whole.
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
    """Read a whole store and tell what is wrong with it; nothing is written.

    Raises
    ------
    SourceError
        Where the folder is no store.
    """
    log = Log(folder)
    for _ in range(_TRIES):  # one who writes meanwhile may replace what is being read
        state = log.state()
        found = _Check(log, state).run(progress or (lambda _done, _total: None))
        now = log.state()
        if not found.problems or now.files.keys() == state.files.keys():
            break
    return found


class _Check:
    """One look at all there is."""

    def __init__(self, log: Log, state: State) -> None:
        self._log, self._state, self._folder = log, state, log.folder
        self._found = Checked()
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        self._campaigns: set[str] = set()

    def run(self, progress: Callable[[int, int], None]) -> Checked:
        """Check the log, every file of events, the index, and what else is there."""
        self._check_log()
        runs = [run for one in self._state.runs.values() if (run := self._run(one))]
        twice = _Twice()
        total = sum(file.size for file in self._state.files.values())
        done = 0
        with interruptible(self._con):
            for file in self._state.files.values():
                self._check_file(file, runs, twice)
                done += file.size
                progress(done, total)
        if twice.ids:
            self._wrong(f"{twice.ids:,} events are stored twice (in {_list(twice.files)})")
        indexed = sum(run.rows for run in self._state.runs.values())
        stored = sum(file.rows for file in self._state.files.values())
        if indexed != stored and len(runs) == len(self._state.runs):
            self._wrong(f"the index names {indexed:,} events, the log {stored:,}")
        self._check_rest()
        self._found.campaigns = len(self._campaigns)
        self._con.close()
        return self._found

    def _wrong(self, text: str) -> None:
        self._found.problems.append(text)

    def _check_log(self) -> None:
        """Look at every file of the log, also at those that a checkpoint stands for."""
        self._found.problems += self._state.problems
        commits, checkpoints = self._log.numbers()
        for number in commits:
            try:
                self._log.commit(number)
                self._found.commits += 1
            except (DamagedError, OSError) as error:
                text = f"commit {number} {error}"
                if not any(
                    problem.startswith(f"commit {number} ") for problem in self._state.problems
                ):
                    self._wrong(f"{text}; a checkpoint stands for it")
        for number in checkpoints:
            try:
                self._log.checkpoint(number)
            except (DamagedError, OSError) as error:
                self._wrong(f"checkpoint {number} {error}; other files of the log stand for it")

    def _run(self, run: IdRun) -> ids.Run | None:
        path = self._folder / run.path
        wrong = _not_as_written(path, run.size, run.digest)
        if wrong is None and run.probe == ids.probe(self._con):
            return ids.Run(path, run.rows)
        if wrong is not None:
            self._wrong(f"{run.path} {wrong}; it is an index, which the events can replace")
        else:
            self._found.remarks.append(
                f"{run.path} is of another version; the next writer makes the index anew"
            )
        return None

    def _check_file(self, file: StoredFile, runs: list[ids.Run], twice: _Twice) -> None:
        path = self._folder / file.path
        wrong = _not_as_written(path, file.size, file.digest)
        if wrong is not None:
            self._wrong(f"{file.path} {wrong}: {_events(file.rows)} of campaign {file.campaign!r}")
            return
        try:
            faults = list(self._faults(file))
            high, low = ids_in(self._con, parquet(self._folder, [file]))
        except UNREADABLE as error:
            stop_if_interrupted(error)
            self._wrong(f"{file.path} cannot be read ({str(error).splitlines()[0]})")
            return
        if len(runs) == len(self._state.runs):
            unknown = len(high) - int(np.count_nonzero(ids.known(runs, high, low)))
            if unknown:
                faults.append(f"{_events(unknown)} are not in the index")
        twice.add(file.path, high, low)
        if faults:
            self._wrong(f"{file.path}: {'; '.join(faults)}")
            return
        self._found.files += 1
        self._found.events += file.rows
        self._campaigns.add(file.campaign)

    def _faults(self, file: StoredFile) -> Iterator[str]:
        """Yield what of a file's rows is not what the log says."""
        scan = parquet(self._folder, [file])
        relation = self._con.execute(f"SELECT * FROM {scan} LIMIT 0")
        if tuple(column[0] for column in relation.description or ()) != COLUMNS:
            yield "it has not the canonical columns"
            return
        rows, other, oldest, newest = self._con.execute(
            f"SELECT count(*), count(*) FILTER (campaign_id IS DISTINCT FROM ?), "
            f"min(epoch_us(timestamp)), max(epoch_us(timestamp)) FROM {scan}",
            [file.campaign],
        ).fetchone() or (0, 0, None, None)
        if rows != file.rows:
            yield f"it holds {_events(rows)}, not {file.rows:,}"
        if other:
            yield f"{_events(other)} are of another campaign"
        if rows and not (file.oldest <= oldest and newest <= file.newest):
            yield "its events are not of the time that the log says"
        if rows and {oldest // DAY_US, newest // DAY_US} != {file.day}:
            yield "its events are not of its day"
        if not file.path.startswith(folder_of(file.campaign, file.day) + "/"):
            yield "it is in the folder of another campaign or day"

    def _check_rest(self) -> None:
        """Look for rejected rows that are gone, and for files that nobody knows."""
        for path, rows in self._state.rejects.items():
            try:
                with open(self._folder / path, "rb") as stream:
                    kept = sum(1 for _ in stream)
            except OSError as error:
                self._wrong(f"{path} cannot be read: {error.strerror}")
                continue
            if kept < min(rows, 1):
                self._wrong(f"{path} holds {kept:,} rejected rows, not {rows:,}")
        left = unreferenced(self._folder, self._state)
        if not left:
            return
        files = "1 file is" if len(left) == 1 else f"{len(left):,} files are"
        text = f"{files} not part of the store ({_list(left)})"
        if self._state.problems:
            self._wrong(f"{text}: perhaps of a commit that is missing")
        else:
            self._found.remarks.append(f"{text}; the next writer removes them")


class _Twice:
    """Finds ids that are in two files: all are kept, 16 bytes each."""

    def __init__(self) -> None:
        self._runs: list[tuple[ids.Hashes, ids.Hashes]] = []
        self.ids = 0
        self.files: Counter[str] = Counter()

    def add(self, path: str, high: ids.Hashes, low: ids.Hashes) -> None:
        """Take the ids of one more file."""
        high, low = ids.ordered(high, low)
        found = ids.among(self._runs, high, low)
        same = (high[1:] == high[:-1]) & (low[1:] == low[:-1])
        count = int(np.count_nonzero(found)) + int(np.count_nonzero(same))
        if count:
            self.ids += count
            self.files[path] += count
        merged = ids.to_merge([len(run[0]) for run in self._runs], len(high))
        parts = [self._runs[place] for place in merged]
        self._runs = [run for place, run in enumerate(self._runs) if place not in set(merged)]
        blocks = list(ids.blocks([*parts, (high, low)]))
        if blocks:
            both = [np.concatenate(column) for column in zip(*blocks, strict=True)]
            self._runs.append((both[0], both[1]))


def _not_as_written(path: Path, size: int, digest: str) -> str | None:
    """Return what is wrong with a file; ``None`` where it is what was written."""
    try:
        actual = os.path.getsize(path)
        if actual < size:
            return f"breaks off after {actual:,} of {size:,} bytes"
        if actual > size:
            return f"has grown from {size:,} to {actual:,} bytes"
        return None if file_digest(path) == digest else "is damaged: its content has changed"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count:,} events"


def _list(names: Iterable[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - _SOME:,} more" if len(shown) > _SOME else ""
    return ", ".join(shown[:_SOME]) + more
