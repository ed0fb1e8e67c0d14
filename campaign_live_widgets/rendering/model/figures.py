"""A tile's frame as key figures for people: each number, its share and what it is a share of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign_live_widgets.catalog import METRICS, column_label
from campaign_live_widgets.rendering.language.labels import NO_VALUE, share_of, why_no_rate
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.report import table_of

if TYPE_CHECKING:
    import pandas as pd

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.report import TileTable


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure.

    Attributes
    ----------
    metric, label, definition : str
        Id, name and meaning.
    count : int or None
        ``None`` if it is unknown.
    text : str
        The count as it is written; words if it is unknown.
    share : float or None
        From 0 to 1; ``None`` without a divisor.
    share_text : str
        The share as it is written and its divisor, such as ``98.1% of sent``; why there is none;
        may be empty.
    """

    metric: str
    label: str
    definition: str
    count: int | None
    text: str
    share: float | None
    share_text: str

    @property
    def state(self) -> str:
        """Return ``value``, ``zero`` or ``unknown``."""
        if self.count is None:
            return "unknown"
        return "value" if self.count else "zero"

    @property
    def bar(self) -> float | None:
        """Return the length of the share's bar, from 0 to 1."""
        return None if self.share is None else min(max(self.share, 0.0), 1.0)


def figures(tile: Tile, frame: TileTable | pd.DataFrame, locale: str = "en") -> list[Figure]:
    """Return the rows of a tile of metrics as key figures, in the frame's order.

    Parameters
    ----------
    tile : Tile
        With ``tile.by`` ``None``.
    frame : TileTable or DataFrame
        With the columns ``metric``, ``count`` and, where the tile has one, ``share``.
    locale : str
        ``en`` or ``fr``.
    """
    table = table_of(tile, frame)
    shares = table.shares() or [None] * len(table)
    return [
        _figure(metric, count, share, tile.share_of, locale)
        for metric, count, share in zip(table.codes(), table.numbers("count"), shares, strict=True)
    ]


def _figure(
    metric: str,
    count: float | None,
    share: float | None,
    of: str | None,
    locale: str,
) -> Figure:
    divisor = share_of(of)(locale) if of else ""
    part = share if divisor else None
    why = ""
    if divisor and share is None and count:
        why = f"{format_share(None, locale)} {divisor} ({why_no_rate(count, of, locale)})"
    return Figure(
        metric=metric,
        label=column_label(metric, locale),
        definition=METRICS[metric].definition(locale) if metric in METRICS else "",
        count=None if count is None else int(count),
        text=NO_VALUE(locale) if count is None else format_number(count, locale),
        share=part,
        share_text=why if part is None else f"{format_share(part, locale)} {divisor}",
    )
