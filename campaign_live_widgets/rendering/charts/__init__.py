"""A tile's frame as a chart that needs no kernel: Vega-Lite specifications, plain data.

The second drawing of what the live views show, with the same colours, order and words. A
page gives them to Vega; :mod:`campaign_live_widgets.rendering.charts.export` makes files of them.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.rendering.charts import bars, donut, intervals, lines
from campaign_live_widgets.rendering.charts.chart import Chart, Spec, titled
from campaign_live_widgets.rendering.model.columns import bar_metrics
from campaign_live_widgets.report import table_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pandas as pd

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.rendering.model.palette import Theme
    from campaign_live_widgets.report import TileTable

__all__ = ["KINDS", "Spec", "chart_kinds", "specification"]

KINDS: Final = ("donut", "bars", "lines", "intervals")
"""The kinds of view that are charts."""

_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})


def chart_kinds(tile: Tile) -> tuple[str, ...]:
    """Return the charts a tile offers, its first choice first; none for tables and figures."""
    return tuple(kind for kind in tile.views if kind in KINDS)


def specification(  # noqa: PLR0913 - one call draws one chart
    tile: Tile,
    frame: TileTable | pd.DataFrame,
    *,
    locale: str = "en",
    names: Mapping[str, str] = _NO_NAMES,
    time_zone: str = "UTC",
    kind: str | None = None,
    theme: Theme = "css",
    width: float | None = None,
    height: float | None = None,
    title: bool = False,
    caption: str = "",
    most: int | None = None,
    unfinished: datetime | None = None,
) -> Spec:
    """Return a chart of *frame*, the rows of *tile*, as a Vega-Lite specification.

    Everything is in it: its data, its words and numbers as *locale* writes them, exact, and a
    ``description`` for screen readers. A page may set the signals ``width`` and
    ``height``: everything finds its place again, but bars and intervals need
    ``usermeta.least_height`` px; narrower than ``usermeta.stacked_below`` px, intervals need
    ``usermeta.stacked_height`` px.

    Parameters
    ----------
    tile : Tile
    frame : TileTable or DataFrame
        With the columns ``tile.columns``.
    locale : str
        ``en`` or ``fr``.
    names : mapping
        What :func:`~campaign_live_widgets.report.names_of` returns for the tile.
    time_zone : str
        IANA name of the zone in which times are labelled.
    kind : str, optional
        One of :func:`chart_kinds`; the first of them if not given.
    theme : str
        ``css``: colours are CSS variables with light fallbacks, the ground is the page's, and
        tooltips show numbers. ``light``, ``dark``: a static picture.
    width, height : float, optional
        In px, without the title; by default what suits the kind and the number of rows. Bars
        are as high as their rows need, where *height* is less.
    title : bool
        Whether the tile's title is above the chart.
    caption : str
        A smaller line below the title: the campaign and the window.
    most : int, optional
        Maximum number of rows of bars, the others as one row, or of intervals, the others only
        counted; by default all rows.
    unfinished : datetime, optional
        Start of the first bucket that is not over yet: lines are dashed from the one before.

    Raises
    ------
    UnknownNameError
        If the tile has no such chart.
    UsageError
        If the frame has other columns than the tile.
    """
    kinds = chart_kinds(tile)
    chosen = kind or (kinds[0] if kinds else "chart")
    if chosen not in kinds:
        raise UnknownNameError(kind="chart", name=chosen, known=kinds)
    table = table_of(tile, frame)
    if chosen == "bars":
        tile = replace(tile, metrics=bar_metrics(tile))
    usual = _usual_size(tile, len(table) if most is None else min(len(table), most), chosen)
    chart = Chart(
        tile=tile,
        table=table,
        locale=locale,
        names=names,
        time_zone=time_zone,
        theme=theme,
        width=usual[0] if width is None else width,
        height=usual[1] if height is None else height,
        unfinished=unfinished,
    )
    spec = _drawn(chart, chosen, most)
    return titled(spec, tile.title(locale), caption, chart) if title else spec


def _drawn(chart: Chart, kind: str, most: int | None) -> Spec:
    if kind == "donut":
        return donut.donut(chart)
    if kind == "intervals":
        return intervals.intervals(chart, most)
    return bars.bars(chart, most) if kind == "bars" else lines.lines(chart)


def _usual_size(tile: Tile, rows: int, kind: str) -> tuple[int, int]:
    if kind == "donut":
        return donut.WIDTH, donut.HEIGHT
    if kind == "lines":
        return lines.WIDTH, lines.HEIGHT
    if kind == "intervals":
        return intervals.WIDTH, intervals.natural_height(rows)
    return bars.WIDTH, bars.natural_height(rows, len(tile.metrics))
