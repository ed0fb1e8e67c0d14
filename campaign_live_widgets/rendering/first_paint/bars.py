"""Bars as ``bars.js`` and bqplot draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.rendering.first_paint.measures import text_px, view_height
from campaign_live_widgets.rendering.html.geometry import GEOMETRY
from campaign_live_widgets.rendering.language.numbers import ABSENT, format_number, format_share

if TYPE_CHECKING:
    from campaign_live_widgets.rendering.first_paint.parts import ViewPart
    from campaign_live_widgets.rendering.first_paint.sheet import Sheet

_BARS: Final = GEOMETRY["bars"]
_LEGEND_PX: Final = 24
_ONE_COLUMN_PX: Final = 64
"""Least height of bars in a page of one column."""
_WIDEST_PX: Final = 4000


@dataclass(frozen=True, slots=True)
class Value:
    """The number at the end of a bar: where, in percent, and its text without and with a rate."""

    left: float
    text: str
    rated: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its name, whole and in two parts the first of which may be cut off."""

    name: str
    head: str
    tail: str
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Bars:
    """What the template writes; heights in px, for a wide page and for one of one column."""

    id: str
    rows: list[Row]
    metrics: list[dict[str, Any]]
    boxes: list[tuple[float, float, float, float, str]]
    """Left, top, width, height, colour; a row is one high, the longest bar 100 wide."""
    most: str
    high: int
    high_narrow: int
    has_legend: bool
    has_legend_narrow: bool
    fit: str
    """Width of the longest bar with rates beside the bars; empty where there are none."""
    is_empty: bool
    empty: str


def bars(view: ViewPart, rows: int, sheet: Sheet) -> Bars:
    """Return the bars of a tile of a number of rows of the grid."""
    options, names = view.options, list(view.state["labels"])
    metrics, locale = options["metrics"], options["locale"]
    columns = np.asarray(view.state["y"], dtype="float64")
    columns = columns.reshape(len(metrics), len(names))
    most = max(1.0, float(columns.max(initial=0.0)))
    room = view_height(rows)
    has_legend = len(metrics) > 1 and room >= _BARS["legendFrom"]
    high = _row_height(len(names), room - (_LEGEND_PX if has_legend else 0), len(metrics))
    high_narrow = _row_height(len(names), _ONE_COLUMN_PX, len(metrics))
    rated = [[_rated(columns[:, i], j, view) for j in range(len(metrics))] for i in _range(names)]
    band = (1 - _BARS["between"]) / len(metrics)
    made = Bars(
        id=sheet.id(),
        rows=[
            Row(
                name,
                *_parts(name, start),
                [
                    Value(100 * n / most, format_number(n, locale), rated[i][j])
                    for j, n in enumerate(columns[:, i])
                ],
            )
            for i, (name, start) in enumerate(zip(names, view.state["starts"], strict=True))
        ],
        metrics=metrics,
        boxes=[
            (
                0.0,
                i + _BARS["between"] / 2 + j * band,
                100 * max(0.0, columns[j, i]) / most,
                band,
                metrics[j]["color"],
            )
            for i in _range(names)
            for j in range(len(metrics))
        ],
        most=format_number(most, locale),
        high=high,
        high_narrow=high_narrow,
        has_legend=has_legend,
        has_legend_narrow=len(metrics) > 1 and high_narrow * len(names) >= _BARS["legendFrom"],
        fit=_fit(columns, most, rated) if options["rates"] else "",
        is_empty=not columns.any(),
        empty=options["empty"],
    )
    if made.fit:
        least = _least_width(names, columns, most, rated)
        query, parts = f"(min-width: {least}px)", f"#{made.id}"
        sheet.where("clw-bars", query, f"{parts} .clw-first-plain", "display:none")
        sheet.where("clw-bars", query, f"{parts} .clw-first-rated", "display:inline")
        sheet.where("clw-bars", query, f"{parts} .clw-first-fit", f"width:{made.fit}")
    return made


def _range(names: list[str]) -> range:
    return range(len(names))


def _row_height(n: int, room: float, metrics: int) -> int:
    share = 1 - _BARS["between"]
    low = (_BARS["thinnest"] * metrics if metrics > 1 else _BARS["alone"]) / share
    high = _BARS["thickest"] * metrics / share
    return int(max(low, min(high, room / max(1, n))))


def _parts(name: str, start: int) -> tuple[str, str]:
    """Return what may be cut off of a name, and the part in which it differs from others."""
    if not start:
        return name, ""
    letters = " ".join(name.split())
    return letters[:start], letters[start:]


def _rated(values: Any, j: int, view: ViewPart) -> str:  # noqa: ANN401 - an array
    """Return a count with its rate; a part that exceeds its whole has none."""
    locale, metric = view.options["locale"], view.options["metrics"][j]
    text, of = format_number(values[j], locale), metric["rateOf"]
    whole = values[of] if of >= 0 else 0
    if not whole:
        return text
    is_odd = metric["isPart"] and not 0 <= values[j] <= whole
    share = ABSENT if is_odd else format_share(values[j] / whole, locale)
    return f"{text} ({share} {metric['rateLabel']})"


def _fit(columns: Any, most: float, rated: list[list[str]]) -> str:  # noqa: ANN401 - an array
    """Return, as a style, how long the longest bar may be beside all labels."""
    end = _BARS["end"]
    rooms = {
        f"(100% - {text_px(label) + end}px)*{most / columns[j, i]:.5g}"
        for i, labels in enumerate(rated)
        for j, label in enumerate(labels)
        if columns[j, i] > 0
    }
    return f"min(100% - {end}px,{','.join(sorted(rooms))})" if rooms else f"calc(100% - {end}px)"


def _least_width(names: list[str], columns: Any, most: float, rated: list[list[str]]) -> int:  # noqa: ANN401 - an array
    """Return from which width of the view there is room for rates."""
    shortest, end = _BARS["shortest"], _BARS["end"]
    needed = max(
        (
            shortest * columns[j, i] / most + text_px(label) + end
            for i, labels in enumerate(rated)
            for j, label in enumerate(labels)
        ),
        default=0,
    )
    longest = max(map(text_px, names), default=0) + _BARS["nameGap"]
    for width in range(_BARS["nameLeast"], _WIDEST_PX, 4):
        left = min(longest, max(_BARS["nameLeast"], width * _BARS["nameShare"]))
        if width - left >= max(needed, shortest + end):
            return width
    return _WIDEST_PX
