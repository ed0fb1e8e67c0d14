"""The cells of one batch: fetched from the engine, then added to the cubes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from campaign_live_widgets.engine.aggregates.counts_by_dimension import Key
from campaign_live_widgets.engine.aggregates.event_kinds import KINDS
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.engine.duckdb import queries as sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.counts_by_dimension import CountedBy
    from campaign_live_widgets.engine.aggregates.segments import Part

    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts for one question: minute, place of the key in ``keys``, batch's part, count."""

    question: str
    keys: Sequence[Key]
    slot: Ints
    key: Ints
    part: Ints
    count: Ints


def fetch_cells(
    con: duckdb.DuckDBPyConnection, query: str, parts: Sequence[Part], *, small: bool, untimed: int
) -> list[Cells]:
    """Return the cells of a batch.

    Parameters
    ----------
    query : str
        Of :func:`~campaign_live_widgets.engine.duckdb.queries.cells`.
    parts : sequence of Part
        What a cell's part is the place in.
    small : bool
        Few cells are fetched as they are; of many, keys go through Python once each and the
        cells travel as numbers.
    untimed : int
        The minute of cells that have none.
    """
    if small:
        return _as_rows(con.execute(query).fetchall(), parts, untimed)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {sql.CELLS} AS {query}")
    rows: dict[int, list[_KeyRow]] = defaultdict(list)
    for number, *row in con.execute(sql.KEYS).fetchall():
        rows[number].append((*row,))
    return [_as_numbers(con, number, found, parts, untimed) for number, found in rows.items()]


def add_cells(
    cells: Iterable[Cells], counted: Mapping[str, CountedBy], numbers: NDArray[np.int32]
) -> None:
    """Add cells to the cubes; *numbers* are those of the batch's parts among all."""
    for found in cells:
        cube = counted[found.question].cube
        codes = np.array([cube.code(key) for key in found.keys], dtype=np.int64)
        cube.add(found.slot, codes[found.key], numbers[found.part], found.count)


def _as_rows(
    rows: Iterable[tuple[int, str | None, int, int, int | None, int]],
    parts: Sequence[Part],
    untimed: int,
) -> list[Cells]:
    keys: dict[str, dict[Key, int]] = defaultdict(dict)
    numbers: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    for number, value, kind, part, slot, count in rows:
        question = sql.question(number)
        own = parts[part].message if question == QUESTIONS[0] else value
        place = keys[question].setdefault(Key(own, KINDS[kind]), len(keys[question]))
        numbers[question].append((untimed if slot is None else slot, place, part, count))
    return [
        Cells(question, list(keys[question]), *np.array(found, dtype=np.int64).T)
        for question, found in numbers.items()
    ]


_KeyRow = tuple[str | None, int, int | None]  # value, kind and, of a message's key alone, part


def _as_numbers(
    con: duckdb.DuckDBPyConnection,
    number: int,
    rows: Sequence[_KeyRow],
    parts: Sequence[Part],
    untimed: int,
) -> Cells:
    question = sql.question(number)
    codes: dict[str, object] = {
        "kind": np.array([kind for _, kind, _ in rows], dtype=np.int64),
        "code": np.arange(len(rows), dtype=np.int64),
    }
    if question == QUESTIONS[0]:
        by = "part"
        codes[by] = np.array([part for _, _, part in rows], dtype=np.int64)
        keys = [Key(parts[part or 0].message, KINDS[kind]) for _, kind, part in rows]
    else:
        by = "value"
        codes[by] = pd.Series([value for value, _, _ in rows], dtype="str")  # nulls are kept
        keys = [Key(value, KINDS[kind]) for value, kind, _ in rows]
    con.register("codes", pd.DataFrame(codes))
    cells = con.execute(sql.coded(number, by)).fetchnumpy()
    con.unregister("codes")
    slot = np.ma.filled(cells["slot"], untimed).astype(np.int64)
    code, part, count = (
        np.ma.getdata(cells[name]).astype(np.int64) for name in ("code", "part", "count")
    )
    return Cells(question, keys, slot, code, part, count)
