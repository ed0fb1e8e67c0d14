"""A ring as ``donut.js`` and bqplot draw it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.rendering.first_paint.measures import short_number
from campaign_live_widgets.rendering.html.geometry import GEOMETRY
from campaign_live_widgets.rendering.language.numbers import ABSENT, format_number, format_share

if TYPE_CHECKING:
    from campaign_live_widgets.rendering.first_paint.parts import ViewPart
    from campaign_live_widgets.rendering.first_paint.sheet import Sheet

_RING: Final = GEOMETRY["donut"]
_LONGEST_NAME: Final = 64
_SHORTEST_SUM: Final = 4
_ALL: Final = 0.999999


@dataclass(frozen=True, slots=True)
class Slice:
    """One slice and its row in the legend."""

    path: str
    color: str
    name: str
    shown: str
    wraps: bool
    count: str
    share: str


@dataclass(frozen=True, slots=True)
class Donut:
    """What the template writes; ``letters`` are the lengths of the sum's two texts."""

    id: str
    slices: list[Slice]
    sum: str
    short_sum: str
    letters: int
    short_letters: int
    side: int
    options: Any
    is_empty: bool
    empty: str


def donut(view: ViewPart, sheet: Sheet) -> Donut:
    """Return the ring of a view; it has the size that its place leaves to it."""
    state, locale = view.state, view.options["locale"]
    sizes = [float(size) for size in np.asarray(state["sizes"], dtype="float64")]
    total = sum(sizes)
    ends = list(accumulate(sizes))
    colors = state["colors"]
    full, short = format_number(total, locale), short_number(total, locale)
    made = Donut(
        id=sheet.id(),
        slices=[
            Slice(
                path=_arc((end - size) / total, end / total) if total else "",
                color=colors[i % len(colors)],
                name=name,
                shown=_shown(name, start),
                wraps=start > 0,
                count=format_number(size, locale),
                share=format_share(size / total, locale) if total else ABSENT,
            )
            for i, (size, end, name, start) in enumerate(
                zip(sizes, ends, state["labels"], state["starts"], strict=True)
            )
        ],
        sum=full,
        short_sum=short,
        letters=max(_SHORTEST_SUM, len(full)),
        short_letters=max(_SHORTEST_SUM, len(short)),
        side=_RING["side"],
        options=view.options,
        is_empty=total == 0,
        empty=view.options["empty"],
    )
    if short != full:
        side = _RING["sumShortBelow"] * _RING["sumLetter"] * made.letters / _RING["sumShare"]
        room = side + _RING["edge"]
        query = f"(max-height: {room:.0f}px) or (max-width: {room / _RING['besideShare']:.0f}px)"
        sheet.where("clw-donut", query, f"#{made.id} .clw-first-plain", "display:none")
        sheet.where("clw-donut", query, f"#{made.id} .clw-first-short", "display:inline")
    return made


def _arc(begin: float, end: float) -> str:
    """Return the outline of a slice of the ring, from one share of the circle to another."""
    outer = _RING["side"] / 2 - _RING["rim"]
    inner = _RING["side"] / 2 * _RING["hole"]
    if end - begin >= _ALL:
        return _circle(outer) + _circle(inner)
    large = int(end - begin > 1 / 2)
    points = [_point(radius, at) for radius, at in ((outer, begin), (outer, end), (inner, end))]
    back = _point(inner, begin)
    return (
        f"M{points[0]}A{outer} {outer} 0 {large} 1 {points[1]}"
        f"L{points[2]}A{inner} {inner} 0 {large} 0 {back}Z"
    )


def _circle(radius: float) -> str:
    return f"M0 {-radius}A{radius} {radius} 0 1 1 0 {radius}A{radius} {radius} 0 1 1 0 {-radius}Z"


def _point(radius: float, share: float) -> str:
    angle = 2 * math.pi * share
    return f"{radius * math.sin(angle):.2f} {-radius * math.cos(angle):.2f}"


def _shown(name: str, start: int) -> str:
    """Return a name for the legend, as ``fitName`` shortens it to a number of characters."""
    if not start or len(name) <= _LONGEST_NAME:
        return name
    letters = " ".join(name.split())
    most = int(0.7 * _LONGEST_NAME)
    tail = letters[start:]
    if len(tail) > most:
        tail = f"{letters[start : start + most - 1].rstrip()}…"
    return f"{letters[:start][: _LONGEST_NAME - 1 - len(tail)].rstrip()}…{tail}"
