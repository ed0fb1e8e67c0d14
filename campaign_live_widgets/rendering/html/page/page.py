"""One HTML file: the page, its style, its scripts and its numbers.

The page reads without scripts: every tab one below the other, every tile as its figures and
its table. Scripts add tabs, charts, sorting and files to save. Its policy lets nothing run but
the scripts it was written with, and nothing be asked of anybody.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from markupsafe import Markup

from campaign_live_widgets.catalog import TABS
from campaign_live_widgets.io.clock import rfc3339
from campaign_live_widgets.io.names import file_stem
from campaign_live_widgets.layouts.needed import is_question
from campaign_live_widgets.rendering.charts import chart_kinds, specification
from campaign_live_widgets.rendering.html import templates
from campaign_live_widgets.rendering.html.es_modules import one_script
from campaign_live_widgets.rendering.html.page.frame import foot, head
from campaign_live_widgets.rendering.html.page.tiles import page_tile
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.labels import PAGE
from campaign_live_widgets.rendering.language.page_labels import SCRIPT, WORDS
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.report import frame_csv, names_of, tile_tables, to_csv, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.rendering.html.page.tiles import PageTile
    from campaign_live_widgets.rendering.model.report_view import ReportView
    from campaign_live_widgets.report import TileTable

_LONGEST_HINT: Final = 300
_STYLES: Final = tuple(
    f"rendering/html/{name}.css" for name in ("controls", "page/page", "page/tiles")
)
_STARTED: Final = Markup('document.documentElement.classList.add("clw-js")')
"""Runs before the first paint, so that no table is seen where a chart will be."""


def html(report: ReportView, *, links: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the whole page.

    Parameters
    ----------
    report : ReportView
    links : mapping of label to address
        Other files of the same numbers, relative to the page's own folder.

    Raises
    ------
    MissingExtraError
        If the package that draws the charts is not installed.
    """
    snapshot, locale = report.snapshot, report.locale
    tables = tile_tables(snapshot)
    placed = report.visible
    tiles = [tile for row in placed.values() for tile, _ in row]
    scripts = [_runtime(), _own_script()] if any(map(chart_kinds, tiles)) else [_own_script()]
    name = phrases.campaign(snapshot, 120)
    span = phrases.span(snapshot, report.time_zone, locale, has_zone=False)
    return templates.render(
        "rendering/html/page/page.html.j2",
        locale=locale,
        policy=_policy(_STARTED, *scripts),
        title=f"{name} \N{MIDDLE DOT} {span}",
        style=Markup(_style()),  # noqa: S704 - our own file
        started=_STARTED,
        as_of=rfc3339(snapshot.window.end),
        head=head(report, links),
        panels=[_panel(report, tab, row, tables) for tab, row in placed.items()],
        foot=foot(report, tiles),
        data_scripts=[
            templates.data_script("clw-report-data", to_json(snapshot, locale)),
            templates.data_script("clw-page-data", _page_data(report, tiles, tables)),
        ],
        scripts=scripts,
        words={key: text(locale) for key, text in WORDS.items()},
        phrases={key: text(locale) for key, text in phrases.WORDS.items()},
        labels={key: text(locale) for key, text in PAGE.items()},
        colors={metric: palette.css_color(metric) for tile in tiles for metric in tile.metrics},
        icons=_icons(),
        longest_hint=_LONGEST_HINT,
    )


class _Panel(NamedTuple):
    """One tab and its tiles."""

    tab: str
    title: str
    tiles: list[PageTile]

    @property
    def is_question(self) -> bool:
        """Return whether the tab is about a question, not about a channel."""
        return is_question(self.tab)


def _panel(
    report: ReportView,
    tab: str,
    row: Sequence[tuple[Tile, Place]],
    tables: Mapping[str, TileTable],
) -> _Panel:
    title = TABS[tab](report.locale) if tab in TABS else tab
    return _Panel(
        tab, title, [page_tile(report, tile, place, tables[tile.id]) for tile, place in row]
    )


def _page_data(
    report: ReportView, tiles: Sequence[Tile], tables: Mapping[str, TileTable]
) -> dict[str, object]:
    """Return what the page's own script draws and saves."""
    snapshot, locale = report.snapshot, report.locale
    charts: dict[str, dict[str, object]] = {
        tile.id: {
            kind: specification(
                tile,
                tables[tile.id],
                locale=locale,
                names=names_of(tile, snapshot, locale),
                time_zone=report.time_zone,
                kind=kind,
                unfinished=snapshot.unfinished,
            )
            for kind in chart_kinds(tile)
        }
        for tile in tiles
    }
    return {
        "file": file_stem(snapshot.campaign_id) or "campaign",
        "words": {key: text(locale) for key, text in SCRIPT.items()},
        "charts": {tile_id: kinds for tile_id, kinds in charts.items() if kinds},
        "files": {
            "report": to_csv(
                snapshot,
                locale,
                labels=True,
                about=phrases.needed_caption(snapshot, report.time_zone, locale),
            ),
            **{
                t.id: frame_csv(
                    tables[t.id], locale, names_of(t, snapshot, locale), labels=True, tile=t
                )
                for t in tiles
            },
        },
    }


def _policy(*scripts: str) -> str:
    """Return what the page may do: run these scripts, be styled, show pictures it holds."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _runtime() -> Markup:
    from campaign_live_widgets.rendering.charts.export import page_scripts

    return _in_page(page_scripts())


@cache
def _own_script() -> Markup:
    return _in_page(one_script("rendering/html/page/page.js"))


@cache
def _style() -> str:
    light, dark = palette.variables(dark=False), palette.variables(dark=True)
    themes = (
        f":root{{{light}}}\n@media screen{{:root[data-theme=dark]{{{dark}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}}}\n"
    )
    return themes + "".join(map(templates.read, _STYLES))


@cache
def _icons() -> dict[str, str]:
    """Return the path of each button's drawing."""
    return dict(json.loads(templates.read("rendering/html/icons.json")))


def _in_page(script: str) -> Markup:
    """Return a script that cannot end its element early."""
    text = script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    return Markup(text)  # noqa: S704 - our own file
