"""The columns of a tile as people read them: which there are, the texts of cells, the totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import METRICS, Distinct, rate, value_label
from campaign_live_widgets.catalog.lines import COMPLAINTS_NOT_REPORTED
from campaign_live_widgets.rendering.language.numbers import (
    ABSENT,
    format_fraction,
    format_number,
    format_rate,
    format_share,
)
from campaign_live_widgets.rendering.language.verdicts import shaped
from campaign_live_widgets.report.totals import VERDICT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.catalog import Column, Tile
    from campaign_live_widgets.report import TileTable

_BARS: Final[Mapping[str, tuple[str, ...]]] = {
    "deliverability.providers": ("sent", "delivered"),
    "deliverability.bounce_classes": ("bounces", "retries"),
}
"""Tiles whose bars are only some of their metrics: the others are parts of them."""
_TINTED: Final = frozenset({"deliverability.causes_by_provider"})
"""Tiles with a tint behind each number, as strong as the number is large in its row."""


def bar_metrics(tile: Tile) -> tuple[str, ...]:
    """Return the metrics that are drawn as bars."""
    return _BARS.get(tile.id, tile.metrics)


def shown_columns(tile: Tile, table: TileTable) -> tuple[Column, ...]:
    """Return the columns after the first, without ends of intervals: they are in a rate's tooltip.

    The shares of a tile of metrics are not among them, either.
    """
    ends = {end for column in tile.typed for end in column.ends or ()}
    if tile.share_of:
        ends.add("share")
    return tuple(tile.column(name) for name in table.columns[1:] if name not in ends)


def is_tinted(tile: Tile) -> bool:
    """Return whether the cells of a tile's table are tinted."""
    return tile.id in _TINTED


def unfolds(tile: Tile) -> bool:
    """Return whether the rows of a tile's table unfold to what to do."""
    return tile.by == "class"


def cell_text(column: Column, value: Any, locale: str) -> str:  # noqa: ANN401 - a cell of any kind
    """Return a cell as people read it; a dash where there is none."""
    if value is None:
        return ABSENT
    if column.kind == "text":
        text = str(value)
        is_verdict = column.id == VERDICT
        return shaped(text, locale) if is_verdict else value_label(column.id, text, locale)
    write = {"ratio": format_share, "number": format_fraction}.get(column.kind, format_number)
    return (format_rate if column.ends else write)(value, locale)


def is_blind(tile: Tile, column: Column, code: str) -> bool:
    """Return whether the provider of a row never reports what a rate counts."""
    has_none = code in COMPLAINTS_NOT_REPORTED
    return tile.by == "provider" and column.id == "complaint_rate" and has_none


def has_total(tile: Tile, table: TileTable) -> bool:
    """Return whether there is something to add up: rows, and not rows of different metrics."""
    formulas = [METRICS[m].formula for m in tile.metrics]
    additive = not any(isinstance(formula, Distinct) for formula in formulas)
    return bool(tile.by is not None and len(table) and additive and not tile.further)


def rate_of_count(
    tile: Tile, column: str, counts: Mapping[str, Any]
) -> tuple[str, float | None] | None:
    """Return what the rate of a count divides by, and the rate.

    ``None`` if the row has no whole.
    """
    whole = tile.rate_of(column)
    number, divisor = counts.get(column), counts.get(whole or "")
    if whole is None or number is None or divisor is None or not (divisor or number):
        return None
    return whole, rate(column, number, whole, divisor)
