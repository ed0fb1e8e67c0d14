"""Snapshot → the rows of each tile. Pure functions: no clock, no I/O, no widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.catalog import (
    BOUNCE_TYPES,
    CHANNELS,
    COUNTS,
    METRICS,
    TILES,
    UNKNOWN,
    Distinct,
    terms,
)
from campaign_live_widgets.report.once import once_per_snapshot
from campaign_live_widgets.report.tile_table import TileTable
from campaign_live_widgets.snapshot import MICROSECOND, microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.report.tile_table import Column
    from campaign_live_widgets.snapshot import Counts, Snapshot

    Ints = NDArray[np.int64]
    Columns = dict[str, Ints]

_COLUMNS: Final = [count.column for count in COUNTS]


def tile_table(tile: Tile, snapshot: Snapshot) -> TileTable:
    """Return the rows of one tile, with the columns ``tile.columns``.

    Counts are ``int64``; ``share`` is ``float64`` (a part of one; NaN where the metric it
    divides by is 0); ``bucket`` is ``datetime64[us]`` in UTC. Largest first metric first, ties
    by name; channels in their own order; no total row. See section 4 of the report's contract.
    """
    return _table(snapshot, tile)


@once_per_snapshot
def _table(snapshot: Snapshot, tile: Tile) -> TileTable:
    if tile.by is None:
        return _metric_rows(tile, snapshot)
    if tile.by == "bucket":
        return _series(tile, snapshot)
    if tile.by == "bounce_type":
        return _bounce_types(tile, snapshot)
    if tile.by == "channel":
        return _channels(tile, snapshot)
    return _dimension_rows(tile, snapshot)


def tile_tables(snapshot: Snapshot) -> dict[str, TileTable]:
    """Return the rows of all tiles of the report by tile id."""
    return {tile.id: tile_table(tile, snapshot) for tile in TILES.values()}


def _counts(tile: Tile, snapshot: Snapshot, dimension: str) -> tuple[Sequence[object], Ints]:
    """Return the values of one of the snapshot's tables and their counts, a column per count.

    Only the tile's channel.
    """
    return _in_channel(snapshot, (dimension, tile.channel))


@once_per_snapshot
def _in_channel(snapshot: Snapshot, part: tuple[str, str | None]) -> tuple[Sequence[object], Ints]:
    dimension, channel = part
    table = snapshot.counts[dimension]
    if channel is None:
        return _values(table), table.counts
    rows = [i for i, name in enumerate(table.channels) if name == channel]
    values = _values(table)
    return [values[i] for i in rows], table.counts[rows]


def _values(table: Counts) -> Sequence[object]:
    """Return the values of the rows; the starts of buckets in microseconds since the epoch."""
    if isinstance(table.values, tuple):
        return table.values
    starts: list[object] = table.values.astype("datetime64[us]").view(np.int64).tolist()
    return starts


@once_per_snapshot
def _sums(snapshot: Snapshot, channel: str | None) -> dict[str, int]:
    """Return each count over the whole window, of one channel or all."""
    _, counts = _in_channel(snapshot, ("message_id", channel))
    return dict(zip(_COLUMNS, counts.sum(axis=0, dtype=np.int64).tolist(), strict=True))


def _columns(counts: Ints) -> Columns:
    """Return a table of counts by the name of each."""
    return {name: counts[:, place] for place, name in enumerate(_COLUMNS)}


def _summed(counts: Ints, row: Sequence[int], rows: int) -> Ints:
    """Return the sums of counts that belong to the same row."""
    sums = np.zeros((rows, counts.shape[1]), dtype=np.int64)
    np.add.at(sums, np.array(row, dtype=np.int64), counts)
    return sums


def evaluate(metrics: Sequence[str], columns: Mapping[str, Ints]) -> Columns:
    """Compute additive *metrics* from columns of counts, element by element."""
    return {
        metric: np.asarray(
            sum(sign * columns[column] for sign, column in _additive(metric)), dtype=np.int64
        )
        for metric in metrics
    }


def _additive(metric_id: str) -> list[tuple[int, str]]:
    """Return an additive metric as signed columns of counts."""
    formula = METRICS[metric_id].formula
    if isinstance(formula, Distinct):
        message = f"{metric_id} is a distinct count and cannot be computed from counts"
        raise TypeError(message)
    return [(sign, count.column) for sign, count in terms(formula)]


def _totals(tile: Tile, snapshot: Snapshot) -> dict[str, int]:
    """Return the tile's metrics over the whole window, and the one its shares divide by."""
    sums = _sums(snapshot, tile.channel)
    totals = {"entered_profiles": snapshot.entered_profiles}
    for metric in (*tile.metrics, *((tile.share_of,) if tile.share_of else ())):
        if not isinstance(METRICS[metric].formula, Distinct):
            totals[metric] = sum(sign * sums[column] for sign, column in _additive(metric))
    return totals


def _metric_rows(tile: Tile, snapshot: Snapshot) -> TileTable:
    totals = _totals(tile, snapshot)
    counts = [totals[m] for m in tile.metrics]
    data: dict[str, Column] = {
        "metric": tile.metrics,
        "count": np.array(counts, dtype=np.int64),
    }
    if tile.share_of is not None:
        whole = totals[tile.share_of]
        data["share"] = np.array(
            [count / whole if whole else np.nan for count in counts], dtype=np.float64
        )
    return TileTable(data)


def _series(tile: Tile, snapshot: Snapshot) -> TileTable:
    values, counts = _counts(tile, snapshot, "bucket")
    buckets = snapshot.window.buckets()
    first = microseconds(buckets[0]) if buckets else 0
    width = snapshot.window.bucket // MICROSECOND
    row = ((np.array(values, dtype=np.int64) - first) // width).tolist()
    columns = _columns(_summed(counts, row, len(buckets)))
    starts = first + width * np.arange(len(buckets), dtype=np.int64)
    return TileTable({"bucket": starts.view("datetime64[us]"), **evaluate(tile.metrics, columns)})


def _bounce_types(tile: Tile, snapshot: Snapshot) -> TileTable:
    sums = _sums(snapshot, tile.channel)
    by_type = {kind: sums[f"bounce_{kind}"] for kind in BOUNCE_TYPES}
    unknown = sums["bounce"] - sum(by_type.values())
    if unknown:
        by_type[UNKNOWN] = unknown
    counts = np.array(list(by_type.values()), dtype=np.int64)
    return TileTable({"bounce_type": tuple(by_type), tile.metrics[0]: counts})


def _channels(tile: Tile, snapshot: Snapshot) -> TileTable:
    """Return a row for each channel that has an event, in the order of the channels."""
    table = snapshot.counts["message_id"]
    names = tuple(name for name in CHANNELS if name in set(table.channels))
    row = [names.index(channel) for channel in table.channels]
    metrics = evaluate(tile.metrics, _columns(_summed(table.counts, row, len(names))))
    return TileTable({"channel": names, **metrics})


def _dimension_rows(tile: Tile, snapshot: Snapshot) -> TileTable:
    dimension = str(tile.by)
    values, counts = _counts(tile, snapshot, dimension)
    rows: dict[str, int] = {}  # a null and the value "unknown" are one row
    row = [rows.setdefault(v if isinstance(v, str) else UNKNOWN, len(rows)) for v in values]
    unique = list(rows)
    metrics = evaluate(tile.metrics, _columns(_summed(counts, row, len(rows))))
    if tile.where_positive is not None:
        listed = np.flatnonzero(metrics[tile.where_positive] > 0)
    else:
        listed = np.flatnonzero(np.any([metrics[m] != 0 for m in tile.metrics], axis=0))
    first = metrics[tile.metrics[0]].tolist()
    order = sorted(listed.tolist(), key=lambda i: (-first[i], unique[i]))[: tile.limit]
    names = tuple(unique[i] for i in order)
    return TileTable({dimension: names, **{m: metrics[m][order] for m in tile.metrics}})
