"""The writer of a store: commits, one at a time, under a lock."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np
from filelock import FileLock

from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.io import atomic_files as disk
from campaign_live_widgets.sources.digests import file_digest
from campaign_live_widgets.sources.files.interrupts import interruptible, stop_if_interrupted
from campaign_live_widgets.sources.store_log import (
    Commit,
    IdRun,
    Log,
    State,
    encode,
)
from campaign_live_widgets.store.folder import (
    IDS,
    LOCK,
    TEMPORARY,
    error_reason,
    rejects_path,
    unreferenced,
)
from campaign_live_widgets.store.index import id_index as ids
from campaign_live_widgets.store.lost_events import LostEvents
from campaign_live_widgets.store.partition import write_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources.store_log import Ingested, StoredFile

GRACE: Final = 600.0
"""Seconds for which replaced files are not deleted, because readers may have them open."""
_CHECKPOINT_COMMITS: Final = 64
"""Minimum number of commits between two checkpoints."""
WRITE_ERRORS: Final = (OSError, duckdb.Error, RuntimeError)
"""Errors of a full disk, or of a folder that cannot be written."""


class Writer:
    """Writes commits to one store; see :class:`~campaign_live_widgets.store.Store`.

    A commit is atomic: its files are written to a temporary folder, moved into place and synced,
    and only then the log names them, in a file that is created at once. A writer that is killed
    in between leaves files that the log does not name; the next writer removes them.
    """

    def __init__(self, folder: Path, *, grace: float, clock: Callable[[], float]) -> None:
        self.folder, self.grace, self._clock = folder, grace, clock
        self.log = Log(folder)
        self.state = State()
        self.durable = True
        self._engine = duckdb.connect()
        self.con = self.connection()
        self.probe = ids.probe(self.con)
        self.lost = LostEvents(folder, self.con, self.temporary_folder)
        self._thread_lock = RLock()
        self._lock = FileLock(folder / LOCK, thread_local=False)
        self._is_locked = False
        self._is_clean = False
        """Whether no leftovers of a killed or failed writer can be in the folder."""
        self._since_checkpoint = (0, 0)
        """Commits since the last checkpoint, and their bytes."""
        self._runs: dict[str, ids.Run] = {}
        self._verified_runs: set[str] = set()
        """Paths of index files that this writer has written: their digest need not be checked."""

    def close(self) -> None:
        """Close the connections to DuckDB."""
        self._runs.clear()
        self.con.close()
        self._engine.close()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection to the same DuckDB instance, with separate temporary tables."""
        con = self._engine.cursor()
        con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        return con

    # --- the lock --------------------------------------------------------------------------

    @contextmanager
    def locked(self) -> Iterator[State]:
        """Hold the lock of the store, with the newest state loaded; may be nested.

        Raises
        ------
        StoreError
            If the folder cannot be written, or its log is damaged.
        """
        with self._thread_lock, interruptible(self.con), self._as_store_error():
            if self._is_locked:
                yield self.state
                return
            with self._lock:
                self._is_locked = True
                try:
                    self._load_newest_state()
                    yield self.state
                finally:
                    self._is_locked = False

    @contextmanager
    def _as_store_error(self) -> Iterator[None]:
        """Raise errors of writing as :class:`StoreError`; have leftovers removed next time."""
        try:
            yield
        except WRITE_ERRORS as error:
            self._is_clean = False
            stop_if_interrupted(error)
            message = f"{self.folder}: cannot be written: {error_reason(error)}"
            raise StoreError(message) from error
        except BaseException:
            self._is_clean = False
            raise

    def _load_newest_state(self) -> None:
        new_commits = self.log.after(self.state.number) if self.state.number else None
        if new_commits is None:
            self.state = self.log.state()
            commits, checkpoints = self.log.numbers()
            later = [n for n in commits if n > max(checkpoints, default=0)]
            size = sum(self.log.commit_path(n).stat().st_size for n in later)
            self._since_checkpoint = (len(later), size)
        for commit in new_commits or ():
            self.state.apply(commit)
        if self.state.problems:
            message = (
                f"{self.folder}: the log is damaged ({self.state.problems[0]}), so nothing can be "
                "written; run campaign-live check for details, and ingest what can be read into a "
                "new store"
            )
            raise StoreError(message)
        if not self._is_clean:
            self._remove_leftovers()
            self._is_clean = True

    def _remove_leftovers(self) -> None:
        """Remove the files of a killed or failed writer, which the log does not name."""
        shutil.rmtree(self.folder / TEMPORARY, ignore_errors=True)
        for hidden in self.log.path.glob(".*.tmp"):
            hidden.unlink(missing_ok=True)
        for path in unreferenced(self.folder, self.state):
            os.unlink(self.folder / path)

    # --- commits ---------------------------------------------------------------------------

    @contextmanager
    def temporary_folder(self) -> Iterator[Path]:
        """Create a temporary folder for the files of the next commit."""
        folder = self.folder / TEMPORARY / secrets.token_hex(6)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def find_lost_events(self) -> None:
        """Find the events that the store has lost, also those of files with other content."""
        self.lost.update(self.state, self._open_runs, content=True)

    def contains(self, high: ids.Hashes, low: ids.Hashes) -> NDArray[Any]:
        """Return which ids the store holds; it does not hold those that it has lost."""
        self.lost.update(self.state, self._open_runs)
        is_lost = self.lost.contains(high, low)
        return np.where(is_lost, False, ids.contains(self._open_runs(), high, low))  # noqa: FBT003

    def _open_runs(self) -> list[ids.Run]:
        """Return the files of the index, mapped; rebuild the index if it is damaged."""
        listed = self.state.runs
        for path in self._runs.keys() - listed.keys():
            del self._runs[path]
        self._verified_runs &= listed.keys()
        try:
            for path, run in listed.items():
                if path not in self._runs:
                    self._runs[path] = self._open_run(run)
        except (OSError, ValueError):
            self._rebuild_index()
        return list(self._runs.values())

    def _open_run(self, run: IdRun) -> ids.Run:
        if run.probe != self.probe:
            message = f"{run.path} was written with another hash function"
            raise ValueError(message)
        if (
            run.path not in self._verified_runs
            and file_digest(self.folder / run.path) != run.digest
        ):
            message = f"{run.path} is damaged"
            raise ValueError(message)
        return ids.Run(self.folder / run.path, run.rows)

    def _rebuild_index(self) -> None:
        """Build the index again, from the intact files of the store; give up the others."""
        self._runs.clear()
        self.lost.search(self.state)
        with self.temporary_folder() as folder:
            moves: dict[str, StoredFile | IdRun] = {}
            built = self.lost.build(self.state, folder)
            if built is not None:
                path, rows = built
                moves[str(path)] = self._describe_run(path, rows, self.state.number + 1)
            lost = tuple(self.lost.files(self.state))
            removed = (*self.state.runs, *self.lost.damaged)
            self.commit(removed=removed, moves=moves, lost=lost)
        self._runs |= {path: self._open_run(run) for path, run in self.state.runs.items()}

    def add(  # noqa: PLR0913 - the parts of a commit
        self,
        con: duckdb.DuckDBPyConnection,
        events: str | None,
        high: ids.Hashes,
        low: ids.Hashes,
        ingested: Sequence[Ingested],
        rejects: Sequence[Sequence[Reject]],
    ) -> int:
        """Store new events, and the counts of the files or calls they are from, in one commit.

        Return how many of the events had been lost.

        Parameters
        ----------
        con : duckdb.DuckDBPyConnection
        events : str or None
            A relation of *con* with the new events; ``None`` if there are none.
        high, low : numpy.ndarray
            Hashed ids of the events; the store must not contain any of them.
        ingested : sequence of Ingested
        rejects : sequence of sequence of Reject
            The rejected rows of each of *ingested*.
        """
        number, restored = self.state.number + 1, 0
        with self.temporary_folder() as folder:
            moves: dict[str, StoredFile | IdRun] = {}
            removed, lost = tuple[str, ...](), None
            if events is not None:
                run, removed = self._write_run(high, low, folder, number)
                moves = {**write_events(con, events, folder, number), **run}
                if self.lost.files(self.state):
                    restored, given_up, lost = self.lost.give_up(con, self.state, events, high, low)
                    removed = (*removed, *given_up)
            counts, files = [], {}
            for index, (count, rejected) in enumerate(zip(ingested, rejects, strict=True)):
                if not rejected:
                    counts.append(count)
                    continue
                content = "".join(
                    reject_line(reject.file, reject.row, reject.cause) for reject in rejected
                ).encode()
                path = rejects_path(number, index, content)
                counts.append(replace(count, rejects=path))
                files[path] = content
            self.commit(
                removed=removed, moves=moves, ingested=tuple(counts), files=files, lost=lost
            )
        self.lost.remove(high, low)
        return restored

    def _write_run(
        self, high: ids.Hashes, low: ids.Hashes, folder: Path, number: int
    ) -> tuple[dict[str, StoredFile | IdRun], tuple[str, ...]]:
        """Write new ids, merged with small runs; return the move, and paths of the merged runs."""
        open_runs = self._open_runs()
        if self.lost.files(self.state):  # the index still has the ids of most lost events
            is_new = ~ids.contains(open_runs, high, low)
            high, low = high[is_new], low[is_new]
            if not len(high):
                return {}, ()
        paths = list(self._runs)
        merged = ids.runs_to_merge([len(run) for run in open_runs], len(high))
        parts = [(open_runs[index].high, open_runs[index].low) for index in merged]
        written = folder / "ids"
        rows = ids.write(written, [*parts, ids.sort(high, low)])
        moves: dict[str, StoredFile | IdRun] = {
            str(written): self._describe_run(written, rows, number)
        }
        return moves, tuple(paths[index] for index in merged)

    def _describe_run(self, written: Path, rows: int, number: int) -> IdRun:
        """Return the entry of a written index file in commit *number*."""
        path = f"{IDS}/{number:012}-{secrets.token_hex(4)}.ids"
        self._verified_runs.add(path)
        return IdRun(path, rows, rows * ids.WIDTH, file_digest(written), self.probe)

    def commit(  # noqa: PLR0913 - the parts of a commit
        self,
        *,
        moves: dict[str, StoredFile | IdRun],
        removed: tuple[str, ...] = (),
        ingested: tuple[Ingested, ...] = (),
        files: dict[str, bytes] | None = None,
        rejects: tuple[tuple[str, int], ...] = (),
        compacts: bool = False,
        lost: tuple[StoredFile, ...] | None = None,
    ) -> None:
        """Move files into the store, and write the commit that names them.

        Parameters
        ----------
        moves : dict
            Path of a written file → its entry in the commit.
        removed : tuple of str
            Paths of files that the commit replaces.
        ingested : tuple of Ingested
        files : dict, optional
            Path in the store → content of further files.
        rejects : tuple of (str, int)
            Those of *files* that contain the rejected rows of *removed* ones, and their rows.
        compacts : bool
            Whether the files contain the events of those they replace.
        lost : tuple of StoredFile, optional
            All files that have been given up.
        """
        durable = self.durable
        targets = {written: self.folder / entry.path for written, entry in moves.items()}
        contents = {self.folder / path: content for path, content in (files or {}).items()}
        folders = {path.parent for path in (*targets.values(), *contents)}
        disk.make_folders(self.folder, folders, durable=durable)
        for written, target in targets.items():
            os.rename(written, target)
        for path, content in contents.items():
            path.write_bytes(content)
        if durable:  # in any order: none is part of the store before the commit is written
            disk.sync_all((*targets.values(), *contents, *folders))
        commit = Commit(
            number=self.state.number + 1,
            at=int(self._clock() * 1e6),
            compacts=compacts,
            files=tuple(f for f in moves.values() if not isinstance(f, IdRun)),
            removed=removed,
            runs=tuple(f for f in moves.values() if isinstance(f, IdRun)),
            ingested=ingested,
            rejects=rejects,
            lost=lost,
        )
        text = encode(commit)
        disk.write_once(self.log.commit_path(commit.number), text, durable=durable)
        self.state.apply(commit)
        commits, size = self._since_checkpoint
        self._since_checkpoint = (commits + 1, size + len(text))
        with suppress(OSError):  # the commit is written; a later one can clean up
            self._clean_up()

    def _clean_up(self) -> None:
        """Delete files that were replaced some time ago; write a checkpoint if one is due."""
        limit = (self._clock() - self.grace) * 1e6
        for path, at in list(self.state.removed.items()):
            if at > limit:
                break
            (self.folder / path).unlink(missing_ok=True)
            del self.state.removed[path]
        if self._since_checkpoint[0] >= _CHECKPOINT_COMMITS:
            self._write_checkpoint()

    def _write_checkpoint(self) -> None:
        """Write a checkpoint, unless it is larger than the commits since the last one."""
        checkpoints = self.log.numbers()[1]
        last = self.log.checkpoint_path(checkpoints[-1]).stat().st_size if checkpoints else 0
        if self._since_checkpoint[1] < last:
            return
        path = self.log.checkpoint_path(self.state.number)
        disk.write_over(path, encode(self.state), durable=True)
        self._since_checkpoint = (0, 0)
        self._prune(checkpoints)

    def _prune(self, checkpoints: list[int]) -> None:
        """Delete old files of the log, which the last but one checkpoint replaces."""
        limit = time.time() - self.grace
        for number in checkpoints[:-1]:
            self.log.checkpoint_path(number).unlink(missing_ok=True)
        for number in self.log.numbers()[0]:
            path = self.log.commit_path(number)
            if not checkpoints or number > checkpoints[-1] or path.stat().st_mtime > limit:
                break
            path.unlink(missing_ok=True)


def reject_line(name: str, row: int | None, cause: str) -> str:
    """Return a line of a file of rejected rows."""
    return json.dumps({"file": name, "row": row, "cause": cause}, default=str) + "\n"
