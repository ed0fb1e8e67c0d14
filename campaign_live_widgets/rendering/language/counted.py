"""What a tile counts, and whether a frame of it has anything to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.rendering.language.labels import NO_DATA, nothing

if TYPE_CHECKING:
    from campaign_live_widgets.catalog import Text, Tile
    from campaign_live_widgets.report import TileTable


def counted(tile: Tile, table: TileTable) -> tuple[str, ...]:
    """Return the columns of a frame that count events: the tile's metrics, or values."""
    if tile.metrics:
        return tile.metrics
    return tuple(name for name in table.columns[1:] if tile.column(name).kind == "count")


def series_of(tile: Tile, table: TileTable) -> tuple[str, ...]:
    """Return the columns that are drawn over time: counts, or rates of values of a dimension."""
    if tile.further is not None:
        return table.columns[len(tile.columns) :]
    return tile.metrics


def metric_of(tile: Tile) -> str:
    """Return the metric that a tile is mostly about; columns of causes count bounces."""
    return tile.metrics[0] if tile.metrics else "bounces"


def nothing_in(tile: Tile) -> Text:
    """Return the text for a tile that has no rows, or no events in them."""
    return NO_DATA if tile.by is None or tile.further else nothing(metric_of(tile))


def is_empty(tile: Tile, table: TileTable) -> bool:
    """Return whether a frame has nothing to draw; figures without events show zero."""
    if tile.by is None:
        return False
    if tile.further is not None:
        columns = series_of(tile, table)
        return all(value is None for name in columns for value in table.numbers(name))
    return not table.counts(counted(tile, table)).any()
