"""Notebook HTML: its numbers, its pictures, and what it must not contain."""

from __future__ import annotations

import base64
import re
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from campaign_live_widgets.catalog import LOCALES, TILES, column_label, tile
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.rendering.charts import chart_kinds
from campaign_live_widgets.rendering.charts import export as pictures
from campaign_live_widgets.rendering.html.notebook import report_html, tile_html
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.report import frame, to_json
from tests.support.events.memory import snapshot_of
from tests.support.reports import frames
from tests.support.reports.elements import Element, parse
from tests.support.reports.static_reports import HOSTILE, PROFILE, hostile, static_report, usual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.rendering.model.report_view import ReportView

pytestmark = pytest.mark.usefixtures("renderers")

SNAPSHOTS = {"usual": usual, "hostile": hostile, "empty": lambda: snapshot_of([])}


def one_tile(made: ReportView, tile_id: str, *, pictures: bool = True) -> str:
    snapshot = made.snapshot
    return tile_html(
        tile(tile_id),
        frame(tile(tile_id), snapshot),
        locale=made.locale,
        names=snapshot.message_names,
        time_zone=made.time_zone,
        note=phrases.caption(snapshot, made.time_zone, made.locale),
        pictures=pictures,
    )


def texts(table: Element) -> list[list[str]]:
    return [[cell.text for cell in row.all("td")] for row in table.one("tbody").all("tr")]


@pytest.mark.parametrize("locale", LOCALES)
def test_tables_match_the_report_cell_by_cell(locale: str) -> None:
    made, report = static_report(usual(), locale), to_json(usual(), locale)
    for tile_id, wanted in report["widgets"].items():
        one = TILES[tile_id]
        if one.fields:  # not only counts
            continue
        root = parse(one_tile(made, tile_id))
        assert root.one("h4").text == wanted["title"]
        counts = [
            [format_number(n, locale) for n in row[1 : 1 + (len(one.metrics) if one.by else 1)]]
            for row in wanted["rows"]
        ]
        if one.views[0] == "kpi":
            figures = [[strong.text] for strong in root.all("strong")]
            assert figures == counts
            shares = [row[2] for row in wanted["rows"] if len(row) > 2]
            assert all(
                format_share(share, locale) in root.one("div", lang=locale).text for share in shares
            )
            continue
        total, *rows = texts(root.one("table")) if one.by else [None, *texts(root.one("table"))]
        assert rows == ([] if one.by == "bucket" else counts)
        if one.by:
            columns = zip(*(row[1:] for row in wanted["rows"]), strict=True)
            assert total == [format_number(sum(column), locale) for column in columns]


def visible(made: ReportView) -> list[tuple[Tile, str]]:
    """Return the tiles that a report shows, each with its view."""
    tiles = [pair for pairs in made.visible.values() for pair in pairs]
    return [(one, place.view or one.views[0]) for one, place in tiles]


@pytest.mark.parametrize("tile_id", [one.id for one in TILES.values() if one.fields])
def test_tables_of_analysis_have_a_row_for_each_row_of_the_report(tile_id: str) -> None:
    made, wanted = static_report(usual()), to_json(usual())["widgets"][tile_id]
    root = parse(one_tile(made, tile_id, pictures=False))
    rows = texts(root.one("table")) if wanted["rows"] else []
    has_total = bool(rows) and not TILES[tile_id].further
    assert len(rows) == len(wanted["rows"]) + has_total


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_html_uses_only_markup_that_every_viewer_supports(name: str) -> None:
    report = static_report(SNAPSHOTS[name]())
    root = parse(report_html(report))
    assert {e.tag for e in root.walk()} <= {
        *("div", "h2", "h3", "h4", "p", "strong", "img", "table", "thead", "tbody"),
        *("tr", "th", "td", "caption"),
    }
    for element in root.walk():
        assert not {key for key in element.attributes if key.startswith("on")}
        assert not {"id", "class"} & set(element.attributes)
        assert "url(" not in element.attributes.get("style", "")
    for picture in root.all("img"):
        kind, _, data = picture.attributes["src"].partition(",")
        assert kind == "data:image/svg+xml;base64"
        drawn = ET.fromstring(base64.b64decode(data))  # noqa: S314 - our own
        assert drawn.tag.endswith("svg")
        assert picture.attributes["alt"]
    charts = [one for one, view in visible(report) if view in chart_kinds(one)]
    assert len(root.all("img")) == len(charts)
    assert [h.text for h in root.all("h4")].count(TILES["push.failures"].title("en")) == 1


def heights(element: ET.Element, top: float = 0.0) -> Iterator[tuple[str, float]]:
    """Yield every text of a picture with its distance from the top."""
    for move in re.findall(r"translate\([-\d.]+,\s*([-\d.]+)\)", element.get("transform", "")):
        top += float(move)
    if element.tag.endswith("text"):
        yield element.text or "", top
    for child in element:
        yield from heights(child, top)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("tile_id", ["email.summary", "push.summary"])
@pytest.mark.parametrize("scale", [10, 3000, frames.HUGE])
def test_every_line_of_a_chart_is_labeled_inside_the_picture(
    tile_id: str, locale: str, scale: int
) -> None:
    made = tile_html(TILES[tile_id], frames.frame(TILES[tile_id], scale=scale), locale=locale)
    source = parse(made).one("img").attributes["src"]
    drawn = ET.fromstring(base64.b64decode(source.partition(",")[2]))  # noqa: S314 - our own
    positions = dict(heights(drawn))
    names = [column_label(metric, locale) for metric in TILES[tile_id].metrics]
    assert all(0 < positions[name] < float(drawn.get("height", 0)) for name in names), positions


def test_profiles_and_scripts_are_not_in_the_html() -> None:
    assert PROFILE not in report_html(static_report(usual()))
    made = report_html(static_report(hostile()))
    assert "<script" not in made
    assert HOSTILE not in parse(made).text, "endless names are cut"
    assert "document.title='pwned'" in parse(made).text


def test_without_the_chart_converter_the_html_contains_only_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    pictures._converter.cache_clear()
    made = report_html(static_report(usual()))
    assert made == report_html(static_report(usual()), pictures=False)
    root = parse(made)
    assert not root.all("img")
    assert len(root.all("table")) == sum(
        view != "kpi" for _, view in visible(static_report(usual()))
    )
    series = parse(one_tile(static_report(usual()), "email.summary", pictures=False)).one("table")
    assert len(texts(series)) == 1 + 97
    monkeypatch.undo()
    pictures._converter.cache_clear()


def test_a_single_tile_names_its_campaign_and_window() -> None:
    content = parse(
        one_tile(static_report(usual(), time_zone="Europe/Paris"), "email.bounce_reasons")
    ).text
    assert re.search(r"Spring sale · 22 Nov 2026 16:05 . 23 Nov 2026 16:05 CET", content)
    with pytest.raises(UnknownNameError, match="bounce_reasons"):
        one_tile(static_report(usual()), "email.bounce_reason")


def test_more_rows_than_fit_are_counted() -> None:
    from tests.support.events.memory import Event  # noqa: PLC0415 - only here

    many = snapshot_of([Event("sent", message_id=f"m{i:03}") for i in range(230)])
    root = parse(one_tile(static_report(many), "email.metrics_by_message"))
    assert len(texts(root.one("table"))) == 101
    assert root.one("caption").text == "… and 130 more rows"
