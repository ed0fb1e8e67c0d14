"""Intervals as ``intervals.js`` and bqplot draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.rendering.first_paint.measures import text_px
from campaign_live_widgets.rendering.html.geometry import GEOMETRY
from campaign_live_widgets.rendering.language.numbers import format_number, format_rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.rendering.first_paint.parts import ViewPart
    from campaign_live_widgets.rendering.first_paint.sheet import Sheet

_PLACE: Final = GEOMETRY["intervals"]
_SHAPE_PX: Final = 16
_BOLD: Final = 1.06


@dataclass(frozen=True, slots=True)
class Drawn:
    """A whisker and its dot, in percent of the scale; a dot beyond its end is not drawn."""

    left: float
    width: float
    dot: float | None
    is_beyond: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``drawn`` is ``None`` where it has no rate."""

    name: str
    number: str
    rate: str
    drawn: Drawn | None
    verdict: str
    shape: str
    word: str
    color: str


@dataclass(frozen=True, slots=True)
class IntervalRows:
    """What the template writes: rows, the places of the lines in percent, and their rates."""

    id: str
    rows: list[Row]
    lines: list[tuple[float, str]]
    widths: dict[str, int]
    options: Mapping[str, Any]
    empty: str

    @property
    def is_empty(self) -> bool:
        """Return whether it has no row."""
        return not self.rows


def interval_rows(view: ViewPart, sheet: Sheet) -> IntervalRows:
    """Return the rows of a tile of rates."""
    state, options = view.state, view.options
    locale = options["locale"]
    least, most = map(float, state["ends"])
    spans = np.asarray(state["spans"], dtype="float64").reshape(-1, 3)

    def place(value: float) -> float:
        return 100 * min(1.0, max(0.0, (value - least) / (most - least)))

    rows = []
    for name, count, span, verdict in zip(
        state["labels"], np.asarray(state["counts"]), spans, state["verdicts"], strict=True
    ):
        low, rate, high = span.tolist()
        drawn = None
        if rate == rate:  # noqa: PLR0124 - NaN is not equal to itself
            dot = place(rate) if rate <= most else None
            drawn = Drawn(place(low), place(high) - place(low), dot, high > most)
        shape, word = options["words"].get(verdict, ("", verdict))
        color = options["colors"].get(verdict, options["colors"]["none"])
        number, share = format_number(float(count), locale), format_rate(rate, locale)
        rows.append(Row(name, number, share, drawn, verdict, shape, word, color))
    made = IntervalRows(
        id=sheet.id(),
        rows=rows,
        lines=[(place(line), format_rate(line, locale)) for line in options["lines"]],
        widths=_widths(rows, options),
        options=options,
        empty=options["empty"],
    )
    query = f"(max-width: {_stacked_below(made) - 0.1}px)"
    sheet.where("clw-intervals", query, f"#{made.id}", "--clw-stacked:1")
    for part, declarations in _STACKED.items():
        sheet.where("clw-intervals", query, f"#{made.id} {part}", declarations)
    return made


_STACKED: Final = {
    ".clw-first-line": (
        "display:grid;grid-template-columns:var(--clw-number) var(--clw-rate) minmax(0,1fr) "
        f"var(--clw-verdict);height:{_PLACE['stacked']}px;grid-template-rows:20px 24px"
    ),
    ".clw-intervals-name": "grid-area:1/1/auto/4",
    ".clw-intervals-verdict": "grid-area:1/4",
    ".clw-intervals-number": "grid-area:2/1",
    ".clw-intervals-rate": "grid-area:2/2",
    ".clw-first-plot": "grid-area:2/3/auto/5;margin-inline-end:8px",
    ".clw-first-line > .clw-first-heading": "visibility:hidden",
}
"""How the parts of a row are placed where a row has two lines."""


def _widths(rows: list[Row], options: Mapping[str, Any]) -> dict[str, int]:
    def widest(*texts: str) -> int:
        return max(map(text_px, texts), default=0)

    verdicts = (options["verdict"], *(row.word for row in rows))
    return {
        "name": widest(options["first"], *(row.name for row in rows)),
        "number": widest(options["number"], *(row.number for row in rows)),
        "rate": widest(options["rate"], *(row.rate for row in rows)),
        "low_number": widest(*(row.number for row in rows)),
        "low_rate": widest(*(row.rate for row in rows)),
        "verdict": int(_BOLD * widest(*verdicts)) + 1 + _SHAPE_PX,
    }


def _stacked_below(made: IntervalRows) -> int:
    """Return the width in px below which a row has two lines, as in ``intervals.js``."""
    widths, gap = made.widths, _PLACE["gap"]
    columns = widths["number"] + widths["rate"] + widths["verdict"]
    fixed, share = columns + 4 * int(gap) + int(_PLACE["least"]), float(_PLACE["nameShare"])
    return round(
        min(fixed + widths["name"], max(fixed + int(_PLACE["nameLeast"]), fixed / (1 - share)))
    )
