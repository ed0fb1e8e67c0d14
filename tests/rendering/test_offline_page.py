"""The offline page: its numbers cell by cell, its texts, and its content security policy."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.catalog import LOCALES, TABS, TILES, column_label, meaning
from campaign_live_widgets.layouts.needed import visible_places
from campaign_live_widgets.layouts.places import Place, places
from campaign_live_widgets.rendering.charts import chart_kinds
from campaign_live_widgets.rendering.html.page import html
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.report import frame, frame_csv, to_csv, to_json
from tests.support.events.memory import NOW, snapshot_of
from tests.support.reports.elements import Element, parse
from tests.support.reports.static_reports import HOSTILE, PROFILE, hostile, static_report, usual

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Snapshot

SNAPSHOTS = {"usual": usual, "hostile": hostile, "empty": lambda: snapshot_of([])}


@cache
def snapshot(name: str) -> Snapshot:
    return SNAPSHOTS[name]()


@cache
def written(name: str, locale: str = "en") -> str:
    return html(static_report(snapshot(name), locale))


def page(name: str, locale: str = "en") -> Element:
    return parse(written(name, locale))


def data(root: Element, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(root.one("script", id=name).text)
    return document


@pytest.mark.parametrize("name", SNAPSHOTS)
@pytest.mark.parametrize("locale", LOCALES)
def test_tables_match_the_report_cell_by_cell(name: str, locale: str) -> None:
    report = to_json(snapshot(name), locale)
    root = page(name, locale)
    tiles = {tile.attributes["data-tile"]: tile for tile in root.all("article", "clw-tile")}
    by_tab = visible_places(places(TILES.values()), snapshot(name))
    assert set(tiles) == {tile.id for row in by_tab.values() for tile, _ in row}
    assert set(report["widgets"]) == set(TILES)
    for tile_id, wanted in report["widgets"].items():
        if tile_id not in tiles or TILES[tile_id].fields:
            continue
        tile, tables = TILES[tile_id], tiles[tile_id].all("table", "clw-table-grid")
        assert tile.css_class in tiles[tile_id].classes
        assert tiles[tile_id].one("h3").text == wanted["title"]
        if not wanted["rows"]:
            assert not tables
            continue
        heads, *total = tables[0].one("thead").all("tr")
        assert [head.attributes["data-column"] for head in heads.all("th")] == wanted["columns"]
        rows = tables[0].one("tbody").all("tr")
        values = [[cell.attributes.get("data-value") for cell in row.all("td")] for row in rows]
        assert values == [
            [None if n is None else str(n) for n in row[1:]] for row in wanted["rows"]
        ]
        texts = [[cell.text for cell in row.all("td")] for row in rows]
        assert texts == [
            [
                format_share(n, locale) if column == "share" else format_number(n, locale)
                for column, n in zip(wanted["columns"][1:], row[1:], strict=True)
            ]
            for row in wanted["rows"]
        ]
        if tile.by:
            sums = [sum(row[i] for row in wanted["rows"]) for i in range(1, len(wanted["columns"]))]
            assert [int(cell.attributes["data-value"]) for cell in total[0].all("td")] == sums
        else:
            assert not total


@pytest.mark.parametrize("locale", LOCALES)
def test_figures_are_exact_and_name_the_denominator_of_shares(locale: str) -> None:
    root, report = page("usual", locale), to_json(snapshot("usual"), locale)
    for tile in TILES.values():
        if tile.by is not None or "kpi" not in tile.views:
            continue
        article = root.one("article", tile.css_class)
        for metric, count, *share in report["widgets"][tile.id]["rows"]:
            card = article.one("div", f"clw-kpi-{metric.replace('_', '-')}")
            assert card.one("div", "clw-kpi-value").attributes["data-value"] == str(count)
            assert card.one("div", "clw-kpi-label").text == column_label(metric, locale)
            if share:
                of = {"en": "of sent", "fr": "des envoyés"}[locale]
                share_text = f"{format_share(share[0], locale)} {of}"
                assert card.one("div", "clw-kpi-share").text == share_text


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_embedded_data_matches_the_report(name: str) -> None:
    root, held = page(name), data(page(name), "clw-page-data")
    expected = json.dumps(to_json(snapshot(name)), ensure_ascii=False).encode("utf-8", "replace")
    assert data(root, "clw-report-data") == json.loads(expected)
    names = snapshot(name).message_names
    assert held["files"]["report"] == to_csv(snapshot(name), labels=True)
    by_tab = visible_places(places(TILES.values()), snapshot(name))
    for tile in (tile for row in by_tab.values() for tile, _ in row):
        table = frame_csv(frame(tile, snapshot(name)), "en", names, labels=True, tile=tile)
        assert held["files"][tile.id] == table
        assert tuple(held["charts"].get(tile.id, {})) == chart_kinds(tile)


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_the_page_loads_no_url_and_runs_only_its_own_scripts(name: str) -> None:
    root = page(name)
    policy = root.one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in rules["script-src"]
    scripts = [s for s in root.all("script") if s.attributes.get("type") != "application/json"]
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(s.text.encode()).digest()).decode()}'"
        for s in scripts
    ]
    assert rules["script-src"].split() == hashes
    for element in root.walk():
        assert not [key for key in element.attributes if key.startswith("on")]
        assert "src" not in element.attributes
        assert not re.match(r"\s*(\w+:)?//|javascript:", element.attributes.get("href", ""))
        assert element.tag not in {"img", "iframe", "object", "embed", "base", "form"}
    assert not re.search(r"url\(|@import", "".join(s.text for s in root.all("style")))


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_profiles_are_not_in_the_page(name: str) -> None:
    assert PROFILE not in written(name)


def test_hostile_names_are_shown_as_text() -> None:
    root = page("hostile")
    clean = HOSTILE.replace("\x00", "\ufffd").replace("\x07", "\ufffd")
    assert root.one("span", "clw-head-name").text == clean
    assert "\n" not in root.one("title").text
    assert len(root.one("title").text) < 200
    names = {th.text for th in root.all("th", scope="row")}
    visible = f"named {clean}".replace("\u202e", "").replace("\u202c", "").strip()
    assert any(name.startswith(f"{visible} (") for name in names)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_page_describes_the_selection_and_the_metrics(locale: str) -> None:
    one = replace(snapshot("usual"), ending="newest", include_tests=True)
    root = parse(html(static_report(one, locale, "Europe/Paris"), links={"PDF": "report.pdf"}))
    head = root.one("header", "clw-head").text
    words = {
        "en": ("24 h, 22 Nov 2026 16:05", "CET", "test sends included", "Europe/Paris"),
        "fr": ("24 h, 22 nov. 2026 16:05", "CET", "envois de test inclus", "Europe/Paris"),
    }[locale]
    assert all(word in head for word in words), head
    assert {"en": "nothing newer has come", "fr": "rien de plus récent"}[locale] in head
    assert root.one("html").attributes["lang"] == locale
    body = root.one("body", "clw-report").attributes
    assert body["data-as-of"] == "2026-11-23T15:05:00Z"
    assert body["data-state"] == "paused"
    assert root.one("header", "clw-head").one("a").attributes["href"] == "report.pdf"
    foot = root.one("footer", "clw-foot").text
    assert "events.csv" in foot
    assert "teleported" in foot
    for metric in ("bounces", "delivered", "entered_profiles"):
        metric_meaning = meaning(metric, locale)
        assert metric_meaning.definition in foot
        assert metric_meaning.rate in foot


def test_the_saved_layout_is_applied() -> None:
    places = {
        "push": (
            Place("push.failures", rows=6, columns=12, view="table"),
            Place("push.summary", rows=4, columns=6, shown=False),
        ),
        "campaign": (Place("campaign.statistics", rows=3, columns=5, shown=False),),
    }
    root = parse(html(ReportView(snapshot=snapshot("usual"), made_at=NOW, places=places)))
    (tile,) = root.all("article", "clw-tile")
    assert tile.attributes["data-tile"] == "push.failures"
    assert tile.attributes["data-view"] == "table"
    assert tile.attributes["style"] == "--rows:6;--columns:12"
    assert not root.all("nav", "clw-tabs")


def test_tabs_name_their_panels() -> None:
    root = page("usual")
    links = root.one("nav", "clw-tabs").all("a")
    assert [link.text for link in links] == [title("en") for title in TABS.values()]
    panels = {panel.attributes["id"] for panel in root.all("section", "clw-panel")}
    assert [link.attributes["href"] for link in links] == [f"#{tab}" for tab in TABS]
    assert panels == set(TABS)
    ids = [e.attributes["id"] for e in root.walk() if "id" in e.attributes]
    assert len(ids) == len(set(ids))


def test_the_same_report_view_gives_the_same_bytes() -> None:
    assert html(static_report(snapshot("usual"))) == written("usual")
