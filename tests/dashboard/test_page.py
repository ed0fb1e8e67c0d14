"""The page itself, in Voilà and a real browser."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.support.browser.settled import settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

NAME = "<img src=x onerror=\"document.title='pwned'\"> & sons"
NOTEBOOK = f"""
import dataclasses, sys, threading, time
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from datetime import UTC, datetime
from tests.support.events.memory import REJECT, Event, Health, MemoryFeed
from tests.dashboard.page import Controller
from campaign_live_widgets.dashboard import Dashboard, Coordinator

class Feed(MemoryFeed):
    def snapshot(self, now=None):
        self.now = datetime.now(UTC)
        health = Health(events=len(self.events), rejected=1, rejects=(REJECT,))
        return dataclasses.replace(super().snapshot(), campaign_name={NAME!r}, health=health)

def event(kind, channel="email", **more):
    return Event(kind, channel, at=datetime.now(UTC), **more)

feed = Feed()
feed.add(event("sent"), event("bounce", "push", platform="ios", bounce_type="hard"))
feed.refresh()
dashboard = Dashboard(feed.snapshot(), lazy=True)
Controller(dashboard, lambda address: dashboard.set_language(address.partition("locale=")[2]))
live = Coordinator(dashboard, feed)
live.start()

def send():
    while True:
        time.sleep(0.3)
        feed.add(event("sent"), event("sent", "push", platform="ios"))

threading.Thread(target=send, daemon=True).start()
dashboard
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    cell = nbformat.v4.new_code_cell(NOTEBOOK)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "page.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "voila", "page.ipynb", "--no-browser", f"--port={port}"]
    server = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--Voila.ip=127.0.0.1"],
        cwd=folder,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(folder)},
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}/"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}voila/static/voila.js").close()  # noqa: S310 - http
                break
            except OSError:
                time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.route(re.compile(r"https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    page.goto(f"{address}?locale=fr")
    page.wait_for_selector(".clw-report[data-state=live][lang=fr]", timeout=90_000)
    yield page
    page.close()


def tick(page: Page) -> int:
    return int(page.locator(".clw-report").get_attribute("data-tick") or -1)


def open_tab(page: Page, index: int) -> None:
    page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(index).click()


def test_the_root_has_state_tick_window_and_language(page: Page) -> None:
    root = page.locator(".clw-report")
    assert root.get_attribute("data-state") == "live"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", root.get_attribute("data-as-of") or "")
    assert page.locator(".clw-pill").inner_text() == "En direct"


def test_a_name_from_outside_is_text(page: Page) -> None:
    assert page.locator(".clw-header-name").inner_text() == NAME
    assert page.title() != "pwned"


def test_an_update_keeps_the_open_tab(page: Page) -> None:
    open_tab(page, 1)
    total = page.locator(".clw-email-metrics-by-message td").first
    total.wait_for()
    before, first = total.inner_text(), tick(page)
    page.wait_for_function(
        "([n]) => Number(document.querySelector('.clw-report').dataset.tick) >= n", arg=[first + 2]
    )
    assert total.inner_text() != before
    assert page.locator(".clw-tabs .lm-mod-current").inner_text() == "E-mail"


def test_a_hidden_tab_is_complete_when_it_is_opened(page: Page) -> None:
    open_tab(page, 2)
    page.wait_for_function(
        """() => [...document.querySelectorAll(".clw-push-failures .bqplot path")]
            .some((path) => path.getBoundingClientRect().width > 50)"""
    )


def test_pause_stops_the_numbers_but_not_the_ages(page: Page) -> None:
    page.locator(".clw-toggle").click()
    page.wait_for_selector(".clw-report[data-state=paused]")
    settle(page, ".clw-report")
    paused_at, age = tick(page), page.locator(".clw-header-newest").inner_text()
    page.wait_for_function(
        "([age]) => document.querySelector('.clw-header-newest').innerText !== age", arg=[age]
    )
    assert tick(page) == paused_at
    page.locator(".clw-toggle").click()
    page.wait_for_selector(".clw-report[data-state=live]")
    page.wait_for_function(
        "([n]) => Number(document.querySelector('.clw-report').dataset.tick) > n", arg=[paused_at]
    )


def test_data_quality_is_one_click_away(page: Page) -> None:
    panel = page.locator(".clw-health-panel")
    page.locator("button.clw-health").click()
    assert panel.is_visible()
    assert "events.csv" in panel.inner_text()
    page.keyboard.press("Escape")
    assert not panel.is_visible()


def test_a_narrow_page_has_one_column(page: Page) -> None:
    open_tab(page, 1)
    page.set_viewport_size({"width": 390, "height": 1000})
    settle(page, ".clw-tile")
    found_boxes = [tile.bounding_box() for tile in page.locator(".clw-tile:visible").all()]
    page.set_viewport_size({"width": 1400, "height": 1000})
    boxes = [box for box in found_boxes if box is not None]
    assert len(boxes) == 9
    assert len({round(box["x"]) for box in boxes}) == 1
    assert min(box["width"] for box in boxes) > 300


def test_tiles_of_one_column_are_as_high_as_their_content(page: Page) -> None:
    open_tab(page, 1)
    page.set_viewport_size({"width": 800, "height": 1000})
    settle(page, ".clw-tile, .clw-table-grid")
    white = page.evaluate(
        """() => [...document.querySelectorAll(".clw-tile")]
            .filter((tile) => tile.querySelector(".clw-table-grid")?.clientHeight > 0)
            .map((tile) => tile.getBoundingClientRect().bottom
                - tile.querySelector(".clw-table-grid").getBoundingClientRect().bottom)"""
    )
    page.set_viewport_size({"width": 1400, "height": 1000})
    assert white
    assert max(white) < 64
