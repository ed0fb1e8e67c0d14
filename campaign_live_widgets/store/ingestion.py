"""Ingest the files of a source: each file whose content is new, batch by batch."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources import Location, Tail, quoted
from campaign_live_widgets.sources.files.chunks import chunks
from campaign_live_widgets.sources.files.file_notes import grouped
from campaign_live_widgets.sources.files.interrupts import interruptible, stop_if_interrupted
from campaign_live_widgets.sources.files.opened import why
from campaign_live_widgets.sources.files.raw_bytes import digests
from campaign_live_widgets.sources.files.staging import UNREADABLE, Stage
from campaign_live_widgets.store.source_store import damaged_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import duckdb

    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources import FileSlice, FileState
    from campaign_live_widgets.sources.files.staging import Batch
    from campaign_live_widgets.sources.store_log import Ingested, StoredFile

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
    notes : list of str
        What else is to be known.
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
    notes: list[str] = field(default_factory=list)


class ContentKey(NamedTuple):
    """The key of a file's content, and that of the content it has grown from."""

    key: str
    replaces: str | None
    is_known: bool = False
    """Whether it was ingested before, and is read again for events that the store has lost."""


class Ingestion(ABC):
    """Ingests the files of a source once; a subclass keeps their events.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Stages the rows; it is closed at the end.
    source : str or path
    progress : callable
    name : str, optional
        Name of the rows of a single file; its content is then not compared with earlier files.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        source: str | os.PathLike[str],
        progress: Progress,
        name: str | None = None,
    ) -> None:
        self._con, self._progress, self._name = con, progress, name
        self._location = Location.parse(source)
        self.result = Result()
        self._mapped = self._location.mapped_files()
        self._tail = Tail(self._location, follow=False, keeps=True, mapped=self._mapped)
        self._stage = Stage(
            self._con,
            self._location.format,
            self._tail.files,
            examples=_MAX_REJECTS,
            mapped=self._mapped,
        )
        self._stage.schemas.outcomes = self._location.outcomes
        self._con.execute(f"SET temp_directory = {quoted(self._stage.folder)}")
        self._keys: dict[str, ContentKey] = {}
        self._bytes_read = self._bytes_total = 0

    @abstractmethod
    def _ingested(self) -> tuple[Mapping[str, Ingested], bool]:
        """Return what was ingested before, by its key, and whether to read that again."""

    @abstractmethod
    def _keep(self, batch: Batch) -> None:
        """Keep the events of the staged batch, and add its counts to the result.

        Its rows are read from the source only now where :class:`.Stage` reads files in place.

        Raises
        ------
        one of UNREADABLE
            If a file cannot be read; nothing that is not counted has been kept then.
        """

    def run(self) -> Result:
        """Ingest the files that are new or have grown.

        Raises
        ------
        SourceError
            If there are no files to read.
        StoreError
            If the events cannot be kept; what was kept before that remains.
        """
        try:
            slices = [f for f in self._tail.poll() if not self._is_excluded(f.file.path)]
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
                message = (
                    f"{self._location.text}: no event files (Parquet, Avro, CSV or NDJSON) found"
                )
                raise SourceError(message)
            self._begin()
            with interruptible(self._con):
                for chunk in chunks(slices):
                    self._ingest(self._new_content(chunk))
                    self._bytes_read += sum(file_slice.end for file_slice in chunk)
                    self._progress(self.result, self._bytes_read, self._bytes_total)
            self._end()
            self.result.notes += grouped(self._guesses())
        finally:
            self._stage.close()
            self._con.close()
        return self.result

    def _guesses(self) -> dict[str, str]:
        """Return the files that were read of which something is not certain, and what."""
        read = ((path, self._tail.files[path].schema) for path in self._keys)
        return {
            self._display_name(path): schema.guess
            for path, schema in read
            if schema and schema.guess and path not in self.result.problems
        }

    def _is_excluded(self, path: str) -> bool:  # noqa: ARG002 - as a store needs it
        """Return whether a file of the source is not to be read."""
        return False

    def _begin(self) -> None:  # noqa: B027 - not every subclass needs it
        """Prepare to keep events, once there are files to read."""

    def _end(self) -> None:  # noqa: B027
        """Complete the result."""

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

    def _new_content(self, chunk: Sequence[FileSlice]) -> list[FileSlice]:
        """Return the slices whose content has not been ingested yet."""
        slices: list[FileSlice] = []
        keys: set[str] = set()
        ingested, reads_again = self._ingested()
        for file_slice in chunk:
            path = file_slice.file.path
            try:
                content = self._content_key(file_slice, ingested)
            except OSError as error:
                self.result.problems[path] = why(error)
                continue
            if content.key in ingested or content.key in keys:
                self.result.skipped += 1
                if content.key in keys or not reads_again:
                    continue
                content = content._replace(is_known=True)
            self._keys[path] = content
            keys.add(content.key)
            slices.append(file_slice)
        return slices

    def _content_key(self, file_slice: FileSlice, ingested: Mapping[str, Ingested]) -> ContentKey:
        """Return the digest of a file's content, and of the earlier content it starts with.

        A file of lines may have grown since it was ingested: then a digest of its first bytes,
        as many as it had, is the key of that ingestion. That one is replaced, so that its
        rejected rows are not counted twice. Example: ``log.ndjson`` was ingested with 500 bytes
        and has 800 now. The digest is read off at byte 500 and compared, then at byte 800.
        """
        path, suffix = file_slice.file.path, self._location.format or ""
        if self._mapped and self._mapped.format_of(path):
            suffix += self._mapped.digest
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
        """Ingest slices together; if they cannot be read, ingest each alone."""
        if not slices:
            return
        try:
            batch = self._stage.stage(slices)
            if batch.rejected:
                self._stage.add_rejects(batch)
            self._keep(batch)
        except UNREADABLE as error:
            stop_if_interrupted(error)
            self._ingest_each(slices, error)
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
