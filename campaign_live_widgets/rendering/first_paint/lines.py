"""Lines as ``lines.js`` and bqplot draw them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from babel.numbers import format_percent

from campaign_live_widgets.rendering.charts.time_axis import STEPS, time_ticks
from campaign_live_widgets.rendering.first_paint.measures import (
    NARROW_PX,
    short_number,
    text_px,
    view_height,
)
from campaign_live_widgets.rendering.html.geometry import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from campaign_live_widgets.rendering.first_paint.parts import ViewPart
    from campaign_live_widgets.rendering.first_paint.sheet import Sheet

_PERCENT: Final = {"en": "#,##0%", "fr": "#,##0\N{NO-BREAK SPACE}%"}
_LINES: Final = GEOMETRY["lines"]
_LEGEND_ROW_PX: Final = 20
_LEGEND_END_PX: Final = 4
_LEGEND_GAP_PX: Final = 12
_SWATCH_PX: Final = 16
"""Of an item of the legend: its swatch and the space beside it."""
_MOST_ROWS: Final = (2, 3)
"""Rows of the legend in a wide page, and in one of one column."""
_NARROW_VIEW_PX: Final = 288
"""Height of lines in a page of one column; as in ``header.css``."""
_WIDTHS: Final = (120, 4000)
"""Widths in px for which there are labels of the time axis."""


@dataclass(frozen=True, slots=True)
class Line:
    """One metric: its buckets that are over, and what follows, as points."""

    label: str
    color: str
    parts: list[str]
    open_parts: list[str]
    """Points of a line, in several parts where it has gaps."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis, and where it is in percent of the axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Labels for some sizes of the view; ``scale`` is the height of the largest value."""

    id: str
    ticks: list[Tick]
    scale: float = 100.0


@dataclass(frozen=True, slots=True)
class Lines:
    """What the template writes."""

    id: str
    lines: list[Line]
    columns: float
    values: list[Axis]
    times: list[Axis]
    left: int
    right: int
    is_short: bool
    is_low: bool
    bottom: int
    is_empty: bool
    empty: str


def lines(view: ViewPart, rows: int, time_zone: str, sheet: Sheet) -> Lines:
    """Return the lines of a tile of a number of rows of the grid."""
    state, options = view.state, view.options
    locale, is_rate = options["locale"], options["isRate"]
    labels = list(state["names"] if is_rate else options["labels"])
    x = np.asarray(state["x"], dtype="datetime64[ms]").astype("int64")
    series = np.asarray(state["y"], dtype="float64").reshape(len(labels), len(x))
    if is_rate:  # without what is behind the last point, for bqplot alone
        x, series = x[:-2], series[:, :-2]
    most = max(1.0, float(np.nanmax(series, initial=0.0)))
    moments = [datetime.fromtimestamp(at / 1000, UTC) for at in x.tolist()]
    room = view_height(rows)
    values = _value_axes(most, room, labels, sheet, partial(_value_text, locale, is_rate))
    left = max(text_px(tick.text) for axis in values for tick in axis.ticks) + _LINES["gap"]
    return Lines(
        id=sheet.id(),
        lines=[
            Line(label, color, *_points(series[j], most, state["finished"]))
            for j, (label, color) in enumerate(zip(labels, options["colors"], strict=False))
        ],
        columns=max(1, len(x) - 1),
        values=values,
        times=list(_time_axes(moments, left, time_zone, locale, sheet)),
        left=left,
        right=_LINES["right"],
        is_short=room < _LINES["short"],
        is_low=room < _LINES["low"],
        bottom=8 if room < _LINES["bare"] else _LINES["bottom"],
        is_empty=bool(np.isnan(series).all()) if is_rate else not series.any(),
        empty=options["empty"],
    )


def nice_step(most: float, ticks: float) -> float:
    """Return a round step for about a number of ticks, as ``niceStep`` of ``lines.js`` does."""
    rough = max(1.0, most / max(1.0, ticks))
    power = 10.0 ** math.floor(math.log10(rough))
    return next((f * power for f in (1, 2, 5, 10) if f * power >= rough), 10 * power)


def _points(values: Any, most: float, finished: int) -> tuple[list[str], list[str]]:  # noqa: ANN401 - an array
    """Return the points of the finished buckets, and from the last of them on."""
    texts = [
        "" if np.isnan(value) else f"{i},{100 - 100 * float(value) / most:.5g}"
        for i, value in enumerate(values)
    ]
    return _whole(texts[:finished]), _whole(texts[max(0, finished - 1) :])


def _whole(points: Sequence[str]) -> list[str]:
    """Return the points between two gaps as one text."""
    return [" ".join(part) for is_point, part in groupby(points, bool) if is_point]


def _value_text(locale: str, is_rate: bool, value: float) -> str:  # noqa: FBT001 - of a partial
    if is_rate:
        return str(format_percent(value / 100, format=_PERCENT[locale], locale=locale))
    return short_number(value, locale)


def _value_axes(
    most: float, room: int, labels: Sequence[str], sheet: Sheet, text: Callable[[float], str]
) -> list[Axis]:
    """Return the labels of the values: their number follows the height under the legend."""
    by_step: dict[float, Axis] = {}
    widths = [text_px(label) + _SWATCH_PX for label in labels]
    for in_one_column in (False, True):
        high = _NARROW_VIEW_PX if in_one_column else room
        for rows, least, largest in _legend_rows(widths, _MOST_ROWS[in_one_column], high):
            legend = rows and rows * _LEGEND_ROW_PX + _LEGEND_END_PX
            legend = min(legend, _MOST_ROWS[in_one_column] * _LEGEND_ROW_PX)
            step = nice_step(most, max(1, (high - legend) // _LINES["perValue"]))
            if step not in by_step:
                top = math.ceil(most / step) * step
                ticks = [
                    Tick(100 * i * step / top, text(i * step)) for i in range(round(top / step) + 1)
                ]
                by_step[step] = Axis(sheet.id(), ticks, 100 * most / top)
            axis = by_step[step]
            page = f"(max-width: {NARROW_PX}px)" if in_one_column else f"(width > {NARROW_PX}px)"
            sheet.where(
                "clw-report",
                page,
                f"@container clw-lines ({least}px < width <= {largest}px)",
                f"#{axis.id}{{display:block}}"
                f".clw-lines-plot:has(#{axis.id}){{--clw-first-scale:{axis.scale:.5g}%}}",
            )
    return list(by_step.values())


def _legend_rows(
    widths: Sequence[int], most_rows: int, high: int
) -> Iterator[tuple[int, int, int]]:
    """Yield how many rows the legend has, from and up to which width of the view, in px."""
    if high < _LINES["low"] or high < _LINES["short"]:
        yield (0 if high < _LINES["low"] else 1), 0, _WIDTHS[1]
        return
    largest, former = _WIDTHS[1], 1
    for width in range(_WIDTHS[1], _WIDTHS[0], -4):
        rows = min(_rows_at(widths, width), most_rows)
        if rows != former:
            yield former, width, largest
            largest, former = width, rows
    yield former, 0, largest


def _rows_at(widths: Sequence[int], room: int) -> int:
    rows, used = 1, 0
    for width in widths:
        if used and used + width > room:
            rows, used = rows + 1, 0
        used += width + _LEGEND_GAP_PX
    return rows


def _time_axes(
    moments: Sequence[datetime], left: int, time_zone: str, locale: str, sheet: Sheet
) -> Iterator[Axis]:
    """Yield the labels of the times, for each step that some width of the view has room for."""
    if not moments:
        return
    length = (moments[-1] - moments[0]).total_seconds() or 60
    last = max(1, len(moments) - 1)
    margin = left + _LINES["right"]
    largest = _WIDTHS[1]
    for step in STEPS:
        least = int(_LINES["perTime"] * length / step) + margin
        if least >= largest:
            continue
        if step == STEPS[-1]:
            least = 0
        ticks = time_ticks(moments, length / step, time_zone, locale)
        axis = Axis(sheet.id(), [Tick(100 * i / last, text) for i, text in ticks.items()])
        query = f"({max(0, least - 1)}px < width <= {largest - 1}px)"
        sheet.where("clw-lines", query, f"#{axis.id}", "display:block")
        yield axis
        largest = least
        if least <= _WIDTHS[0]:
            return
