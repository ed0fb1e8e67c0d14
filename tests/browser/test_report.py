"""The report in Voilà, JupyterLab and Notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.catalog import TABS
from tests.support.browser.front import SIZE
from tests.support.browser.settled import settle
from tests.support.reports.shown_tiles import shown_tiles

if TYPE_CHECKING:
    from tests.support.browser.front import Front

DELIVERED = ".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value"
MARKS = "path.slice, path.line, rect.bar"
SHOWS_SOMETHING = """([css, marks]) => {
  const tile = document.querySelector(`.${css}`);
  const isLarge = (node) => {
    const { width, height } = node.getBoundingClientRect();
    return width > 8 && (height > 8 || node.closest(".clw-intervals"));  // whiskers are flat
  };
  const drawn = [...(tile?.querySelectorAll(marks) ?? [])].some(isLarge);
  const printed = [...(tile?.querySelectorAll("td, .clw-kpi-value") ?? [])]
    .some((node) => isLarge(node) && /\\d/.test(node.textContent));
  return drawn || (printed && !tile.querySelector(".bqplot"));
}"""
SHOWS_A_NOTE = "([css]) => document.querySelector(`.${css} .clw-empty`)?.getClientRects().length"
ROWS = """([css]) => [...document.querySelectorAll(`.${css} tbody tr`)]
  .filter((row) => row.getClientRects().length).map((row) => row.cells[0].textContent)"""
LINE_HEIGHTS = """() => {
  const hasText = (node) => [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll(".clw-report *:not(svg *, style, script, option)")]
    .filter((node) => hasText(node) && getComputedStyle(node).lineHeight === "normal")
    .map((node) => `${node.className}: ${node.textContent}`);
}"""


@pytest.mark.parametrize("tab", TABS)
def test_every_tile_of_a_tab_is_drawn(front: Front, tab: str) -> None:
    tiles = shown_tiles(front.inbox.folder)
    front.open_tab(list(tiles).index(tab))
    for tile in tiles[tab]:
        if front.name != "voila":  # there a chart is drawn when it is scrolled to
            front.page.locator(f".{tile.css_class}").scroll_into_view_if_needed()
        # No simulated address is at a known provider: there is nothing to compare over time.
        drawn = SHOWS_A_NOTE if tile.further else SHOWS_SOMETHING
        front.wait_for(drawn, tile.css_class, MARKS)


def test_no_line_height_depends_on_the_font(voila: Front) -> None:
    voila.open_tab(0)
    voila.page.locator(".clw-tile-menu:visible").first.click()
    voila.page.get_by_role("menu").wait_for()
    assert voila.page.locator(".clw-report .clw-kpi-label").count() > 0
    assert voila.page.evaluate(LINE_HEIGHTS) == []
    voila.page.keyboard.press("Escape")


def test_new_file_is_shown_on_the_page(front: Front) -> None:
    before = front.number(DELIVERED)
    assert before > 1000
    front.inbox.drop(10)
    front.wait_for(
        "([css, n]) => Number(document.querySelector(css).dataset.value) === n",
        DELIVERED,
        before + 10,
    )


def test_tab_sort_and_scroll_survive_ten_refreshes(front: Front) -> None:
    page, css = front.page, "clw-email-metrics-by-message"
    front.open_tab(1)
    front.wait_for(SHOWS_SOMETHING, css, MARKS)
    page.locator(f".{css} thead th button").first.click()
    names = page.evaluate(ROWS, [css])
    assert names == sorted(names)
    assert len(names) > 3
    page.set_viewport_size({"width": 1400, "height": 500})
    scroller = page.evaluate_handle(
        """([css]) => {
          let node = document.querySelector(`.${css}`);
          const clips = (n) => /auto|scroll/.test(getComputedStyle(n).overflowY);
          const scrolls = (n) => n.scrollHeight > n.clientHeight + 100
            && (n === document.scrollingElement || clips(n));
          while (node.parentElement && !scrolls(node)) node = node.parentElement;
          node.scrollTop = 120;
          return node;
        }""",
        [css],
    )
    place = scroller.evaluate("(node) => node.scrollTop")
    assert place > 60
    for _ in range(10):
        tick = int(page.locator(".clw-report").get_attribute("data-tick") or 0)
        front.inbox.drop(1)
        front.wait_for(
            "([n]) => Number(document.querySelector('.clw-report').dataset.tick) > n", tick
        )
    assert scroller.evaluate("(node) => node.scrollTop") == place
    assert page.locator(".clw-tabs .lm-mod-current").inner_text() == TABS["email"]("en")
    assert page.locator(f".{css} thead th").first.get_attribute("aria-sort") == "ascending"
    assert page.evaluate(ROWS, [css]) == names
    page.set_viewport_size(SIZE)


def test_no_console_message_and_no_request_to_other_hosts(front: Front) -> None:
    for index in range(len(TABS)):
        front.open_tab(index)
        settle(front.page, ".clw-tile")
    assert front.watch.strangers == []
    assert front.watch.trouble == []
