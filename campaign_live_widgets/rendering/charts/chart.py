"""What all charts share: their words, colours, measures, and the sheet they are drawn on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.rendering.language.counted import nothing_in
from campaign_live_widgets.rendering.language.labels import NO_DATA
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.rendering.language.shorten import isolated, shorten
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.rendering.model.text_width import ems
from campaign_live_widgets.report import Names, row_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.rendering.model.palette import Theme
    from campaign_live_widgets.report import TileTable

Spec = dict[str, Any]
"""A Vega-Lite specification, or a part of one."""

FAMILIES: Final = (
    "Segoe UI",
    "Helvetica Neue",
    "Arial",
    "Liberation Sans",
    "DejaVu Sans",
    "Noto Sans",
)
"""Types without serifs that one or the other machine has."""
FONT: Final = ", ".join(
    ("system-ui", *(f'"{name}"' if " " in name else name for name in FAMILIES), "sans-serif")
)
SIZE: Final = 12
"""Of letters, in px."""
LINE: Final = 13
"""From one line to the next of a name in two, in px."""
LONGEST_NAME: Final = 200
"""Letters of a name that are kept; a chart shows as many as there is room for."""
NARROW_PX: Final = 72
"""Width of the narrowest column of names on a page."""
_BRIEF: Final = 14
"""Characters of a name in a narrow column of low rows."""
MARGIN_PX: Final = 12
"""Around a picture with a title, which is used alone."""
_HEAD_PX: Final = 26
_CAPTION_PX: Final = 16
_UNDRAWABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML does not allow, and what has no shape."""
_WIDTHS: Final[Mapping[str, float]] = {
    **dict.fromkeys("ijl|!'.,:; \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}", 0.34),
    **dict.fromkeys("ftrI()[]/\\-", 0.42),
    **dict.fromkeys("mwMWQO@%&—…", 0.99),
    **dict.fromkeys("ABCDEFGHKLNPRSTUVXYZ", 0.72),
}
_USUAL_WIDTH: Final = 0.64
"""Parts of a letter's height, in the widest of the usual types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The rows of one tile, and how its reader wants it drawn.

    Attributes
    ----------
    tile : Tile
    table : TileTable
        Its rows.
    locale : str
    names : mapping
        What :func:`~campaign_live_widgets.report.names_of` returns for the tile.
    time_zone : str
        IANA name of the zone in which times are labelled.
    theme : str
    width, height : float
        Of the drawing, in px, without its title.
    unfinished : datetime or None
        Start of the first bucket that is not over yet.
    """

    tile: Tile
    table: TileTable
    locale: str
    names: Mapping[str, str]
    time_zone: str
    theme: Theme
    width: float
    height: float
    unfinished: datetime | None = None

    @property
    def is_alive(self) -> bool:
        """Return whether the drawing is on a page, where it has tooltips."""
        return self.theme == "css"

    def counts(self, column: str) -> list[int]:
        """Return a column's counts, exact; an unknown one draws as nothing."""
        return [0 if count is None else int(count) for count in self.table.numbers(column)]

    def labels(self) -> list[str]:
        """Return how the values of the first column read."""
        names = self._shown_names()
        return [isolated(legal(names.short(code, LONGEST_NAME))) for code in self._codes()]

    def lines(self, labels: Sequence[str], room: float) -> list[list[str]]:
        """Return the lines of each label, in which names that begin alike are distinct.

        A page cuts off the end of each line, and has tooltips; a picture has *room* px.

        Parameters
        ----------
        labels : sequence of str
            Those of :meth:`labels`, or the first of them and the label of their rest.
        room : float
        """
        names, codes = self._shown_names(), self._codes()
        starts = [names.differs_at(code) for code in codes]
        is_rest = len(labels) < len(codes)
        if is_rest:
            starts = [*starts[: len(labels) - 1], None]
        return [
            self._lines(label, start, room) for label, start in zip(labels, starts, strict=False)
        ]

    def fitted(self, room: str) -> tuple[Spec, str]:
        """Return the lines of a row as a channel, and how many they are as an expression.

        *room* is an expression in px. On a page, a name that fits into it is in one line, and
        so is a shortened one in a low row.
        """
        if not self.is_alive:
            return {"field": "lines"}, "length(datum.lines)"
        fits, is_low = f"datum.px <= {room}", f"row < {2 * LINE}"
        text = f"{fits} ? datum.label : {is_low} ? datum.brief : datum.lines"
        return at(text), f"({fits} || {is_low} ? 1 : length(datum.lines))"

    def widths(self, labels: Sequence[str]) -> list[Spec]:
        """Return what :meth:`fitted` reads of each row; nothing for a picture."""
        if not self.is_alive:
            return [{} for _ in labels]
        names, codes = self._shown_names(), self._codes()
        briefs = [names.short(code, _BRIEF) for code in codes]
        if len(labels) < len(codes):
            briefs = [*briefs[: len(labels) - 1], labels[-1]]
        return [
            {"px": round(text_width(label)), "brief": legal(brief)}
            for label, brief in zip(labels, briefs, strict=True)
        ]

    def shortened(self, room: str) -> Spec:
        """Return the name of a row in one line as a channel, for a page.

        One that begins as another does is shortened in its middle; others are cut off by the mark.
        """
        return at(f"datum.px > {room} && datum.alike ? datum.brief : datum.label")

    def alike(self) -> list[bool]:
        """Return which rows have a name that begins as another one does."""
        names = self._shown_names()
        return [names.differs_at(code) is not None for code in self._codes()]

    def _lines(self, label: str, start: int | None, room: float) -> list[str]:
        whole = [label] if self.is_alive else wrapped(label, room)
        seen = NARROW_PX if self.is_alive else room
        is_seen = text_width(label) <= seen or (len(whole) > 1 and " ".join(whole) == label)
        if start is None or is_seen or not label[start:].strip():
            return whole
        halves = label[:start].rstrip(), label[start:]
        return list(halves) if self.is_alive else [_cut(half, room) for half in halves]

    def _codes(self) -> list[str]:
        return self.table.codes()

    def _shown_names(self) -> Names:
        return row_names(self.tile.columns[0], self._codes(), self.locale, self.names)

    def number(self, count: int) -> str:
        """Return a count in full, as the reader's language writes it."""
        return format_number(count, self.locale)

    def share(self, part: float, whole: float, of: str) -> str:
        """Return a share with what it is a share of; empty where there is no whole."""
        return f"{format_share(part / whole, self.locale)} {of}" if whole else ""

    def tooltip(self, count: int, share: str) -> str:
        """Return a count for a tooltip, with its share if there is one."""
        return f"{self.number(count)} ({share})" if share else self.number(count)

    def color(self, metric_id: str) -> str:
        """Return a metric's colour in the chart's theme."""
        return palette.color(metric_id, self.theme)

    def paper(self, part: str) -> str:
        """Return the colour of ``ink``, ``soft``, ``rule`` or ``ground``."""
        return palette.paper(part, self.theme)

    def words(self, **mark: object) -> Spec:
        """Return a text mark in the chart's type, in the muted text color by default."""
        base = {
            "type": "text",
            "lineHeight": LINE,
            "aria": False,
            "baseline": "middle",
            "align": "left",
        }
        plain = {"font": FONT, "fontSize": SIZE, "fill": self.paper("soft")}
        return {**base, **plain, **mark}

    def nothing(self) -> Spec:
        """Return what is drawn where there is nothing to draw: the words for it."""
        words = NO_DATA if self.tile.by == "bucket" else nothing_in(self.tile)
        text = words(self.locale)
        middle = {"x": at("width / 2"), "y": at("height / 2")}
        return {
            "data": {"values": [{"text": text}]},
            "mark": self.words(align="center", limit=expr("width")),
            "encoding": {**middle, "text": {"field": "text"}},
        }

    def sheet(self, **parts: object) -> Spec:
        """Return a whole specification: its size, its sentence, its ground, its parts.

        Everything inside is placed by the signals ``width`` and ``height``, so that a page may
        set them.
        """
        ground = None if self.is_alive else self.paper("ground")
        sentence = summary(
            self.tile,
            self.table,
            locale=self.locale,
            names=self.names,
            time_zone=self.time_zone,
        )
        return {
            "description": legal(sentence),
            "background": ground,
            "width": self.width,
            "height": self.height,
            "autosize": {"type": "none"},
            "padding": 0,
            "config": {"font": FONT, "view": {"stroke": None}},
            **parts,
        }


def legal(text: str) -> str:
    """Return a text with a mark in place of what XML does not allow."""
    return _UNDRAWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def drawable(name: str) -> str:
    """Return a name from outside as one line of letters that can be drawn, not endless."""
    return legal(shorten(name, LONGEST_NAME))


def expr(expression: str) -> Spec:
    """Return a value that Vega works out from the signals of the sheet."""
    return {"expr": expression}


def at(expression: str) -> Spec:
    """Return an encoding channel with a value that Vega works out, by datum if it names one."""
    return {"value": {"expr": expression}}


def text_width(text: str, size: float = SIZE) -> float:
    """Return about how wide a text is in px, rather too wide than too narrow."""
    return ems(text, _WIDTHS, _USUAL_WIDTH) * size


def wrapped(text: str, room: float) -> list[str]:
    """Return a text in at most two lines of *room* px, in the widest of the usual types.

    For pictures: they have no tooltips for truncated names, and their reader may have another
    type than the machine that drew them.
    """
    if text_width(text) <= room:
        return [text]
    words = text.split(" ")
    fits = [n for n in range(1, len(words)) if text_width(" ".join(words[:n])) <= room]
    if not fits:
        return [_cut(text, room)]
    return [" ".join(words[: fits[-1]]), _cut(" ".join(words[fits[-1] :]), room)]


def _cut(text: str, room: float) -> str:
    if text_width(text) <= room:
        return text
    length = len(text)
    while length > 1 and text_width(text[:length]) + SIZE > room:
        length -= 1
    return f"{text[:length].rstrip()}…"


def titled(spec: Spec, title: str, caption: str, chart: Chart) -> Spec:
    """Return a specification with a title over it, under that a quieter caption, and a margin."""
    fonts = {"font": FONT, "fontSize": 13, "subtitleFont": FONT, "subtitleFontSize": 11}
    inks = {"color": chart.paper("ink"), "subtitleColor": chart.paper("soft")}
    head: Spec = {"text": title, "fontWeight": 600, "anchor": "start", "frame": "bounds"}
    head |= {"offset": 10, "limit": chart.width, **fonts, **inks}
    if caption:
        head |= {"subtitle": drawable(caption), "subtitlePadding": 4}
    room = _HEAD_PX + (_CAPTION_PX if caption else 0)
    is_fit = spec["autosize"]["type"] == "fit"  # then Vega finds the room, within the height
    grown = {"height": spec["height"] + room} if is_fit else {}
    sides = dict.fromkeys(("left", "bottom", "right"), MARGIN_PX)
    top = MARGIN_PX + (0 if is_fit else room)
    return {**spec, **grown, "title": head, "padding": {"top": top, **sides}}
