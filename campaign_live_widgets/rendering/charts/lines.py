"""A line for each metric over time, with one tooltip for all of them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import column_label
from campaign_live_widgets.io.local_time import local_time
from campaign_live_widgets.rendering.charts.chart import FONT, SIZE, expr, text_width
from campaign_live_widgets.rendering.charts.time_axis import time_ticks
from campaign_live_widgets.rendering.language.counted import is_empty, series_of
from campaign_live_widgets.rendering.language.labels import bucket_label
from campaign_live_widgets.rendering.language.numbers import format_rate
from campaign_live_widgets.rendering.language.times import are_utc_days, bucket_time
from campaign_live_widgets.rendering.model import palette

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from campaign_live_widgets.rendering.charts.chart import Chart, Spec

WIDTH: Final = 1120
HEIGHT: Final = 240
_TICK_PX: Final = 56
_LABEL_PX: Final = 11
_PADDING_PX: Final = 4
_LEGEND_PX: Final = 128
_SWATCH_PX: Final = 20
_BELOW_PX: Final = 3
"""Room for what hangs below the line in the labels of the time axis."""
_BETWEEN_PX: Final = 12
_AROUND_PX: Final = 96
_WIDER: Final = 0.2
"""How much wider a text is in the widest of the usual fonts than in the narrowest."""
_DASHES: Final = (4, 3)
"""Pixels drawn and pixels left out, from the last bucket that is over to the one that is not."""
_MARK: Final = {"type": "line", "strokeWidth": 1.5, "strokeJoin": "round", "aria": False}
_PATTERNS: Final = {
    ("en", False): "EEE, MMM d, HH:mm",
    ("en", True): "EEE, MMM d, y, HH:mm",
    ("fr", False): "EEE d MMM HH:mm",
    ("fr", True): "EEE d MMM y, HH:mm",
}
_GROUPS: Final = {"fr": "\N{NARROW NO-BREAK SPACE}"}
_PERCENT: Final = {"en": "%", "fr": "\N{NO-BREAK SPACE}%"}
_POINT: Final = {"fr": ","}


def lines(chart: Chart) -> Spec:
    """Return counts by bucket, from zero; times are labels, since Vega knows no zones."""
    metrics, is_rate = series_of(chart.tile, chart.table), chart.tile.further is not None
    if is_empty(chart.tile, chart.table):
        return chart.sheet(layer=[chart.nothing()])
    counts: list[Sequence[float | None]] = [
        _percents(chart, metric) if is_rate else chart.counts(metric) for metric in metrics
    ]
    times = chart.table.moments()
    is_utc = are_utc_days(times, chart.time_zone)
    zone = "UTC" if is_utc else chart.time_zone
    local = [local_time(time, zone) for time in (times[0], times[-1])]
    has_year = local[0].year != local[1].year
    pattern = _PATTERNS[chart.locale, has_year]
    points = [
        _point(
            chart, i, bucket_time(time, zone, chart.locale, pattern, is_utc=is_utc), time, counts
        )
        for i, time in enumerate(times)
    ]
    if len(points) == 1:  # a line needs two
        points.append({**points[0], "i": 1})
    labels = {metric: column_label(metric, chart.locale, chart.tile) for metric in metrics}
    encoding = {
        "x": _x(chart, times, len(points)),
        "y": _y(chart, math.ceil(max(n for column in counts for n in column if n is not None))),
        "color": _color(chart, labels),
    }
    whole = _finished(chart, times)
    parts: list[tuple[str, Spec]] = [("true", {})]
    if whole < len(times):
        dashed = {"strokeDash": list(_DASHES), "strokeCap": "butt"}
        parts = [(f"datum.i < {whole}", {}), (f"datum.i >= {whole - 1}", dashed)]
    curves: list[Spec] = [
        {
            "transform": [
                {"filter": part},
                {"fold": list(metrics), "as": ["metric", "count"]},
                *([{"filter": {"param": "only"}}] if chart.is_alive else []),
            ],
            "mark": {**_MARK, **look},
            "encoding": encoding,
        }
        for part, look in parts
    ]
    if chart.is_alive:
        pick = {"type": "point", "fields": ["metric"], "toggle": "true"}
        curves[0]["params"] = [{"name": "only", "select": pick, "bind": "legend"}]
    spec = chart.sheet(
        data={"values": points}, layer=[*curves, *(_pointed(chart) if chart.is_alive else [])]
    )
    # Only here Vega measures the axes and titles around the drawing, within the given size.
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    return {**spec, "padding": {"left": 0, "top": 0, "bottom": _BELOW_PX, "right": 16}}


def _percents(chart: Chart, column: str) -> list[float | None]:
    """Return the rates of a series in percent; ``None``, a gap in its line, where there is none."""
    return [None if n is None else round(100 * n, 4) for n in chart.table.numbers(column)]


def _finished(chart: Chart, times: Sequence[datetime]) -> int:
    """Return how many of the buckets are over."""
    if chart.unfinished is None:
        return len(times)
    return sum(time < chart.unfinished for time in times)


def _point(
    chart: Chart, i: int, text: str, time: datetime, counts: Sequence[Sequence[float | None]]
) -> Spec:
    label = bucket_label(
        text,
        chart.locale,
        is_unfinished=chart.unfinished is not None and time >= chart.unfinished,
    )
    point: Spec = {"i": i, "time": label}
    for j, metric in enumerate(series_of(chart.tile, chart.table)):
        count = counts[j][i]
        point[metric] = count
        if chart.is_alive and chart.tile.further is not None:
            point[f"tip{j}"] = format_rate(None if count is None else count / 100, chart.locale)
        elif chart.is_alive:
            point[f"tip{j}"] = chart.number(int(count or 0))
    return point


def _x(chart: Chart, times: Sequence[datetime], points: int) -> Spec:
    ticks = time_ticks(times, max(1.0, chart.width / _TICK_PX), chart.time_zone, chart.locale)
    return {
        "field": "i",
        "type": "quantitative",
        "scale": {"domain": [0, points - 1], "nice": False, "zero": False},
        "axis": {
            **_axis(chart),
            "values": list(ticks),
            "labelExpr": f"{json.dumps({str(i): text for i, text in ticks.items()})}[datum.value]",
            "labelOverlap": "greedy",
            "labelSeparation": 8,
            "labelBound": False,
            "labelFlush": False,
            "grid": False,
            "domain": True,
            "domainColor": chart.paper("soft"),
            "ticks": True,
            "tickColor": chart.paper("soft"),
            "tickSize": 3,
        },
    }


def _y(chart: Chart, most: int) -> Spec:
    space, point = _GROUPS.get(chart.locale, ","), _POINT.get(chart.locale, ".")
    full = f"replace(format(datum.value, ','), /,/g, '{space}')"
    if chart.tile.further is not None:
        full += f" + '{_PERCENT[chart.locale]}'"
    steps = (
        f"datum.value >= {limit} ? replace(format(datum.value / {limit}, ',.3~f'), '.', '{point}')"
        f" + '{unit}'"
        for limit, unit in _units(chart.locale)
    )
    return {
        "field": "count",
        "type": "quantitative",
        "scale": {"zero": True, "nice": True, "domainMin": 0},
        "axis": {
            **_axis(chart),
            **({} if chart.is_alive else {"minExtent": _room_for_counts(chart, most)}),
            "labelExpr": " : ".join((*steps, full)),
            "tickCount": expr("max(2, floor(height / 36))"),
            "tickMinStep": 1,
            "grid": True,
            "gridColor": chart.paper("rule"),
            "gridOpacity": 0.6,
            "domain": False,
            "ticks": False,
        },
    }


def _units(locale: str) -> tuple[tuple[str, str], ...]:
    """Return how an axis, and it alone, shortens its numbers."""
    space = "\N{NO-BREAK SPACE}"
    if locale == "fr":
        return (("1e12", f"{space}Bn"), ("1e9", f"{space}Md"), ("1e6", f"{space}M"))
    return (("1e12", "T"), ("1e9", "B"), ("1e6", "M"))


def _room_for_counts(chart: Chart, most: int) -> float:
    """Return the width of the labels of a value axis up to *most*, in px.

    The file is drawn with the fonts of its reader, which may be wider than those that Vega
    measures with, and a number that is cut off would be a wrong one. The top of the axis has
    at most one digit more than *most*; from a million on, the axis shortens its numbers.
    """
    digits = min(len(str(most)) + (str(most) >= "9"), 6)
    full = text_width(chart.number(10**digits - 1), _LABEL_PX)
    short = text_width("999,999 Md", _LABEL_PX) if most >= 10**6 else 0.0
    return math.ceil(max(full, short)) + _PADDING_PX


def _axis(chart: Chart) -> Spec:
    words = {"labelFont": FONT, "labelFontSize": _LABEL_PX, "labelColor": chart.paper("soft")}
    return {"title": None, "aria": False, "labelPadding": _PADDING_PX, **words}


def _color(chart: Chart, labels: dict[str, str]) -> Spec:
    words = {"labelFont": FONT, "labelFontSize": SIZE, "labelColor": chart.paper("soft")}
    widest = max(map(text_width, labels.values()))
    return {
        "field": "metric",
        "type": "nominal",
        "scale": {"domain": list(labels), "range": _colors(chart, labels)},
        "legend": {
            "title": None,
            "aria": False,
            "orient": "top",
            "direction": "horizontal",
            # A static picture is laid out once, before its width is known.
            "columns": expr(f"max(1, floor(width / {_LEGEND_PX}))")
            if chart.is_alive
            else _columns(labels.values(), chart.width - _AROUND_PX),
            # Its reader's font may be wider than the one that Vega measures with.
            "columnPadding": _BETWEEN_PX + (0 if chart.is_alive else round(_WIDER * widest)),
            "rowPadding": 2,
            "offset": 8,
            "labelExpr": f"{json.dumps(labels)}[datum.label]",
            "labelLimit": 0,
            "labelOffset": 4,
            "symbolType": "stroke",
            "symbolSize": 144,
            "symbolStrokeWidth": 3,
            **words,
        },
    }


def _colors(chart: Chart, names: Iterable[str]) -> list[str]:
    if chart.tile.further is not None:
        colors = palette.series_colors(chart.theme)
        return [color for color, _ in zip(colors, names, strict=False)]
    return [chart.color(metric) for metric in names]


def _columns(labels: Iterable[str], room: float) -> int:
    """Return in how many columns the entries of a legend fit into *room* px."""
    widths = [_SWATCH_PX + text_width(label) + _BETWEEN_PX for label in labels]
    fitting = (
        columns
        for columns in range(len(widths), 1, -1)
        if sum(max(widths[column::columns]) for column in range(columns)) <= room
    )
    return next(fitting, 1)


def _pointed(chart: Chart) -> list[Spec]:
    """Return a thin rule at the bucket that is pointed at, and what happened in it."""
    over = {"type": "point", "on": "pointerover", "clear": "pointerout", "fields": ["i"]}
    x = {"field": "i", "type": "quantitative"}
    tooltip = [
        {"field": "time", "type": "nominal", "title": "title"},
        *(
            {
                "field": f"tip{j}",
                "type": "nominal",
                "title": column_label(metric, chart.locale, chart.tile),
            }
            for j, metric in enumerate(series_of(chart.tile, chart.table))
        ),
    ]
    return [
        {
            "mark": {"type": "rule", "aria": False, "stroke": chart.paper("soft")},
            "encoding": {
                "x": x,
                "opacity": {"condition": {"param": "over", "empty": False, "value": 1}, "value": 0},
            },
        },
        {
            "transform": [
                {"calculate": "datum.i - 0.5", "as": "from"},
                {"calculate": "datum.i + 0.5", "as": "to"},
            ],
            "params": [{"name": "over", "select": over}],
            "mark": {"type": "rect", "aria": False, "fill": "transparent"},
            "encoding": {
                "x": {"field": "from", "type": "quantitative"},
                "x2": {"field": "to"},
                "tooltip": tooltip,
            },
        },
    ]
