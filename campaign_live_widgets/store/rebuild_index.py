"""The index of ids made anew, from the events that a store holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.engine.duckdb.queries import hashes
from campaign_live_widgets.sources.store_log import parquet
from campaign_live_widgets.store import id_index as ids

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from campaign_live_widgets.sources.store_log import IdRun, StoredFile
    from campaign_live_widgets.store.writer import Writer

_HELD: Final = 1 << 22
"""Ids that are put in order in memory."""


def runs_of(writer: Writer, aside: Path) -> dict[str, StoredFile | IdRun]:
    """Write the index below *aside*; return where it stands and what it is."""
    parts: list[tuple[ids.Hashes, ids.Hashes]] = []
    held: list[tuple[ids.Hashes, ids.Hashes]] = []

    def put_down() -> None:
        path = aside / f"part-{len(parts)}"
        high, low = (np.concatenate(column) for column in zip(*held, strict=True))
        run = ids.Run(path, ids.write(path, [ids.ordered(high, low)]))
        parts.append((run.high, run.low))
        held.clear()

    for file in writer.state.files.values():
        held.append(ids_in(writer.con, parquet(writer.folder, [file])))
        if sum(len(high) for high, _ in held) > _HELD:
            put_down()
    if held:
        put_down()
    if not parts:
        return {}
    made = aside / "ids"
    rows = ids.write(made, parts)
    return {str(made): writer.run_at(made, rows, writer.state.number + 1)}


def ids_in(con: duckdb.DuckDBPyConnection, events: str) -> tuple[Any, Any]:
    """Return the hashed ids of a relation of events, in its order."""
    found = con.execute(f"SELECT {hashes('event_id')} FROM {events}").fetchnumpy()
    high, low = (np.ma.getdata(found[name]) for name in ("high", "low"))
    return high, low
