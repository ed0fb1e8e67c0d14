"""Behavior that only the stakeholder page needs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect
from pypdfium2 import PdfDocument

from tests.support.browser import paper
from tests.support.browser.front import REPOSITORY, SIZE, Watch, serving
from tests.support.browser.pages import KERNEL_ID
from tests.support.browser.settled import settle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.support.browser.front import Front

LIVE = ".clw-report:not(.clw-first)[data-state=live]"
DELIVERED = ".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value"
PAPER = 703
"""Width of A4 between the margins, in CSS pixels."""
PRINTED_WIDTHS = """() => [...document.querySelectorAll(".clw-view:has(> .bqplot)")]
  .map((view) => view.clientWidth * view.style.getPropertyValue("--clw-print-zoom"))
  .filter((width) => width)"""
"""Return the width of each chart on paper."""

AFTER_OURS = """() => [...document.querySelectorAll("#clw-styles ~ style")]
  .map((sheet) => sheet.textContent.slice(0, 2000))"""
"""Return the beginning of each style sheet after those of the report."""


def leave(page: Page) -> None:
    """Close a page as readers do, so that it can shut its kernel down."""
    page.goto("about:blank")
    page.context.close()


def test_the_address_selects_the_campaign(voila: Front, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{voila.address}?campaign=spring-preview")
    page.wait_for_function(
        "([css]) => document.querySelector(css)?.dataset.value === '7'", arg=[DELIVERED]
    )
    expect(page.locator(".clw-header-name")).to_have_text("Spring preview")
    leave(page)


@pytest.mark.parametrize(
    ("system", "query", "theme"),
    [("dark", "", "dark"), ("light", "", "light"), ("light", "?theme=dark", "dark")],
)
def test_light_and_dark_follow_the_system_and_the_address(
    voila: Front, browser: Browser, system: Literal["light", "dark"], query: str, theme: str
) -> None:
    page = browser.new_page(color_scheme=system, viewport=SIZE)
    page.goto(voila.address + query)
    page.wait_for_selector(LIVE)
    assert (
        page.locator("body").get_attribute("data-jp-theme-light") == str(theme == "light").lower()
    )
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in ground[4:-1].split(",")) / 3
    assert (brightness < 64) == (theme == "dark")
    page.emulate_media(media="print")
    paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert query or paper == "rgb(255, 255, 255)"
    leave(page)


def test_styles_of_the_report_come_after_those_of_the_front_end(
    voila: Front, browser: Browser
) -> None:
    page = browser.new_page(viewport=SIZE)
    page.goto(voila.address)
    page.wait_for_selector("#campaign-first", state="detached")
    page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(1).click()
    page.wait_for_selector(".clw-email-summary .bqplot")
    title = page.locator(".clw-tile-head:visible .clw-tile-title").first.bounding_box()
    menu = page.locator(".clw-tile-head:visible .clw-tile-menu").first.bounding_box()
    assert title is not None
    assert menu is not None
    assert menu["x"] >= title["x"] + title["width"], "the head of a tile is one line"
    assert menu["y"] < title["y"] + title["height"]
    after = page.evaluate(AFTER_OURS)
    assert [text for text in after if "Jupyter" in text or ".jupyter-widgets" in text] == []
    leave(page)


def test_paper_has_whole_charts_and_no_empty_page(
    voila: Front, browser: Browser, tmp_path: Path
) -> None:
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{voila.address}?tab=email")
    page.wait_for_selector(".clw-email-summary .bqplot svg .axis")
    settle(page, ".clw-tile")
    tiles = page.evaluate(paper.TILES)
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    paper.assert_whole(tmp_path / "page.pdf", tiles)
    pages = [of.get_textpage().get_text_range() for of in PdfDocument(tmp_path / "page.pdf")]
    head = page.locator(".clw-header-name").inner_text()
    assert head in pages[0]
    widths = page.evaluate(PRINTED_WIDTHS)
    leave(page)
    assert widths
    assert max(widths) < PAPER


def test_a_notebook_shows_progress_until_its_report_is_loaded(
    voila: Front, browser: Browser
) -> None:
    page, watch = browser.new_page(), Watch()
    watch.over(page)
    notebook = REPOSITORY / "notebooks" / "campaign_live_report.ipynb"
    with serving(voila.inbox.folder, f"--notebook={notebook}") as address:
        page.goto(address, wait_until="commit")
        page.wait_for_selector("#campaign-loading progress")
        assert page.title() == "Campaign live report"
        page.wait_for_selector(LIVE)
        page.wait_for_selector("#campaign-loading", state="detached")
        assert watch.trouble == []
        leave(page)


def test_a_page_of_the_report_has_nothing_to_complain_about(voila: Front, browser: Browser) -> None:
    page, watch = browser.new_page(), Watch()
    watch.over(page)
    page.goto(voila.address)
    page.wait_for_selector(LIVE)
    page.wait_for_timeout(4000)  # a browser complains later about what it has loaded in vain
    assert page.title() == "Campaign live report"
    assert watch.trouble == []
    assert watch.strangers == []
    leave(page)


def test_second_visit_loads_nothing_but_the_page(voila: Front, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(voila.address)
    page.wait_for_selector(LIVE)
    page.goto("about:blank")
    page.goto(voila.address)
    page.wait_for_selector(LIVE)
    fetched = page.evaluate(
        "() => performance.getEntriesByType('resource').filter((r) => r.transferSize > 0)"
        ".map((r) => r.name).filter((name) => !name.includes('/api/kernels/'))"
    )
    assert fetched == []
    leave(page)


def test_a_closed_page_ends(voila: Front, browser: Browser) -> None:
    context = browser.new_context()  # closing the context would cancel the shutdown request
    context.new_page()
    page = context.new_page()
    page.goto(voila.address)
    page.wait_for_selector(LIVE)
    kernel = page.evaluate(KERNEL_ID)
    assert _serves(voila, kernel)
    page.close(run_before_unload=True)
    end = time.monotonic() + 15
    while _serves(voila, kernel):
        assert time.monotonic() < end, "a closed page lives on"
        time.sleep(0.2)
    context.close()


def test_a_slow_browser_shows_the_report(voila: Front, browser: Browser) -> None:
    page, watch = browser.new_page(), Watch()
    watch.over(page)
    throttle = page.context.new_cdp_session(page)
    throttle.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.goto(voila.address)
    page.wait_for_selector(f"{LIVE} {DELIVERED}[data-value]", timeout=120_000)
    assert watch.trouble == []
    leave(page)


def test_the_page_resizes_with_its_window(voila: Front, browser: Browser) -> None:
    page = browser.new_page(viewport=SIZE)
    page.goto(voila.address)
    page.wait_for_selector(LIVE)
    for width in (1400, 420):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(
            "([w]) => Math.abs(document.querySelector('.clw-report').clientWidth - w) < 80",
            arg=[width],
        )
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    leave(page)


def _serves(voila: Front, kernel: str) -> bool:
    try:
        urlopen(f"{voila.address}api/kernels/{kernel}").close()  # noqa: S310 - our own server
    except HTTPError as error:
        return error.code != 404
    return True
