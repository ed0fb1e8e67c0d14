"""The report on paper: A4 pages, one tab after another, everything in words and numbers."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import METRICS, TABS, TILES, Text, meaning
from campaign_live_widgets.drawing import palette, phrases
from campaign_live_widgets.drawing.pdf_tiles import GUTTER_PT, WIDTH_PT, tile_parts
from campaign_live_widgets.drawing.places import COLUMNS
from campaign_live_widgets.drawing.vega.chart import FAMILIES, drawable, legal
from campaign_live_widgets.drawing.words import PAGE
from campaign_live_widgets.errors import MissingExtraError
from campaign_live_widgets.report import frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign_live_widgets.drawing.places import Place
    from campaign_live_widgets.drawing.still import Still

_TITLE: Final = Text("Campaign report: {}", "Rapport de campagne\N{NO-BREAK SPACE}: {}")
_WINDOW: Final = Text("Window", "Période")
_ZONE: Final = Text("Time zone", "Fuseau horaire")
_PART: Final = Text("Only", "Uniquement")
_MADE: Final = Text("Made on {}", "Établi le {}")
_REJECTED: Final = Text("Rejected: {}", "Rejetée\N{NO-BREAK SPACE}: {}")
_RATE: Final = Text("rate: {}", "taux\N{NO-BREAK SPACE}: {}")
_REJECTS: Final = 8
"""How many rejected rows are told, one a line."""


def pdf(still: Still) -> bytes:
    """Return the report as a PDF, the same for the same still on the same machine.

    Raises
    ------
    MissingExtraError
        If typst or vl-convert is not installed.
    """
    try:
        typst = import_module("typst")
    except ImportError:
        raise MissingExtraError("PDF") from None
    template = files(__package__).joinpath("pdf.typ").read_bytes()
    report = json.dumps(_report(still))
    made: bytes = typst.compile(template, format="pdf", sys_inputs={"report": report})
    return made


def _report(still: Still) -> dict[str, Any]:
    """Return all that the pages say, as the template knows it."""
    snapshot, locale, zone = still.snapshot, still.locale, still.time_zone
    name = drawable(snapshot.campaign_name or snapshot.campaign_id) or snapshot.campaign_id
    window = phrases.span(snapshot, zone, locale)
    ends = f"{window} {phrases.zone(snapshot.window.end, zone)}"
    made = still.made_at.astimezone(snapshot.window.end.tzinfo)
    tabs = list(_tabs(still))
    return {
        "title": _TITLE(locale).format(name),
        "description": ends,
        "name": name,
        "id": drawable(snapshot.campaign_id) if snapshot.campaign_name else "",
        "lang": locale,
        "made": {
            part: getattr(made, part)
            for part in ("year", "month", "day", "hour", "minute", "second")
        },
        "paper": {part: palette.paper(part, "light") for part in palette.PAPER},
        "fonts": list(FAMILIES),
        "window": ends,
        "facts": [[fact, value] for fact, value in _facts(still).items() if value],
        "health": [
            [term, number, meant]
            for (term, meant), number in zip(
                phrases.health_terms(locale),
                phrases.health_numbers(snapshot.health, locale),
                strict=True,
            )
        ],
        "health_notes": _health_notes(still),
        "footer": _MADE(locale).format(phrases.moment(still.made_at, zone, locale)),
        "tabs": tabs,
        "meanings": {"title": PAGE["meanings"](locale), "terms": list(_meanings(still))},
    }


def _facts(still: Still) -> dict[str, str]:
    """Return what the numbers are of: a name and its value for each line of the head."""
    snapshot, locale, zone = still.snapshot, still.locale, still.time_zone
    window, newest = snapshot.window, snapshot.newest_event
    length = phrases.length(window.length, locale)
    span = f"{phrases.span(snapshot, zone, locale)} {phrases.zone(window.end, zone)}"
    note = phrases.window_note(snapshot, zone, locale) if snapshot.ending == "newest" else ""
    as_of, _, rest = phrases.WORDS["as_of"](locale).partition("{}")
    scope = [part for part in phrases.scope(snapshot, zone, locale) if part != zone]
    return {
        _WINDOW(locale): " ".join(filter(None, (f"{length}, {span}.", note))),
        f"{as_of}{rest}".strip(): phrases.moment(window.end, zone, locale),
        phrases.WORDS["newest"](locale): phrases.moment(newest, zone, locale)
        if newest
        else phrases.WORDS["none"](locale),
        _ZONE(locale): zone,
        _PART(locale): legal("; ".join(scope)),
    }


def _health_notes(still: Still) -> list[str]:
    health, locale = still.snapshot.health, still.locale
    told = [
        _REJECTED(locale).format(
            f"{reject.file}{'' if reject.row is None else f', {reject.row}'}: {reject.cause}"
        )
        for reject in health.rejects[:_REJECTS]
    ]
    return [drawable(line) for line in (*health.notes, *told)]


def _tabs(still: Still) -> Iterator[dict[str, Any]]:
    """Yield the tabs with their rows of tiles; a full one is followed by a new page."""
    before = 0
    for tab, places in still.places.items():
        shown = [place for place in places if place.shown and place.tile_id in TILES]
        if not shown:
            continue
        title = TABS[tab](still.locale) if tab in TABS else drawable(tab)
        yield {"title": title, "breaks": before > 2, "rows": list(_rows(still, shown))}  # noqa: PLR2004
        before = len(shown)


def _rows(still: Still, places: Sequence[Place]) -> Iterator[dict[str, Any]]:
    """Yield rows of tiles in reading order; what has no neighbour takes the whole width."""
    row: list[Place] = []
    for place in places:
        wide = _is_wide(still, place)
        if row and (wide or sum(one.columns for one in row) + place.columns > COLUMNS):
            yield _row(still, row)
            row = []
        row.append(place)
        if wide:
            yield _row(still, row)
            row = []
    if row:
        yield _row(still, row)


def _is_wide(still: Still, place: Place) -> bool:
    """Return whether a tile needs the paper's whole width: large tables, and figures."""
    tile = TILES[place.tile_id]
    kind = place.view or tile.views[0]
    if kind == "kpi" or place.columns == COLUMNS:
        return True
    rows = len(frame(tile, still.snapshot))
    many_rows, many_columns = 10, 4
    return kind == "table" and (rows > many_rows or len(tile.columns) > many_columns)


def _row(still: Still, row: Sequence[Place]) -> dict[str, Any]:
    columns = [place.columns for place in row]
    room = WIDTH_PT - GUTTER_PT * (len(row) - 1)
    tiles = [
        tile_parts(still, place, room * place.columns / sum(columns), alone=len(row) == 1)
        for place in row
    ]
    return {"columns": columns, "tiles": tiles}


def _meanings(still: Still) -> Iterator[dict[str, str]]:
    """Yield what each metric on the pages means and what its rate divides by."""
    shown = {
        metric
        for places in still.places.values()
        for place in places
        if place.shown and place.tile_id in TILES
        for metric in (*TILES[place.tile_id].metrics, TILES[place.tile_id].share_of)
    }
    for metric_id in METRICS:
        if metric_id in shown:
            told = meaning(metric_id, still.locale)
            rate = _RATE(still.locale).format(told.rate) if told.rate else ""
            formula = PAGE["formula"](still.locale).format(told.formula)
            formula = "; ".join(filter(None, (formula, rate)))
            yield {"label": told.label, "definition": told.definition, "formula": formula}
