"""Small batches, read plainly: most ticks bring some hundred rows that are all as expected.

For these, planning the SQL that checks, maps and counts rows takes much longer than running it.
So they are read as plain columns, and counted in Python:

- canonical rows without checks in SQL, or without DuckDB; the values are checked here;
- rows of all other formats by the SQL of their format, in one statement.

That SQL stays the only definition of what a row means. Wherever a value needs more than a
comparison, such as a rejected row, a name that is spelled in another way or a file that grew
meanwhile, :meth:`SmallReader.read` returns nothing, and the batch is read as any other one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.files.file_state import Tally
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.files.small.columns import Columns, PlainColumns
from campaign_live_widgets.sources.files.small.lines import objects_of
from campaign_live_widgets.sources.files.staging import PLACES, UNREADABLE, Batch, has_grown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb

    from campaign_live_widgets.sources.files.file_state import FileSlice
    from campaign_live_widgets.sources.files.scan_sql import FileSchema
    from campaign_live_widgets.sources.files.staging import Stage

ROWS: Final = 5_000
"""Rows of a batch up to which it is read and counted in Python."""
_TEXT_BYTES: Final = 1 << 22
_PACKED_BYTES: Final = 1 << 19
"""Bytes of text, and of compressed files, that may have so few rows."""


@dataclass(slots=True)
class SmallBatch:
    """The accepted events of a small batch: the files that were read, and their columns."""

    files: Batch
    columns: Columns


def may_be_small(slices: Sequence[FileSlice]) -> bool:
    """Return whether slices have few bytes, so that they may have few rows."""
    text = packed = 0
    for file_slice in slices:
        size = file_slice.end - file_slice.start
        if file_slice.file.kind in ("parquet", "avro") or file_slice.file.compression:
            packed += size
        else:
            text += size
    return text <= _TEXT_BYTES and packed <= _PACKED_BYTES


class SmallReader:
    """Reads small batches of files.

    Parameters
    ----------
    con : DuckDBPyConnection
    stage : Stage
        Knows the schemas of the files. What it has staged is not changed.
    hashes : callable
        Returns SQL for the two halves of the hash of a text, as ``high`` and ``low``.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, stage: Stage, hashes: Callable[[str], str]
    ) -> None:
        self._stage = stage
        self._plain = PlainColumns(con, hashes)

    def read(self, slices: Sequence[FileSlice]) -> SmallBatch | None:
        """Return the events of slices; ``None`` where they must be read in the other way."""
        try:
            return self._read(slices)
        except (*UNREADABLE, TypeError) as error:
            stop_if_interrupted(error)
            return None
        finally:
            self._stage.remove_copies()

    def _read(self, slices: Sequence[FileSlice]) -> SmallBatch | None:
        groups: dict[FileSchema, list[FileSlice]] = defaultdict(list)
        for file_slice in slices:
            groups[self._stage.schema_of(file_slice)].append(file_slice)
        batch = Batch()
        parts: list[Columns] = []
        left = ROWS
        for schema, members in groups.items():
            columns = self._columns(schema, members, left)
            if columns is None:
                return None
            left -= len(columns.us)
            for index, ignored in columns.ignored.items():
                batch.tallies[members[index].file.path].add(Tally(ignored=ignored))
            columns.position += len(parts) << (PLACES + 1)
            batch.first_of.append(len(batch.slices))
            batch.slices += members
            parts.append(columns)
        return SmallBatch(batch, Columns.joined(parts))

    def _columns(
        self, schema: FileSchema, members: Sequence[FileSlice], limit: int
    ) -> Columns | None:
        """Return the columns of at most *limit* rows of files with one schema."""
        if schema.format is None or schema.lowercased:
            return None
        fields = schema.plain_fields()
        if fields is not None and schema.kind == "ndjson" and schema.compression is None:
            objects = objects_of(members, limit)
            return None if objects is None else self._plain.of_objects(objects, fields)
        reads = [self._stage.open_slice(schema, member) for member in members]
        paths = [read.path for read in reads]
        if fields is None and schema.kind == "csv":
            return None  # the lines that are no rows are counted apart
        if fields is not None and schema.kind in ("parquet", "csv"):
            columns = self._plain.of_files(schema, paths, fields, limit)
        else:
            origins = [member.file.path for member in members]
            columns = self._plain.of_format(schema, paths, origins, limit)
        return None if any(map(has_grown, reads)) else columns
