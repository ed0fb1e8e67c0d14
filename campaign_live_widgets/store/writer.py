"""The one who writes to a store: under a lock, a commit at a time."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import duckdb
from filelock import FileLock

from campaign_live_widgets.errors import SourceError, StoreError
from campaign_live_widgets.io import atomic_files as disk
from campaign_live_widgets.sources.files.interrupts import interruptible, stop_if_interrupted
from campaign_live_widgets.sources.store_log import (
    LOG,
    MARKER,
    VERSION,
    Commit,
    IdRun,
    Log,
    State,
    encoded,
    file_digest,
)
from campaign_live_widgets.store import id_index as ids
from campaign_live_widgets.store.partition import EVENTS, write_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources.store_log import Ingested, StoredFile

IDS: Final = "_ids"
REJECTS: Final = "_rejects"
ASIDE: Final = "_aside"
LOCK: Final = "_lock"
GRACE: Final = 600.0
"""Seconds for which a file that has been replaced stays, for those who are reading it."""
_CHECKPOINT_COMMITS: Final = 64
"""Commits between two checkpoints, at least."""
_INNER: Final = re.compile(r'"exception_message":("(?:[^"\\]|\\.)*")')
FAILURES: Final = (OSError, duckdb.Error, RuntimeError)
"""What may come of a disk that is full, or of a folder that cannot be written."""


class Writer:
    """Writes commits to one store; see :class:`~campaign_live_widgets.store.Store`."""

    def __init__(self, folder: Path, *, grace: float, clock: Callable[[], float]) -> None:
        self.folder, self.grace, self._clock = folder, grace, clock
        self.log = Log(folder)
        self.state = State()
        self.durable = True
        self._engine = duckdb.connect()
        self.con = self.connection()
        self.probe = ids.probe(self.con)
        self._threads = RLock()
        self._lock = FileLock(folder / LOCK, thread_local=False)
        self._depth = 0
        self._swept = False
        self._since = (0, 0)
        """Commits, and bytes of them, since the last checkpoint."""
        self._runs: dict[str, ids.Run] = {}
        self._own_runs: set[str] = set()
        """Paths of the index that this writer has made, and need not read to trust."""

    def close(self) -> None:
        """Let go of the engine."""
        self._runs.clear()
        self.con.close()
        self._engine.close()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a connection to the engine with tables of its own."""
        con = self._engine.cursor()
        con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        return con

    # --- who may write ---------------------------------------------------------------------

    @contextmanager
    def locked(self) -> Iterator[State]:
        """Keep all other writers away, and go on from the newest state.

        Raises
        ------
        StoreError
            Where the folder cannot be written, or its log is not whole.
        """
        with self._threads, interruptible(self.con), self._failing():
            if self._depth:
                yield self.state
                return
            with self._lock:
                self._depth = 1
                try:
                    self._catch_up()
                    yield self.state
                finally:
                    self._depth = 0

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Say in one line why nothing was written; what was begun is swept next time."""
        try:
            yield
        except FAILURES as error:
            self._swept = False
            stop_if_interrupted(error)
            message = f"{self.folder}: cannot be written: {_reason(error)}"
            raise StoreError(message) from error
        except BaseException:
            self._swept = False
            raise

    def _catch_up(self) -> None:
        news = self.log.after(self.state.number) if self.state.number else None
        if news is None:
            self.state = self.log.state()
            commits, checkpoints = self.log.numbers()
            later = [n for n in commits if n > max(checkpoints, default=0)]
            self._since = (len(later), sum(self.log.commit_path(n).stat().st_size for n in later))
        for commit in news or ():
            self.state.apply(commit)
        if self.state.problems:
            message = (
                f"{self.folder}: nothing is written while the log is not whole "
                f"({self.state.problems[0]}); see campaign-live check"
            )
            raise StoreError(message)
        if not self._swept:
            self._sweep()
            self._swept = True

    def _sweep(self) -> None:
        """Remove what a writer left behind that was killed; the log does not name it."""
        shutil.rmtree(self.folder / ASIDE, ignore_errors=True)
        for hidden in self.log.path.glob(".*.tmp"):
            hidden.unlink(missing_ok=True)
        for path in unreferenced(self.folder, self.state):
            os.unlink(self.folder / path)

    # --- what is written -------------------------------------------------------------------

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """Give a folder in which files are made before they are part of the store."""
        folder = self.folder / ASIDE / secrets.token_hex(6)
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def known(self, high: ids.Hashes, low: ids.Hashes) -> NDArray[Any]:
        """Tell which ids the store holds."""
        return ids.known(self._open_runs(), high, low)

    def _open_runs(self) -> list[ids.Run]:
        """Return the index, mapped; made anew from the events where it cannot be used."""
        listed = self.state.runs
        for path in self._runs.keys() - listed.keys():
            del self._runs[path]
        self._own_runs &= listed.keys()
        try:
            for path, run in listed.items():
                if path not in self._runs:
                    self._runs[path] = self._opened(run)
        except (OSError, ValueError):
            self.index_anew()
        return list(self._runs.values())

    def _opened(self, run: IdRun) -> ids.Run:
        if run.probe != self.probe:
            message = f"{run.path} was made with another hash function"
            raise ValueError(message)
        if run.path not in self._own_runs and file_digest(self.folder / run.path) != run.digest:
            message = f"{run.path} is damaged"
            raise ValueError(message)
        return ids.Run(self.folder / run.path, run.rows)

    def index_anew(self) -> None:
        """Make the index from the events that are there."""
        from campaign_live_widgets.store.rebuild_index import runs_of  # noqa: PLC0415 - seldom needed

        self._runs.clear()
        with self.aside() as aside:
            runs = runs_of(self, aside)
            self.commit(removed=tuple(self.state.runs), moves=runs)
        self._runs |= {path: self._opened(run) for path, run in self.state.runs.items()}

    def add(  # noqa: PLR0913 - what a commit is made of
        self,
        con: duckdb.DuckDBPyConnection,
        events: str | None,
        high: ids.Hashes,
        low: ids.Hashes,
        ingested: Sequence[Ingested],
        rejects: Sequence[Sequence[Reject]],
    ) -> None:
        """Store *events* (a relation of *con*, or nothing), whose ids are these, none known yet.

        *rejects* are the rejected rows of each of *ingested*. All of it is one commit.
        """
        number = self.state.number + 1
        with self.aside() as aside:
            moves: dict[str, StoredFile | IdRun] = {}
            removed: tuple[str, ...] = ()
            if events is not None:
                moves |= write_events(con, events, aside, number)
                run, removed = self._run(high, low, aside, number)
                moves |= run
            told, files = [], {}
            for place, (one, refused) in enumerate(zip(ingested, rejects, strict=True)):
                if not refused:
                    told.append(one)
                    continue
                path = rejects_path(number, place)
                told.append(replace(one, rejects=path))
                files[path] = "".join(_line(reject) for reject in refused).encode()
            self.commit(removed=removed, moves=moves, ingested=tuple(told), files=files)

    def _run(
        self, high: ids.Hashes, low: ids.Hashes, aside: Path, number: int
    ) -> tuple[dict[str, StoredFile | IdRun], tuple[str, ...]]:
        """Write new ids, merged with runs that are not much larger; return those as well."""
        open_runs = self._open_runs()
        paths = list(self._runs)
        merged = ids.to_merge([len(run) for run in open_runs], len(high))
        parts = [(open_runs[place].high, open_runs[place].low) for place in merged]
        made = aside / "ids"
        rows = ids.write(made, [*parts, ids.ordered(high, low)])
        return {str(made): self.run_at(made, rows, number)}, tuple(paths[p] for p in merged)

    def run_at(self, made: Path, rows: int, number: int) -> IdRun:
        """Describe a file of the index that has been made."""
        path = f"{IDS}/{number:012}-{secrets.token_hex(4)}.ids"
        self._own_runs.add(path)
        return IdRun(path, rows, rows * ids.WIDTH, file_digest(made), self.probe)

    def commit(  # noqa: PLR0913 - what a commit is made of
        self,
        *,
        moves: dict[str, StoredFile | IdRun],
        removed: tuple[str, ...] = (),
        ingested: tuple[Ingested, ...] = (),
        files: dict[str, bytes] | None = None,
        rejects: tuple[tuple[str, int], ...] = (),
        compacts: bool = False,
    ) -> None:
        """Move files to where they belong and write the commit that says so.

        *moves* is where a file stands → what it is in the store; *files* is path → content of
        further ones; *rejects* are those of them that hold the rejected rows of *removed* ones.
        """
        durable, texts = self.durable, files or {}
        targets = {made: self.folder / file.path for made, file in moves.items()}
        written = {self.folder / path: content for path, content in texts.items()}
        folders = {path.parent for path in (*targets.values(), *written)}
        disk.make_folders(self.folder, folders, durable=durable)
        for made, target in targets.items():
            os.rename(made, target)
        for place, text in written.items():
            place.write_bytes(text)
        if durable:  # in any order: nothing is part of the store before the commit says so
            disk.sync_all((*targets.values(), *written, *folders))
        commit = Commit(
            number=self.state.number + 1,
            at=int(self._clock() * 1e6),
            compacts=compacts,
            files=tuple(f for f in moves.values() if not isinstance(f, IdRun)),
            removed=removed,
            runs=tuple(f for f in moves.values() if isinstance(f, IdRun)),
            ingested=ingested,
            rejects=rejects,
        )
        content = encoded(commit)
        disk.write_once(self.log.commit_path(commit.number), content, durable=durable)
        self.state.apply(commit)
        self._since = (self._since[0] + 1, self._since[1] + len(content))
        with suppress(OSError):  # the commit stands; this can be done later
            self._tidy()

    def _tidy(self) -> None:
        """Delete what was replaced some time ago; sum up the log where that pays."""
        limit = (self._clock() - self.grace) * 1e6
        for path, at in list(self.state.removed.items()):
            if at > limit:
                break
            (self.folder / path).unlink(missing_ok=True)
            del self.state.removed[path]
        if self._since[0] >= _CHECKPOINT_COMMITS:
            self._sum_up()

    def _sum_up(self) -> None:
        """Write a checkpoint, unless more would be written for that than for commits."""
        checkpoints = self.log.numbers()[1]
        last = self.log.checkpoint_path(checkpoints[-1]).stat().st_size if checkpoints else 0
        if self._since[1] < last:
            return
        summed = self.log.checkpoint_path(self.state.number)
        disk.write_over(summed, encoded(self.state), durable=True)
        self._since = (0, 0)
        self._prune(checkpoints)

    def _prune(self, checkpoints: list[int]) -> None:
        """Remove what of the log is older than the checkpoint before, and old enough."""
        limit = time.time() - self.grace
        for number in checkpoints[:-1]:
            self.log.checkpoint_path(number).unlink(missing_ok=True)
        for number in self.log.numbers()[0]:
            path = self.log.commit_path(number)
            if not checkpoints or number > checkpoints[-1] or path.stat().st_mtime > limit:
                break
            path.unlink(missing_ok=True)


def create(folder: Path) -> None:
    """Make a folder a store; one that is one stays as it is.

    Raises
    ------
    StoreError
        Where the folder holds something else, or cannot be made.
    """
    if (folder / MARKER).is_file():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = [name for name in os.listdir(folder) if name not in {LOCK, LOG, MARKER}]
        if [name for name in others if not name.endswith(".tmp")]:
            message = f"{folder}: is no store and not empty; give a new folder"
            raise StoreError(message)
        disk.make_folders(folder, [folder / LOG], durable=True)
        marker = {"format": "campaign-live store", "version": VERSION}
        with suppress(FileExistsError):  # another one was quicker
            disk.write_once(folder / MARKER, json.dumps(marker).encode() + b"\n", durable=True)
        disk.sync(folder.parent)
    except OSError as error:
        message = f"{folder}: cannot be made a store: {_reason(error)}"
        raise StoreError(message) from error


def unreferenced(folder: Path, state: State) -> list[str]:
    """Return the files in the folders of a store that its log does not name."""
    found = []
    for top in (EVENTS, IDS, REJECTS):
        for place, _, names in os.walk(folder / top):
            for name in names:
                path = os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")
                if not any(
                    path in known
                    for known in (state.files, state.runs, state.rejects, state.removed)
                ):
                    found.append(path)
    return sorted(found)


def rejects_path(number: int, place: int) -> str:
    """Return the path of a new file of rejected rows, the first *place* of commit *number*."""
    return f"{REJECTS}/{number:012}-{place}-{secrets.token_hex(4)}.ndjson"


def _line(reject: Reject) -> str:
    return (
        json.dumps({"file": reject.file, "row": reject.row, "cause": reject.cause}, default=str)
        + "\n"
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, SourceError):
        return str(error)
    text = str(error)
    within = _INNER.search(text)  # of what happens behind its back, the engine tells in JSON
    text = json.loads(within[1]) if within else text
    first = text.splitlines()[0] if text else type(error).__name__
    return first.rpartition('": ')[2] or first
