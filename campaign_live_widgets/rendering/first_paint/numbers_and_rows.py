"""Key figures as ``kpi.js`` draws them, and tables as ``table.js`` does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.rendering.first_paint.measures import view_height
from campaign_live_widgets.rendering.html.geometry import GEOMETRY
from campaign_live_widgets.rendering.language.labels import bucket_label
from campaign_live_widgets.rendering.language.numbers import (
    ABSENT,
    format_fraction,
    format_number,
    format_rate,
    format_share,
)
from campaign_live_widgets.rendering.language.times import row_time
from campaign_live_widgets.rendering.model.intervals import interval_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.rendering.first_paint.parts import ViewPart

_SHORTEST: Final = 4


_HEADING_PX: Final = 25
_TINT: Final = 45
"""How strong the ground of a cell is that has all of its row, in percent; as in ``table.js``."""
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
        share=f"{format_share(share, locale)} {options['shareOf']}"
        if has_share
        else _no_share(count, options),
        bar=100 * max(0.0, min(1.0, share)) if has_share and share is not None else None,
    )


def _no_share(count: int | None, options: Mapping[str, Any]) -> str:
    """Return why a count has no share."""
    if not options["shareOf"] or not count:
        return ""
    return f"{ABSENT} {options['shareOf']} ({options['negative' if count < 0 else 'tooMany']})"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, and its rate or its interval for the tooltip; a verdict has a shape, too."""

    text: str
    rate: str = ""
    is_zero: bool = False
    css_class: str = ""
    verdict: str = ""
    shape: str = ""
    tint: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its name, the same on several lines where it begins as others do, its cells."""

    name: str
    lines: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """The table of a tile."""

    headings: list[tuple[str, str, str]]
    """Label, tooltip and class of each column."""
    total: Line | None
    rows: list[Line]
    rest: Line | None
    """The sum of all further rows."""
    opens: bool
    unfolds: bool
    is_judged: bool
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
    counts = np.asarray(state["counts"], dtype="float64").reshape(len(state["columns"]), len(names))
    columns: list[Sequence[Any]] = [
        state["texts"].get(str(i), column.tolist()) for i, column in enumerate(counts)
    ]
    shares = state["shares"] if options["share"] else [None] * len(names)
    labels = [
        (c["label"], c["definition"] or f"{options['sort']} {c['label']}", _class(c))
        for c in _all(view)
    ]
    return Grid(
        headings=labels,
        total=_line(options["total"], state["total"], view) if state["total"] else None,
        rows=[
            _line(
                name,
                [column[i] for column in columns],
                view,
                lines=state["alike"].get(str(i), ""),
                share=shares[i],
                is_tinted=options["isTinted"],
            )
            for i, name in enumerate(names)
        ],
        rest=_line(state["rest"][0], state["rest"][1:], view) if state["rest"] else None,
        opens=bool(state.get("opens")) and bool(state["ids"]),
        unfolds=bool(options["advice"]),
        is_judged=any(c["kind"] == "verdict" for c in state["columns"]),
        is_short=view_height(rows) < GEOMETRY["table"]["short"],
        empty=options["empty"],
    )


def _all(view: ViewPart) -> list[dict[str, Any]]:
    options = view.options
    first = {"label": options["first"], "definition": "", "kind": "text"}
    share = {"label": options["share"], "definition": "", "kind": "ratio"}
    return [first, *_shown(view), *([share] if options["share"] else [])]


def _shown(view: ViewPart) -> list[dict[str, Any]]:
    return [
        {**column, "index": i}
        for i, column in enumerate(view.state["columns"])
        if column["isShown"]
    ]


def _class(column: Mapping[str, Any]) -> str:
    return {"text": "clw-text", "verdict": "clw-text clw-verdict"}.get(column["kind"], "")


def _line(  # noqa: PLR0913 - half of them by name
    name: str,
    values: Sequence[Any],
    view: ViewPart,
    *,
    lines: str = "",
    share: float | None = None,
    is_tinted: bool = False,
) -> Line:
    columns, options = _shown(view), view.options
    whole = sum(values[c["index"]] or 0 for c in columns) if is_tinted else 0
    cells = []
    for column in columns:
        value = values[column["index"]]
        if column["kind"] == "verdict":
            shape, word = options["words"].get(value, ("", value or ""))
            cells.append(Cell(word, css_class=_class(column), verdict=value or "", shape=shape))
        elif column["kind"] == "text":
            cells.append(Cell(value or "", css_class=_class(column)))
        else:
            about = _about(name, column, values, options)
            tint = round(_TINT * (value or 0) / whole) if whole else 0
            text = _number(column, value, options["locale"])
            cells.append(Cell(text, about, value == 0, tint=tint))
    if options["share"] and share is not None:
        cells.append(Cell(format_share(share, options["locale"]), "", share == 0))
    return Line(name, lines, cells)


def _number(column: Mapping[str, Any], value: float | None, locale: str) -> str:
    if column["ends"]:
        return format_rate(value, locale)
    if column["kind"] == "ratio":
        return format_share(value, locale)
    if column["kind"] == "number":
        return format_fraction(value, locale)
    return format_number(value, locale)


def _about(
    name: str, column: Mapping[str, Any], values: Sequence[Any], options: Mapping[str, Any]
) -> str:
    """Return the interval of a rate, or what the rate of a count is."""
    locale = options["locale"]
    if name in column["blind"]:
        return str(options["words"]["blind"][1])
    if column["ends"]:
        low, high = (values[end] for end in column["ends"])
        if low is None or np.isnan(low):
            return ""
        return f"{options['interval']}: {interval_text(low, high, locale)}"
    whole = values[column["rateOf"]] if column["rateOf"] >= 0 else None
    part = _rate(values[column["index"]], whole, column, locale)
    return f"{column['label']} ÷ {column['rateLabel']}: {part}" if part else ""


def _rate(value: float | None, whole: float | None, column: Mapping[str, Any], locale: str) -> str:
    if value is None or whole is None or not (whole or value):
        return ""
    if whole <= 0 or value < 0 or (column["isPart"] and value > whole):
        return f"{ABSENT} ({column['negative' if value < 0 else 'tooMany']})"
    return format_share(value / whole, locale)


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
