"""Staging: new slices of files → one relation of canonical events, ready to be counted."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.files.copies import Copies
from campaign_live_widgets.sources.files.file_schema import lowercased_schema, spelled_differently
from campaign_live_widgets.sources.files.file_state import EXAMPLES, Tally
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.files.known_schemas import LARGE, KnownSchemas
from campaign_live_widgets.sources.files.line_numbers import ReadFile, line_numbers, lines_at
from campaign_live_widgets.sources.files.opened import DAMAGED, why
from campaign_live_widgets.sources.files.rereading import carefully, to_be_reread
from campaign_live_widgets.sources.files.scan_sql import (
    FILE_BITS,
    NOT_JSON,
    NOT_UTF8,
    REJECT_SCANS,
    REJECTS,
    FileSchema,
    lines,
)
from campaign_live_widgets.sources.formats.sql import NO_EVENT, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.sources.files.file_state import FileSlice, FileState
    from campaign_live_widgets.sources.mapping.mapped_files import MappedFiles

UNREADABLE: Final = (
    *(duckdb.Error, OSError, *DAMAGED),
    *(ValueError, RuntimeError, SourceError),
)
"""Errors that one damaged file may cause; the other files are read all the same."""
_REJECTED_SAMPLE: Final = 1000
PLACES: Final = 52
"""Bits of a row's place within its scan."""
_REJECTED: Final = f"cause <> {quoted(NO_EVENT)}"
_NO_EVENTS: Final = (
    f"count(*) FILTER ({_REJECTED} AND part <= 1), "
    f"count(*) FILTER (NOT coalesce({_REJECTED}, false) AND (cause IS NOT NULL OR part = 0))"
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
        mapped: MappedFiles | None = None,
    ) -> None:
        self._con = con
        self.schemas = KnownSchemas(con, wanted, mapped)
        self.files = files
        self._examples = examples
        self._spool = tempfile.TemporaryDirectory(prefix="campaign-live-")
        self.tables: list[str] = []
        """The tables of the last call; the relation is their union."""
        self._number = 0
        self._copies = Copies(self._spool.name)

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
        self._copies.remove()

    def open_slice(self, known: FileSchema, file_slice: FileSlice) -> ReadFile:
        """Return the file to read for a slice; see :meth:`.Copies.open`."""
        return self._copies.open(known, file_slice)

    def schema_of(self, file_slice: FileSlice) -> FileSchema:
        """Return the schema of the file of a slice; see :meth:`KnownSchemas.schema_of`."""
        state = self.files[file_slice.file.path]
        known = state.schema
        if known is None or known.format is None or file_slice.whole:
            known = self.schemas.schema_of(file_slice.file, file_slice.end)
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
        slices are read again from copies with all names in lower case (by :class:`.Copies`).
        A lowercased schema is never read again, so there is at most one repetition.

        A file that grew while it was read is read again as well, up to the end of the slice.
        """
        reads = [self.open_slice(known, file_slice) for file_slice in members]
        paths = [read.path for read in reads]
        events = known.events(paths, [member.file.path for member in members])
        self._number += 1
        size = sum(file_slice.end - file_slice.start for file_slice in members)
        if known.kind == "parquet" and size > LARGE:
            name = f"view_{self._number}"
            self._con.execute(f"CREATE TEMP VIEW {name} AS {events}")
        else:
            name = f"table_{self._number}"
            self.clear_rejects()
            self._con.execute(f"CREATE TEMP TABLE {name} AS {events}")
            if any(map(has_grown, reads)):
                self._con.execute(f"DROP TABLE {name}")
                self._read(known, members, batch)
                return
        if self._is_reread(name, known, members, reads, batch):
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

    def _is_reread(
        self,
        table: str,
        known: FileSchema,
        members: Sequence[FileSlice],
        reads: Sequence[ReadFile],
        batch: Batch,
    ) -> bool:
        """Read slices again where some need careful copies; return whether they do."""
        odd = [read.file_slice for read in to_be_reread(self._con, table, known, reads)]
        if not odd:
            return False
        self._con.execute(f"DROP TABLE {table}")
        groups: dict[FileSchema, list[FileSlice]] = defaultdict(list)
        for file_slice in odd:
            schema = carefully(known, file_slice.file)
            self.files[file_slice.file.path].schema = schema
            groups[schema].append(file_slice)
        others = [file_slice for file_slice in members if file_slice not in odd]
        for schema, slices in [*groups.items(), (known, others)]:
            if slices:
                self._read(schema, slices, batch)
        return True

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
        """Read one file; one that DuckDB cannot read from a careful copy.

        Of a damaged JSON document these are the values before the damage.
        """
        try:
            self._read(known, [file_slice], batch)
        except duckdb.Error as error:
            stop_if_interrupted(error)
            if known.careful or known.kind == "parquet":
                raise
            schema = carefully(known, file_slice.file)
            self.files[file_slice.file.path].schema = schema
            self._read(schema, [file_slice], batch)

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
            f"SELECT row FROM {table} WHERE {_REJECTED} AND cause <> '{NOT_JSON}' "
            f"AND part <= 1 LIMIT {_REJECTED_SAMPLE}"
        ).fetchall()
        rejected_lines = self._con.execute(
            f"SELECT json FROM (SELECT json, row_number() OVER () AS row "
            f"FROM {lines(paths)}) WHERE row IN "
            f"({', '.join(str(row) for (row,) in rejected)})"
        ).fetchall()
        return spelled_differently(known, [line for (line,) in rejected_lines])

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
            tally.rejects += [
                Reject(read.file_slice.file.path, number, _why_no_row(kind))
                for number, (_, _, kind) in zip(numbers, examples, strict=True)
            ]

    def add_rejects(self, batch: Batch) -> None:
        """Add the first rejected rows with their line numbers."""
        rejects = self._con.execute(
            f"SELECT file, row, cause FROM {BATCH} WHERE {_REJECTED} AND part <= 1 "
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


def _why_no_row(kind: str) -> str:
    """Return the cause of a line that DuckDB's CSV reader rejects."""
    kind = kind.lower()
    return NOT_UTF8 if "encoding" in kind else f"is not a row of this CSV ({kind})"
