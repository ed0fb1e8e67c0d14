"""Staging: new slices of files → one relation of canonical events, ready to be counted."""

from __future__ import annotations

import os
import tempfile
import zlib
from codecs import BOM_UTF8
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.files.file_schema import (
    lowercase_keys,
    lowercased_schema,
    spelled_differently,
)
from campaign_live_widgets.sources.files.file_state import EXAMPLES, Tally
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.files.json_documents import lines_of
from campaign_live_widgets.sources.files.known_schemas import LARGE, KnownSchemas
from campaign_live_widgets.sources.files.line_numbers import ReadFile, line_numbers, lines_at
from campaign_live_widgets.sources.files.raw_bytes import content, has_byte_order_mark
from campaign_live_widgets.sources.files.scan_sql import (
    FILE_BITS,
    NOT_JSON,
    REJECT_SCANS,
    REJECTS,
    FileSchema,
    lines,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.sources.files.file_state import FileSlice, FileState

UNREADABLE: Final = (
    *(duckdb.Error, OSError, EOFError, zlib.error),
    *(ValueError, RuntimeError, SourceError),
)
"""Errors that one damaged file may cause; the other files are read all the same."""
_REJECTED_SAMPLE: Final = 1000
PLACES: Final = 52
"""Bits of a row's place within its scan."""
_NO_EVENTS: Final = (
    "count(*) FILTER (cause IS NOT NULL AND part <= 1), "
    "count(*) FILTER (cause IS NULL AND part = 0)"
)
"""Rejected rows, and rows that carry no event."""


@dataclass(slots=True)
class Batch:
    """The rows of one refresh."""

    slices: list[FileSlice] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    """File → why it could not be read."""
    rejected: int = 0
    """Number of rejected rows; they are in the relation, with the cause."""
    ignored: int = 0
    """Number of rows that have no event."""
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    """File → its rejected and ignored rows, and lines that cannot be parsed."""
    first_of: list[int] = field(default_factory=list)
    """For each staged table, the index of its first file in ``slices``."""
    reads: dict[str, ReadFile] = field(default_factory=dict)

    @staticmethod
    def positions_in_file(position: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return positions of rows in their files, without the file's place in the batch."""
        return position & ((1 << (FILE_BITS + 1)) - 1)

    def files_of(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the indices in ``slices`` of the files that rows are from."""
        place = position >> 1
        first: NDArray[np.int64] = np.array(self.first_of, dtype=np.int64)[place >> PLACES]
        first += (place & ((1 << PLACES) - 1)) >> FILE_BITS
        return first


class Stage:
    """Stages file slices as a relation of one connection; see :mod:`..batch_relation`.

    Text is parsed once into a table; large Parquet files are read in place, column by column. The
    first *examples* rejected rows of each call are kept.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        wanted: str | None,
        files: Mapping[str, FileState],
        examples: int = EXAMPLES,
    ) -> None:
        self._con = con
        self._schemas = KnownSchemas(con, wanted)
        self.files = files
        self._examples = examples
        self._spool = tempfile.TemporaryDirectory(prefix="campaign-live-")
        self.tables: list[str] = []
        """The tables of the last call; the relation is their union."""
        self._number = 0
        self._copies: list[str] = []

    @property
    def folder(self) -> str:
        """Return a folder for DuckDB's temporary files; it is removed with the stage."""
        return os.path.join(self._spool.name, "spill")

    def close(self) -> None:
        """Remove all copies and temporary files."""
        self._spool.cleanup()

    def stage(self, slices: Sequence[FileSlice]) -> Batch:
        """Stage *slices*; a file that cannot be read is named in ``problems``."""
        self.clear()
        batch = Batch(tallies=defaultdict(lambda: Tally(kept=self._examples)))
        groups: dict[tuple[FileSchema, bool], list[FileSlice]] = defaultdict(list)
        common: dict[tuple[FileSchema, bool], FileSchema] = {}
        for file_slice in slices:
            try:
                known = self.schema_of(file_slice)
            except SourceError as error:
                self._set_aside(
                    batch, file_slice, str(error).removeprefix(file_slice.file.path + ": ")
                )
                continue
            # Guarantees are known of large files only: small ones would take them away.
            key = (known, known.kind == "parquet" and file_slice.end > LARGE)
            groups[key].append(file_slice)
            shared = common.setdefault(key, known)
            if shared is not known:
                common[key] = shared.also(known)
        for key, members in groups.items():
            try:
                self._read(common[key], members, batch)
            except UNREADABLE as failed:
                stop_if_interrupted(failed)
                for file_slice in members:  # find the file that cannot be read
                    try:
                        self._read_one(common[key], file_slice, batch)
                    except UNREADABLE as error:
                        stop_if_interrupted(error)
                        self._set_aside(batch, file_slice, why(error))
        if self.tables:
            union = " UNION ALL BY NAME ".join(
                f"SELECT * REPLACE (place + ({number}::BIGINT << {PLACES}) AS place) FROM {table}"
                for number, table in enumerate(self.tables)
            )
            self._con.execute(f"CREATE OR REPLACE TEMP VIEW {BATCH} AS {union}")
        return batch

    def clear(self) -> None:
        """Drop the tables of the last call, and its copies."""
        self._con.execute(f"DROP VIEW IF EXISTS {BATCH}")
        for table in self.tables:
            kind = "VIEW" if table.startswith("view") else "TABLE"
            self._con.execute(f"DROP {kind} IF EXISTS {table}")
        self.tables.clear()
        self.remove_copies()

    def remove_copies(self) -> None:
        """Remove the copies of slices that were made to read them."""
        for copy in self._copies:
            os.unlink(copy)
        self._copies.clear()

    def schema_of(self, file_slice: FileSlice) -> FileSchema:
        """Return the schema of the file of a slice; see :meth:`KnownSchemas.schema_of`."""
        state = self.files[file_slice.file.path]
        known = state.schema
        if known is None or known.format is None or file_slice.whole:
            known = self._schemas.schema_of(file_slice.file, file_slice.end)
            state.schema = known
        return known

    def _set_aside(self, batch: Batch, file_slice: FileSlice, why: str) -> None:
        if os.path.exists(file_slice.file.path):
            batch.problems[file_slice.file.path] = why

    def _read(self, known: FileSchema, members: Sequence[FileSlice], batch: Batch) -> None:
        """Read slices of files with one schema into a table.

        The schema of an NDJSON file comes from its first 200 lines: a field is read at the path
        where they have it. Later lines may spell it in another way, and then look like rows
        without a required field. For example, of

            {"_id": "1", "timestamp": "…", "eventType": "…"}     line 1: path ``$."_id"``
            {"_ID": "2", "TIMESTAMP": "…", "EVENTTYPE": "…"}     line 900: "_id is missing"

        line 900 is rejected. Reading every file in lower case would avoid this, but is much
        slower, as each line goes through Python. So only if rows are rejected, a sample
        of them is checked for a known field under another spelling. If there is one, the
        table is dropped, the file's schema becomes one of lower-case names permanently, and the
        slices are read again from copies with all names in lower case (`open_slice` writes them).
        A lowercased schema is never read again, so there is at most one repetition.

        A file that grew while it was read is read again as well, up to the end of the slice.
        """
        reads = [self.open_slice(known, file_slice) for file_slice in members]
        paths = [read.path for read in reads]
        self._number += 1
        size = sum(file_slice.end - file_slice.start for file_slice in members)
        if known.kind == "parquet" and size > LARGE:
            name = f"view_{self._number}"
            self._con.execute(f"CREATE TEMP VIEW {name} AS {known.events(paths)}")
        else:
            name = f"table_{self._number}"
            self.clear_rejects()
            self._con.execute(f"CREATE TEMP TABLE {name} AS {known.events(paths)}")
            if any(map(has_grown, reads)):
                self._con.execute(f"DROP TABLE {name}")
                self._read(known, members, batch)
                return
        rejected, ignored = self._count_faults(name, known)
        if known.kind == "ndjson" and rejected and self._is_spelled_differently(name, known, paths):
            self._con.execute(f"DROP TABLE {name}")
            for file_slice in members:
                self.files[file_slice.file.path].schema = lowercased_schema(known)
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

    def _count_faults(self, table: str, known: FileSchema) -> tuple[int, int]:
        """Return the numbers of rejected and ignored rows."""
        faults = known.faults if table.startswith("view") else None
        if faults is not None and not any(
            self._con.execute(f"SELECT 1 FROM {table} WHERE {fault} LIMIT 1").fetchone()
            for fault in faults
        ):
            return 0, 0
        row = self._con.execute(f"SELECT {_NO_EVENTS} FROM {table}").fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def _read_one(self, known: FileSchema, file_slice: FileSlice, batch: Batch) -> None:
        """Read one file; of a damaged JSON document the values before the damage."""
        try:
            self._read(known, [file_slice], batch)
        except UNREADABLE as error:
            stop_if_interrupted(error)
            if known.kind != "json":
                raise
            self._read(replace(known, kind="ndjson", compression=None), [file_slice], batch)

    def _tally(self, table: str, batch: Batch) -> None:
        """Count rejected and ignored rows by file."""
        rows = self._con.execute(
            f"SELECT file, {_NO_EVENTS} FROM {table} WHERE cause IS NOT NULL OR part = 0 "
            f"GROUP BY file"
        ).fetchall()
        for path, rejected, ignored in rows:
            tally = batch.tallies[batch.reads[path].file_slice.file.path]
            tally.add(Tally(rejected=rejected, ignored=ignored))

    def _is_spelled_differently(self, table: str, known: FileSchema, paths: Sequence[str]) -> bool:
        """Return whether rows were rejected because they spell a field in another way."""
        if known.lowercased or known.format is None or known.inside:
            return False
        rejected = self._con.execute(
            f"SELECT row FROM {table} WHERE cause IS NOT NULL AND cause <> '{NOT_JSON}' "
            f"AND part <= 1 LIMIT {_REJECTED_SAMPLE}"
        ).fetchall()
        rejected_lines = self._con.execute(
            f"SELECT json FROM (SELECT json, row_number() OVER () AS row "
            f"FROM {lines(paths, known.compression)}) WHERE row IN "
            f"({', '.join(str(row) for (row,) in rejected)})"
        ).fetchall()
        return spelled_differently(known, [line for (line,) in rejected_lines])

    def open_slice(self, known: FileSchema, file_slice: FileSlice) -> ReadFile:
        """Return the file to read for a slice: the file itself, or a copy of the slice."""
        file = file_slice.file
        if file.kind != known.kind:
            return ReadFile(self._copy("ndjson", lines_of(file)), file_slice, 1)
        has_mark = file_slice.whole and "json" in file.kind and has_byte_order_mark(file.path)
        if not file.grows and not known.lowercased and not has_mark:
            return ReadFile(file.path, file_slice, 1)
        size = os.stat(file.path).st_size
        if file_slice.whole and file_slice.end == size and not known.lowercased and not has_mark:
            return ReadFile(file.path, file_slice, 1)
        copy = self._copy(file.kind, self._content(known, file_slice))
        return ReadFile(copy, file_slice, file_slice.first_line - file_slice.headless)

    def _copy(self, kind: str, content: Iterable[bytes]) -> str:
        self._number += 1
        self._copies.append(os.path.join(self._spool.name, f"{self._number}.{kind}"))
        with open(self._copies[-1], "wb") as out:
            out.writelines(content)
        return self._copies[-1]

    def _content(self, known: FileSchema, file_slice: FileSlice) -> Iterator[bytes]:
        """Yield the bytes of a slice, after the header of a CSV."""
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
        """Yield lines of a zstd file with lower-case names; Python 3.11 has no zstd, DuckDB has."""
        cursor = self._con.cursor().execute(f"SELECT json FROM {lines([path], 'zstd')}")
        while rows := cursor.fetchmany(_REJECTED_SAMPLE):
            for (line,) in rows:
                yield (b"not JSON" if line is None else lowercase_keys(line.encode())) + b"\n"

    def clear_rejects(self) -> None:
        """Drop the tables of lines that DuckDB's CSV reader could not parse."""
        for table in (REJECTS, REJECT_SCANS):
            self._con.execute(f"DROP TABLE IF EXISTS {table}")

    def _take_rejects(self, batch: Batch) -> None:
        """Count the lines that DuckDB's CSV reader could not parse."""
        rejects = self._con.execute(
            f"SELECT file_path, line, min(line_byte_position), min(error_type::VARCHAR) "
            f"FROM {REJECTS} JOIN {REJECT_SCANS} USING (scan_id, file_id) "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        self.clear_rejects()
        by_file: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
        for path, row, position, kind in rejects:
            by_file[path].append((row, position, kind))
        for path, rows in by_file.items():
            read = batch.reads[path]
            tally = batch.tallies[read.file_slice.file.path]
            tally.rejected += len(rows)
            examples = rows[: max(0, self._examples - len(tally.rejects))]
            numbers = lines_at(read, [position for _, position, _ in examples])
            if numbers is None:
                numbers = [row + read.first_line - 1 for row, _, _ in examples]
            tally.rejects += [
                Reject(
                    read.file_slice.file.path, number, f"is not a row of this CSV ({kind.lower()})"
                )
                for number, (_, _, kind) in zip(numbers, examples, strict=True)
            ]

    def add_rejects(self, batch: Batch) -> None:
        """Add the first rejected rows with their line numbers."""
        rejects = self._con.execute(
            f"SELECT file, row, cause FROM {BATCH} WHERE cause IS NOT NULL AND part <= 1 "
            f"ORDER BY file, row LIMIT {self._examples}"
        ).fetchall()
        by_file: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for path, row, cause in rejects:
            by_file[path].append((row, cause))
        for path, rows in by_file.items():
            read = batch.reads[path]
            first = self._con.execute(
                f"SELECT min(row) FROM {BATCH} WHERE file = ?", [path]
            ).fetchone()
            ordinals = [row - (first[0] if first else 1) for row, _ in rows]
            numbers = line_numbers(read, ordinals)
            name = read.file_slice.file.path
            rejected = [
                Reject(name, number, cause)
                for number, (_, cause) in zip(numbers, rows, strict=True)
            ]
            batch.tallies[name].add(Tally(rejects=rejected))


def has_grown(read: ReadFile) -> bool:
    """Return whether more than the slice may have been read, such as half of a line."""
    file = read.file_slice.file
    in_place = file.grows and read.path == file.path
    return in_place and os.stat(file.path).st_size > read.file_slice.end


def why(error: BaseException) -> str:
    """Return why a file cannot be read, without its content, which may be personal data."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return "cannot be read: it is damaged, or its content does not match its file extension"
