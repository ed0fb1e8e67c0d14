"""Files that were given up as damaged, and are intact again: their missing events are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign_live_widgets.engine.duckdb.queries import hashes
from campaign_live_widgets.sources.store_log import parquet
from campaign_live_widgets.sources.stored_files import file_problem
from campaign_live_widgets.store.index.rebuild_index import read_ids

if TYPE_CHECKING:
    from campaign_live_widgets.store.writer import Writer

_NEW: Final = "given_up_ids"


def restore_given_up(writer: Writer) -> int:
    """Store the missing events of given-up files that are intact again, such as from a backup.

    Return how many events are stored. The others of such a file are stored in other files.
    """
    restored = 0
    with writer.locked() as state:
        for file in {file.path: file for file in state.lost}.values():
            if file_problem(writer.folder / file.path, file.size, file.digest) is not None:
                continue
            source = parquet(writer.folder, [file])
            high, low = read_ids(writer.con, source)
            is_new = ~writer.contains(high, low)
            if not is_new.any():
                continue
            writer.con.register(_NEW, pd.DataFrame({"high": high[is_new], "low": low[is_new]}))
            try:
                events = (
                    f"(SELECT * EXCLUDE (high, low) FROM (SELECT *, epoch_us(timestamp) AS us, "
                    f"{hashes('event_id')} FROM {source}) SEMI JOIN {_NEW} USING (high, low))"
                )
                restored += writer.add(writer.con, events, high[is_new], low[is_new], [], [])
            finally:
                writer.con.unregister(_NEW)
    return restored
