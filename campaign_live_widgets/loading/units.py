"""Divide a staged batch into units: what one transaction loads, in the order of the source."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
from campaign_live_widgets.engine.duckdb.queries import hashes
from campaign_live_widgets.sources import FILE_BITS
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.files.staging import PLACES
from campaign_live_widgets.sources.formats.canonical import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    import duckdb
    import pyarrow as pa
    from numpy.typing import NDArray

    from campaign_live_widgets.sources import FileSlice
    from campaign_live_widgets.sources.files.staging import Batch

UNIT_ROWS: Final = 500_000
"""Rows of one transaction: some seconds, far less than the overlap of a report that is open."""
PLACE: Final = "clw_place"
_FILES: Final = PLACES - FILE_BITS
"""Bits of a file's index within its scan."""
_UNIT: Final = "clw_unit"
_SEEN_EVENTS: Final = 1 << 25
"""Ids that are kept, 16 bytes each."""
_LOADED: Final = ", ".join(
    "make_timestamp(us)::TIMESTAMPTZ AS timestamp" if column == "timestamp" else column
    for column in COLUMNS
)
_ACCEPTED: Final = (
    f"SELECT {_LOADED}, place AS {PLACE} FROM {BATCH} WHERE cause IS NULL AND part > 0"
)


class Part(NamedTuple):
    """What one unit loads of a file.

    ``first``, ``start`` and ``end`` are places in the batch: of the file's first row, and of the
    first row of the part and the one after it. ``size`` is the number of the file's rows;
    ``is_last``: the file ends with this part.
    """

    file_slice: FileSlice
    first: int
    start: int
    end: int
    size: int
    is_last: bool = True

    @property
    def rows(self) -> int:
        """Return how many rows of the file are loaded once this part is."""
        return self.end - self.first


@dataclass(frozen=True, slots=True)
class Unit:
    """Parts of files, and their events.

    ``events`` has the canonical columns and the place of each row, in the order of ids, so that
    neighbours in the server's index come one after the other. Rows that repeat an id of this unit
    or of an earlier one are not in it; ``repeated`` is their number.
    """

    parts: Sequence[Part]
    events: pa.Table
    repeated: int


class Units:
    """Reads the units of staged batches, and drops events that were in one before.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        The connection that stages batches.
    rows : int
        Rows of one unit.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, rows: int) -> None:
        self._con, self._rows = con, rows
        self._seen = SeenEvents()

    def read(self, batch: Batch, *, is_ordered: bool) -> Generator[Unit]:
        """Yield the units of a batch.

        Parameters
        ----------
        is_ordered : bool
            Whether the relation has its rows in the order of their places; else it is sorted.
        """
        divided = list(_divided(_parts(self._con, batch), self._rows))
        order = "" if is_ordered else f" ORDER BY {PLACE}, part"
        ends = [parts[-1].end for parts in divided]
        with (
            self._con.cursor() as sorting,
            closing(_cut(self._con, f"{_ACCEPTED}{order}", ends)) as tables,
        ):
            sorting.execute("SET TimeZone = 'UTC'")
            for parts in divided:
                yield self._unit(parts, *_sorted(sorting, next(tables)))

    def _unit(
        self,
        parts: Sequence[Part],
        events: pa.Table,
        high: NDArray[np.uint64],
        low: NDArray[np.uint64],
    ) -> Unit:
        """Return the unit of sorted rows: those whose ids no earlier unit had, each id once."""
        import pyarrow as pa

        is_new = ~self._seen.lookup(high, low)
        is_new[1:] &= (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        if len(self._seen) > _SEEN_EVENTS:  # then the server finds the repeated ones
            self._seen = SeenEvents()
        self._seen.add(high[is_new], low[is_new])
        new = events if is_new.all() else events.filter(pa.array(is_new))
        return Unit(parts, new, len(events) - len(new))


def _parts(con: duckdb.DuckDBPyConnection, batch: Batch) -> list[Part]:
    """Return each file of a batch as one part, in the order of their rows."""
    ranges = con.execute(
        f"SELECT place >> {FILE_BITS} AS number, min(place), max(place) + 1 FROM {BATCH} "
        "GROUP BY number ORDER BY number"
    ).fetchall()
    parts: dict[int, tuple[int, int]] = {}
    for file, first, end in ranges:
        index = batch.first_of[file >> _FILES] + (file & ((1 << _FILES) - 1))
        parts[index] = (first, end)
    result, end = [], 0
    for index, file_slice in enumerate(batch.slices):
        first, end = parts.get(index, (end, end))  # a file without rows lies between two others
        result.append(Part(file_slice, first, first, end, end - first))
    return result


def _divided(parts: Iterable[Part], size: int) -> Iterator[list[Part]]:
    """Divide files into units of *size* rows; small files share one."""
    unit: list[Part] = []
    free = size
    for whole in parts:
        part = whole
        while part.end - part.start > free:
            cut = part.start + free
            if free and (free == size or part.size > size):
                unit.append(part._replace(end=cut, is_last=False))
                part = part._replace(start=cut)
            yield unit
            unit, free = [], size
        unit.append(part)
        free -= part.end - part.start
    if unit:
        yield unit


def _cut(con: duckdb.DuckDBPyConnection, query: str, ends: Sequence[int]) -> Generator[pa.Table]:
    """Yield the rows of a query up to each of *ends*, which are places.

    Raises
    ------
    RuntimeError
        If the rows do not come in the order of their places.
    """
    import pyarrow as pa

    with pa.RecordBatchReader.from_stream(con.sql(query)) as reader:
        left: pa.RecordBatch | None = None
        before = -1
        taken: list[pa.RecordBatch] = []
        for end in ends:
            while left is not None or (left := next(reader, None)) is not None:
                places = left.column(PLACE).to_numpy()
                if len(places) and (places[0] < before or (np.diff(places) < 0).any()):
                    message = "DuckDB has not kept the order of the rows"
                    raise RuntimeError(message)
                count = int(np.searchsorted(places, end))
                taken.append(left.slice(0, count))
                before = int(places[count - 1]) if count else before
                if count < len(places):
                    left = left.slice(count)
                    break
                left = None
            table = [pa.Table.from_batches(taken, reader.schema)]
            taken.clear()
            yield table.pop()


def _sorted(
    con: duckdb.DuckDBPyConnection, table: pa.Table
) -> tuple[pa.Table, NDArray[np.uint64], NDArray[np.uint64]]:
    """Return rows in the order of their ids, then places, and the two halves of the ids' hashes."""
    import pyarrow as pa

    keys = table.select(["event_id", PLACE])
    con.register(_UNIT, keys.append_column("number", pa.array(np.arange(len(table)))))
    try:
        query = f"SELECT number, {hashes('event_id')} FROM {_UNIT} ORDER BY event_id, {PLACE}"
        with pa.RecordBatchReader.from_stream(con.sql(query)) as reader:
            order = reader.read_all()
    finally:
        con.unregister(_UNIT)
    high, low = (order.column(name).to_numpy() for name in ("high", "low"))
    return table.take(order.column("number")), high, low
