"""New fragments of files → one relation of canonical events, ready to be counted."""

from __future__ import annotations

import csv
import gzip
import io
import os
import tempfile
from codecs import BOM_UTF8
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources import (
    EXAMPLES,
    FILE_BITS,
    NOT_JSON,
    REJECT_SCANS,
    REJECTS,
    FileSchema,
    Tally,
    detect_schema,
    lines,
    lines_of,
    lowercase_keys,
    lowercased_schema,
    spelled_differently,
)
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.files.raw_bytes import content, has_byte_order_mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.sources import FileSlice, FileState

BATCH: Final = "batch"
UNREADABLE: Final = (duckdb.Error, OSError, EOFError, ValueError, RuntimeError, SourceError)
"""What may come of one file that is damaged; the others are read all the same."""
_REJECTED_SAMPLE: Final = 1000
_PLACES: Final = 52
"""Bits that a row's place within its scan may take."""
_NO_EVENTS: Final = (
    "count(*) FILTER (cause IS NOT NULL AND part <= 1), "
    "count(*) FILTER (cause IS NULL AND part = 0)"
)
"""Rows refused, and rows that carry no event."""
_SMALL: Final = 1 << 22
"""Bytes of Parquet up to which a copy in memory is quicker than to read columns as needed."""


@dataclass(slots=True)
class _Read:
    """A file as the engine reads it: the file itself, or a copy of what is new in it."""

    path: str
    file_slice: FileSlice
    first_line: int
    """The line of the file that the first line read is."""


@dataclass(slots=True)
class Batch:
    """What one look at the source brought."""

    slices: list[FileSlice] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    """File → why it could not be read."""
    rejected: int = 0
    """Rows refused by their format; they stand in the relation, with the cause."""
    ignored: int = 0
    """Rows that carry no event."""
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    """File → its rows that are refused or carry no event, and lines that are not even rows."""
    first_of: list[int] = field(default_factory=list)
    """For each table that is laid out, the place of its first file in ``fragments``."""
    reads: dict[str, _Read] = field(default_factory=dict)

    def files_of(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places in ``fragments`` of the files that rows are from."""
        place = position >> 1
        first: NDArray[np.int64] = np.array(self.first_of, dtype=np.int64)[place >> _PLACES]
        first += (place & ((1 << _PLACES) - 1)) >> FILE_BITS
        return first

    def generations_of(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the readings that rows are from."""
        generations = np.array(
            [file_slice.generation for file_slice in self.slices], dtype=np.int64
        )
        if len(generations) == 1:
            return np.broadcast_to(generations, len(position))
        return generations[self.files_of(position)]


class Stage:
    """Lays out fragments as the relation ``batch`` of one connection.

    Text is parsed once into a table; Parquet is read in place, column by column. Of the rejected
    rows of one call the first *examples* are told.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        wanted: str | None,
        files: Mapping[str, FileState],
        examples: int = EXAMPLES,
    ) -> None:
        self._con = con
        self._wanted = wanted
        self._files = files
        self._examples = examples
        self._spool = tempfile.TemporaryDirectory(prefix="campaign-live-")
        self.tables: list[str] = []
        """What the last call laid out; the relation ``batch`` is all of it."""
        self._number = 0
        self._copies: list[str] = []

    @property
    def folder(self) -> str:
        """Return a folder for what does not fit into memory; it goes with the stage."""
        return os.path.join(self._spool.name, "spill")

    def close(self) -> None:
        """Remove the copies."""
        self._spool.cleanup()

    def stage(self, slices: Sequence[FileSlice]) -> Batch:
        """Lay out *fragments*; a file that cannot be read is named and left out."""
        self.clear()
        batch = Batch(tallies=defaultdict(lambda: Tally(kept=self._examples)))
        groups: dict[FileSchema, list[FileSlice]] = defaultdict(list)
        common: dict[FileSchema, FileSchema] = {}
        for file_slice in slices:
            try:
                known = self._schema(file_slice)
            except SourceError as error:
                self._set_aside(
                    batch, file_slice, str(error).removeprefix(file_slice.file.path + ": ")
                )
                continue
            groups[known].append(file_slice)
            common[known] = common[known].also(known) if known in common else known
        for known, members in groups.items():
            try:
                self._read(common[known], members, batch)
            except UNREADABLE as failed:
                stop_if_interrupted(failed)
                for file_slice in members:  # find the one that cannot be read
                    try:
                        self._read_one(common[known], file_slice, batch)
                    except UNREADABLE as error:
                        stop_if_interrupted(error)
                        self._set_aside(batch, file_slice, why(error))
        if self.tables:
            union = " UNION ALL BY NAME ".join(
                f"SELECT * REPLACE (place + ({number}::BIGINT << {_PLACES}) AS place) FROM {table}"
                for number, table in enumerate(self.tables)
            )
            self._con.execute(f"CREATE OR REPLACE TEMP VIEW {BATCH} AS {union}")
        return batch

    def clear(self) -> None:
        """Drop what the last call laid out."""
        self._con.execute(f"DROP VIEW IF EXISTS {BATCH}")
        for table in self.tables:
            kind = "VIEW" if table.startswith("view") else "TABLE"
            self._con.execute(f"DROP {kind} IF EXISTS {table}")
        self.tables.clear()
        for copy in self._copies:
            os.unlink(copy)
        self._copies.clear()

    def _schema(self, file_slice: FileSlice) -> FileSchema:
        state = self._files[file_slice.file.path]
        known = state.schema
        if known is None or known.format is None or file_slice.whole:
            known = state.schema = detect_schema(file_slice.file, self._con, self._wanted)
        return known

    def _set_aside(self, batch: Batch, file_slice: FileSlice, why: str) -> None:
        if os.path.exists(file_slice.file.path):
            batch.problems[file_slice.file.path] = why

    def _read(self, known: FileSchema, members: Sequence[FileSlice], batch: Batch) -> None:
        reads = [self._open(known, file_slice) for file_slice in members]
        paths = [read.path for read in reads]
        self._number += 1
        size = sum(file_slice.end - file_slice.start for file_slice in members)
        if known.kind == "parquet" and size > _SMALL:
            name = f"view_{self._number}"
            self._con.execute(f"CREATE TEMP VIEW {name} AS {known.events(paths)}")
        else:
            name = f"table_{self._number}"
            self._clear_rejects()
            self._con.execute(f"CREATE TEMP TABLE {name} AS {known.events(paths)}")
            if any(map(_has_grown, reads)):
                self._con.execute(f"DROP TABLE {name}")
                self._read(known, members, batch)
                return
        rejected, ignored = self._con.execute(f"SELECT {_NO_EVENTS} FROM {name}").fetchone() or (
            0,
            0,
        )
        if known.kind == "ndjson" and rejected and self._is_spelled_differently(name, known, paths):
            self._con.execute(f"DROP TABLE {name}")
            for file_slice in members:
                self._files[file_slice.file.path].schema = lowercased_schema(known)
            self._read(lowercased_schema(known), members, batch)
            return
        batch.rejected += rejected
        batch.ignored += ignored
        batch.reads |= {read.path: read for read in reads}
        if rejected or ignored:
            self._tally(name, batch)
        batch.first_of.append(len(batch.slices))
        batch.slices += members
        self.tables.append(name)
        if known.kind == "csv":
            self._take_rejects(batch)

    def _read_one(self, known: FileSchema, file_slice: FileSlice, batch: Batch) -> None:
        """Read a file alone, of a damaged document what is whole."""
        try:
            self._read(known, [file_slice], batch)
        except UNREADABLE as error:
            stop_if_interrupted(error)
            if known.kind != "json":
                raise
            self._read(replace(known, kind="ndjson", compression=None), [file_slice], batch)

    def _tally(self, table: str, batch: Batch) -> None:
        """Count by file the rows that are no events."""
        found = self._con.execute(
            f"SELECT file, {_NO_EVENTS} FROM {table} WHERE cause IS NOT NULL OR part = 0 "
            f"GROUP BY file"
        ).fetchall()
        for path, rejected, ignored in found:
            tally = batch.tallies[batch.reads[path].file_slice.file.path]
            tally.add(Tally(rejected=rejected, ignored=ignored))

    def _is_spelled_differently(self, table: str, known: FileSchema, paths: Sequence[str]) -> bool:
        """Tell whether rows were refused only because they spell a name in their own way."""
        if known.lowercased or known.format is None or known.inside:
            return False
        rejected = self._con.execute(
            f"SELECT row FROM {table} WHERE cause IS NOT NULL AND cause <> '{NOT_JSON}' "
            f"AND part <= 1 LIMIT {_REJECTED_SAMPLE}"
        ).fetchall()
        found = self._con.execute(
            f"SELECT json FROM (SELECT json, row_number() OVER () AS row "
            f"FROM {lines(paths, known.compression)}) WHERE row IN "
            f"({', '.join(str(row) for (row,) in rejected)})"
        ).fetchall()
        return spelled_differently(known, [line for (line,) in found])

    def _open(self, known: FileSchema, file_slice: FileSlice) -> _Read:
        """Return the file to read for a fragment: itself, or a copy of what is new in it."""
        file = file_slice.file
        if file.kind != known.kind:
            return _Read(self._copy("ndjson", lines_of(file)), file_slice, 1)
        has_mark = file_slice.whole and "json" in file.kind and has_byte_order_mark(file.path)
        if not file.grows and not known.lowercased and not has_mark:
            return _Read(file.path, file_slice, 1)
        size = os.stat(file.path).st_size
        if file_slice.whole and file_slice.end == size and not known.lowercased and not has_mark:
            return _Read(file.path, file_slice, 1)
        copy = self._copy(file.kind, self._content(known, file_slice))
        return _Read(copy, file_slice, file_slice.first_line - file_slice.headless)

    def _copy(self, kind: str, content: Iterable[bytes]) -> str:
        self._number += 1
        self._copies.append(os.path.join(self._spool.name, f"{self._number}.{kind}"))
        with open(self._copies[-1], "wb") as out:
            out.writelines(content)
        return self._copies[-1]

    def _content(self, known: FileSchema, file_slice: FileSlice) -> Iterator[bytes]:
        """Yield what is new in a file, a CSV's header before it."""
        if file_slice.headless:
            with open(file_slice.file.path, "rb") as stream:
                yield stream.readline()
        if file_slice.file.compression == "zstd":
            yield from self._lowercased_zstd(file_slice.file.path)
        else:
            blocks = content(file_slice, lowercased=known.lowercased)
            yield next(blocks, b"").removeprefix(BOM_UTF8)
            yield from blocks

    def _lowercased_zstd(self, path: str) -> Iterator[bytes]:
        """Yield the lines of a zstd file, folded; the engine unpacks it (Python 3.11 cannot)."""
        found = self._con.cursor().execute(f"SELECT json FROM {lines([path], 'zstd')}")
        while rows := found.fetchmany(_REJECTED_SAMPLE):
            for (line,) in rows:
                yield (b"not JSON" if line is None else lowercase_keys(line.encode())) + b"\n"

    def _clear_rejects(self) -> None:
        for table in (REJECTS, REJECT_SCANS):
            self._con.execute(f"DROP TABLE IF EXISTS {table}")

    def _take_rejects(self, batch: Batch) -> None:
        """Count the lines that are no CSV rows, which the reader has put aside."""
        found = self._con.execute(
            f"SELECT file_path, line, min(error_type::VARCHAR) FROM {REJECTS} "
            f"JOIN {REJECT_SCANS} USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        self._clear_rejects()
        for path, line, kind in found:
            read = batch.reads[path]
            cause = f"is not a row of this CSV ({kind.lower()})"
            reject = Reject(read.file_slice.file.path, line + read.first_line - 1, cause)
            tally = batch.tallies[reject.file]
            tally.rejected += 1
            if len(tally.rejects) < self._examples:
                tally.rejects.append(reject)

    def add_rejects(self, batch: Batch) -> None:
        """Add the first rows refused by their format, with the line each stands in."""
        found = self._con.execute(
            f"SELECT file, row, cause FROM {BATCH} WHERE cause IS NOT NULL AND part <= 1 "
            f"ORDER BY file, row LIMIT {self._examples}"
        ).fetchall()
        by_file: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for path, row, cause in found:
            by_file[path].append((row, cause))
        for path, rows in by_file.items():
            read = batch.reads[path]
            first = self._con.execute(
                f"SELECT min(row) FROM {BATCH} WHERE file = ?", [path]
            ).fetchone()
            ordinals = [row - (first[0] if first else 1) for row, _ in rows]
            numbers = _lines_of(read, ordinals)
            name = read.file_slice.file.path
            rejected = [
                Reject(name, number, cause)
                for number, (_, cause) in zip(numbers, rows, strict=True)
            ]
            batch.tallies[name].add(Tally(rejects=rejected))


def _lines_of(read: _Read, ordinals: Sequence[int]) -> list[int]:
    """Return the line in the user's file of rows given by their place among the rows read."""
    file = read.file_slice.file
    if file.kind in ("parquet", "json"):
        return [ordinal + 1 for ordinal in ordinals]
    wanted, lines_found = set(ordinals), {}
    compression = file.compression if read.path == file.path else None  # a copy is plain
    opened = gzip.open if compression == "gzip" else open
    if compression == "zstd":
        return [ordinal + (2 if file.kind == "csv" else 1) for ordinal in ordinals]
    with opened(read.path, "rb") as stream:
        ordinal = 0
        if file.kind == "csv":
            text = io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
            rows = csv.reader(text)
            width = len(next(rows, []))
            line = rows.line_num
            for row in _rows(rows):
                start, line = line + 1, rows.line_num
                if len(row) != width:
                    continue
                if ordinal in wanted:
                    lines_found[ordinal] = start
                ordinal += 1
        else:
            for number, line_read in enumerate(stream, 1):
                if not line_read.strip():  # of bytes: what the engine takes for blank too
                    continue
                if ordinal in wanted:
                    lines_found[ordinal] = number
                ordinal += 1
    return [lines_found.get(o, o + 1) + read.first_line - 1 for o in ordinals]


def _has_grown(read: _Read) -> bool:
    """Tell whether more may have been read than the fragment: half of a line, perhaps."""
    file = read.file_slice.file
    in_place = file.grows and read.path == file.path
    return in_place and os.stat(file.path).st_size > read.file_slice.end


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield the rows of a CSV as far as they are ones; lines are only told to people."""
    with suppress(csv.Error):
        yield from reader


def why(error: BaseException) -> str:
    """Return why a file cannot be read, without what stands in it: it may be personal."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return "cannot be read: it is damaged, or not what its name says"
