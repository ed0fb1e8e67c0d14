"""One tile of the page: its title, its switch, its figures, its table, room for its charts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign_live_widgets.catalog import METRICS, TILES, column_label, notes
from campaign_live_widgets.rendering.charts import chart_kinds
from campaign_live_widgets.rendering.html.es_modules import read
from campaign_live_widgets.rendering.html.markup import Markup, tag
from campaign_live_widgets.rendering.html.page.head import meanings
from campaign_live_widgets.rendering.language.labels import (
    NO_DATA,
    NO_VALUE,
    PAGE,
    VIEW_NAMES,
    nothing,
    share_of,
)
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.language.page_labels import WORDS
from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.rendering.model.table_model import table

if TYPE_CHECKING:
    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.rendering.model.report_view import Still
    from campaign_live_widgets.rendering.model.table_model import Row

_LONGEST_HINT: Final = 300
_ICONS: Final[dict[str, str]] = json.loads(read("rendering/html/icons.json"))


def shown_places(still: Still) -> dict[str, list[tuple[Tile, Place]]]:
    """Return tiles and their places by tab; what is taken off the page is not in it."""
    placed = {
        tab: [(TILES[place.tile_id], place) for place in row if place.shown]
        for tab, row in still.places.items()
    }
    return {tab: row for tab, row in placed.items() if row}


def tile_of(still: Still, tile: Tile, place: Place, frame: pd.DataFrame) -> Markup:
    """Return one tile with all its views; the style shows the one that *place* names."""
    locale = still.locale
    kinds = tile.kinds
    shown = place.view if place.view in kinds else kinds[0]
    said = summary(
        tile,
        frame,
        locale=locale,
        names=still.snapshot.message_names,
        time_zone=still.time_zone,
    )
    views = [
        figures(tile, frame, locale, said) if "kpi" in kinds else None,
        *(_room(kind, said) for kind in chart_kinds(tile)),
        rows(still, tile, frame, said),
    ]
    name = f"{tile.css_class}-title"
    return tag(
        "article",
        _tile_head(tile, kinds, shown, name, locale),
        views,
        class_=f"clw-tile {tile.css_class}",
        style=f"--rows:{place.rows};--columns:{place.columns}",
        data_tile=tile.id,
        data_view=shown,
        aria_labelledby=name,
    )


def figures(tile: Tile, frame: pd.DataFrame, locale: str, said: str = "") -> Markup:
    """Return the key figures of a tile of metrics, one card each."""
    of = share_of(tile.share_of)(locale) if tile.share_of else ""
    shares = frame.get("share", pd.Series([float("nan")] * len(frame)))
    cards = [
        _card(str(metric), count, share, of, locale)
        for metric, count, share in zip(frame["metric"], frame["count"], shares, strict=True)
    ]
    body = tag("div", cards, class_="clw-kpi-list", role="list") if cards else _empty(tile, locale)
    spoken = tag("p", said, class_="clw-unseen") if said else None
    return tag("div", spoken, body, class_="clw-view clw-kpis", data_kind="kpi")


def rows(still: Still, tile: Tile, frame: pd.DataFrame, said: str) -> Markup:
    """Return a tile's frame as a table that the script can sort."""
    locale = still.locale
    made = table(
        tile,
        frame,
        locale=locale,
        names=still.snapshot.message_names,
        time_zone=still.time_zone,
    )
    if not made.rows:
        empty = [tag("p", said, class_="clw-unseen"), _empty(tile, locale)]
        return tag("div", empty, class_="clw-view clw-table", data_kind="table")
    heads = [
        tag("th", h.label, scope="col", title=h.definition or None, data_column=h.id)
        for h in made.headings
    ]
    total = _row(made.total, class_="clw-table-total") if made.total else None
    grid = tag(
        "table",
        tag("caption", said, class_="clw-unseen"),
        tag("thead", tag("tr", heads), total),
        tag("tbody", (_row(row) for row in made.rows)),
        class_="clw-table-grid",
        data_by=tile.columns[0],
    )
    return tag("div", grid, class_="clw-view clw-table", data_kind="table", tabindex="0")


def _row(row: Row, class_: str | None = None) -> Markup:
    name = tag("th", row.name, scope="row", dir="auto", title=_hint(row.name))
    cells = (
        tag(
            "td",
            cell.text,
            class_="clw-zero" if cell.value == 0 else None,
            title=cell.rate or None,
            data_value=cell.value,
        )
        for cell in row.cells
    )
    return tag("tr", name, cells, class_=class_, data_code=row.code[:_LONGEST_HINT] or None)


def _card(metric: str, count: float, share: float, of: str, locale: str) -> Markup:
    known, shared = not pd.isna(count), bool(of) and not pd.isna(share)
    value = tag(
        "div",
        format_number(count, locale) if known else NO_VALUE(locale),
        class_="clw-kpi-value",
        data_value=int(count) if known else None,
    )
    part = f"width:{100 * min(max(float(share), 0.0), 1.0):.2f}%" if shared else ""
    color = f"background:{palette.css_color(metric)}"
    state = ("value" if count else "zero") if known else "unknown"
    return tag(
        "div",
        value,
        tag("div", column_label(metric, locale), class_="clw-kpi-label"),
        tag("div", f"{format_share(share, locale)} {of}" if shared else "", class_="clw-kpi-share"),
        tag("div", tag("i", style=f"{color};{part}"), class_="clw-kpi-bar") if shared else None,
        class_=f"clw-kpi clw-kpi-{metric.replace('_', '-')}",
        role="listitem",
        title=METRICS[metric].definition(locale) if metric in METRICS else None,
        data_state=state,
    )


def _room(kind: str, said: str) -> Markup:
    """Return where the script draws a chart; to those who hear the page, its sentence."""
    return tag(
        "div",
        class_=f"clw-view clw-chart clw-{kind}",
        data_kind=kind,
        role="img",
        aria_label=said,
    )


def _empty(tile: Tile, locale: str) -> Markup:
    words = nothing(tile.metrics[0]) if tile.by else NO_DATA
    return tag("p", words(locale), class_="clw-empty")


def _tile_head(tile: Tile, kinds: tuple[str, ...], shown: str, name: str, locale: str) -> Markup:
    title = tile.title(locale)
    buttons = [
        tag(
            "button",
            icon(kind),
            type="button",
            class_=f"clw-tile-view clw-tile-view-{kind}",
            title=VIEW_NAMES[kind](locale),
            aria_label=VIEW_NAMES[kind](locale),
            aria_pressed=str(kind == shown).lower(),
            data_kind=kind,
        )
        for kind in kinds
    ]
    label = PAGE["showAsOf"](locale).format(title)
    switch = tag("div", buttons, class_="clw-tile-switch", role="group", aria_label=label)
    return tag(
        "div",
        tag("h3", title, class_="clw-tile-title", id=name, title=title),
        switch if len(kinds) > 1 else None,
        *_about(tile, locale),
        class_="clw-tile-head",
    )


def _about(tile: Tile, locale: str) -> tuple[Markup, Markup]:
    """Return a button, and the card it opens, by script or without: what the numbers mean."""
    card, title = f"{tile.css_class}-about", tile.title(locale)
    button = tag(
        "button",
        icon("menu"),
        type="button",
        class_="clw-tile-menu",
        popovertarget=card,
        title=PAGE["meanings"](locale),
        aria_label=f"{PAGE['meanings'](locale)}: {title}",
    )
    save = tag("button", WORDS["csv"](locale), type="button", class_="clw-button clw-tile-csv")
    said = [tag("p", note, class_="clw-meanings-note") for note in notes(tile, locale)]
    popover = tag(
        "div",
        tag("p", title, class_="clw-meanings-title"),
        save,
        meanings(tile.metrics, locale),
        said,
        tag("p", PAGE["once"](locale), class_="clw-meanings-note"),
        class_="clw-pop clw-meanings",
        id=card,
        popover="auto",
        aria_label=f"{PAGE['meanings'](locale)}: {title}",
        role="dialog",
    )
    return button, popover


def icon(kind: str) -> Markup:
    """Return the drawing on a button."""
    path = tag("path", d=_ICONS.get(kind, _ICONS["kpi"]))
    return tag("svg", path, viewBox="0 0 14 14", aria_hidden="true")


def _hint(name: str) -> str:
    return name if len(name) <= _LONGEST_HINT else f"{name[:_LONGEST_HINT]}…"
