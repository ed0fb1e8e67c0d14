"""The first paint: the root of the report as HTML, and the style that only it needs."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from campaign_live_widgets.layouts.places import COLUMNS, GAP_PX, GUTTER_PX, ROW_PX
from campaign_live_widgets.rendering.first_paint.bars import bars
from campaign_live_widgets.rendering.first_paint.donut import donut
from campaign_live_widgets.rendering.first_paint.head import chips, head, picks
from campaign_live_widgets.rendering.first_paint.intervals import interval_rows
from campaign_live_widgets.rendering.first_paint.lines import lines
from campaign_live_widgets.rendering.first_paint.numbers_and_rows import cards, grid
from campaign_live_widgets.rendering.first_paint.sheet import Sheet
from campaign_live_widgets.rendering.html import templates
from campaign_live_widgets.rendering.html.geometry import GEOMETRY
from campaign_live_widgets.rendering.language.labels import PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.rendering.first_paint.parts import PagePart, TilePart


class FirstPaint(NamedTuple):
    """What goes into a page: style rules for its head, and the report for its body."""

    style: Markup
    html: Markup


def paint(page: PagePart) -> FirstPaint:
    """Return the report as the live page shows it."""
    sheet = Sheet()
    tiles = [_tile(page, part, sheet) for part in page.tiles]
    html = templates.render(
        "rendering/first_paint/page.html.j2",
        page=page,
        head=head(page),
        picks=picks(page),
        chips=chips(page),
        tiles=tiles,
        labels={key: text(page.locale) for key, text in PAGE.items()},
        icons=_icons(),
        geometry=GEOMETRY,
        grid={"columns": COLUMNS, "row": ROW_PX, "gap": GAP_PX, "gutter": GUTTER_PX},
    )
    style = templates.read("rendering/first_paint/first_paint.css") + sheet.text
    return FirstPaint(Markup(style), html)  # noqa: S704 - only numbers and ids of our own in it


class _Tile(NamedTuple):
    """One tile, with what its view draws."""

    part: TilePart
    view: Any
    title_id: str
    text_id: str


def _tile(page: PagePart, part: TilePart, sheet: Sheet) -> _Tile:
    view, rows = part.view, part.place.rows
    title_id, text_id = sheet.id(), sheet.id()
    drawn: Any
    if view.kind == "kpi":
        drawn = cards(view, rows)
    elif view.kind == "table":
        drawn = grid(view, rows)
    elif view.kind == "bars":
        drawn = bars(view, rows, sheet)
    elif view.kind == "donut":
        drawn = donut(view, sheet)
    elif view.kind == "intervals":
        drawn = interval_rows(view, sheet)
    else:
        drawn = lines(view, rows, page.time_zone, sheet)
    return _Tile(part, drawn, title_id, text_id)


@cache
def _icons() -> Mapping[str, str]:
    icons: dict[str, str] = json.loads(templates.read("rendering/html/icons.json"))
    return icons
