"""Cells of the cubes, fetched from DuckDB."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from campaign_live_widgets.engine.aggregates.counts_by_dimension import Key
from campaign_live_widgets.engine.aggregates.cube_cells import CubeCells
from campaign_live_widgets.engine.aggregates.event_kinds import EVENT_KINDS
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.engine.duckdb import queries as sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from campaign_live_widgets.engine.aggregates.segments import Segment


def fetch_cells(
    con: duckdb.DuckDBPyConnection,
    query: str,
    segments: Sequence[Segment],
    *,
    small: bool,
    untimed: int,
) -> list[CubeCells]:
    """Return the cells of a batch.

    Parameters
    ----------
    query : str
        Of :func:`~campaign_live_widgets.engine.duckdb.queries.cells`.
    segments : sequence of Segment
        A cell's segment is an index into it.
    small : bool
        Whether few cells are expected: they are fetched as rows. Of many cells each key goes
        through Python once, and the cells are fetched as columns of numbers.
    untimed : int
        The minute of cells that have none.
    """
    if small:
        return _as_rows(con.execute(query).fetchall(), segments, untimed)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {sql.CELLS} AS {query}")
    rows: dict[int, list[_KeyRow]] = defaultdict(list)
    for number, *row in con.execute(sql.KEYS).fetchall():
        rows[number].append((*row,))
    return [
        _as_numbers(con, number, key_rows, segments, untimed) for number, key_rows in rows.items()
    ]


def _as_rows(
    rows: Iterable[tuple[int, str | None, int, int, int | None, int]],
    segments: Sequence[Segment],
    untimed: int,
) -> list[CubeCells]:
    keys: dict[str, dict[Key, int]] = defaultdict(dict)
    numbers: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    for number, value, kind, segment, slot, count in rows:
        dimension = QUESTIONS[number]
        key_value = segments[segment].message if dimension == QUESTIONS[0] else value
        index = keys[dimension].setdefault(Key(key_value, EVENT_KINDS[kind]), len(keys[dimension]))
        numbers[dimension].append((untimed if slot is None else slot, index, segment, count))
    return [
        CubeCells(dimension, list(keys[dimension]), *np.array(cells, dtype=np.int64).T)
        for dimension, cells in numbers.items()
    ]


_KeyRow = tuple[str | None, int, int | None]  # value, kind and, of a message's key alone, segment


def _as_numbers(
    con: duckdb.DuckDBPyConnection,
    number: int,
    rows: Sequence[_KeyRow],
    segments: Sequence[Segment],
    untimed: int,
) -> CubeCells:
    dimension = QUESTIONS[number]
    codes: dict[str, object] = {
        "kind": np.array([kind for _, kind, _ in rows], dtype=np.int64),
        "code": np.arange(len(rows), dtype=np.int64),
    }
    if dimension == QUESTIONS[0]:
        by = "segment"
        codes[by] = np.array([segment for _, _, segment in rows], dtype=np.int64)
        keys = [Key(segments[segment or 0].message, EVENT_KINDS[kind]) for _, kind, segment in rows]
    else:
        by = "value"
        codes[by] = np.array([value for value, _, _ in rows], dtype=object)
        keys = [Key(value, EVENT_KINDS[kind]) for value, kind, _ in rows]
    con.register("codes", codes)
    cells = con.execute(sql.coded(number, by)).fetchnumpy()
    con.unregister("codes")
    slot = np.ma.filled(cells["slot"], untimed).astype(np.int64)
    code, segment, count = (
        np.ma.getdata(cells[name]).astype(np.int64) for name in ("code", "segment", "count")
    )
    return CubeCells(dimension, keys, slot, code, segment, count)
