"""Ingest the files of a source into a store, each event once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.errors import SourceError, StoreError, UsageError
from campaign_live_widgets.sources import Location, Tail, Tally, quoted
from campaign_live_widgets.sources.files.chunks import chunks
from campaign_live_widgets.sources.files.interrupts import interruptible, stop_if_interrupted
from campaign_live_widgets.sources.files.raw_bytes import digests
from campaign_live_widgets.sources.files.staging import UNREADABLE, Stage, why
from campaign_live_widgets.sources.store_log import Ingested
from campaign_live_widgets.store.given_up import restore_given_up
from campaign_live_widgets.store.new_events import BatchIds
from campaign_live_widgets.store.source_store import damaged_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources import FileSlice, FileState
    from campaign_live_widgets.sources.files.staging import Batch
    from campaign_live_widgets.sources.store_log import StoredFile
    from campaign_live_widgets.store.writer import Writer

    Progress = Callable[["Result", int, int], None]
    """Takes the result so far, the bytes read and all bytes."""

_MAX_REJECTS: Final = 100_000
"""Rejected rows of one batch that are stored with their line; all are counted."""


@dataclass(slots=True)
class Result:
    """The result of an ingestion.

    Attributes
    ----------
    events : int
        New events, now stored.
    duplicates, rejected, ignored : int
        Rows that repeat an event; invalid rows; rows without an event.
    restored : int
        Those of the new events that the store had lost.
    files, skipped : int
        Files that were read; files whose content had been ingested before.
    lost : list of StoredFile
        Files of the store that are damaged; their rows are events that are still missing.
    problems : dict
        File → why it could not be read.
    waiting : dict
        File → why it, or its last line, is not read yet.
    rejects : list of Reject
        The first rejected rows.
    """

    events: int = 0
    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0
    restored: int = 0
    files: int = 0
    skipped: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    lost: list[StoredFile] = field(default_factory=list)


class ContentKey(NamedTuple):
    """The key of a file's content, and that of the content it has grown from."""

    key: str
    replaces: str | None
    is_known: bool = False
    """Whether it was ingested before, and is read again for events that the store has lost."""


class Ingestion:
    """Ingests the files of a source once.

    Parameters
    ----------
    writer : Writer
    source : str or path
    progress : callable
    name : str, optional
        Name of the rows of a single file; its content is then not compared with earlier files.
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
            self._con, self._location.format, self._tail.files, examples=_MAX_REJECTS
        )
        self._con.execute(f"SET temp_directory = {quoted(self._stage.folder)}")
        self._keys: dict[str, ContentKey] = {}
        self._bytes_read = self._bytes_total = 0

    def run(self) -> Result:
        """Ingest the files that are new or have grown.

        Raises
        ------
        SourceError
            If there are no files to read.
        StoreError
            If the store cannot be written; the commits before that remain.
        """
        try:
            slices = [f for f in self._tail.poll() if not self._is_in_store(f.file.path)]
            damaged = damaged_files(self._location)
            self.result.problems |= damaged
            slices = [f for f in slices if f.file.path not in damaged]
            self._bytes_total = sum(file_slice.end for file_slice in slices)
            self.result.waiting = {
                path: self._waiting_reason(self._tail.files[path], cause)
                for path, cause in self._tail.waiting.items()
                if path not in damaged
            }
            if not slices and not self._tail.waiting and not damaged:
                message = f"{self._location.text}: no event files (Parquet, CSV or NDJSON) found"
                raise SourceError(message)
            with self._writer.locked():
                self._writer.find_lost_events()
                self.result.restored = self.result.events = restore_given_up(self._writer)
            with interruptible(self._con):
                for chunk in chunks(slices):
                    self._ingest(self._new_content(chunk))
                    self._bytes_read += sum(file_slice.end for file_slice in chunk)
                    self._progress(self.result, self._bytes_read, self._bytes_total)
            with self._writer.locked() as state:
                self.result.lost = self._writer.lost.files(state)
        finally:
            self._stage.close()
            self._con.close()
        return self.result

    @staticmethod
    def _waiting_reason(state: FileState, cause: str) -> str:
        """Return why a file is not read to its end, until when, and what to do."""
        if state.rests_at is None:
            return cause
        until = datetime.fromtimestamp(ceil(state.rests_at), UTC)
        return (
            "the last line does not end with a newline and may be incomplete; add the newline, "
            f"or ingest again after {until:%Y-%m-%dT%H:%M:%SZ}"
        )

    def _is_in_store(self, path: str) -> bool:
        """Return whether a file is part of the store itself; raise if the whole source is."""
        store = os.path.join(os.path.realpath(self._writer.folder), "")
        if os.path.realpath(self._location.watched).startswith(store.rstrip(os.sep)):
            message = f"{self._location.text}: the source is the store itself; give another source"
            raise UsageError(message)
        return os.path.realpath(path).startswith(store)

    def _new_content(self, chunk: Sequence[FileSlice]) -> list[FileSlice]:
        """Return the slices whose content has not been ingested yet."""
        slices: list[FileSlice] = []
        keys: set[str] = set()
        with self._writer.locked() as state:
            ingested = dict(state.ingested)
            has_lost_events = bool(self._writer.lost.files(state))
        for file_slice in chunk:
            path = file_slice.file.path
            try:
                content = self._content_key(file_slice, ingested)
            except OSError as error:
                self.result.problems[path] = why(error)
                continue
            if content.key in ingested or content.key in keys:
                self.result.skipped += 1
                if content.key in keys or not has_lost_events:
                    continue
                content = content._replace(is_known=True)
            self._keys[path] = content
            keys.add(content.key)
            slices.append(file_slice)
        return slices

    def _content_key(self, file_slice: FileSlice, ingested: dict[str, Ingested]) -> ContentKey:
        """Return the digest of a file's content, and of the earlier content it starts with.

        A file of lines may have grown since it was ingested: then a digest of its first bytes,
        as many as it had, is the key of that ingestion. That one is replaced, so that its
        rejected rows are not counted twice. Example: ``log.ndjson`` was ingested with 500 bytes
        and has 800 now. The digest is read off at byte 500 and compared, then at byte 800.
        """
        path, suffix = file_slice.file.path, self._location.format or ""
        if self._name is not None:
            return ContentKey("", None)
        may_grow = file_slice.file.kind != "parquet" and file_slice.file.compression is None
        earlier = {
            entry.size: entry.key
            for entry in ingested.values()
            if may_grow and entry.name == os.path.abspath(path) and 0 < entry.size < file_slice.end
        }
        ends, key, replaces = (*sorted(earlier), file_slice.end), "", None
        for end, digest in zip(ends, digests(path, ends), strict=True):
            key = f"{digest}{suffix}"
            if earlier.get(end) == key:
                replaces = key
        return ContentKey(key, replaces)

    def _ingest(self, slices: Sequence[FileSlice]) -> None:
        """Ingest slices in one commit; if they cannot be read, ingest each alone."""
        if not slices:
            return
        try:
            batch = self._stage.stage(slices)
            if batch.rejected:
                self._stage.add_rejects(batch)
            ids = BatchIds.of_batch(self._con, batch)
        except UNREADABLE as error:
            stop_if_interrupted(error)
            self._ingest_each(slices, error)
            return
        try:
            with self._writer.locked():
                self._store(batch, ids)
        except StoreError:
            source_error = self._source_error()
            if source_error is None:
                raise
            self._ingest_each(slices, source_error)
            return
        finally:
            self._stage.clear()
        self.result.problems |= batch.problems

    def _ingest_each(self, slices: Sequence[FileSlice], error: BaseException) -> None:
        """Ingest slices one by one, because one of them cannot be read."""
        if len(slices) > 1:
            for file_slice in slices:
                self._ingest([file_slice])
        elif Path(slices[0].file.path).exists():
            self.result.problems[slices[0].file.path] = why(error)

    def _source_error(self) -> BaseException | None:
        """Return why the staged rows cannot be read; ``None`` if they can, so the store failed."""
        try:
            for table in self._stage.tables:
                self._con.execute(f"SELECT max(hash(COLUMNS(*))) FROM {table}").fetchall()
        except UNREADABLE as error:
            stop_if_interrupted(error)
            return error
        return None

    def _store(self, batch: Batch, ids: BatchIds) -> None:
        """Store the new events of a batch; the writer holds the lock."""
        is_new = ids.new_to(self._writer)
        counts, rejects = [], []
        files = batch.files_of(ids.position)
        stored = np.bincount(files[is_new], minlength=len(batch.slices))
        repeated = np.bincount(files[~is_new], minlength=len(batch.slices))
        for index, file_slice in enumerate(batch.slices):
            path = file_slice.file.path
            tally = batch.tallies.get(path, Tally())
            content = self._keys[path]
            if content.is_known:
                self.result.events += int(stored[index])
                continue
            counts.append(
                Ingested(
                    key=content.key,
                    name=self._name or os.path.abspath(path),
                    size=file_slice.end,
                    events=int(stored[index]),
                    duplicates=int(repeated[index]) + tally.duplicates,
                    rejected=tally.rejected,
                    ignored=tally.ignored,
                    replaces=content.replaces,
                )
            )
            rejects.append([replace(r, file=self._display_name(r.file)) for r in tally.rejects])
        has_dropped_rows = bool(batch.rejected or batch.ignored)
        if counts or is_new.any():
            self.result.restored += ids.store(
                self._writer, self._con, has_dropped_rows, is_new, counts, rejects
            )
        for count, rejected in zip(counts, rejects, strict=True):
            self._add(count, rejected)

    def _add(self, count: Ingested, rejects: Sequence[Reject]) -> None:
        """Add the counts of one file to the result."""
        result = self.result
        result.files += 1
        result.events += count.events
        result.duplicates += count.duplicates
        result.rejected += count.rejected
        result.ignored += count.ignored
        result.rejects += rejects[: max(0, 100 - len(result.rejects))]

    def _display_name(self, path: str) -> str:
        """Return the path of a file within the source."""
        if self._name is not None:
            return self._name
        try:
            return str(Path(path).relative_to(self._location.watched))
        except ValueError:
            return path
