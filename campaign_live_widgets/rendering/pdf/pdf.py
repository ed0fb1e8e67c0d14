"""The report on paper: A4 pages, one tab after another, everything in words and numbers."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import METRICS, TABS, Text, meaning, tile_of
from campaign_live_widgets.errors import MissingExtraError
from campaign_live_widgets.layouts.places import COLUMNS
from campaign_live_widgets.rendering.charts.chart import FAMILIES, drawable, legal
from campaign_live_widgets.rendering.language import phrases, times
from campaign_live_widgets.rendering.language.labels import PAGE
from campaign_live_widgets.rendering.language.shorten import shorten
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.rendering.pdf.tiles import GUTTER_PT, WIDTH_PT, leaves_out, tile_parts
from campaign_live_widgets.report import tile_table, visible_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.rendering.model.report_view import ReportView

_TITLE: Final = Text("Campaign report: {}", "Rapport de campagne\N{NO-BREAK SPACE}: {}")
_WINDOW: Final = Text("Window", "Période")
_ZONE: Final = Text("Time zone", "Fuseau horaire")
_PART: Final = Text("Only", "Uniquement")
_MADE: Final = Text("Made on {}", "Établi le {}")
_REJECTED: Final = Text("Rejected: {}", "Rejetée\N{NO-BREAK SPACE}: {}")
_RATE: Final = Text("rate: {}", "taux\N{NO-BREAK SPACE}: {}")
_ALSO: Final = Text("; ", "\N{NO-BREAK SPACE}; ")
_LONGEST_NAME: Final = 120
_REJECTS: Final = 8
"""Maximum number of rejected rows that are listed, one a line."""
_HALF: Final = COLUMNS // 2
_PAGE_PT: Final = 660.0
"""A part that is not higher is kept on one page."""
_LEAST_COLUMNS: Final = 5
"""A chart beside another tile is at least so wide, of twelve columns."""


def pdf(report: ReportView) -> bytes:
    """Return the report as a PDF, the same bytes for an equal view on the same machine.

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
    values = json.dumps(_report(report))
    made: bytes = typst.compile(template, format="pdf", sys_inputs={"report": values})
    return made


def _report(report: ReportView) -> dict[str, Any]:
    """Return the values of the template."""
    snapshot, locale, zone = report.snapshot, report.locale, report.time_zone
    known = visible_name(snapshot.campaign_name)
    name = legal(shorten(known or snapshot.campaign_id, _LONGEST_NAME)) or snapshot.campaign_id
    window = phrases.span(snapshot, zone, locale)
    made = report.made_at.astimezone(snapshot.window.end.tzinfo)
    tabs = list(_tabs(report))
    return {
        "title": _TITLE(locale).format(legal(phrases.campaign(snapshot, _LONGEST_NAME))),
        "description": window,
        "name": name,
        "short_name": legal(phrases.campaign(snapshot)),
        "id": drawable(snapshot.campaign_id) if known else "",
        "lang": locale,
        "made": {
            part: getattr(made, part)
            for part in ("year", "month", "day", "hour", "minute", "second")
        },
        "paper": {part: palette.paper(part, "light") for part in palette.PAPER}
        | {"tint": palette.color("bounces", "light")},
        "fonts": list(FAMILIES),
        "window": window,
        "facts": [[fact, value] for fact, value in _facts(report).items() if value],
        "health": [
            [term, number, meant]
            for term, meant, number in phrases.health_facts(snapshot.health, locale)
        ],
        "health_notes": _health_notes(report),
        "footer": _MADE(locale).format(times.moment(report.made_at, zone, locale)),
        "tabs": tabs,
        "meanings": {"title": PAGE["meanings"](locale), "terms": list(_meanings(report))},
    }


def _facts(report: ReportView) -> dict[str, str]:
    """Return what the numbers are of: a name and its value for each line of the head."""
    snapshot, locale, zone = report.snapshot, report.locale, report.time_zone
    window, newest = snapshot.window, snapshot.newest_event
    length = phrases.length(window.length, locale)
    span = phrases.span(snapshot, zone, locale)
    note = phrases.window_note(snapshot, zone, locale) if snapshot.ending == "newest" else ""
    as_of, _, rest = phrases.WORDS["as_of"](locale).partition("{}")
    scope = [part for part in phrases.scope(snapshot, zone, locale) if part != zone]
    return {
        _WINDOW(locale): " ".join(filter(None, (f"{length}, {span}.", note))),
        f"{as_of}{rest}".strip(): times.moment(window.end, zone, locale),
        phrases.WORDS["newest"](locale): times.moment(newest, zone, locale)
        if newest
        else phrases.WORDS["none"](locale),
        _ZONE(locale): zone,
        _PART(locale): legal(_ALSO(locale).join(scope)),
    }


def _health_notes(report: ReportView) -> list[str]:
    health, locale = report.snapshot.health, report.locale
    rejects = [
        _REJECTED(locale).format(
            f"{reject.file}{'' if reject.row is None else f', {reject.row}'}: {reject.cause}"
        )
        for reject in health.rejects[:_REJECTS]
    ]
    notes = phrases.health_notes(health, report.time_zone, locale)
    return [drawable(line) for line in (*notes, *rejects)]


def _tabs(report: ReportView) -> Iterator[dict[str, Any]]:
    """Yield the tabs with their rows of tiles; a full one is followed by a new page."""
    before = 0
    for tab, row in report.visible.items():
        tiles = [place for _, place in row]
        title = TABS[tab](report.locale) if tab in TABS else drawable(tab)
        yield {"title": title, "breaks": before > 2, "rows": list(_rows(report, tiles))}  # noqa: PLR2004
        before = len(tiles)


def _rows(report: ReportView, places: Sequence[Place]) -> Iterator[dict[str, Any]]:
    """Yield rows of tiles in reading order; what has no neighbour takes the whole width."""
    for room, group in groupby(places, lambda place: _room(report, place)):
        run = list(group)
        if room == COLUMNS:
            yield from (_row(report, [place]) for place in run)
        elif room == _HALF:
            yield from _halves(report, run)
        else:
            yield from (_row(report, row) for row in _filled(run))


def _room(report: ReportView, place: Place) -> int:
    """Return how many columns of the paper a tile needs: all of them, half, or -1 for some."""
    tile = tile_of(place.tile_id, report.snapshot.basis)
    kind = place.view or tile.views[0]
    if kind == "kpi" or place.columns == COLUMNS:
        return COLUMNS
    many_rows, many_columns = 10, 4
    rows = len(tile_table(tile, report.snapshot))
    if kind == "table" and (rows > many_rows or len(tile.columns) > many_columns):
        return COLUMNS
    if leaves_out(kind, rows):  # and so is followed by a table of all of them
        return COLUMNS
    return _HALF if place.columns == _HALF else -1


def _filled(places: Sequence[Place]) -> Iterator[list[Place]]:
    """Yield as many of *places* as a row holds, and again."""
    row: list[Place] = []
    for place in places:
        if row and sum(one.columns for one in row) + place.columns > COLUMNS:
            yield row
            row = []
        row.append(place)
    yield row


def _row(report: ReportView, row: Sequence[Place]) -> dict[str, Any]:
    widths = [max(_LEAST_COLUMNS, place.columns) if len(row) > 1 else COLUMNS for place in row]
    room = WIDTH_PT - GUTTER_PT * (len(row) - 1)
    tiles = [
        tile_parts(report, place, room * width / sum(widths), alone=len(row) == 1)
        for place, width in zip(row, widths, strict=True)
    ]
    return {"columns": widths, "stacks": [[tile] for tile in tiles]}


def _halves(report: ReportView, places: Sequence[Place]) -> Iterator[dict[str, Any]]:
    """Yield tiles of half the width: in pairs, or in two columns where that saves paper."""
    pairs = [places[i : i + 2] for i in range(0, len(places), 2)]
    if len(pairs) == 1:
        yield _row(report, places)
        return
    half = (WIDTH_PT - GUTTER_PT) / 2
    tiles = [tile_parts(report, place, half, alone=False) for place in places]
    stacks: tuple[list[dict[str, Any]], ...] = ([], [])
    heights = [0.0, 0.0]
    for tile in tiles:
        shorter = heights.index(min(heights))
        stacks[shorter].append(tile)
        heights[shorter] += tile["height"]
    in_pairs = sum(max(t["height"] for t in tiles[i : i + 2]) for i in range(0, len(tiles), 2))
    if max(heights) < min(_PAGE_PT, 0.85 * in_pairs):
        yield {"columns": [1, 1], "stacks": list(stacks)}
    else:
        yield from (_row(report, pair) for pair in pairs)


def _meanings(report: ReportView) -> Iterator[dict[str, str]]:
    """Yield what each metric on the pages means and what its rate divides by."""
    tiles = {
        metric
        for row in report.visible.values()
        for tile, _ in row
        for metric in (*tile.metrics, tile.share_of, *(column.id for column in tile.typed))
    }
    for metric_id in METRICS:
        if metric_id in tiles:
            about = meaning(metric_id, report.locale)
            rate = _RATE(report.locale).format(about.rate) if about.rate else ""
            formula = PAGE["formula"](report.locale).format(about.formula)
            formula = _ALSO(report.locale).join(filter(None, (formula, rate)))
            yield {"label": about.label, "definition": about.definition, "formula": formula}
