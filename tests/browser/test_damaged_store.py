"""A page of a store whose files are damaged, and restored, while it is open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from campaign_live_widgets.store import Store
from tests.support.browser.front import SIZE, serving
from tests.support.cli import call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

LIVE = ".clw-report[data-state=live]"
DELIVERED = ".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value"
ALARM = ".clw-header-alarms p"
COLOR = (
    """() => getComputedStyle(document.querySelector(".clw-pill"), "::before").backgroundColor"""
)
HEALTH = """() => Object.fromEntries(
    [...document.querySelectorAll(".clw-health-numbers dt")]
        .filter((term) => !term.hidden)
        .map((term) => [term.textContent, term.nextElementSibling.textContent])
)"""


@pytest.fixture(scope="module")
def folder(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged") / "store"
    with Store.open(folder) as store:
        store.ingest(events)
    return folder


@pytest.fixture(scope="module")
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    with serving(folder) as address:
        page = browser.new_page(viewport=SIZE)
        page.goto(f"{address}?campaign=winter-sale")
        page.wait_for_selector(LIVE, timeout=60_000)
        yield page
        page.close()


def delivered(page: Page) -> int:
    return int(page.locator(DELIVERED).get_attribute("data-value") or 0)


def test_damage_is_shown_in_the_head_and_disappears_after_a_repair(
    page: Page, folder: Path
) -> None:
    before, green = delivered(page), page.evaluate(COLOR)
    assert page.locator(ALARM).count() == 0
    assert "Missing" not in page.evaluate(HEALTH)
    path = max(folder.glob("events/*/*/*.parquet"), key=lambda file: file.stat().st_size)
    content = path.read_bytes()
    path.unlink()
    page.wait_for_selector(ALARM, timeout=30_000)
    report = json.loads(call("report", str(folder), "--format", "json").out)
    missing = report["health"]["missing"]
    assert missing > 0
    text = page.locator(ALARM).inner_text()
    assert text.startswith(f"The store has lost {missing:,} events in 1 damaged or missing file (")
    page.wait_for_function(
        "([css, n]) => Number(document.querySelector(css).dataset.value) < n",
        arg=[DELIVERED, before],
        timeout=30_000,
    )
    expect(page.locator(".clw-health.clw-troubled")).to_have_count(1)
    assert page.evaluate(COLOR) != green, "the state is live, but not sound"
    assert page.evaluate(HEALTH)["Missing"] == f"{missing:,}"
    expect(page.locator(".clw-health-panel")).to_contain_text(text)
    counted = delivered(page)
    page.reload()
    page.wait_for_selector(LIVE, timeout=60_000)
    page.wait_for_selector(ALARM, timeout=30_000)
    expect(page.locator(ALARM)).to_have_text(text)
    expect(page.locator(DELIVERED)).to_have_attribute("data-value", str(counted))
    path.write_bytes(content)
    page.wait_for_selector(ALARM, state="detached", timeout=30_000)
    page.wait_for_function(
        "([css, n]) => Number(document.querySelector(css).dataset.value) === n",
        arg=[DELIVERED, before],
        timeout=30_000,
    )
    assert page.evaluate(COLOR) == green
