"""Which of the staged events are new to a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from campaign_live_widgets.engine.aggregates.seen_ids import repeats
from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.sources.batch_relation import BATCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    from numpy.typing import NDArray

    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources.files.staging import Batch
    from campaign_live_widgets.sources.store_log import Ingested
    from campaign_live_widgets.store.writer import Writer


@dataclass(frozen=True, slots=True)
class BatchIds:
    """The hashed ids of all accepted events of a batch, and the position of each event."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    position: NDArray[np.int64]

    @classmethod
    def of_batch(cls, con: duckdb.DuckDBPyConnection, batch: Batch) -> BatchIds:
        """Return the ids of a batch of files."""
        if not batch.slices:
            return cls(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64))
        return cls.read(con, has_dropped_rows=bool(batch.rejected or batch.ignored))

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection, *, has_dropped_rows: bool) -> BatchIds:
        """Return the ids in the relation ``batch``.

        Parameters
        ----------
        has_dropped_rows : bool
            Whether some of its rows are rejected or ignored.
        """
        columns: list[NDArray[Any]] = [
            np.ma.getdata(column)
            for column in con.execute(sql.ids(BATCH, rejected=has_dropped_rows))
            .fetchnumpy()
            .values()
        ]
        return cls(*columns)

    def new_to(self, writer: Writer) -> NDArray[np.bool_]:
        """Return which events to store: the first of each id that the store does not have."""
        is_new = ~writer.contains(self.high, self.low)
        is_new[repeats(self.high, self.low, self.position)] = False
        return is_new

    def store(  # noqa: PLR0913 - the parts of a commit
        self,
        writer: Writer,
        con: duckdb.DuckDBPyConnection,
        has_dropped_rows: bool,  # noqa: FBT001
        is_new: NDArray[np.bool_],
        ingested: Sequence[Ingested],
        rejects: Sequence[Sequence[Reject]],
    ) -> int:
        """Store the new events; see :meth:`Writer.add`."""
        high, low = self.high[is_new], self.low[is_new]
        if not is_new.any():
            return writer.add(con, None, high, low, ingested, rejects)
        repeated = self.position[~is_new]
        if len(repeated):
            con.register(sql.REPEATS, pd.DataFrame({"position": repeated}))
        try:
            events = sql.new_events(BATCH, repeats=bool(len(repeated)), rejected=has_dropped_rows)
            return writer.add(con, events, high, low, ingested, rejects)
        finally:
            if len(repeated):
                con.unregister(sql.REPEATS)
