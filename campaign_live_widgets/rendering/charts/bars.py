"""Horizontal bars, one group for each row, the value at the end of each bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import OTHERS, column_label
from campaign_live_widgets.rendering.charts.chart import LINE, at, expr, text_width
from campaign_live_widgets.rendering.language.labels import share_of
from campaign_live_widgets.rendering.language.numbers import format_share
from campaign_live_widgets.rendering.language.sentence import rate_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

from campaign_live_widgets.rendering.charts.chart import Chart, Spec

WIDTH: Final = 600
_PADDING: Final = 0.2
"""Share of a row's height that lies between its bars and the next row's."""
_ALONE_PX: Final = 15
_THIN_PX: Final = 12
_THICK_PX: Final = 18
_LEGEND_PX: Final = 24
_LEGEND_LINE_PX: Final = 16
_SMALLER: Final = 0.88
"""How much narrower a legend is in small letters."""
_SWATCH_PX: Final = 12
_NAMES: Final = 0.42
"""How much of the width names may take."""
_WORDY_PX: Final = 480
"""Width from which there is room for rates with what they divide by, in pictures."""
_SHARE_PX: Final = 60
"""Room for a share after a number, in pictures, which have no tooltips."""


def bars(chart: Chart, most: int | None = None) -> Spec:
    """Return a dimension and its metrics: a group of bars for each row, a bar for each metric.

    At most *most* rows where that is given: the rest are drawn as one, their sum. The height
    is never less than the rows need to be read.
    """
    labels = chart.labels()
    counts = [chart.counts(metric) for metric in chart.tile.metrics]
    if most is not None and len(labels) > most and chart.tile.limit is None:
        listed = max(1, most - 1)
        labels = [*labels[:listed], f"{OTHERS(chart.locale)} ({len(labels) - listed})"]
        counts = [[*column[:listed], sum(column[listed:])] for column in counts]
    if not any(map(any, counts)):
        return chart.sheet(layer=[chart.nothing()])
    longest = max(1, *(count for column in counts for count in column))
    rows = _rows(chart, labels, counts)
    metrics = range(len(counts))
    end = max(text_width(row[f"text{j}"]) for row in rows for j in metrics) + 10
    end += _SHARE_PX if _has_shares(chart) else 0
    low = row_px(len(counts))
    if any(len(row["lines"]) > 1 for row in rows):
        low = max(low, 2 * LINE + 8)
    spec = chart.sheet(
        data={"values": rows},
        params=_layout(chart, rows, end, low),
        layer=[
            *_names(chart, len(rows)),
            *_bars(chart, longest, end),
            *_legend(chart),
            *_pointed(chart),
        ],
    )
    least = _top(chart) + len(rows) * low
    return {**spec, "height": max(chart.height, least), "usermeta": {"least_height": least}}


def _top(chart: Chart) -> int:
    """Return where the rows begin at the most: under the legend, where there is one."""
    if len(chart.tile.metrics) == 1:
        return 0
    fits = not chart.is_alive and chart.width >= _one_line(chart)
    return _LEGEND_PX + (0 if fits else _LEGEND_LINE_PX)


def _one_line(chart: Chart) -> float:
    """Return the width, in px, below which a legend is in two lines."""
    return round(_SMALLER * sum(_entry_px(chart, metric) for metric in chart.tile.metrics))


def _entry_px(chart: Chart, metric: str) -> float:
    return _SWATCH_PX + text_width(column_label(metric, chart.locale)) + 12


def row_px(metrics: int, *, high: bool = False) -> int:
    """Return the least, or the largest, height of a row with *metrics* bars, in px."""
    thin = _THIN_PX * metrics if metrics > 1 else _ALONE_PX
    return round((_THICK_PX * metrics if high else thin) / (1 - _PADDING))


def natural_height(rows: int, metrics: int) -> int:
    """Return the height that suits a number of rows, in px."""
    between = (row_px(metrics) + row_px(metrics, high=True)) // 2
    return max(48, (_LEGEND_PX if metrics > 1 else 0) + rows * between)


def _rows(chart: Chart, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> list[Spec]:
    """Return a row for each group: its name, and by bar its count, its text and its tooltip."""
    metrics = chart.tile.metrics
    rows: list[Spec] = []
    lines = chart.lines(labels, max(80, chart.width * _NAMES) - 8)
    widths = chart.widths(labels)
    for i, label in enumerate(labels):
        row: Spec = {"row": i, "label": label, "lines": lines[i], **widths[i]}
        for j, metric in enumerate(metrics):
            count, share = counts[j][i], ""
            rate_of = chart.tile.rate_of(metric)
            if len(metrics) == 1:
                of = share_of(metric)(chart.locale)
                share = chart.share(count, sum(counts[0]), of)
            elif rate_of is not None:
                whole = counts[metrics.index(rate_of)][i]
                share = rate_in_words(metric, count, whole, rate_of, chart.locale)
            has_rates = bool(chart.tile.rates) and not chart.is_alive and chart.width >= _WORDY_PX
            text = chart.tooltip(count, share) if has_rates else chart.number(count)
            row |= {f"n{j}": count, f"text{j}": text}
            if chart.is_alive:
                row[f"tip{j}"] = chart.tooltip(count, share)
            elif _has_shares(chart):
                row["share"] = f"({format_share(count / sum(counts[0]), chart.locale)})"
                row["after"] = text_width(chart.number(count)) + 8
        rows.append(row)
    return rows


def _layout(chart: Chart, rows: Sequence[Spec], end: float, low: int) -> list[Spec]:
    """Return positions: ``row`` is a row's height, ``left`` where the bars begin.

    A row is at least *low* px high; *end* px are left for the numbers.
    """
    metrics = len(chart.tile.metrics)
    higher = f"width < {_one_line(chart)} ? {_LEGEND_PX + _LEGEND_LINE_PX} : {_LEGEND_PX}"
    high = max(low, row_px(metrics, high=True))
    texts = [text for row in rows for text in ([row["label"]] if chart.is_alive else row["lines"])]
    longest = min(480.0, max(map(text_width, texts)) + 8)
    signals = {
        "top": higher if metrics > 1 else "0",
        "row": f"floor(max({low}, min({high}, (height - top) / {len(rows)})))",
        "left": f"ceil(min({longest:.0f}, max(80, width * {_NAMES})))",
        "right": f"max(left + 16, width - {end:.0f})",
        "band": f"min({_THICK_PX}, row * {1 - _PADDING:g} / {metrics})",
        "inset": f"top + (row - band * {metrics}) / 2",
        "letters": "band < 14 ? 10 : 12",
    }
    return [{"name": name, "expr": expression} for name, expression in signals.items()]


def _names(chart: Chart, rows: int) -> list[Spec]:
    """Return the names of the rows, right up to the thin rule at zero."""
    lines, count = chart.fitted("left - 6")
    middle = f"row * (datum.row + 0.5) - {LINE / 2} * ({count} - 1)"
    words = chart.words(fill=chart.paper("ink"), align="right", limit=expr("left - 6"))
    rule = {"type": "rule", "aria": False, "stroke": chart.paper("soft")}
    return [
        {
            "mark": words,
            "encoding": {
                "x": at("left - 6"),
                "y": at(f"top + {middle}"),
                "text": lines,
            },
        },
        {
            "data": {"values": [{}]},
            "mark": rule,
            "encoding": {
                "x": at("left - 0.5"),
                "y": at("top"),
                "y2": at(f"top + row * {rows}"),
            },
        },
    ]


def _bars(chart: Chart, longest: int, end: float) -> list[Spec]:
    layers: list[Spec] = []
    for j, metric in enumerate(chart.tile.metrics):
        y = f"inset + row * datum.row + band * {j}"
        long = f"(right - left) * max(0, datum.n{j}) / {longest}"
        layers += [
            {
                "mark": {"type": "rect", "aria": False, "fill": chart.color(metric)},
                "encoding": {
                    "x": at("left"),
                    "x2": at(f"left + {long}"),
                    "y": at(y),
                    "y2": at(f"{y} + band"),
                },
            },
            {
                "mark": chart.words(fill=chart.paper("ink"), fontSize=expr("letters"), limit=end),
                "encoding": {
                    "x": at(f"left + {long} + 4"),
                    "y": at(f"{y} + band / 2 + 0.5"),
                    "text": {"field": f"text{j}"},
                },
            },
        ]
    if _has_shares(chart):
        layers.append(
            {
                "mark": chart.words(fontSize=expr("letters")),
                "encoding": {
                    "x": at(f"left + (right - left) * max(0, datum.n0) / {longest} + datum.after"),
                    "y": at("inset + row * datum.row + band / 2 + 0.5"),
                    "text": {"field": "share"},
                },
            }
        )
    return layers


def _has_shares(chart: Chart) -> bool:
    """Return whether shares are shown beside the numbers: each is a part of one whole."""
    return not chart.is_alive and len(chart.tile.metrics) == 1


def _legend(chart: Chart) -> list[Spec]:
    """Return the metrics' names, one beside the other; none where there is but one."""
    if len(chart.tile.metrics) == 1:
        return []
    metrics = chart.tile.metrics
    half = (len(metrics) + 1) // 2
    widths = [_entry_px(chart, metric) for metric in metrics]
    entries = [
        {
            "x": sum(widths[:i]),
            "line": int(i >= half),
            "x_in_line": sum(widths[half if i >= half else 0 : i]),
            "label": column_label(metric, chart.locale),
            "color": chart.color(metric),
        }
        for i, metric in enumerate(metrics)
    ]
    # In a narrow place the entries move together, rather than out of sight.
    one, two = sum(widths), max(sum(widths[:half]), sum(widths[half:]))
    place = (
        f"(top > {_LEGEND_PX} ? datum.x_in_line * min(1, width / {two:.0f})"
        f" : datum.x * min(1, width / {one:.0f}))"
    )
    line = f"(top > {_LEGEND_PX} ? {_LEGEND_LINE_PX} * datum.line : 0)"
    small = f"width < (top > {_LEGEND_PX} ? {two:.0f} : {one:.0f}) ? 10 : 12"
    data = {"values": entries}
    swatch = {"type": "point", "shape": "square", "size": 64, "filled": True, "aria": False}
    return [
        {
            "data": data,
            "mark": {**swatch, "opacity": 1},
            "encoding": {
                "x": at(f"{place} + 4"),
                "y": at(f"8 + {line}"),
                "color": {"field": "color", "type": "nominal", "scale": None},
            },
        },
        {
            "data": data,
            "mark": chart.words(fontSize=expr(small)),
            "encoding": {
                "x": at(f"{place} + {_SWATCH_PX}"),
                "y": at(f"8.5 + {line}"),
                "text": {"field": "label"},
            },
        },
    ]


def _pointed(chart: Chart) -> list[Spec]:
    """Return the area over each row that shows its numbers as a tooltip."""
    if not chart.is_alive:
        return []
    over = {"type": "point", "on": "pointerover", "clear": "pointerout", "fields": ["row"]}
    tint = {"condition": {"param": "over", "empty": False, "value": 0.1}, "value": 0}
    return [
        {
            "params": [{"name": "over", "select": over}],
            "mark": {"type": "rect", "aria": False, "fill": chart.paper("soft")},
            "encoding": {
                "x": at("0"),
                "x2": at("width"),
                "y": at("top + row * datum.row"),
                "y2": at("top + row * (datum.row + 1)"),
                "fillOpacity": tint,
                "tooltip": _tooltip(chart),
            },
        }
    ]


def _tooltip(chart: Chart) -> list[Spec]:
    return [
        {"field": "label", "type": "nominal", "title": "title"},
        *(
            {"field": f"tip{j}", "type": "nominal", "title": column_label(metric, chart.locale)}
            for j, metric in enumerate(chart.tile.metrics)
        ),
    ]
