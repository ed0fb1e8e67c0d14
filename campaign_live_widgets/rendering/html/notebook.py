"""The report as HTML that stands still, for a notebook's outputs.

No script, no style sheet, no id: it reads on any notebook viewer, also on those that take
styles away, and several may stand in one page. Charts are pictures in it, where what draws
them is installed; their numbers stand below them as a table.
"""

from __future__ import annotations

import base64
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign_live_widgets import catalog
from campaign_live_widgets.catalog import TABS, TILES, Text, column_label
from campaign_live_widgets.errors import MissingExtraError
from campaign_live_widgets.rendering.charts import chart_kinds, specification
from campaign_live_widgets.rendering.charts.export import svg
from campaign_live_widgets.rendering.html.markup import Markup, tag
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.labels import NO_DATA, NO_VALUE, nothing, share_of
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.rendering.model.table_model import table
from campaign_live_widgets.report import frame as frame_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.rendering.model.report_view import Still
    from campaign_live_widgets.rendering.model.table_model import Row, Table

_MOST_ROWS: Final = 100
"""More rows of a table than this are in the files of the report, not in a notebook."""
_MOST_BARS: Final = 20
_LONGEST_NAME: Final = 80
_MORE: Final = Text("… and {} more rows", "… et {} autres lignes")
_WIDE: Final = 960
_HALF: Final = 560
_MARGIN: Final = MappingProxyType({"left": 24, "top": 0, "right": 24, "bottom": 0})
"""Around a picture, in px: where it is looked at, letters may be wider than where it was made."""
_FONT: Final = (
    "font:13px/18px system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;"
    "font-variant-numeric:tabular-nums"
)
_RULE: Final = "1px solid rgba(128,136,148,.35)"
_SOFT: Final = "opacity:.72"
_TILE: Final = "margin:0 0 20px;border-top:2px solid"
_CELL: Final = f"padding:3px 8px;border:0;border-bottom:{_RULE};background:none"
_STYLES: Final = MappingProxyType(
    {
        "title": "margin:6px 0;font-size:14px;line-height:18px;font-weight:600",
        "row": "display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start",
        "card": "display:inline-block;margin:0 32px 8px 0;vertical-align:top",
        "value": "font-size:26px;line-height:32px;font-weight:600",
        "picture": "display:block;max-width:100%;height:auto;background:#fff",
        "table": "border-collapse:collapse;margin:4px 0 0;font-size:12px;line-height:16px",
        "name": f"{_CELL};text-align:left;font-weight:400;unicode-bidi:plaintext",
        "number": f"{_CELL};text-align:right;white-space:nowrap",
    }
)


def fragment(still: Still, *, pictures: bool = True) -> str:
    """Return the whole report, tab by tab.

    Parameters
    ----------
    still : Still
    pictures : bool
        Whether charts are drawn; without them, and where what draws them is not installed,
        there are tables alone.
    """
    parts = []
    for tab, row in still.places.items():
        shown = [place for place in row if place.shown]
        if shown:
            title = TABS[tab](still.locale) if tab in TABS else tab
            parts.append(tag("h3", title, style="margin:16px 0 8px;font-size:16px"))
        for place in shown:
            found = TILES[place.tile_id]
            parts.append(_of_still(still, found, place.view, pictures=pictures))
    return _root(_head(still), parts, locale=still.locale)


def tile(still: Still, tile_id: str, *, pictures: bool = True) -> str:
    """Return one tile, with a line on what its numbers are of.

    Raises :class:`UnknownNameError` for a tile that there is not.
    """
    made = _of_still(still, catalog.tile(tile_id), None, pictures=pictures)
    return _root(made, tag("p", caption(still), style=_SOFT), locale=still.locale)


def frame_html(  # noqa: PLR0913 - one call draws one tile
    tile: Tile,
    frame: pd.DataFrame,
    *,
    locale: str = "en",
    names: Mapping[str, str] = MappingProxyType({}),
    time_zone: str = "UTC",
    view: str | None = None,
    note: str = "",
    pictures: bool = True,
) -> str:
    """Return *frame*, the rows of *tile*, as :func:`tile` does.

    Parameters
    ----------
    view : str, optional
        One of ``tile.kinds``: as what it is drawn; by default its first.
    note : str
        A line on what the numbers are of.
    """
    made = _tile(
        tile,
        frame,
        locale=locale,
        names=names,
        time_zone=time_zone,
        view=view,
        pictures=pictures,
    )
    return _root(made, tag("p", note, style=_SOFT) if note else None, locale=locale)


def caption(still: Still) -> str:
    """Return campaign, window, zone and what part is counted, in one line."""
    snapshot = still.snapshot
    span = phrases.span(snapshot, still.time_zone, still.locale)
    return " \N{MIDDLE DOT} ".join(
        [
            phrases.shorten(snapshot.campaign_name or snapshot.campaign_id, 120),
            f"{span} {phrases.zone(snapshot.window.end, still.time_zone)}",
            *phrases.scope(snapshot, still.time_zone, still.locale),
        ]
    )


def _root(*parts: Markup | Iterable[Markup] | None, locale: str) -> str:
    return tag("div", *parts, style=_FONT, lang=locale)


def _head(still: Still) -> Markup:
    snapshot, locale = still.snapshot, still.locale
    name = snapshot.campaign_name or snapshot.campaign_id
    newest = snapshot.newest_event
    told = [caption(still).partition(" \N{MIDDLE DOT} ")[2]]
    if newest is not None:
        moment = phrases.moment(newest, still.time_zone, locale)
        told.append(f"{phrases.WORDS['newest'](locale)} {moment}")
    numbers = phrases.health_numbers(snapshot.health, locale)
    terms = phrases.health_terms(locale)
    told += [f"{word}: {number}" for (word, _), number in zip(terms, numbers, strict=True)]
    title = tag("h2", phrases.shorten(name, 120), style="margin:0 0 4px;font-size:20px")
    return tag("div", title, tag("p", " \N{MIDDLE DOT} ".join(told), style="margin:0"))


def _of_still(still: Still, tile: Tile, view: str | None, *, pictures: bool) -> Markup:
    return _tile(
        tile,
        frame_of(tile, still.snapshot),
        locale=still.locale,
        names=still.snapshot.message_names,
        time_zone=still.time_zone,
        view=view,
        pictures=pictures,
    )


def _tile(  # noqa: PLR0913 - what one tile is drawn from
    tile: Tile,
    frame: pd.DataFrame,
    *,
    locale: str,
    names: Mapping[str, str],
    time_zone: str,
    view: str | None,
    pictures: bool,
) -> Markup:
    shown = view if view in tile.kinds else tile.kinds[0]
    body: list[Markup] = []
    if shown == "kpi":
        body.append(_cards(tile, frame, locale))
    elif shown in chart_kinds(tile) and pictures:
        width = _WIDE if shown == "lines" else _HALF
        spec = specification(
            tile,
            frame,
            locale=locale,
            names=names,
            time_zone=time_zone,
            kind=shown,
            shade="light",
            width=width,
            most=_MOST_BARS if shown == "bars" else None,
        )
        said = summary(tile, frame, locale=locale, names=names, time_zone=time_zone)
        body += _picture(spec, said)
    if shown != "kpi":
        made = table(tile, frame, locale=locale, names=names, time_zone=time_zone)
        body += _rows(tile, made, locale, beside=bool(body))
    title = tag("h4", tile.title(locale), style=_STYLES["title"])
    return tag("div", title, tag("div", body, style=_STYLES["row"]), style=_TILE)


def _rows(tile: Tile, made: Table, locale: str, *, beside: bool) -> Iterator[Markup]:
    """Yield the table; *beside* its chart, a series is told by its sums."""
    if not made.rows:
        if not beside:  # the chart says so itself
            words = nothing(tile.metrics[0]) if tile.by else NO_DATA
            yield tag("p", words(locale), style=_SOFT)
        return
    rows = () if beside and tile.by == "bucket" else made.rows
    heads = [
        tag("th", h.label, scope="col", style=_STYLES["number" if i else "name"])
        for i, h in enumerate(made.headings)
    ]
    more = ""
    if len(rows) > _MOST_ROWS:
        more = _MORE(locale).format(format_number(len(rows) - _MOST_ROWS, locale))
    yield tag(
        "table",
        tag("caption", more, style=f"caption-side:bottom;{_SOFT}") if more else None,
        tag("thead", tag("tr", heads, style=_SOFT)),
        tag(
            "tbody",
            _row(made.total, bold=True) if made.total else None,
            (_row(row) for row in rows[:_MOST_ROWS]),
        ),
        style=_STYLES["table"],
    )


def _picture(spec: dict[str, object], said: str) -> list[Markup]:
    """Return a chart as a picture; nothing where what draws it is not installed."""
    try:
        drawn = svg({**spec, "padding": dict(_MARGIN)})
    except MissingExtraError:
        return []
    data = base64.b64encode(drawn.encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    return [tag("img", src=source, alt=said, style=_STYLES["picture"])]


def _cards(tile: Tile, frame: pd.DataFrame, locale: str) -> Markup:
    of = share_of(tile.share_of)(locale) if tile.share_of else ""
    shares = frame.get("share", pd.Series([float("nan")] * len(frame)))
    cards = []
    for metric, count, share in zip(frame["metric"], frame["count"], shares, strict=True):
        known = NO_VALUE(locale) if pd.isna(count) else format_number(count, locale)
        part = "" if pd.isna(share) or not of else f"{format_share(share, locale)} {of}"
        cards.append(
            tag(
                "div",
                tag("div", tag("strong", known), style=_STYLES["value"]),
                tag("div", column_label(str(metric), locale)),
                tag("div", part, style=_SOFT) if part else None,
                style=_STYLES["card"],
            )
        )
    return tag("div", cards)


def _row(row: Row, *, bold: bool = False) -> Markup:
    name = phrases.shorten(row.name, _LONGEST_NAME)
    cells = [cell.text for cell in row.cells]
    return tag(
        "tr",
        tag("th", tag("strong", name) if bold else name, scope="row", style=_STYLES["name"]),
        (
            tag("td", tag("strong", text) if bold else text, style=_STYLES["number"])
            for text in cells
        ),
    )
