"""A ring: its parts, their sum in the middle, and a legend with name, count and share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import OTHERS, TOTAL, UNKNOWN, column_label
from campaign_live_widgets.rendering.charts.chart import LINE, at, expr, text_width
from campaign_live_widgets.rendering.language.labels import share_of
from campaign_live_widgets.rendering.language.numbers import ABSENT, format_share
from campaign_live_widgets.rendering.model import palette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.rendering.charts.chart import Chart, Spec

WIDTH: Final = 400
HEIGHT: Final = 200
MOST_SLICES: Final = 9
"""Beyond that the smallest are drawn as one slice."""

_SHARE_PX: Final = 58
_NAME_PX: Final = 96
"""A name is cut to that much before shares are left out."""


def donut(chart: Chart) -> Spec:
    """Return one number for each row as a slice of a ring, in the order of the rows."""
    slices = _slices(chart)
    if not any(slice_["size"] for slice_ in slices):
        return chart.sheet(layer=[chart.nothing()])
    ring: Spec = {
        "mark": {
            "type": "arc",
            "aria": False,
            "outerRadius": expr("side / 2"),
            "innerRadius": expr("side / 2 * 0.74"),
            "stroke": chart.paper("ground"),
            "strokeWidth": 2,
        },
        "encoding": {
            "x": at("cx"),
            "y": at("cy"),
            "theta": {"field": "from", "type": "quantitative", "scale": None, "stack": None},
            "theta2": {"field": "to"},
            "color": {"field": "color", "type": "nominal", "scale": None},
            "tooltip": _tooltip(chart),
        },
    }
    if chart.is_alive:
        over = {"type": "point", "on": "pointerover", "clear": "pointerout", "fields": ["rank"]}
        ring["params"] = [{"name": "over", "select": over}]
        ring["encoding"]["opacity"] = {"condition": {"param": "over", "value": 1}, "value": 0.35}
    least = (len(slices) + 1) * _row_px(slices)
    height = chart.height if chart.is_alive else max(chart.height, least)
    return chart.sheet(
        height=height,
        data={"values": slices},
        params=_layout(slices, is_alive=chart.is_alive),
        layer=[ring, *_middle(chart), *_legend(chart, slices)],
    )


def _slices(chart: Chart) -> list[Spec]:
    codes = chart.table.codes()
    counts, labels = chart.counts(chart.tile.columns[1]), chart.labels()
    colors = [_color(chart, code, rank) for rank, code in enumerate(codes)]
    if len(codes) > MOST_SLICES:
        first = MOST_SLICES - 1
        labels = [*labels[:first], f"{OTHERS(chart.locale)} ({len(codes) - first})"]
        colors = [*colors[:first], chart.color("rest")]
        counts = [*counts[:first], sum(counts[first:])]
    slices = _arcs(chart, counts, labels, colors)
    room = min(520, chart.width * 0.6) - 16 - _counts_px(slices) - 20 - _SHARE_PX
    widths = chart.widths(labels)
    for i, lines in enumerate(chart.lines(labels, max(_NAME_PX, room))):
        slices[i] |= {"lines": lines, **widths[i]}
    return slices


def _arcs(
    chart: Chart, counts: Sequence[int], labels: Sequence[str], colors: Sequence[str]
) -> list[Spec]:
    total, of = sum(counts), share_of(_whole(chart))(chart.locale)
    round_ = sum(max(0, count) for count in counts) or 1
    arcs, reached = [], 0
    for rank, (count, label, color) in enumerate(zip(counts, labels, colors, strict=True)):
        start, reached = reached, reached + max(0, count)
        share = format_share(count / total, chart.locale) if total else ABSENT
        arcs.append(
            {
                "rank": rank,
                "label": label,
                "color": color,
                "size": count,
                "count": chart.number(count),
                "share": share,
                "tip": chart.tooltip(count, chart.share(count, total, of)),
                "from": 2 * math.pi * start / round_,
                "to": 2 * math.pi * reached / round_,
            }
        )
    return arcs


def _least_width(slices: Sequence[Spec]) -> float:
    """Return how much room a legend needs that has names, counts and shares, in px."""
    names = min(_NAME_PX, max(text_width(line) for one in slices for line in one["lines"]))
    return 16 + names + 12 + _counts_px(slices) + _SHARE_PX


def _counts_px(slices: Sequence[Spec]) -> float:
    return max((text_width(one["count"]) for one in slices), default=0) * 1.08


def _row_px(slices: Sequence[Spec]) -> int:
    """Return how high a line of the legend is where there is room, in px."""
    return 2 * LINE + 6 if any(len(one["lines"]) > 1 for one in slices) else 20


def _layout(slices: Sequence[Spec], *, is_alive: bool) -> list[Spec]:
    """Return positions: the legend beside the ring, or under it in a narrow place.

    ``lx``, ``ly`` and ``lw`` are the legend's left, top and width, ``row`` a line's height.
    """
    rows, high = len(slices) + 1, _row_px(slices)
    least = 12 if is_alive or all(len(one["lines"]) == 1 for one in slices) else high
    signals = {
        "low": "height < 84",
        "beside": "width >= 200 && width > height * 0.9",
        "side": "max(48, min(264, (beside ? min(height, width * 0.4) : min(width, height * 0.5))"
        " - 8))",
        "cx": "beside ? side / 2 : width / 2",
        "cy": "beside ? height / 2 : side / 2 + 4",
        "lx": "beside ? side + 16 : 0",
        "lw": "min(520, width - lx)",
        "row": f"max({least}, min({high}, (beside ? height : height - side - 8) / {rows}))",
        "ly": f"beside ? max(0, (height - row * {rows}) / 2) : side + 8",
        "narrow": f"lw < {_least_width(slices):.0f}",
        "letters": "row < 15 ? 10 : 12",
    }
    return [{"name": name, "expr": expression} for name, expression in signals.items()]


def _middle(chart: Chart) -> list[Spec]:
    """Return the sum in full, as large as fits into the ring, and what it counts."""
    whole, locale = _whole(chart), chart.locale
    total = chart.number(sum(chart.counts(chart.tile.columns[1])))
    ems = text_width(total, 1.0) * 1.06
    size = f"max(5, min(26, side * 0.62 / {ems:.3f}))"
    what = column_label(whole, locale) if whole else TOTAL(locale)
    sum_ = chart.words(
        align="center", fontSize=expr(size), fontWeight=600, fill=chart.paper("ink"), limit=0
    )
    return [
        {
            "data": {"values": [{"text": total}]},
            "mark": sum_,
            "encoding": {"x": at("cx"), "y": at("cy - 7"), "text": {"field": "text"}},
        },
        {
            "data": {"values": [{"text": what}]},
            "mark": chart.words(
                align="center", limit=expr("side * 0.66"), opacity=expr("side < 72 ? 0 : 1")
            ),
            "encoding": {"x": at("cx"), "y": at("cy + 13"), "text": {"field": "text"}},
        },
    ]


def _legend(chart: Chart, slices: Sequence[Spec]) -> list[Spec]:
    ink, opacity = chart.paper("ink"), expr("low ? 0 : 1")
    right, shares = "lx + lw", f"(narrow ? 0 : {_SHARE_PX})"
    of_px = 16 + _counts_px(slices) + 12
    room = f"max(24, lw - {of_px:.0f} - {shares})"
    lines, count = chart.fitted(room)
    middle = "ly + row * (datum.rank + 1.5) + 0.5"
    letters = {"fontSize": expr("letters"), "opacity": opacity}
    rule = {"type": "rule", "aria": False, "stroke": chart.paper("rule"), "opacity": opacity}
    swatch = {"type": "point", "shape": "square", "size": 64, "filled": True, "aria": False}
    return [
        {
            "data": {"values": [{"text": share_of(_whole(chart))(chart.locale)}]},
            "mark": chart.words(
                align="right", fontSize=11, opacity=expr("low || narrow ? 0 : 1"), limit=expr("lw")
            ),
            "encoding": {"x": at(right), "y": at("ly + row / 2"), "text": {"field": "text"}},
        },
        {
            "mark": rule,
            "encoding": {
                "x": at("lx"),
                "x2": at(right),
                "y": at("round(ly + row * (datum.rank + 2)) + 0.5"),
            },
        },
        {
            "mark": {**swatch, "opacity": opacity},
            "encoding": {
                "x": at("lx + 4"),
                "y": at(middle),
                "color": {"field": "color", "type": "nominal", "scale": None},
            },
        },
        {
            "mark": chart.words(fill=ink, limit=expr(room), **letters),
            "encoding": {
                "x": at("lx + 16"),
                "y": at(f"{middle} - {LINE / 2} * ({count} - 1)"),
                "text": lines,
                "tooltip": _tooltip(chart),
            },
        },
        {
            "mark": chart.words(fill=ink, fontWeight=600, align="right", **letters),
            "encoding": {
                "x": at(f"{right} - {shares}"),
                "y": at(middle),
                "text": {"field": "count"},
            },
        },
        {
            "mark": chart.words(
                align="right", **{**letters, "opacity": expr("low || narrow ? 0 : 1")}
            ),
            "encoding": {"x": at(right), "y": at(middle), "text": {"field": "share"}},
        },
    ]


def _tooltip(chart: Chart) -> list[Spec]:
    whole = _whole(chart)
    title = column_label(whole, chart.locale) if whole else column_label("count", chart.locale)
    return [
        {"field": "label", "type": "nominal", "title": "title"},
        {"field": "tip", "type": "nominal", "title": title},
    ]


def _whole(chart: Chart) -> str | None:
    """Return the metric that the slices add up to; ``None`` where each is a separate one."""
    return chart.tile.metrics[0] if chart.tile.by else None


def _color(chart: Chart, code: str, rank: int) -> str:
    if code == UNKNOWN:
        return chart.color("other")
    if chart.tile.by is None:
        return chart.color(code)
    if chart.tile.by == "bounce_type":
        return palette.bounce_type_color(code, chart.theme)
    return palette.ramp(chart.tile.metrics[0], rank, chart.theme)
