"""Events of commits that cannot be read: their files exist, but the log does not list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.files.staging import UNREADABLE
from campaign_live_widgets.sources.store_log import DAY_US, StoredFile, parquet

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from campaign_live_widgets.sources.store_log import State


def unlisted_files(con: duckdb.DuckDBPyConnection, folder: Path, state: State) -> list[StoredFile]:
    """Return the files of unreadable commits; their rows are the events that no other file has.

    The name of a file starts with the number of its commit. If the commit was a compaction, the
    files that it has replaced may still be listed, with the same events.
    """
    lost: list[StoredFile] = []
    known = {*state.files, *state.removed, *(file.path for file in state.lost)}
    for number in state.unread:
        for path in sorted(folder.glob(f"events/*/*/{number:012}-*.parquet")):
            name = path.relative_to(folder).as_posix()
            if name not in known:
                lost += _lost(con, folder, name, state)
    return lost


def _lost(
    con: duckdb.DuckDBPyConnection, folder: Path, name: str, state: State
) -> list[StoredFile]:
    parent = name.rpartition("/")[0] + "/"
    listed = [f for f in state.files.values() if f.path.startswith(parent)]
    listed = [f for f in listed if (folder / f.path).is_file()]
    file = StoredFile(name, 0, 0, "", "", 0, 0, 0)
    known = f"SELECT event_id FROM {parquet(folder, listed)}" if listed else "SELECT NULL LIMIT 0"
    try:
        rows = con.execute(
            f"SELECT campaign_id, count(*), min(epoch_us(timestamp)), max(epoch_us(timestamp)) "
            f"FROM {parquet(folder, [file])} WHERE event_id NOT IN ({known}) GROUP BY ALL"
        ).fetchall()
    except UNREADABLE as error:
        stop_if_interrupted(error)
        return []
    return [
        StoredFile(name, count, 0, "", campaign, oldest // DAY_US, oldest, newest)
        for campaign, count, oldest, newest in rows
    ]
