"""Build the index of ids again, from the events in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.engine.duckdb.queries import hashes
from campaign_live_widgets.sources.store_log import parquet
from campaign_live_widgets.store.index import id_index as ids

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import duckdb

    from campaign_live_widgets.sources.store_log import StoredFile

_SORTED_IN_MEMORY: Final = 1 << 22
"""Ids that are sorted at a time; larger indexes are merged from such parts."""


def build_index(
    con: duckdb.DuckDBPyConnection, root: Path, files: Iterable[StoredFile], folder: Path
) -> tuple[Path, int] | None:
    """Write the index of *files* into a file in *folder*.

    Parameters
    ----------
    root : Path
        Folder of the store.
    files : iterable of StoredFile
    folder : Path
        Folder for the index and its temporary parts.

    Returns
    -------
    (Path, int) or None
        The file and its number of ids; ``None`` if there are no files.
    """
    parts: list[ids.Ids] = []
    unsorted: list[ids.Ids] = []

    def write_part() -> None:
        path = folder / f"part-{len(parts)}"
        high, low = (np.concatenate(column) for column in zip(*unsorted, strict=True))
        run = ids.Run(path, ids.write(path, [ids.sort(high, low)]))
        parts.append((run.high, run.low))
        unsorted.clear()

    for file in files:
        unsorted.append(read_ids(con, parquet(root, [file])))
        if sum(len(high) for high, _ in unsorted) > _SORTED_IN_MEMORY:
            write_part()
    if unsorted:
        write_part()
    if not parts:
        return None
    path = folder / "ids"
    return path, ids.write(path, parts)


def read_ids(con: duckdb.DuckDBPyConnection, events: str) -> tuple[Any, Any]:
    """Return the hashed ids of a relation of events, in its order."""
    columns = con.execute(f"SELECT {hashes('event_id')} FROM {events}").fetchnumpy()
    high, low = (np.ma.getdata(columns[name]) for name in ("high", "low"))
    return high, low
