"""Charts as bqplot draws them in Voilà: whole, in their place, and changed without a rebuild."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from campaign_live_widgets.catalog import TILES
from tests.support.browser.settled import settle
from tests.support.reports.frames import frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SIZES = ((260, 200), (360, 260), (600, 500))
DRAWN = {
    ".clw-email-bounce-reasons.size-600": ".slice",
    ".clw-push-tracking-by-platform.size-600": ".bar",
    ".clw-email-summary.size-600": ".curve",
}
DRAWN_SHAPES = ".slice path, .bar, .curve path, .clw-tile"
NOTEBOOK = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from ipywidgets import Button, HBox, Layout, Tab, VBox
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.widgets import TileWidget
from tests.support.reports.frames import NAMES, frame

def tile(tile_id, width, height):
    widget = TileWidget(TILES[tile_id], frame(TILES[tile_id]), names=NAMES)
    widget.layout.width, widget.layout.height = f"{{width}}px", f"{{height}}px"
    return widget.add_class(f"size-{{width}}")

kinds = ["email.bounce_reasons", "push.tracking_by_platform", "email.summary"]
tiles = [tile(kind, *size) for kind in kinds for size in {SIZES!r}]
hidden = tile("email.error_reasons", 500, 300)

def tick(button):
    for widget in tiles:
        widget.update(frame(widget.tile, scale=2**40))

button = Button(description="tick")
button.on_click(tick)
VBox([button, *[HBox(tiles[i:i + 3]) for i in (0, 3, 6)], Tab([VBox([]), hidden])])
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("charts")
    cell = nbformat.v4.new_code_cell(NOTEBOOK)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "charts.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "voila", "charts.ipynb", "--no-browser", f"--port={port}"]
    server = subprocess.Popen(  # noqa: S603 (our own command)
        [*command, "--Voila.ip=127.0.0.1"],
        cwd=folder,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(folder)},
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def wait_for(url: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"{url}voila/static/voila.js", timeout=5):  # noqa: S310
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            assert time.monotonic() < end, "Voilà did not start"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1400, "height": 40})
    opened.route("https://**", lambda route: route.abort())
    opened.wrong = []
    opened.on("pageerror", lambda error: opened.wrong.append(str(error)))
    opened.on(
        "console",
        lambda message: opened.wrong.append(message.text) if "negative" in message.text else 0,
    )
    opened.goto(address)
    opened.wait_for_selector(".clw-email-summary.size-600 .curve", timeout=60_000)
    settle(opened, DRAWN_SHAPES)
    opened.unseen = [union(boxes(opened, f"{tile} {shape}")) for tile, shape in DRAWN.items()]
    opened.set_viewport_size({"width": 1400, "height": 2000})
    settle(opened, DRAWN_SHAPES)
    yield opened
    opened.close()


def boxes(page: Page, selector: str) -> list[dict[str, float]]:
    return page.eval_on_selector_all(
        selector, "all => all.map(e => e.getBoundingClientRect().toJSON())"
    )


def union(parts: list[dict[str, float]]) -> dict[str, float]:
    low = {side: min(part[side] for part in parts) for side in ("left", "top")}
    high = {side: max(part[side] for part in parts) for side in ("right", "bottom")}
    return low | high


def inside(inner: dict[str, float], outer: dict[str, float], slack: float = 1.5) -> bool:
    return (
        inner["left"] >= outer["left"] - slack
        and inner["top"] >= outer["top"] - slack
        and inner["right"] <= outer["right"] + slack
        and inner["bottom"] <= outer["bottom"] + slack
    )


def test_charts_are_drawn_before_they_are_scrolled_into_sight(page: Page) -> None:
    assert all(shape["top"] > 40 for shape in page.unseen)
    assert all(shape["right"] - shape["left"] > 100 for shape in page.unseen)


@pytest.mark.parametrize("width", [size[0] for size in SIZES])
def test_the_ring_is_not_cut_and_fills_its_tile(page: Page, width: int) -> None:
    tile = f".clw-email-bounce-reasons.size-{width}"
    ring = union(boxes(page, f"{tile} .slice"))
    (room,) = boxes(page, f"{tile} .clw-donut-ring")
    (body,) = boxes(page, f"{tile} .clw-donut")
    assert inside(ring, room)
    assert inside(ring, body)
    side = ring["right"] - ring["left"]
    assert side == pytest.approx(min(room["width"], room["height"]), rel=0.06)
    assert side >= 80
    (words,) = boxes(page, f"{tile} .clw-donut-sum")
    assert words["width"] <= side


@pytest.mark.parametrize("width", [size[0] for size in SIZES])
def test_every_bar_is_between_its_name_and_its_value(page: Page, width: int) -> None:
    tile = f".clw-push-tracking-by-platform.size-{width}"
    rows = boxes(page, f"{tile} .clw-bars-row")
    groups = boxes(page, f"{tile} .bargroup")
    bars = boxes(page, f"{tile} .bar")
    values = boxes(page, f"{tile} .clw-bars-value")
    assert (len(rows), len(groups), len(bars), len(values)) == (3, 3, 9, 9)
    for row, group in zip(rows, groups, strict=True):
        assert inside(group, row, slack=2)
    for bar, value in zip(bars, values, strict=True):
        assert value["left"] >= bar["right"]
        middle = (value["top"] + value["bottom"]) / 2
        assert bar["top"] - 1 <= middle <= bar["bottom"] + 1


@pytest.mark.parametrize("width", [size[0] for size in SIZES])
def test_lines_stay_in_their_plot_and_ticks_do_not_collide(page: Page, width: int) -> None:
    tile = f".clw-email-summary.size-{width}"
    (body,) = boxes(page, f"{tile} .clw-lines")
    curves = boxes(page, f"{tile} .curve .line")
    assert len(curves) == len(TILES["email.summary"].metrics)
    assert all(inside(curve, body) for curve in curves)
    ticks = boxes(page, f"{tile} .axis .tick text")
    assert all(inside(tick, body, slack=3) for tick in ticks)
    bottom = sorted(
        (t for t in ticks if t["bottom"] > max(x["bottom"] for x in ticks) - 6),
        key=lambda t: t["left"],
    )
    assert len(bottom) >= 2
    assert all(a["right"] < b["left"] for a, b in itertools.pairwise(bottom))


def test_the_crosshair_shows_every_value_of_one_bucket(page: Page) -> None:
    plot = page.locator(".clw-email-summary.size-600 .clw-lines-plot")
    plot.focus()
    page.keyboard.press("End")
    last = frame(TILES["email.summary"]).iloc[-1]
    text = page.locator(".clw-tip b").all_text_contents()
    assert text == [str(last[metric]) for metric in TILES["email.summary"].metrics]
    assert page.locator(".clw-tip-head").text_content() == "Mon, Nov 23, 12:00"
    plot.blur()
    assert page.locator(".clw-tip").count() == 0


def test_the_axis_follows_when_a_series_is_hidden(page: Page) -> None:
    tile = ".clw-email-summary.size-360"
    first = page.locator(f"{tile} .clw-legend-item").first
    first.click()
    visible = f"{tile} .curve:not([display=none])"
    page.wait_for_function(f"document.querySelectorAll('{visible}').length === 7")
    assert first.get_attribute("aria-pressed") == "false"
    first.click()
    page.wait_for_function(f"document.querySelectorAll('{visible}').length === 8")


def test_a_hidden_tab_draws_when_it_is_shown(page: Page) -> None:
    page.locator(".lm-TabBar-tab").nth(1).click()
    page.wait_for_selector(".clw-email-error-reasons .bar")
    settle(page, DRAWN_SHAPES)
    (area,) = boxes(page, ".clw-email-error-reasons .clw-bars")
    widest = max(bar["width"] for bar in boxes(page, ".clw-email-error-reasons .bar"))
    assert widest > area["width"] * 0.4


def test_an_update_changes_the_shapes_in_place(page: Page) -> None:
    drawn = ".slice, .bar, .curve, .clw-bars-row, .clw-donut-row, .clw-tile"
    page.evaluate("s => document.querySelectorAll(s).forEach((e, i) => { e.stamp = i; })", drawn)
    count = page.locator(drawn).count()
    page.get_by_role("button", name="tick").click()
    huge = f"{2**40 * 3:,}"
    page.wait_for_function(
        "n => document.querySelector('.clw-donut-count').textContent === n", arg=huge
    )
    settle(page, DRAWN_SHAPES)
    stamps: list[Any] = page.eval_on_selector_all(drawn, "all => all.map(e => e.stamp)")
    assert stamps == list(range(count))
    for width, _ in SIZES:
        tile = f".clw-email-summary.size-{width}"
        (body,) = boxes(page, f"{tile} .clw-lines")
        assert all(inside(curve, body) for curve in boxes(page, f"{tile} .curve .line"))


@pytest.mark.parametrize("view", ["donut", "bars", "lines"])
def test_a_figure_that_bqplot_hides_is_drawn_again(page: Page, view: str) -> None:
    page.evaluate(
        """(view) => {
          const figure = document.querySelector(`.clw-${view} > .bqplot`);
          window.wasHidden = false;
          // bqplot measures no size once, and hides the figure.
          figure.getBoundingClientRect = () => {
            if (figure.style.visibility !== "hidden") return new DOMRect();
            window.wasHidden = true;
            delete figure.getBoundingClientRect;
            return figure.getBoundingClientRect();
          };
          figure.style.setProperty("width", `${figure.offsetWidth - 1}px`, "important");
        }""",
        view,
    )
    page.wait_for_function(
        """(view) => window.wasHidden &&
          !document.querySelector(`.clw-${view} > .bqplot`).style.visibility""",
        arg=view,
    )


def test_the_page_logs_no_errors(page: Page) -> None:
    assert page.wrong == []
