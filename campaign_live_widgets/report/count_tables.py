"""The counts of a snapshot by the values of a dimension, and the metrics that are sums of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.catalog import COUNTS, METRICS, Count, Sum, terms
from campaign_live_widgets.report.once import once_per_snapshot
from campaign_live_widgets.snapshot import MICROSECOND, microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.snapshot import Counts, Snapshot, Window

    Ints = NDArray[np.int64]
    Columns = dict[str, Ints]

_NAMES: Final = [count.column for count in COUNTS]


@once_per_snapshot
def in_channel(snapshot: Snapshot, part: tuple[str, str | None]) -> tuple[Sequence[object], Ints]:
    """Return the values of one of the snapshot's tables and their counts, a column per count.

    *part* is a dimension and a channel, ``None`` for all; a value of ``bucket`` is its start in
    microseconds since the epoch.
    """
    dimension, channel = part
    table = snapshot.counts[dimension]
    if channel is None:
        return _values(table), table.counts
    rows = [i for i, name in enumerate(table.channels) if name == channel]
    values = _values(table)
    return [values[i] for i in rows], table.counts[rows]


def _values(table: Counts) -> Sequence[object]:
    """Return the values of the rows as Python values."""
    if isinstance(table.values, tuple):
        return table.values
    starts: list[object] = table.values.astype("datetime64[us]").view(np.int64).tolist()
    return starts


@once_per_snapshot
def sums(snapshot: Snapshot, channel: str | None) -> dict[str, int]:
    """Return each count over the whole window, of one channel or all."""
    _, counts = in_channel(snapshot, ("message_id", channel))
    return dict(zip(_NAMES, counts.sum(axis=0, dtype=np.int64).tolist(), strict=True))


def bucket_starts(window: Window) -> NDArray[np.datetime64]:
    """Return :meth:`~campaign_live_widgets.snapshot.Window.buckets` as an array, in UTC."""
    width = window.bucket // MICROSECOND
    first = microseconds(window.start) // width * width
    return np.arange(first, microseconds(window.end), width).view("datetime64[us]")


def columns_of(counts: Ints) -> Columns:
    """Return a table of counts by the name of each."""
    return {name: counts[:, place] for place, name in enumerate(_NAMES)}


def summed(counts: Ints, row: Sequence[int] | Ints, rows: int) -> Ints:
    """Return the sums of counts that belong to the same row."""
    sums = np.zeros((rows, counts.shape[1]), dtype=np.int64)
    np.add.at(sums, np.array(row, dtype=np.int64), counts)
    return sums


def evaluate(metrics: Sequence[str], columns: Mapping[str, Ints]) -> Columns:
    """Compute additive *metrics* from columns of counts, element by element."""
    return {
        metric: np.asarray(
            sum(sign * columns[column] for sign, column in additive(metric)), dtype=np.int64
        )
        for metric in metrics
    }


@cache
def additive(metric_id: str) -> tuple[tuple[int, str], ...]:
    """Return an additive metric as signed columns of counts."""
    formula = METRICS[metric_id].formula
    if not isinstance(formula, Count | Sum):
        message = f"{metric_id} is no sum of counts and cannot be computed from them"
        raise TypeError(message)
    return tuple((sign, count.column) for sign, count in terms(formula))
