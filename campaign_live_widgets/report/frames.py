"""Snapshot → one pandas frame per tile. Pure functions: no clock, no I/O, no widget."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

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
from campaign_live_widgets.snapshot import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.snapshot import Snapshot

    Columns = dict[str, np.ndarray]

_COLUMNS: Final = [count.column for count in COUNTS]


def frame(tile: Tile, snapshot: Snapshot) -> pd.DataFrame:
    """Return the rows of one tile, with the columns ``tile.columns``.

    Counts are ``int64``; ``share`` is ``float64`` (a part of one; null where the metric it
    divides by is 0); ``bucket`` is ``datetime64[us, UTC]``. Largest first metric first, ties
    by name; channels in their own order; no total row. See section 4 of the report's contract.
    """
    if tile.by is None:
        return _metric_rows(tile, snapshot)
    if tile.by == "bucket":
        return _series(tile, snapshot)
    if tile.by == "bounce_type":
        return _bounce_types(tile, snapshot)
    if tile.by == "channel":
        return _channels(tile, snapshot)
    return _dimension_rows(tile, snapshot)


def frames(snapshot: Snapshot, tiles: Iterable[Tile] | None = None) -> dict[str, pd.DataFrame]:
    """Return the frames of *tiles* (default: all of the report) by tile id."""
    return {t.id: frame(t, snapshot) for t in (TILES.values() if tiles is None else tiles)}


def _counts(tile: Tile, snapshot: Snapshot, dimension: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of one of the snapshot's tables and their counts, a column per count.

    Only the tile's channel.
    """
    values, channels, counts = _arrays(snapshot, dimension)
    if tile.channel is None:
        return values, counts
    in_channel = channels == tile.channel
    return values[in_channel], counts[in_channel]


@lru_cache(maxsize=2 * len(DIMENSIONS))
def _arrays(snapshot: Snapshot, dimension: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a table's values, channels and counts; all tiles share five tables."""
    table = snapshot.counts[dimension]
    values = np.asarray(table.values, None if dimension == "bucket" else object)
    return values, np.array(table.channels, dtype=object), table.counts


def _columns(counts: np.ndarray) -> Columns:
    """Return a table of counts by the name of each; its last axis runs over the catalogue's."""
    return {name: counts[..., place] for place, name in enumerate(_COLUMNS)}


def _summed(counts: np.ndarray, row: np.ndarray, rows: int) -> np.ndarray:
    """Return the sums of counts that belong to the same row."""
    sums = np.zeros((rows, counts.shape[1]), dtype=np.int64)
    np.add.at(sums, row, counts)
    return sums


def evaluate(metrics: Sequence[str], columns: Columns) -> Columns:
    """Compute additive *metrics* from columns of counts, element by element."""
    values: Columns = {}
    for metric_id in metrics:
        formula = METRICS[metric_id].formula
        if isinstance(formula, Distinct):
            message = f"{metric_id} is a distinct count and cannot be computed from counts"
            raise TypeError(message)
        values[metric_id] = np.asarray(
            sum(sign * columns[count.column] for sign, count in terms(formula)), dtype=np.int64
        )
    return values


def _totals(tile: Tile, snapshot: Snapshot) -> dict[str, int]:
    """Return the tile's metrics over the whole window, and the one its shares divide by."""
    _, counts = _counts(tile, snapshot, "message_id")
    columns = _columns(counts.sum(axis=0, dtype=np.int64))
    wanted = (*tile.metrics, *((tile.share_of,) if tile.share_of else ()))
    additive = [m for m in wanted if not isinstance(METRICS[m].formula, Distinct)]
    totals = {m: int(v) for m, v in evaluate(additive, columns).items()}
    return {"entered_profiles": snapshot.entered_profiles, **totals}


def _metric_rows(tile: Tile, snapshot: Snapshot) -> pd.DataFrame:
    totals = _totals(tile, snapshot)
    counts = [totals[m] for m in tile.metrics]
    data: dict[str, object] = {
        "metric": pd.Series(list(tile.metrics), dtype=object),
        "count": np.array(counts, dtype=np.int64),
    }
    if tile.share_of is not None:
        whole = totals[tile.share_of]
        data["share"] = np.array(
            [count / whole if whole else np.nan for count in counts], dtype=np.float64
        )
    return pd.DataFrame(data, columns=list(tile.columns))


def _series(tile: Tile, snapshot: Snapshot) -> pd.DataFrame:
    values, counts = _counts(tile, snapshot, "bucket")
    buckets = pd.DatetimeIndex(snapshot.window.buckets()).as_unit("us")
    row = buckets.get_indexer(pd.DatetimeIndex(values, tz="UTC").as_unit("us"))
    columns = _columns(_summed(counts, row, len(buckets)))
    return pd.DataFrame({"bucket": buckets, **evaluate(tile.metrics, columns)})


def _bounce_types(tile: Tile, snapshot: Snapshot) -> pd.DataFrame:
    _, counts = _counts(tile, snapshot, "message_id")
    columns = _columns(counts.sum(axis=0, dtype=np.int64))
    by_type = {kind: int(columns[f"bounce_{kind}"]) for kind in BOUNCE_TYPES}
    unknown = int(columns["bounce"]) - sum(by_type.values())
    if unknown:
        by_type[UNKNOWN] = unknown
    return pd.DataFrame(
        {
            "bounce_type": pd.Series(list(by_type), dtype=object),
            tile.metrics[0]: np.array(list(by_type.values()), dtype=np.int64),
        }
    )


def _channels(tile: Tile, snapshot: Snapshot) -> pd.DataFrame:
    """Return a row for each channel that has an event, in the order of the channels."""
    _, channels, counts = _arrays(snapshot, "message_id")
    names = [name for name in CHANNELS if name in set(channels)]
    row = np.array([names.index(channel) for channel in channels], dtype=np.int64)
    metrics = evaluate(tile.metrics, _columns(_summed(counts, row, len(names))))
    return pd.DataFrame({"channel": pd.Series(names, dtype=object), **metrics})


def _dimension_rows(tile: Tile, snapshot: Snapshot) -> pd.DataFrame:
    dimension = str(tile.by)
    values, counts = _counts(tile, snapshot, dimension)
    rows: dict[str, int] = {}  # a null and the value "unknown" are one row
    row = [rows.setdefault(v if isinstance(v, str) else UNKNOWN, len(rows)) for v in values]
    unique = list(rows)
    metrics = evaluate(tile.metrics, _columns(_summed(counts, np.array(row, int), len(rows))))
    if tile.where_positive is not None:
        listed = np.flatnonzero(metrics[tile.where_positive] > 0)
    else:
        listed = np.flatnonzero(np.any([metrics[m] != 0 for m in tile.metrics], axis=0))
    first = metrics[tile.metrics[0]]
    order = sorted(listed.tolist(), key=lambda i: (-int(first[i]), unique[i]))[: tile.limit]
    data: dict[str, object] = {dimension: pd.Series([unique[i] for i in order], dtype=object)}
    data |= {m: metrics[m][order] for m in tile.metrics}
    return pd.DataFrame(data, columns=list(tile.columns))
