"""A tile's frame as key figures for people: each number, its share and what it is a share of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from campaign_live_widgets.catalog import METRICS, column_label
from campaign_live_widgets.rendering.language.labels import NO_VALUE, share_of
from campaign_live_widgets.rendering.language.numbers import format_number, format_share

if TYPE_CHECKING:
    from campaign_live_widgets.catalog import Tile


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
        The share as it is written and its divisor, such as ``98.1% of sent``; may be empty.
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


def figures(tile: Tile, frame: pd.DataFrame, locale: str = "en") -> list[Figure]:
    """Return the rows of a tile of metrics as key figures, in the frame's order.

    Parameters
    ----------
    tile : Tile
        With ``tile.by`` ``None``.
    frame : DataFrame
        With the columns ``metric``, ``count`` and, where the tile has one, ``share``.
    locale : str
        ``en`` or ``fr``.
    """
    divisor = share_of(tile.share_of)(locale) if tile.share_of else ""
    shares = frame["share"] if "share" in frame else pd.Series([float("nan")] * len(frame))
    return [
        _figure(str(metric), count, share, divisor, locale)
        for metric, count, share in zip(frame["metric"], frame["count"], shares, strict=True)
    ]


def _figure(metric: str, count: float, share: float, divisor: str, locale: str) -> Figure:
    is_known, is_shared = not pd.isna(count), bool(divisor) and not pd.isna(share)
    return Figure(
        metric=metric,
        label=column_label(metric, locale),
        definition=METRICS[metric].definition(locale) if metric in METRICS else "",
        count=int(count) if is_known else None,
        text=format_number(count, locale) if is_known else NO_VALUE(locale),
        share=float(share) if is_shared else None,
        share_text=f"{format_share(share, locale)} {divisor}" if is_shared else "",
    )
