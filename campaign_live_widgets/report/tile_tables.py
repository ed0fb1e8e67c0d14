"""Snapshot → the rows of each tile. Pure functions: no clock, no I/O, no widget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from campaign_live_widgets.catalog import (
    BOUNCE_TYPES,
    CHANNELS,
    METRICS,
    OTHER_DOMAINS,
    UNKNOWN,
    Distinct,
    rate,
    tiles_of,
)
from campaign_live_widgets.report.analysis_tables import analysis_table
from campaign_live_widgets.report.count_tables import (
    additive,
    bucket_starts,
    columns_of,
    evaluate,
    in_channel,
    summed,
    sums,
)
from campaign_live_widgets.report.once import once_per_snapshot
from campaign_live_widgets.report.tile_table import TileTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.report.tile_table import Column
    from campaign_live_widgets.snapshot import Snapshot

    Ints = NDArray[np.int64]


def tile_table(tile: Tile, snapshot: Snapshot) -> TileTable:
    """Return the rows of one tile, with the columns ``tile.columns``.

    Counts are ``int64``; ``share`` is ``float64`` (a part of one; NaN where there is none, see
    :func:`~campaign_live_widgets.catalog.rate`); ``bucket`` is ``datetime64[us]`` in UTC. Largest
    first metric first, ties by name; channels in their own order; no total row. See section 4 of
    the report's contract.
    """
    return _table(snapshot, tile)


@once_per_snapshot
def _table(snapshot: Snapshot, tile: Tile) -> TileTable:
    if tile.fields:
        return analysis_table(tile, snapshot)
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
    return {tile.id: tile_table(tile, snapshot) for tile in tiles_of(snapshot.basis).values()}


def _counts(tile: Tile, snapshot: Snapshot, dimension: str) -> tuple[Sequence[object], Ints]:
    """Return the values of one of the snapshot's tables and their counts, a column per count.

    Only the tile's channel.
    """
    return in_channel(snapshot, (dimension, tile.channel))


def _totals(tile: Tile, snapshot: Snapshot) -> dict[str, int]:
    """Return the tile's metrics over the whole window, and the one its shares divide by."""
    counted = sums(snapshot, tile.channel)
    totals = {"entered_profiles": snapshot.entered_profiles}
    for metric in (*tile.metrics, *((tile.share_of,) if tile.share_of else ())):
        if not isinstance(METRICS[metric].formula, Distinct):
            totals[metric] = sum(sign * counted[column] for sign, column in additive(metric))
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
        shares = [rate(metric, totals[metric], tile.share_of, whole) for metric in tile.metrics]
        data["share"] = np.array(
            [np.nan if share is None else share for share in shares], dtype=np.float64
        )
    return TileTable(data)


def _series(tile: Tile, snapshot: Snapshot) -> TileTable:
    values, counts = _counts(tile, snapshot, "bucket")
    starts = bucket_starts(snapshot.window)
    row = np.searchsorted(starts.view(np.int64), np.array(values, dtype=np.int64))
    columns = columns_of(summed(counts, row, len(starts)))
    return TileTable({"bucket": starts, **evaluate(tile.metrics, columns)})


def _bounce_types(tile: Tile, snapshot: Snapshot) -> TileTable:
    counted = sums(snapshot, tile.channel)
    by_type = {kind: counted[f"bounce_{kind}"] for kind in BOUNCE_TYPES}
    unknown = counted["bounce"] - sum(by_type.values())
    if unknown:
        by_type[UNKNOWN] = unknown
    counts = np.array(list(by_type.values()), dtype=np.int64)
    return TileTable({"bounce_type": tuple(by_type), tile.metrics[0]: counts})


def _channels(tile: Tile, snapshot: Snapshot) -> TileTable:
    """Return a row for each channel that has an event, in the order of the channels."""
    table = snapshot.counts["message_id"]
    names = tuple(name for name in CHANNELS if name in set(table.channels))
    row = [names.index(channel) for channel in table.channels]
    metrics = evaluate(tile.metrics, columns_of(summed(table.counts, row, len(names))))
    return TileTable({"channel": names, **metrics})


def _dimension_rows(tile: Tile, snapshot: Snapshot) -> TileTable:
    dimension = str(tile.by)
    values, counts = _counts(tile, snapshot, dimension)
    rows: dict[str, int] = {}  # a null and the value "unknown" are one row
    names = [value if isinstance(value, str) else UNKNOWN for value in values]
    if dimension == "domain":
        names = _folded(names, tile, snapshot)
    row = [rows.setdefault(name, len(rows)) for name in names]
    unique = list(rows)
    metrics = evaluate(tile.metrics, columns_of(summed(counts, row, len(rows))))
    if tile.where_positive is not None:
        listed = np.flatnonzero(metrics[tile.where_positive] > 0)
    else:
        listed = np.flatnonzero(np.any([metrics[m] != 0 for m in tile.metrics], axis=0))
    first = metrics[tile.metrics[0]].tolist()
    largest = sorted(listed.tolist(), key=lambda i: (-first[i], unique[i]))
    together = [i for i in largest if unique[i] == OTHER_DOMAINS]
    order = [i for i in largest if i not in together][: tile.limit] + together
    listed_names = tuple(unique[i] for i in order)
    return TileTable({dimension: listed_names, **{m: metrics[m][order] for m in tile.metrics}})


def _folded(domains: list[str], tile: Tile, snapshot: Snapshot) -> list[str]:
    """Return the row of each domain: those of few profiles share one."""
    together = {
        domain for channel, domain in snapshot.folded.domains if tile.channel in (None, channel)
    }
    return [OTHER_DOMAINS if domain in together else domain for domain in domains]
