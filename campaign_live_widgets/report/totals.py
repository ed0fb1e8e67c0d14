"""The row of totals of a table: sums of counts, and the rates of these sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import METRICS, Ratio
from campaign_live_widgets.catalog.lines import CAMPAIGN_LINES
from campaign_live_widgets.report.statistics import verdict, wilson, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.catalog import Column, Tile
    from campaign_live_widgets.report.tile_table import TileTable

VERDICT: Final = "verdict"
"""The column whose cells are verdicts."""


def cells(table: TileTable, column: Column) -> list[Any]:
    """Return the cells of a column: texts, ``int`` and ``float``, ``None`` where there is none."""
    if table.is_text(column.id):
        return table.values(column.id)
    return table.numbers(column.id)


def totals(tile: Tile, table: TileTable, *, is_campaign: bool = True) -> dict[str, Any]:
    """Return the row of totals by column; ``None`` where a column has none.

    Counts are added up. A ratio is computed again from its totals, with the ends of its interval,
    and the verdict is that of the lines for a whole campaign; without *is_campaign*, where the rows
    are a part of it, there is none. A distinct count has no sum.
    """
    sums = {
        column.id: sum(value for value in cells(table, column) if value is not None)
        for column in (tile.column(name) for name in table.columns[1:])
        if column.kind == "count"
    }
    made: dict[str, Any] = dict.fromkeys(table.columns[1:])
    made |= sums
    for name in table.columns[1:]:
        column = tile.column(name)
        if column.kind in {"ratio", "number"} and (pair := _pair(column, table, sums)):
            k, n = pair
            if column.ends:
                made |= zip((name, *column.ends), wilson(k, n) or (None,) * 3, strict=True)
            else:
                made[name] = k / n if n > 0 else None
        elif name == VERDICT and is_campaign:
            made[name] = _campaign_verdict(sums)
    return made


def _pair(column: Column, table: TileTable, sums: Mapping[str, int]) -> tuple[int, int] | None:
    """Return numerator and denominator of a ratio over all rows; ``None`` if they are unknown."""
    metric = METRICS.get(column.id)
    if metric is None or not isinstance(metric.formula, Ratio):
        whole = sums.get(column.of or "")
        return None if whole is None else (whole, whole)  # shares of one whole
    top, bottom = metric.formula.numerator, metric.formula.denominator
    divisors = _divisors(bottom, table)
    if divisors is None:
        return None
    if top in sums:
        return sums[top], sum(divisors)
    # The table has rates, but not what they count.
    known = [
        (round(ratio * n), n)
        for ratio, n in zip(table.numbers(column.id), divisors, strict=True)
        if ratio is not None
    ]
    return sum(k for k, _ in known), sum(n for _, n in known)


def _divisors(metric: str, table: TileTable) -> list[int] | None:
    """Return what a ratio divides by, row by row."""
    if metric in table:
        return [n or 0 for n in table.numbers(metric)]
    if metric == "decided" and "sent" in table and "pending" in table:
        rows = zip(table.numbers("sent"), table.numbers("pending"), strict=True)
        return [(sent or 0) - (pending or 0) for sent, pending in rows]
    return None


def _campaign_verdict(sums: Mapping[str, int]) -> str:
    rates = {"complaint": ("spam_complaints", "delivered"), "hard_bounce": ("hard_bounces", "sent")}
    return worst(
        verdict(sums.get(rates[name][0], 0), sums.get(rates[name][1], 0), lines)
        for name, lines in CAMPAIGN_LINES.items()
    )
