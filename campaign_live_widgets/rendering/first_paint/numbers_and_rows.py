"""Key figures as ``kpi.js`` draws them, and tables as ``table.js`` does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.rendering.first_paint.measures import view_height
from campaign_live_widgets.rendering.html.geometry import GEOMETRY
from campaign_live_widgets.rendering.language.labels import bucket_label
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.language.times import row_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.rendering.first_paint.parts import ViewPart

_SHORTEST: Final = 4


_HEADING_PX: Final = 25
_LINE_PX: Final = 23
"""How high the rows of a table are; as in ``table.css``."""


@dataclass(frozen=True, slots=True)
class Card:
    """One key figure."""

    metric: str
    text: str
    value: int | None
    state: str
    label: str
    definition: str
    color: str
    share: str
    bar: float | None


@dataclass(frozen=True, slots=True)
class Cards:
    """The key figures of a tile; ``letters`` is the length of the longest."""

    cards: list[Card]
    letters: int
    is_short: bool
    empty: str

    @property
    def is_empty(self) -> bool:
        """Return whether there is none."""
        return not self.cards


def cards(view: ViewPart, rows: int) -> Cards:
    """Return the key figures of a tile of a number of rows of the grid."""
    state, options = view.state, view.options
    locale, metrics = options["locale"], state["metrics"]
    shares = [*state["shares"], *[None] * len(metrics)]
    made = [
        _card(metric, count, share, options, locale)
        for metric, count, share in zip(metrics, state["counts"], shares, strict=False)
    ]
    return Cards(
        cards=made,
        letters=max((len(card.text) for card in made), default=0) or _SHORTEST,
        is_short=view_height(rows) < GEOMETRY["kpi"]["short"],
        empty=options["empty"],
    )


def _card(
    metric: str,
    count: int | None,
    share: float | None,
    options: Mapping[str, Any],
    locale: str,
) -> Card:
    word = options["labels"].get(metric, {})
    has_share = bool(options["shareOf"]) and share is not None
    return Card(
        metric=metric,
        text=options["unknown"] if count is None else format_number(count, locale),
        value=count,
        state="unknown" if count is None else "value" if count else "zero",
        label=word.get("label", metric),
        definition=word.get("definition", ""),
        color=word.get("color", "currentcolor"),
        share=f"{format_share(share, locale)} {options['shareOf']}" if has_share else "",
        bar=100 * max(0.0, min(1.0, share)) if has_share and share is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One number, and its rate for the tooltip."""

    text: str
    rate: str
    is_zero: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its name, the same on several lines where it begins as others do, its numbers."""

    name: str
    lines: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """The table of a tile."""

    headings: list[tuple[str, str]]
    """Label and tooltip of each column."""
    total: Line | None
    rows: list[Line]
    opens: bool
    is_short: bool
    empty: str

    @property
    def is_empty(self) -> bool:
        """Return whether it has no row."""
        return not self.rows

    @property
    def is_short_narrow(self) -> bool:
        """Return whether it is low in a narrow page, where tables are as high as their rows."""
        lines = len(self.rows) + (self.total is not None)
        return bool(_HEADING_PX + lines * _LINE_PX < GEOMETRY["table"]["short"])


def grid(view: ViewPart, rows: int) -> Grid:
    """Return the table of a tile of a number of rows of the grid."""
    state, options = view.state, view.options
    names = _times(view) if options["isTime"] else list(state["rows"])
    width = len(options["columns"])
    counts = np.asarray(state["counts"], dtype="float64").reshape(width, len(names))
    columns: list[Sequence[Any]] = [column.tolist() for column in counts]
    if options["share"]:
        columns.append(state["shares"])
    labels = [
        (c["label"], c["definition"] or f"{options['sort']} {c['label']}") for c in _all(view)
    ]
    return Grid(
        headings=labels,
        total=_line(options["total"], "", state["total"], options) if state["total"] else None,
        rows=[
            _line(name, state["alike"].get(str(i), ""), [column[i] for column in columns], options)
            for i, name in enumerate(names)
        ],
        opens=bool(state.get("opens")) and bool(state["ids"]),
        is_short=view_height(rows) < GEOMETRY["table"]["short"],
        empty=options["empty"],
    )


def _all(view: ViewPart) -> list[dict[str, Any]]:
    options = view.options
    shares = [{"label": options["share"], "definition": ""}] if options["share"] else []
    return [{"label": options["first"], "definition": ""}, *options["columns"], *shares]


def _line(name: str, lines: str, values: Sequence[Any], options: Mapping[str, Any]) -> Line:
    locale, columns = options["locale"], options["columns"]
    cells = []
    for j, value in enumerate(values):
        if j >= len(columns):
            cells.append(Cell(format_share(value, locale), "", value == 0))
            continue
        column = columns[j]
        whole = values[column["rateOf"]] if column["rateOf"] >= 0 else 0
        has_rate = bool(whole) and value is not None
        rate = format_share(value / whole, locale) if has_rate else ""
        about = f"{column['label']} ÷ {column['rateLabel']}: {rate}" if rate else ""
        cells.append(Cell(format_number(value, locale), about, value == 0))
    return Line(name, lines, cells)


def _times(view: ViewPart) -> list[str]:
    """Return the times of the rows, as ``clock.js`` writes them."""
    state, locale = view.state, view.options["locale"]
    walls = [_wall(second, state["clock"]) for second in state["rows"]]
    ends = (walls[0], walls[-1]) if walls else ()
    has_year = len({wall.year for wall, _ in ends}) > 1
    texts = (f"{row_time(wall, locale, has_year=has_year)} {offset}" for wall, offset in walls)
    return [
        bucket_label(text.strip(), locale, is_unfinished=second >= state["finished"])
        for text, second in zip(texts, state["rows"], strict=True)
    ]


def _wall(second: int, steps: Sequence[Sequence[Any]]) -> tuple[datetime, str]:
    """Return a time on the clocks, and its offset where they show it twice."""
    chosen: Sequence[Any] = (0, 0, "")
    for i, step in enumerate(steps):
        if not i or step[0] <= second:
            chosen = step
    return datetime.fromtimestamp(second, UTC) + timedelta(seconds=chosen[1]), str(chosen[2])
