"""The cells of one batch: fetched from the engine, then added to the cubes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign_live_widgets.engine import queries as sql
from campaign_live_widgets.engine.kinds import KINDS
from campaign_live_widgets.engine.tables import Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from campaign_live_widgets.engine.tables import CountedBy

    Ints = NDArray[np.int64]

_NUMBERS: Final = {kind: number for number, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts for one question: minute, place of the key in ``keys``, and count."""

    question: str
    keys: Sequence[Key]
    slot: Ints
    key: Ints
    count: Ints


def fetch_cells(
    con: duckdb.DuckDBPyConnection, query: str, *, small: bool, untimed: int
) -> list[Cells]:
    """Return the cells of a batch.

    Parameters
    ----------
    query : str
        Of :func:`~campaign_live_widgets.engine.queries.cells`.
    small : bool
        Few cells are fetched as they are; of many, keys go through Python once each and the
        cells travel as numbers.
    untimed : int
        The minute of cells that have none.
    """
    if small:
        return _as_rows(con.execute(query).fetchall(), untimed)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {sql.CELLS} AS {query}")
    return [_as_numbers(con, *found, untimed) for found in _keys(con).items()]


def add_cells(cells: Iterable[Cells], counted: Mapping[str, CountedBy]) -> None:
    """Add cells to the cubes."""
    for found in cells:
        cube = counted[found.question].cube
        codes = np.array([cube.code(key) for key in found.keys], dtype=np.int64)
        cube.add(found.slot, codes[found.key], found.count)


def _split(row: tuple[object, ...]) -> tuple[str, Key]:
    """Return the question a row of cells answers, and its key."""
    questions = len(sql.QUESTIONS)
    place = row[:questions].index(0)
    value, number = row[questions + place], row[2 * questions]
    return sql.QUESTIONS[place], Key(value, KINDS[number])  # type: ignore[arg-type, call-overload]


def _as_rows(rows: Iterable[tuple[object, ...]], untimed: int) -> list[Cells]:
    keys: dict[str, dict[Key, int]] = defaultdict(dict)
    numbers: dict[str, list[tuple[object, int, object]]] = defaultdict(list)
    for row in rows:
        question, key = _split(row)
        place = keys[question].setdefault(key, len(keys[question]))
        slot, count = row[-2:]
        numbers[question].append((untimed if slot is None else slot, place, count))
    return [
        Cells(question, list(keys[question]), *np.array(found, dtype=np.int64).T)
        for question, found in numbers.items()
    ]


def _keys(con: duckdb.DuckDBPyConnection) -> dict[str, list[Key]]:
    keys: dict[str, list[Key]] = defaultdict(list)
    for row in con.execute(sql.KEYS).fetchall():
        question, key = _split(row)
        keys[question].append(key)
    return keys


def _as_numbers(
    con: duckdb.DuckDBPyConnection, question: str, keys: Sequence[Key], untimed: int
) -> Cells:
    con.register("codes", _codes(keys))
    cells = con.execute(sql.coded(question)).fetchnumpy()
    con.unregister("codes")
    slot = np.ma.filled(cells["slot"], untimed).astype(np.int64)
    code, count = (np.ma.getdata(cells[name]).astype(np.int64) for name in ("code", "count"))
    return Cells(question, keys, slot, code, count)


def _codes(keys: Sequence[Key]) -> pd.DataFrame:
    """Return keys and their places with the types SQL needs to compare them, nulls kept."""
    return pd.DataFrame(
        {
            "value": pd.Series([key.value for key in keys], dtype="str"),
            "kind": np.array([_NUMBERS[key.kind] for key in keys], dtype=np.int64),
            "code": np.arange(len(keys), dtype=np.int64),
        }
    )
