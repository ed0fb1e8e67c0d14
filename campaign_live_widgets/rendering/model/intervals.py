"""A rate with its interval in each row of a tile, the lines it is compared with, and its scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.lines import PROVIDER_LINES
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.rendering.language.numbers import format_rate
from campaign_live_widgets.rendering.language.verdicts import QUIET
from campaign_live_widgets.report import table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from campaign_live_widgets.catalog import Column, Tile
    from campaign_live_widgets.catalog.lines import Lines
    from campaign_live_widgets.report import TileTable

_AFTER_THE_LIMIT: Final = 1.25
"""Where the scale ends at the least, in parts of the limit."""
_NARROWEST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Whisker:
    """One row: parts of one, ``None`` where its counts give no rate.

    ``count`` is what the row has of the tile's first metric.
    """

    count: int | None
    low: float | None
    rate: float | None
    high: float | None
    verdict: str

    def span(self, locale: str) -> str:
        """Return the interval in percent; empty where there is none."""
        return interval_text(self.low, self.high, locale)


@dataclass(frozen=True, slots=True)
class Intervals:
    """The rows of a tile, and how they are drawn.

    The scale goes from ``least`` to ``most``. It holds every line, and the intervals of all rows
    that are judged; those of others may be longer, and are cut off there.
    """

    whiskers: tuple[Whisker, ...]
    lines: Lines | None
    least: float
    most: float


def interval_rates(tile: Tile) -> tuple[Column, ...]:
    """Return the columns of a tile that are rates with an interval."""
    return tuple(column for column in tile.typed if column.ends)


def lines_of(tile: Tile, column: Column) -> Lines | None:
    """Return the lines that the rows of a tile compare a rate with, if there are any."""
    known = {f"{name}_rate": lines for name, lines in PROVIDER_LINES.items()}
    return known.get(column.id) if tile.by == "provider" else None


def interval_text(low: float | None, high: float | None, locale: str) -> str:
    """Return both ends of an interval in percent; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"{format_rate(low, locale)} \N{EN DASH} {format_rate(high, locale)}"


def intervals(tile: Tile, frame: TileTable | pd.DataFrame) -> Intervals:
    """Return the first rate of *tile* with its intervals.

    Parameters
    ----------
    tile : Tile
    frame : TileTable or DataFrame
        Its rows, with the columns ``tile.columns``.

    Raises
    ------
    UsageError
        If no rate of the tile has an interval.
    """
    rate = next(iter(interval_rates(tile)), None)
    if rate is None or rate.ends is None:
        message = f"no rate of {tile.id} has an interval."
        raise UsageError(message)
    table = table_of(tile, frame)
    verdicts = table.values("verdict") if "verdict" in table else [None] * len(table)
    whiskers = tuple(
        Whisker(None if count is None else int(count), low, value, high, str(verdict or "none"))
        for count, low, value, high, verdict in zip(
            table.numbers(tile.columns[1]),
            table.numbers(rate.ends[0]),
            table.numbers(rate.id),
            table.numbers(rate.ends[1]),
            verdicts,
            strict=True,
        )
    )
    lines = lines_of(tile, rate)
    return Intervals(whiskers, lines, *_scale(whiskers, lines))


def _scale(whiskers: Sequence[Whisker], lines: Lines | None) -> tuple[float, float]:
    """Return the ends of the scale; rows without enough volume do not stretch it."""
    known = [row for row in whiskers if row.low is not None and row.high is not None]
    judged = [row for row in known if row.verdict not in QUIET]
    chosen = judged if judged or lines else known
    lows = [row.low for row in chosen if row.low is not None]
    highs = [row.high for row in chosen if row.high is not None]
    least = min([0.0, *lows])
    most = max([0.0, *highs, *([_AFTER_THE_LIMIT * lines.limit] if lines else [])])
    return least, max(most, least + _NARROWEST)
