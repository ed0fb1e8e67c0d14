"""The counts of snapshots: as frames, and changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from campaign_live_widgets.catalog import COUNTS

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Snapshot


def counts_frame(snapshot: Snapshot, dimension: str) -> pd.DataFrame:
    """Return the counts by *dimension*: a column of its values, the channel, each count."""
    table = snapshot.counts[dimension]
    labels = {dimension: list(table.values), "channel": list(table.channels)}
    columns = {count.column: table.column(count.column) for count in COUNTS}
    return pd.DataFrame({**labels, **columns})


def multiplied(snapshot: Snapshot, factor: int) -> Snapshot:
    """Return a snapshot with *factor* times as many events of each kind."""
    counts = {
        dimension: replace(table, counts=table.counts * factor)
        for dimension, table in snapshot.counts.items()
    }
    return replace(snapshot, counts=counts)
