"""Which of the events that are laid out are new to a store."""

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
class Found:
    """The hashed ids of all accepted events that are laid out, and where each event is."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    position: NDArray[np.int64]

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, batch: Batch) -> Found:
        """Return them of a batch."""
        if not batch.slices:
            return cls(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64))
        return cls.in_relation(con, refused=bool(batch.rejected or batch.ignored))

    @classmethod
    def in_relation(cls, con: duckdb.DuckDBPyConnection, *, refused: bool) -> Found:
        """Return them of the relation ``batch``; *refused* tells that some rows are no events."""
        columns: list[NDArray[Any]] = [
            np.ma.getdata(column)
            for column in con.execute(sql.ids(BATCH, rejected=refused)).fetchnumpy().values()
        ]
        return cls(*columns)

    def new(self, writer: Writer) -> NDArray[np.bool_]:
        """Tell which events are to be stored: the first of each id that the store has not."""
        new = ~writer.known(self.high, self.low)
        new[repeats(self.high, self.low, self.position)] = False
        return new

    def store(  # noqa: PLR0913 - what a commit is made of
        self,
        writer: Writer,
        con: duckdb.DuckDBPyConnection,
        refused: bool,  # noqa: FBT001
        new: NDArray[np.bool_],
        ingested: Sequence[Ingested],
        rejects: Sequence[Sequence[Reject]],
    ) -> None:
        """Store the events that are *new*; see :meth:`Writer.add`."""
        if not new.any():
            writer.add(con, None, self.high[new], self.low[new], ingested, rejects)
            return
        repeats = self.position[~new]
        if len(repeats):
            con.register(sql.REPEATS, pd.DataFrame({"position": repeats}))
        try:
            events = sql.new_events(BATCH, repeats=bool(len(repeats)), rejected=refused)
            writer.add(con, events, self.high[new], self.low[new], ingested, rejects)
        finally:
            if len(repeats):
                con.unregister(sql.REPEATS)
