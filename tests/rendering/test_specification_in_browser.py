"""Charts drawn by Vega in a page whose security policy forbids eval and requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from campaign_live_widgets.catalog import TILES, tile
from campaign_live_widgets.rendering.charts import chart_kinds, specification
from campaign_live_widgets.rendering.charts.export import page_scripts
from tests.support.reports import frames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

CHARTS = [(tile_id, kind) for tile_id, one in TILES.items() for kind in chart_kinds(one)]
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
SCRIPT = """
window.views = {}; window.tips = [];
const tooltip = (handler, event, item, value) => window.tips.push(value);
const options = {ast: true, actions: false, renderer: "svg", mode: "vega-lite", tooltip,
  defaultStyle: false};
(async () => {
  for (const [id, spec] of Object.entries(SPECS)) {
    const host = document.createElement("div");
    host.id = id;
    document.body.append(host);
    window.views[id] = (await vegaEmbed(host, spec, options)).view;
  }
  document.title = "drawn";
})();
"""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Open a page with all charts of the report from disk, offline."""
    specs: dict[str, Any] = {}
    for tile_id, kind in CHARTS:
        chart_tile = tile(tile_id)
        table = frames.frame(chart_tile, scale=1000)
        specs[f"{tile_id}.{kind}".replace(".", "-")] = specification(chart_tile, table, kind=kind)
    file: Path = tmp_path_factory.mktemp("charts") / "page.html"
    file.write_text(
        f'<!doctype html><meta charset="utf-8"><title>-</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<style>:root {{ --clw-errors: rgb(1, 2, 3) }} div {{ margin-bottom: 8px }}</style>"
        f"<body><script>{page_scripts()}</script>"
        f"<script>const SPECS = {json.dumps(specs)};{SCRIPT}</script>",
        encoding="utf-8",
    )
    context = browser.new_context(viewport={"width": 1200, "height": 900}, offline=True)
    opened = context.new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.goto(file.as_uri())
    expect(opened).to_have_title("drawn")
    yield opened
    context.close()
    assert not trouble


def tip_at(page: Page, chart: str, x: float, y: float) -> dict[str, str]:
    """Return the tooltip at a position, polled because the page forbids eval."""
    page.evaluate("window.tips = []")
    page.locator(f"#{chart} svg").hover(position={"x": x, "y": y})
    for _ in range(100):
        tips: list[dict[str, str]] = page.evaluate("window.tips.filter(Boolean)")
        if tips:
            return tips[-1]
        page.wait_for_timeout(50)
    return {}


def test_every_chart_is_painted(page: Page) -> None:
    for tile_id, kind in CHARTS:
        chart = page.locator(f"#{tile_id}-{kind}".replace(".", "-"))
        assert chart.locator("svg path[d], svg text").count() > 5
        assert "NaN" not in chart.inner_html()


def test_css_variables_of_the_page_set_the_colors(page: Page) -> None:
    bars = page.locator("#email-error_reasons-bars .mark-rect path").first
    assert bars.evaluate("node => getComputedStyle(node).fill") == "rgb(1, 2, 3)"


def test_hovering_shows_the_numbers_of_a_mark(page: Page) -> None:
    for chart, x, y, expected in (
        ("email-error_reasons-bars", 300, 10, {"Errors": "3,000 (50.0% of errors)"}),
        ("email-bounce_reasons-donut", 142, 80, {"Bounces": "3,000 (50.0% of bounces)"}),
        ("push-failures-donut", 142, 80, {"Count": "2,000 (66.7% of total)"}),
    ):
        tip = tip_at(page, chart, x, y)
        assert tip.pop("title")
        assert tip == expected


def test_hovering_a_line_chart_shows_all_metrics_of_that_time(page: Page) -> None:
    chart_tile = tile("push.summary")
    table = frames.frame(chart_tile, scale=1000)
    tip = tip_at(page, "push-summary-lines", 600, 100)
    time = tip.pop("title")
    (row,) = (r for r in specification(chart_tile, table)["data"]["values"] if r["time"] == time)
    assert list(tip.values()) == [f"{table[m][row['i']]:,}" for m in chart_tile.metrics]


def test_clicking_a_legend_entry_shows_only_that_line(page: Page) -> None:
    chart = page.locator("#email-summary-lines")
    name = chart.get_by_text("Clicks", exact=True)
    expect(chart.locator(".mark-line path")).to_have_count(8)
    name.click()
    expect(chart.locator(".mark-line path")).to_have_count(1)
    name.click()
    expect(chart.locator(".mark-line path")).to_have_count(8)


def test_charts_fit_any_width(page: Page) -> None:
    for tile_id, kind in CHARTS:
        name = f"{tile_id}-{kind}".replace(".", "-")
        for width in (320, 900):
            box = page.evaluate(
                "async ([id, width]) => { await window.views[id].width(width).runAsync();"
                "const svg = document.querySelector(`#${id} svg`).getBoundingClientRect();"
                "const texts = [...document.querySelectorAll(`#${id} svg text`)]"
                ".filter((node) => getComputedStyle(node).opacity !== '0')"
                ".map((node) => node.getBoundingClientRect());"
                "return [svg.width, Math.min(...texts.map((t) => t.left)) - svg.left,"
                "Math.max(...texts.map((t) => t.right)) - svg.left]; }",
                [name, width],
            )
            assert box[0] == pytest.approx(width, abs=1)
            assert box[1] >= -1, name
            assert box[2] <= width + 1, name
