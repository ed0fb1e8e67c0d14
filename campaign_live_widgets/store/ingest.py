"""Files of a source → events of a store, each once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.engine.duckdb.file_rollup import chunks
from campaign_live_widgets.errors import SourceError, StoreError, UsageError
from campaign_live_widgets.sources import Location, Tail, Tally, quoted
from campaign_live_widgets.sources.files.interrupts import interruptible, stop_if_interrupted
from campaign_live_widgets.sources.files.staging import UNREADABLE, Stage, why
from campaign_live_widgets.sources.store_log import Ingested
from campaign_live_widgets.store.new_events import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources import FileSlice, FileState
    from campaign_live_widgets.sources.files.staging import Batch
    from campaign_live_widgets.store.writer import Writer

    Progress = Callable[["Result", int, int], None]
    """What is told as ingestion goes on: the result so far, bytes done, bytes in all."""

_REJECTS_KEPT: Final = 100_000
"""Rejected rows of one pass that are kept, each with its line; all are counted."""
_BLOCK: Final = 1 << 20


@dataclass(slots=True)
class Result:
    """What came of an ingestion.

    Attributes
    ----------
    events : int
        Stored, and not there before.
    duplicates, rejected, ignored : int
        Rows that repeat an event; that were refused; that carry no event.
    files, skipped : int
        Files that were read, and those whose content had been ingested before.
    problems : dict
        File → why it could not be read.
    waiting : dict
        File → why it, or its end, is not read yet.
    rejects : list of Reject
        The first rejected rows.
    """

    events: int = 0
    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0
    files: int = 0
    skipped: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


class Known(NamedTuple):
    """A fragment by its content, and the content it has grown from."""

    key: str
    replaces: str | None


class Ingestion:
    """One pass over the files of a source.

    Where it has a *name*, its content is taken as if it had never been met before.
    """

    def __init__(
        self,
        writer: Writer,
        source: str | os.PathLike[str],
        progress: Progress,
        name: str | None = None,
    ) -> None:
        self._writer, self._progress, self._name = writer, progress, name
        self._location = Location.parse(source)
        self.result = Result()
        self._tail = Tail(self._location, follow=False, keeps=True)
        self._con = writer.connection()
        self._stage = Stage(
            self._con, self._location.format, self._tail.files, examples=_REJECTS_KEPT
        )
        self._con.execute(f"SET temp_directory = {quoted(self._stage.folder)}")
        self._keys: dict[str, Known] = {}
        self._done = self._total = 0

    def run(self) -> Result:
        """Ingest what is there and not known yet.

        Raises
        ------
        SourceError
            Where there is nothing that can be read.
        StoreError
            Where the store cannot be written; what has been committed stays.
        """
        try:
            slices = [f for f in self._tail.poll() if not self._is_own(f.file.path)]
            self._total = sum(file_slice.end for file_slice in slices)
            self.result.waiting = {
                path: self._waits(self._tail.files[path], why)
                for path, why in self._tail.waiting.items()
            }
            if not slices and not self._tail.waiting:
                message = f"{self._location.text}: there is no event file (Parquet, CSV or NDJSON)"
                raise SourceError(message)
            with interruptible(self._con):
                for chunk in chunks(slices):
                    self._take(self._unknown(chunk))
                    self._done += sum(file_slice.end for file_slice in chunk)
                    self._progress(self.result, self._done, self._total)
        finally:
            self._stage.close()
            self._con.close()
        return self.result

    @staticmethod
    def _waits(state: FileState, cause: str) -> str:
        """Return what of a file waits, until when, and what to do."""
        if state.rests_at is None:
            return cause
        until = datetime.fromtimestamp(ceil(state.rests_at), UTC)
        return (
            "its last line has no line break and may be cut short; it waits until "
            f"{until:%Y-%m-%dT%H:%M:%SZ}: end the line, or ingest again then"
        )

    def _is_own(self, path: str) -> bool:
        """Tell whether a file is part of the store itself."""
        own = os.path.join(os.path.realpath(self._writer.folder), "")
        if os.path.realpath(self._location.watched).startswith(own.rstrip(os.sep)):
            message = f"{self._location.text}: is the store itself"
            raise UsageError(message)
        return os.path.realpath(path).startswith(own)

    def _unknown(self, chunk: Sequence[FileSlice]) -> list[FileSlice]:
        """Return the fragments whose content has not been ingested yet."""
        unknown: list[FileSlice] = []
        keys: set[str] = set()
        with self._writer.locked() as state:
            ingested = dict(state.ingested)
        for file_slice in chunk:
            path = file_slice.file.path
            try:
                known = self._key(file_slice, ingested)
            except OSError as error:
                self.result.problems[path] = why(error)
                continue
            if known.key in ingested or known.key in keys:
                self.result.skipped += 1
                continue
            self._keys[path] = known
            keys.add(known.key)
            unknown.append(file_slice)
        return unknown

    def _key(self, file_slice: FileSlice, ingested: dict[str, Ingested]) -> Known:
        """Return what a fragment is known by; a file that has grown holds what it was before."""
        path, suffix = file_slice.file.path, self._location.format or ""
        if self._name is not None:
            return Known("", None)
        may_grow = file_slice.file.kind != "parquet" and file_slice.file.compression is None
        earlier = {
            one.size: one.key
            for one in ingested.values()
            if may_grow and one.name == os.path.abspath(path) and 0 < one.size < file_slice.end
        }
        digest, position, replaces = blake2b(digest_size=16), 0, None
        with open(path, "rb") as stream:
            for end in (*sorted(earlier), file_slice.end):
                while position < end and (block := stream.read(min(end - position, _BLOCK))):
                    digest.update(block)
                    position += len(block)
                key = f"{digest.hexdigest()}{suffix}"
                if earlier.get(end) == key:
                    replaces = key
        return Known(key, replaces)

    def _take(self, slices: Sequence[FileSlice]) -> None:
        """Ingest fragments in one commit; where that fails, each alone."""
        if not slices:
            return
        try:
            batch = self._stage.stage(slices)
            if batch.rejected:
                self._stage.add_rejects(batch)
            found = Found.of(self._con, batch)
        except UNREADABLE as error:
            stop_if_interrupted(error)
            self._apart(slices, error)
            return
        try:
            with self._writer.locked():
                self._store(batch, found)
        except StoreError:
            damage = self._damage()
            if damage is None:
                raise
            self._apart(slices, damage)
            return
        finally:
            self._stage.clear()
        self.result.problems |= batch.problems

    def _apart(self, slices: Sequence[FileSlice], error: BaseException) -> None:
        """Ingest fragments one by one, as one of them cannot be read."""
        if len(slices) > 1:
            for file_slice in slices:
                self._take([file_slice])
        elif Path(slices[0].file.path).exists():
            self.result.problems[slices[0].file.path] = why(error)

    def _damage(self) -> BaseException | None:
        """Return why what is laid out cannot be read; ``None`` where it can, so it is the store."""
        try:
            for table in self._stage.tables:
                self._con.execute(f"SELECT max(hash(COLUMNS(*))) FROM {table}").fetchall()
        except UNREADABLE as error:
            stop_if_interrupted(error)
            return error
        return None

    def _store(self, batch: Batch, found: Found) -> None:
        """Store what is new of a batch; the writer holds the lock."""
        new = found.new(self._writer)
        told, rejects = [], []
        files = batch.files_of(found.position)
        stored = np.bincount(files[new], minlength=len(batch.slices))
        repeated = np.bincount(files[~new], minlength=len(batch.slices))
        for place, file_slice in enumerate(batch.slices):
            path = file_slice.file.path
            tally = batch.tallies.get(path, Tally())
            known = self._keys[path]
            told.append(
                Ingested(
                    key=known.key,
                    name=self._name or os.path.abspath(path),
                    size=file_slice.end,
                    events=int(stored[place]),
                    duplicates=int(repeated[place]) + tally.duplicates,
                    rejected=tally.rejected,
                    ignored=tally.ignored,
                    replaces=known.replaces,
                )
            )
            rejects.append([replace(r, file=self._relative(r.file)) for r in tally.rejects])
        rejected = bool(batch.rejected or batch.ignored)
        found.store(self._writer, self._con, rejected, new, told, rejects)
        for one, refused_rows in zip(told, rejects, strict=True):
            self._count(one, refused_rows)

    def _count(self, one: Ingested, rejects: Sequence[Reject]) -> None:
        result = self.result
        result.files += 1
        result.events += one.events
        result.duplicates += one.duplicates
        result.rejected += one.rejected
        result.ignored += one.ignored
        result.rejects += rejects[: max(0, 100 - len(result.rejects))]

    def _relative(self, path: str) -> str:
        """Return a file's name as people know it: within the source."""
        if self._name is not None:
            return self._name
        try:
            return str(Path(path).relative_to(self._location.watched))
        except ValueError:
            return path
