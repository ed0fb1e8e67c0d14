"""One HTML file: the page, its style, its scripts and its numbers.

The page reads without scripts: every tab one below the other, every tile as its figures and
its table. Scripts add tabs, charts, sorting and files to save. Its policy lets nothing run but
the scripts it was written with, and nothing be asked of anybody.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import TABS
from campaign_live_widgets.io.names import file_stem
from campaign_live_widgets.rendering.charts import chart_kinds, specification
from campaign_live_widgets.rendering.html.es_modules import one_script
from campaign_live_widgets.rendering.html.markup import Markup, data_script, tag
from campaign_live_widgets.rendering.html.page.head import foot, head
from campaign_live_widgets.rendering.html.page.tiles import shown_places, tile_of
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.page_labels import SCRIPT, WORDS
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.report import frame_csv, frames, rfc3339, to_csv, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.rendering.model.report_view import Still

_STARTED: Final = Markup('document.documentElement.classList.add("clw-js")')
"""Runs before the first paint, so that no table is seen where a chart will stand."""


def html(still: Still, *, links: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the whole page.

    Parameters
    ----------
    still : Still
    links : mapping of label to address
        Other files about the same numbers, relative to the page's own place.

    Raises
    ------
    MissingExtraError
        If what draws the charts is not installed.
    """
    snapshot, locale = still.snapshot, still.locale
    tables = frames(snapshot)
    placed = shown_places(still)
    tiles = [tile for row in placed.values() for tile, _ in row]
    panels = [_panel(still, tab, row, tables) for tab, row in placed.items()]
    scripts = [_runtime(), _own_script()] if any(map(chart_kinds, tiles)) else [_own_script()]
    name = phrases.shorten(snapshot.campaign_name or snapshot.campaign_id, 120)
    title = f"{name} \N{MIDDLE DOT} {phrases.span(snapshot, still.time_zone, locale)}"
    document = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_policy(_STARTED, *scripts)),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("meta", name="referrer", content="no-referrer"),
            tag("title", title),
            tag("link", rel="icon", href="data:,"),
            tag("style", Markup(_style())),
            tag("script", _STARTED),
        ),
        tag(
            "body",
            head(still, links),
            _tabs(placed, locale),
            tag("main", panels),
            foot(still, tiles),
            data_script("clw-report-data", to_json(snapshot, locale)),
            data_script("clw-page-data", _page_data(still, tiles, tables)),
            [tag("script", script) for script in scripts],
            class_="clw-report",
            data_state="paused",
            data_as_of=rfc3339(snapshot.window.end),
        ),
        lang=locale,
    )
    return f"<!DOCTYPE html>\n{document}\n"


def _tabs(placed: Mapping[str, object], locale: str) -> Markup | None:
    """Return the way to each tab; the script makes real tabs of these links."""
    if len(placed) < 2:  # noqa: PLR2004 - one tab needs no way to it
        return None
    links = [
        tag("a", _tab_title(tab, locale), href=f"#{tab}", class_="clw-tab", data_tab=tab)
        for tab in placed
    ]
    return tag("nav", links, class_="clw-tabs", aria_label=WORDS["tabs"](locale))


def _tab_title(tab: str, locale: str) -> str:
    return TABS[tab](locale) if tab in TABS else tab


def _panel(
    still: Still, tab: str, row: Sequence[tuple[Tile, Place]], tables: Mapping[str, pd.DataFrame]
) -> Markup:
    title = tag("h2", _tab_title(tab, still.locale), class_="clw-panel-title", id=f"clw-in-{tab}")
    grid = tag(
        "div",
        [tile_of(still, tile, place, tables[tile.id]) for tile, place in row],
        class_="clw-grid",
    )
    return tag("section", title, grid, class_="clw-panel", id=tab, aria_labelledby=f"clw-in-{tab}")


def _page_data(
    still: Still, tiles: Sequence[Tile], tables: Mapping[str, pd.DataFrame]
) -> dict[str, object]:
    """Return what the page's own script draws and saves."""
    snapshot, locale = still.snapshot, still.locale
    names = snapshot.message_names
    charts: dict[str, dict[str, object]] = {
        tile.id: {
            kind: specification(
                tile,
                tables[tile.id],
                locale=locale,
                names=names,
                time_zone=still.time_zone,
                kind=kind,
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
            "report": to_csv(snapshot, locale, labels=True),
            **{t.id: frame_csv(tables[t.id], locale, names, labels=True) for t in tiles},
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
    return themes + _read("page.css") + _read("tiles.css")


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _in_page(script: str) -> Markup:
    """Return a script that ends nowhere but where its element does."""
    return Markup(script.replace("</script", "<\\/script").replace("<!--", "<\\!--"))
