"""The report as static HTML, for the outputs of notebooks.

No script, no style sheet, no id: any notebook viewer can show it, also one that removes styles,
and a page may contain several. Charts are pictures if the package that draws them is installed;
their numbers follow as a table.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.catalog import TABS, Text
from campaign_live_widgets.errors import MissingExtraError
from campaign_live_widgets.rendering.charts import chart_kinds, specification
from campaign_live_widgets.rendering.charts.export import svg
from campaign_live_widgets.rendering.html import templates
from campaign_live_widgets.rendering.language import phrases, times
from campaign_live_widgets.rendering.language.counted import nothing_in
from campaign_live_widgets.rendering.language.numbers import format_number
from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.rendering.model.figures import figures
from campaign_live_widgets.rendering.model.table_model import table
from campaign_live_widgets.report import TileTable, names_of, row_names, table_of, tile_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.rendering.model.figures import Figure
    from campaign_live_widgets.rendering.model.report_view import ReportView
    from campaign_live_widgets.rendering.model.table_model import Row, Table

_MOST_ROWS: Final = 100
"""More rows of a table than this are in the files of the report, not in a notebook."""
_MOST_BARS: Final = 20
_LONGEST_NAME: Final = 80
_MORE: Final = Text("… and {} more rows", "… et {} autres lignes")
_WIDE: Final = 960
_HALF: Final = 560
_MARGIN: Final = MappingProxyType({"left": 24, "top": 0, "right": 24, "bottom": 0})
"""Around a picture, in px: where it is viewed, letters may be wider than where it was made."""
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
        "root": _FONT,
        "soft": _SOFT,
        "tile": _TILE,
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


class _Tile(NamedTuple):
    """One tile: figures, or a picture with its numbers, or words for nothing."""

    title: str
    figures: list[Figure] | None = None
    picture: str = ""
    sentence: str = ""
    table: Table | None = None
    more: str = ""
    empty: str = ""


class _Section(NamedTuple):
    """A heading and the tiles below it."""

    title: str
    tiles: list[_Tile]


def report_html(report: ReportView, *, pictures: bool = True) -> str:
    """Return the whole report, tab by tab.

    Parameters
    ----------
    report : ReportView
    pictures : bool
        Whether charts are drawn. Without them, and if the package that draws them is not
        installed, there are only tables.
    """
    sections = []
    for tab, row in report.visible.items():
        tiles = [_of_report(report, tile, place.view, pictures=pictures) for tile, place in row]
        sections.append(_Section(TABS[tab](report.locale) if tab in TABS else tab, tiles))
    snapshot = report.snapshot
    head = {"name": phrases.campaign(snapshot, 120), "facts": _facts(report)}
    return _html(sections, locale=report.locale, head=head)


def tile_html(  # noqa: PLR0913 - one call draws one tile
    tile: Tile,
    frame: TileTable | pd.DataFrame,
    *,
    locale: str = "en",
    names: Mapping[str, str] = MappingProxyType({}),
    time_zone: str = "UTC",
    view: str | None = None,
    note: str = "",
    pictures: bool = True,
    unfinished: datetime | None = None,
) -> str:
    """Return one tile.

    Parameters
    ----------
    tile : Tile
    frame : TileTable or DataFrame
        The rows of *tile*.
    view : str, optional
        One of ``tile.kinds``; by default its first.
    note : str
        A line that names the campaign and the window of the numbers.
    unfinished : datetime, optional
        Start of the first bucket that is not over yet.
    """
    made = _tile(
        tile,
        table_of(tile, frame),
        locale=locale,
        names=names,
        time_zone=time_zone,
        view=view,
        pictures=pictures,
        unfinished=unfinished,
    )
    return _html([_Section("", [made])], locale=locale, note=note)


def _html(
    sections: list[_Section],
    *,
    locale: str,
    head: Mapping[str, object] | None = None,
    note: str = "",
) -> str:
    return templates.render(
        "rendering/html/notebook.html.j2",
        sections=sections,
        locale=locale,
        head=head,
        note=note,
        styles=_STYLES,
    )


def _facts(report: ReportView) -> list[str]:
    """Return the window, what part is counted, the newest event and the quality of the data."""
    snapshot, locale = report.snapshot, report.locale
    facts = [phrases.caption(snapshot, report.time_zone, locale).partition(phrases.SEPARATOR)[2]]
    if snapshot.newest_event is not None:
        moment = times.moment(snapshot.newest_event, report.time_zone, locale)
        facts.append(f"{phrases.WORDS['newest'](locale)} {moment}")
    facts += [f"{name}: {n}" for name, _, n in phrases.health_facts(snapshot.health, locale)]
    facts += phrases.first_notes(snapshot.health, report.time_zone, locale)
    return facts


def _of_report(report: ReportView, tile: Tile, view: str | None, *, pictures: bool) -> _Tile:
    return _tile(
        tile,
        tile_table(tile, report.snapshot),
        locale=report.locale,
        names=names_of(tile, report.snapshot, report.locale),
        time_zone=report.time_zone,
        view=view,
        pictures=pictures,
        unfinished=report.snapshot.unfinished,
    )


def _tile(  # noqa: PLR0913 - what one tile is drawn from
    tile: Tile,
    rows: TileTable,
    *,
    locale: str,
    names: Mapping[str, str],
    time_zone: str,
    view: str | None,
    pictures: bool,
    unfinished: datetime | None,
) -> _Tile:
    kind, title = view if view in tile.kinds else tile.kinds[0], tile.title(locale)
    if kind == "kpi":
        return _Tile(title, figures(tile, rows, locale))
    picture = ""
    if kind in chart_kinds(tile) and pictures:
        width = _WIDE if kind in {"lines", "intervals"} else _HALF
        spec = specification(
            tile,
            rows,
            locale=locale,
            names=names,
            time_zone=time_zone,
            kind=kind,
            theme="light",
            width=width,
            most=_MOST_BARS if kind in {"bars", "intervals"} else None,
            unfinished=unfinished,
        )
        picture = _picture(spec)
    sentence = summary(tile, rows, locale=locale, names=names, time_zone=time_zone)
    made = table(tile, rows, locale=locale, names=names, time_zone=time_zone, unfinished=unfinished)
    if not made.rows:  # an empty chart shows that
        words = "" if picture else nothing_in(tile)(locale)
        return _Tile(title, picture=picture, sentence=sentence, empty=words)
    # Beside its chart, a series is given by its sums.
    lines = () if picture and tile.by == "bucket" else made.rows
    if not lines and made.total is None:  # rates have no sums
        return _Tile(title, picture=picture, sentence=sentence)
    hidden = (len(rows) if lines else 0) - _MOST_ROWS
    return _Tile(
        title,
        picture=picture,
        sentence=sentence,
        table=replace(made, rows=_shortened(tile, rows, locale, names, lines[:_MOST_ROWS])),
        more=_MORE(locale).format(format_number(hidden, locale)) if hidden > 0 else "",
    )


def _shortened(
    tile: Tile, rows: TileTable, locale: str, names: Mapping[str, str], lines: Sequence[Row]
) -> tuple[Row, ...]:
    """Return rows of a table with shortened names."""
    if tile.by == "bucket":
        return tuple(lines)
    codes = rows.first_rows(tile.by)[0].codes()
    distinct_names = row_names(tile.columns[0], codes, locale, names)
    return tuple(replace(row, name=distinct_names.short(row.code, _LONGEST_NAME)) for row in lines)


def _picture(spec: Mapping[str, object]) -> str:
    """Return a chart as the address of a picture; empty if the package to draw it is missing."""
    try:
        drawn = svg({**spec, "padding": dict(_MARGIN)})
    except MissingExtraError:
        return ""
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"
