"""The cells of one batch, from the engine's table into the cubes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from campaign_live_widgets.engine import queries as sql
from campaign_live_widgets.engine.tables import Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

    from campaign_live_widgets.engine.tables import CountedBy


def add_cells(
    con: duckdb.DuckDBPyConnection, counted: Mapping[str, CountedBy], *, untimed: int
) -> None:
    """Move the cells of a batch into the cubes.

    Keys go through Python once each; the cells themselves travel as numbers.

    Parameters
    ----------
    untimed : int
        The minute of cells that have none.
    """
    questions = len(sql.QUESTIONS)
    keys: dict[str, list[Key]] = defaultdict(list)
    for row in con.execute(sql.KEYS).fetchall():
        place = row[:questions].index(0)
        keys[sql.QUESTIONS[place]].append(Key(row[questions + place], *row[2 * questions :]))
    for question, found in keys.items():
        cube = counted[question].cube
        con.register("codes", _codes(question, found, [cube.code(key) for key in found]))
        cells = con.execute(sql.coded(question)).fetchnumpy()
        con.unregister("codes")
        slot = np.ma.filled(cells["slot"], untimed).astype(np.int64)
        code, count = (np.ma.getdata(cells[name]).astype(np.int64) for name in ("code", "count"))
        cube.add(slot, code, count)


def _codes(question: str, keys: Sequence[Key], codes: Sequence[int]) -> pd.DataFrame:
    """Return keys and their codes with the types SQL needs to compare them, nulls kept."""
    value, channel, event_type, bounce_type, late, is_test = zip(*keys, strict=True)
    texts = (question, value), ("channel", channel), ("event_type", event_type)
    columns: dict[str, object] = {
        name: pd.Series(list(part), dtype="str")
        for name, part in (*texts, ("bounce_type", bounce_type))
    }
    columns["late"] = np.array(late, dtype=bool)
    columns["is_test"] = np.array(is_test, dtype=bool)
    columns["code"] = np.array(codes, dtype=np.int64)
    return pd.DataFrame(columns)
