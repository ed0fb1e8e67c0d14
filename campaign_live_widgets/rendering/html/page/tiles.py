"""The values of one tile of the page: its views, its figures, its table, its meanings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign_live_widgets.catalog import notes
from campaign_live_widgets.rendering.charts import chart_kinds
from campaign_live_widgets.rendering.html.page.frame import meanings
from campaign_live_widgets.rendering.language.counted import nothing_in
from campaign_live_widgets.rendering.language.labels import PAGE, VIEW_NAMES
from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.rendering.model.figures import figures
from campaign_live_widgets.rendering.model.table_model import table
from campaign_live_widgets.report import names_of

if TYPE_CHECKING:
    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.rendering.html.page.frame import Meaning
    from campaign_live_widgets.rendering.model.figures import Figure
    from campaign_live_widgets.rendering.model.report_view import ReportView
    from campaign_live_widgets.rendering.model.table_model import Table
    from campaign_live_widgets.report import TileTable


@dataclass(frozen=True, slots=True)
class PageTile:
    """One tile with all its views; the style shows the one named ``view``.

    Attributes
    ----------
    kinds : list of tuple
        Kind and name of each view.
    figures : list of Figure or None
        ``None`` for a tile that has no such view.
    sentence : str
        The tile for screen readers.
    """

    id: str
    css_class: str
    title: str
    rows: int
    columns: int
    by: str
    view: str
    kinds: list[tuple[str, str]]
    switch_label: str
    meanings: list[Meaning]
    notes: tuple[str, ...]
    sentence: str
    empty: str
    figures: list[Figure] | None
    charts: tuple[str, ...]
    table: Table


def page_tile(report: ReportView, tile: Tile, place: Place, rows: TileTable) -> PageTile:
    """Return the values of one tile."""
    locale, names = report.locale, names_of(tile, report.snapshot, report.locale)
    title, kinds = tile.title(locale), tile.kinds
    zone = report.time_zone
    return PageTile(
        id=tile.id,
        css_class=tile.css_class,
        title=title,
        rows=place.rows,
        columns=place.columns,
        by=tile.columns[0],
        view=place.view if place.view in kinds else kinds[0],
        kinds=[(kind, VIEW_NAMES[kind](locale)) for kind in kinds],
        switch_label=PAGE["showAsOf"](locale).format(title),
        meanings=meanings(tile.metrics, locale, tile.share_of),
        notes=tuple(notes(tile, locale)),
        sentence=summary(tile, rows, locale=locale, names=names, time_zone=zone),
        empty=nothing_in(tile)(locale),
        figures=figures(tile, rows, locale) if "kpi" in kinds else None,
        charts=tuple(chart_kinds(tile)),
        table=table(
            tile,
            rows,
            locale=locale,
            names=names,
            time_zone=zone,
            unfinished=report.snapshot.unfinished,
        ),
    )
