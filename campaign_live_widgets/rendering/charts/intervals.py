"""A dot and a whisker for each row, between its rate and its verdict; hair lines for its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import column_label
from campaign_live_widgets.rendering.charts.chart import LINE, at, expr, text_width
from campaign_live_widgets.rendering.language.labels import INTERVAL, others
from campaign_live_widgets.rendering.language.numbers import ABSENT, format_rate
from campaign_live_widgets.rendering.language.verdicts import QUIET, SHAPES, word
from campaign_live_widgets.rendering.model import intervals as model
from campaign_live_widgets.rendering.model import palette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.rendering.charts.chart import Chart, Spec

WIDTH: Final = 760
_GAP: Final = 16
_HEAD: Final = 24
_ROW: Final = 24
_STACKED: Final = 44
"""Height of a row of one line, and of two."""
_LEAST: Final = 90
"""The shortest scale of a row of one line."""
_NAME_LEAST: Final = 80
_NAME_SHARE: Final = 0.3
_SHAPE_PX: Final = 16
_SECOND_PX: Final = 20
"""How much lower the second line of a row is, where a row has two."""
_BOLD: Final = 1.08


def natural_height(rows: int) -> int:
    """Return the height of a number of rows, in px."""
    return max(48, _HEAD + rows * _ROW)


def intervals(chart: Chart, most: int | None = None) -> Spec:
    """Return the first rate of the tile that has an interval, row by row.

    At most *most* rows where that is given, and how many others there are: rates have no sum.
    """
    drawn = model.intervals(chart.tile, chart.table)
    if not drawn.whiskers:
        return chart.sheet(layer=[chart.nothing()])
    count = len(drawn.whiskers)
    listed = count if most is None or count <= most else most
    rows = _rows(chart, drawn, listed)
    widths = _widths(chart, rows)
    high = _ROW
    if any(len(row["lines"]) > 1 for row in rows):
        high = 2 * LINE + 8
    stacked = max(_STACKED, high + _SECOND_PX)
    rest = int(listed < count)
    spec = chart.sheet(
        data={"values": rows},
        params=_places(widths, drawn, high, stacked),
        layer=[
            *_frame(chart, len(rows)),
            *_hairs(chart, drawn, len(rows)),
            *_whiskers(chart),
            *_words(chart),
            *(_rest(chart, count - listed, listed) if rest else ()),
            *_pointed(chart),
        ],
    )
    least = _HEAD + (len(rows) + rest) * high
    sizes = {
        "least_height": least,
        "stacked_height": _HEAD + (len(rows) + rest) * stacked,
        "stacked_below": _stacked_below(widths),
    }
    height = sizes["stacked_height"] if chart.width < sizes["stacked_below"] else least
    return {**spec, "height": max(chart.height, height), "usermeta": sizes}


def _rows(chart: Chart, drawn: model.Intervals, listed: int) -> list[Spec]:
    locale, labels = chart.locale, chart.labels()[:listed]
    room = max(_NAME_LEAST, chart.width * _NAME_SHARE)
    lines, alike = chart.lines(labels, room), chart.alike()
    widths = chart.widths(labels)
    rows: list[Spec] = []
    for i, (label, whisker) in enumerate(zip(labels, drawn.whiskers, strict=False)):
        row: Spec = {
            "row": i,
            "label": label,
            "alike": alike[i],
            "lines": lines[i],
            **widths[i],
            "number": ABSENT if whisker.count is None else chart.number(whisker.count),
            "rate": format_rate(whisker.rate, locale),
            "shape": SHAPES.get(whisker.verdict, ""),
            "word": word(whisker.verdict, locale),
            "color": palette.verdict_color(whisker.verdict, chart.theme),
            "ink": chart.paper("soft" if whisker.verdict in QUIET else "ink"),
            "weight": 600 if whisker.verdict == "over" else 400,
            **_span(whisker, drawn),
        }
        if chart.is_alive:
            row["span"] = whisker.span(locale) or ABSENT
            row["verdict"] = f"{row['shape']} {row['word']}"
        rows.append(row)
    return rows


def _span(whisker: model.Whisker, drawn: model.Intervals) -> Spec:
    """Return the ends and the dot as parts of the scale, cut off where it ends."""
    if whisker.low is None or whisker.rate is None or whisker.high is None:
        return {"drawn": 0, "dotted": 0, "beyond": 0, "low": 0, "dot": 0, "high": 0}
    width = drawn.most - drawn.least

    def part(value: float) -> float:
        return round(min(1.0, max(0.0, (value - drawn.least) / width)), 5)

    return {
        "drawn": 1,
        "dotted": int(whisker.rate <= drawn.most),
        "beyond": int(whisker.high > drawn.most),
        "low": part(whisker.low),
        "dot": part(whisker.rate),
        "high": part(whisker.high),
    }


def _widths(chart: Chart, rows: Sequence[Spec]) -> dict[str, float]:
    """Return the widths of the columns: in one line with their headings, or else without."""
    first, number, rate, verdict = _headings(chart)
    names = [row["label"] if chart.is_alive else max(row["lines"], key=len) for row in rows]

    def widest(*texts: str) -> float:
        return round(max(map(text_width, texts), default=0.0)) + 2

    numbers, rates = [row["number"] for row in rows], [row["rate"] for row in rows]
    return {
        "name": widest(first, *names),
        "number": widest(number, *numbers),
        "rate": widest(rate, *rates),
        "low_number": widest(*numbers),
        "low_rate": widest(*rates),
        "verdict": _SHAPE_PX + round(_BOLD * widest(verdict, *(row["word"] for row in rows))),
    }


def _headings(chart: Chart) -> tuple[str, str, str, str]:
    tile, locale = chart.tile, chart.locale
    rate = model.interval_rates(tile)[0].id
    columns = (tile.columns[0], tile.columns[1], rate, "verdict")
    first, number, share, verdict = (column_label(column, locale) for column in columns)
    return first, number, share, verdict


def _stacked_below(widths: dict[str, float]) -> int:
    """Return the width in px below which a row has two lines."""
    fixed = widths["number"] + widths["rate"] + widths["verdict"] + 4 * _GAP + _LEAST
    share = _NAME_SHARE
    long = fixed + widths["name"]
    return round(min(long, max(fixed + _NAME_LEAST, fixed / (1 - share))))


def _places(
    widths: dict[str, float], drawn: model.Intervals, high: int, stacked: int
) -> list[Spec]:
    """Return positions; ``left`` and ``plot`` are those of the whiskers."""
    name = f"min({widths['name']}, max({_NAME_LEAST}, width * {_NAME_SHARE}))"
    signals = {
        "wide": f"width >= {_stacked_below(widths)} ? 1 : 0",
        "top": f"{_HEAD}",
        "row": f"wide ? {high} : {stacked}",
        "line": f"wide ? {high} / 2 : 12",
        "second": f"wide ? {high} / 2 : {stacked} - 12",
        "verdict": f"width - {widths['verdict']}",
        "name": f"wide ? {name} : max(0, verdict - {_GAP})",
        "number": f"wide ? name + {_GAP} + {widths['number']} : {widths['low_number']}",
        "rate": f"number + {_GAP} + (wide ? {widths['rate']} : {widths['low_rate']})",
        "left": f"rate + {_GAP}",
        "plot": f"max(1, (wide ? verdict - {_GAP} : width - 2) - left)",
        "least": f"{drawn.least}",
        "most": f"{drawn.most}",
    }
    return [{"name": key, "expr": expression} for key, expression in signals.items()]


def _frame(chart: Chart, rows: int) -> list[Spec]:
    """Return the headings, and the rules below them and below each row."""
    first, number, rate, verdict = _headings(chart)
    cells = [
        {"x": "0", "text": first, "align": "left"},
        {"x": "number", "text": number, "align": "right"},
        {"x": "rate", "text": rate, "align": "right"},
        {"x": f"verdict + {_SHAPE_PX}", "text": verdict, "align": "left"},
    ]
    rule = {"type": "rule", "aria": False, "strokeWidth": 1}
    ends = {"x": at("0"), "x2": at("width")}
    return [
        *(
            {
                "data": {"values": [{"text": cell["text"]}]},
                "mark": chart.words(align=cell["align"], opacity=expr("wide")),
                "encoding": {
                    "x": at(cell["x"]),
                    "y": at("top / 2"),
                    "text": {"field": "text"},
                },
            }
            for cell in cells
        ),
        {
            "data": {"values": [{}]},
            "mark": {**rule, "stroke": chart.paper("soft")},
            "encoding": {**ends, "y": at("top - 0.5")},
        },
        {
            "data": {"sequence": {"start": 1, "stop": rows + 1, "as": "below"}},
            "mark": {**rule, "stroke": chart.paper("rule")},
            "encoding": {**ends, "y": at("top + row * datum.below - 0.5")},
        },
    ]


def _hairs(chart: Chart, drawn: model.Intervals, rows: int) -> list[Spec]:
    """Return a hair line for the warning and one for the limit, with their rates above them."""
    if drawn.lines is None:
        return []
    ends = (drawn.lines.warning, drawn.lines.limit)
    values: list[dict[str, Any]] = [
        {
            "value": end,
            "text": format_rate(end, chart.locale),
            "align": "right" if i == 0 else "left",
            "beside": -2 if i == 0 else 2,
        }
        for i, end in enumerate(ends)
    ]
    x = "left + plot * (datum.value - least) / (most - least)"
    # Where a row has two lines, its verdict is above the hair lines.
    hairs = [{"value": end, "row": row} for end in ends for row in range(rows)]
    return [
        {
            "data": {"values": hairs},
            "mark": {
                "type": "rule",
                "aria": False,
                "stroke": chart.paper("soft"),
                "strokeWidth": 0.75,
            },
            "encoding": {
                "x": at(x),
                "y": at(f"top + row * datum.row + (wide ? 0 : row - {_SECOND_PX + 2})"),
                "y2": at("top + row * (datum.row + 1)"),
            },
        },
        *(
            {
                "data": {"values": [value]},
                "mark": chart.words(align=value["align"], fontSize=11),
                "encoding": {
                    "x": at(f"{x} + datum.beside"),
                    "y": at("top / 2"),
                    "text": {"field": "text"},
                },
            }
            for value in values
        ),
    ]


def _whiskers(chart: Chart) -> list[Spec]:
    middle = "top + row * datum.row + second"

    def x(part: str) -> Spec:
        return at(f"left + plot * datum.{part}")

    color: Spec = {"field": "color", "type": "nominal", "scale": None}
    return [
        {
            "mark": {"type": "rule", "aria": False, "strokeWidth": 1.5},
            "encoding": {
                "x": x("low"),
                "x2": x("high"),
                "y": at(middle),
                "stroke": color,
                "opacity": at("datum.drawn"),
            },
        },
        {
            "mark": {
                "type": "point",
                "aria": False,
                "shape": "circle",
                "size": 40,
                "filled": True,
            },
            "encoding": {
                "x": x("dot"),
                "y": at(middle),
                "fill": color,
                "opacity": at("datum.dotted"),
            },
        },
        {
            "mark": chart.words(align="left"),
            "encoding": {
                "x": at("left + plot + 1"),
                "y": at(middle),
                "text": {"value": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"},
                "opacity": at("datum.beyond"),
            },
        },
    ]


def _words(chart: Chart) -> list[Spec]:
    ink = chart.paper("ink")
    first = "top + row * datum.row + line"
    second = "top + row * datum.row + second"
    names, lines = chart.fitted("name")
    if chart.is_alive:
        names, lines = chart.shortened("name"), "1"
    colored: Spec = {"field": "ink", "type": "nominal", "scale": None}
    return [
        {
            "mark": chart.words(fill=ink, limit=expr("name")),
            "encoding": {
                "x": at("0"),
                "y": at(f"{first} - {LINE / 2} * ({lines} - 1)"),
                "text": names,
            },
        },
        *(
            {
                "mark": chart.words(fill=ink, align="right"),
                "encoding": {"x": at(column), "y": at(second), "text": {"field": column}},
            }
            for column in ("number", "rate")
        ),
        *(
            {
                "mark": chart.words(fontWeight=expr("datum.weight")),
                "encoding": {
                    "x": at(f"verdict + {place}"),
                    "y": at(first),
                    "text": {"field": part},
                    "fill": colored,
                },
            }
            for part, place in (("shape", 0), ("word", _SHAPE_PX))
        ),
    ]


def _rest(chart: Chart, count: int, listed: int) -> list[Spec]:
    """Return how many rows are not drawn, below the others."""
    return [
        {
            "data": {"values": [{"text": others(count, chart.locale)}]},
            "mark": chart.words(),
            "encoding": {
                "x": at("0"),
                "y": at(f"top + row * {listed} + line"),
                "text": {"field": "text"},
            },
        }
    ]


def _pointed(chart: Chart) -> list[Spec]:
    """Return the area over each row that shows its numbers as a tooltip."""
    if not chart.is_alive:
        return []
    _, number, rate, verdict = _headings(chart)
    over = {"type": "point", "on": "pointerover", "clear": "pointerout", "fields": ["row"]}
    tint = {"condition": {"param": "over", "empty": False, "value": 0.1}, "value": 0}
    titles = {
        "label": "title",
        "number": number,
        "rate": rate,
        "span": INTERVAL(chart.locale),
        "verdict": verdict,
    }
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
                "tooltip": [
                    {"field": field, "type": "nominal", "title": title}
                    for field, title in titles.items()
                ],
            },
        }
    ]
