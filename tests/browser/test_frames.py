"""Each frame that is painted shows the numbers of one snapshot, however slow the browser is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.app.demo.demo import EventWriter
from campaign_live_widgets.app.demo.simulation import Simulation
from tests.support.browser.front import SIZE, serving
from tests.support.events.writing import writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

READER = Path(__file__).with_name("frames.js").read_text(encoding="utf-8")
SPEED = 30.0
"""About 1,000 events a second."""
SECONDS = 8
STRESS_SECONDS = 60
DRAWN = """() => document.querySelector(".clw-email-bounce-reasons path.slice")
  && document.querySelector(".clw-email-error-reasons rect.bar[width]")
  && document.querySelector(".clw-email-summary .curve path.line[d]")"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("events")
    simulation = Simulation(7, datetime.now(UTC) - timedelta(minutes=30))
    writer = EventWriter(folder, simulation)
    writer.write()
    simulation.speed = SPEED
    with serving(folder) as address, writing(writer):
        yield address


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport=SIZE).new_page()
    page.goto(address)
    page.wait_for_selector(".clw-report[data-state=live]")
    page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(1).click()
    page.wait_for_function(DRAWN)
    return page


@pytest.mark.parametrize("slower", [1, 6, 20])
def test_every_frame_shows_one_snapshot(browser: Browser, address: str, slower: int) -> None:
    assert_frames_agree(browser, address, slower, SECONDS * (2 if slower > 6 else 1))


@pytest.mark.stress
@pytest.mark.parametrize("slower", [1, 6, 20])
def test_every_frame_of_a_minute_shows_one_snapshot(
    browser: Browser, address: str, slower: int
) -> None:
    assert_frames_agree(browser, address, slower, STRESS_SECONDS)


def assert_frames_agree(browser: Browser, address: str, slower: int, seconds: int) -> None:
    """Assert that the numbers of each frame agree, in a browser that is some times slower."""
    page = opened(browser, address)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.evaluate(f"() => {{ {READER}; window.frameReader = frames; frames.start(); }}")
    time.sleep(seconds)
    seen = page.evaluate("() => window.frameReader.stop()")
    page.context.close()
    assert seen["snapshots"] > 2
    assert seen["frames"] > SECONDS
    assert seen["wrong"] == []
