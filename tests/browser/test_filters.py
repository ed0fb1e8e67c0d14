"""Filters in the page: counts against an independent count, the address, hostile names."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import accessibility_problems
from tests.support.browser.chosen import (
    CAMPAIGN_NAME,
    COMMA,
    EVIL,
    START,
    Report,
    count,
    served,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


FOCUSED = "document.activeElement"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("filters")) as address:
        yield address


@pytest.fixture
def report(visit: Callable[..., Report]) -> Report:
    return visit()


@pytest.mark.parametrize(
    ("label", "key", "back"),
    [
        ("Last 15 min", "15m", timedelta(minutes=15)),
        ("Last hour", "1h", timedelta(hours=1)),
        ("Last 6 h", "6h", timedelta(hours=6)),
        ("Last 7 days", "7d", timedelta(days=7)),
        ("Since the first event", "all", timedelta(days=99)),
    ],
)
def test_each_window_counts_its_own_events(
    report: Report, visit: Callable[..., Report], label: str, key: str, back: timedelta
) -> None:
    report.shows(count())
    report.choose("window", re.compile(label, re.IGNORECASE))
    report.shows(count(start=START - back))
    report.wait_for_address(f"window={key}")
    assert report.address == f"window={key}"
    shared = visit(report.address)
    shared.shows(count(start=START - back))


def test_from_and_to_are_minutes_on_the_chosen_clock(report: Report) -> None:
    page = report.page
    report.open("more")
    page.locator(".clw-filter-zone").fill("Asia/Tokyo")
    page.locator(".clw-filter-zone").press("Enter")
    report.wait_for_address("tz=Asia%2FTokyo")
    page.keyboard.press("Escape")
    tokyo = timedelta(hours=9)
    start, end = (START - timedelta(hours=4), START - timedelta(minutes=30))
    report.open("window")
    inputs = page.locator(".clw-filter-span input")
    for box, moment in zip(inputs.all(), (start, end), strict=True):
        box.fill((moment + tokyo).strftime("%Y-%m-%dT%H:%M"))
    page.locator(".clw-filter-apply").click()
    exact = count(start=start.replace(second=0), end=end.replace(second=0))
    report.shows(exact)
    assert exact == count(start=START - timedelta(hours=5), end=START - timedelta(minutes=20))
    report.wait_for_address("from=")
    assert f"to={end:%Y-%m-%dT%H}%3A{end:%M}Z" in report.address
    expect(page.locator(".clw-header-window")).to_contain_text("JST")
    page.reload()
    report.shows(exact)
    page.locator(".clw-chip").first.click()
    report.shows(count())
    report.wait_for_whole_address("tz=Asia%2FTokyo")


def test_messages_executions_and_test_sends_filter_the_counts(
    report: Report, visit: Callable[..., Report]
) -> None:
    page = report.page
    report.choose("messages", "welcome")
    report.shows(count(messages=("welcome",)))
    report.choose("messages", COMMA)
    chosen = ("welcome", COMMA)
    report.shows(count(messages=chosen))
    report.choose("executions", "run-2")
    report.shows(count(messages=chosen, executions=("run-2",)))
    report.choose("more", "Include test sends")
    everything = count(messages=chosen, executions=("run-2",), tests=True)
    report.shows(everything)
    report.wait_for_address("tests=1")
    assert report.scope[0].startswith("2 of 5 messages (")
    assert report.scope[1].startswith("1 of 2 executions (")
    assert report.scope[2] == "test sends included"
    expect(page.locator(".clw-chip")).to_have_count(4)
    for open_page in (report, visit(report.address)):
        open_page.page.reload()
        open_page.shows(everything)
        assert len(open_page.scope) == 3
    page.locator(".clw-chip", has_text="Welcome").click()
    report.shows(count(messages=(COMMA,), executions=("run-2",), tests=True))
    for _ in range(3):
        left = page.locator(".clw-chip").count()
        page.locator(".clw-chip").first.click()
        page.wait_for_function("(n) => document.querySelectorAll('.clw-chip').length < n", arg=left)
    report.shows(count())
    assert report.scope == []


def test_changing_the_campaign_removes_filters_it_does_not_have(report: Report) -> None:
    report.choose("messages", "welcome")
    report.shows(count(messages=("welcome",)))
    report.choose("campaign", "other")
    report.shows(count(campaign="other"))
    report.wait_for_address("campaign=other")
    assert "message=" not in report.address
    expect(report.page.locator(".clw-notice")).to_have_count(0)
    expect(report.page.locator(".clw-header-name")).to_have_text("Other")
    report.page.reload()
    report.shows(count(campaign="other"))


def test_a_hostile_id_is_restored_from_the_address(visit: Callable[..., Report]) -> None:
    report = visit(f"campaign={quote(COMMA)}&message={quote(COMMA)}&theme=dark&window=6h")
    report.shows(count(start=START - timedelta(hours=6), messages=(COMMA,)))
    assert "theme=dark" in report.address
    name = report.page.locator(".clw-header-name")
    assert name.inner_text() == CAMPAIGN_NAME
    report.open("messages")
    panel = report.page.locator(".clw-pick-messages-panel")
    assert panel.locator(".clw-filter-name", has_text="pwned").inner_text() == EVIL
    assert report.page.locator(".clw-filters img, .clw-header img").count() == 0
    assert report.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_invalid_values_are_reported_and_valid_ones_applied(visit: Callable[..., Report]) -> None:
    report = visit(
        "campaign=nope&window=soon&message=unknown&message=welcome&tz=Mars%2FX&every=9999&tab=sms"
    )
    report.shows(count(messages=("welcome",)))
    page = report.page
    notices = page.locator(".clw-notice-text")
    expect(notices).to_have_count(6)
    notice_texts = "\n".join(notices.all_inner_texts())
    for bad in (
        "campaign=nope",
        "window=soon",
        "message=unknown",
        "tz=Mars/X",
        "every=9999",
        "tab=sms",
    ):
        assert bad in notice_texts
    page.locator(".clw-notice-close").first.click()
    page.wait_for_function("document.querySelectorAll('.clw-notice').length === 5")
    report.wait_for_address("message=welcome")
    assert "nope" not in report.address
    assert page.locator(".clw-report").get_attribute("data-state") == "live"


def test_the_open_tab_and_the_language_are_part_of_the_address(report: Report) -> None:
    page = report.page
    page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(2).click()
    report.wait_for_address("tab=push")
    report.open("more")
    page.locator(".clw-filter-language").select_option("fr")
    page.wait_for_selector(".clw-report[lang=fr]")
    report.wait_for_address("locale=fr")
    page.reload()
    page.wait_for_selector(".clw-report[lang=fr]")
    page.wait_for_function(
        "document.querySelector('.clw-tabs .lm-mod-current')?.textContent === 'Push'"
    )
    report.wait_for_whole_address("locale=fr&tab=push")


def test_selection_made_while_paused_is_shown(report: Report) -> None:
    page = report.page
    report.shows(count())
    page.locator(".clw-toggle").click()
    page.wait_for_selector(".clw-report[data-state=paused]")
    report.choose("window", re.compile("last hour", re.IGNORECASE))
    report.shows(count(start=START - timedelta(hours=1)))
    assert page.locator(".clw-report").get_attribute("data-state") == "paused"


def test_the_downloaded_report_matches_the_page(report: Report) -> None:
    report.choose("messages", "welcome")
    report.shows(count(messages=("welcome",)))
    report.open("more")
    with report.page.expect_download() as download:
        report.page.locator(".clw-filter-csv").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename.endswith(".csv")
    assert str(count(messages=("welcome",))["delivered"]) in text
    assert "App news" not in text


def test_everything_can_be_done_by_keyboard(report: Report) -> None:
    page = report.page
    report.shows(count())
    page.locator("button.clw-pick-window").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"{FOCUSED}.closest('.clw-pick-window-panel')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    report.shows(count(start=START - timedelta(hours=1)))
    assert page.evaluate(f"{FOCUSED}.classList.contains('clw-pick-window')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{FOCUSED}.closest('.clw-pick-messages-panel')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.wait_for_selector(".clw-chip")
    assert page.evaluate(f"{FOCUSED}.classList.contains('clw-pick-messages')")


@pytest.mark.parametrize("width", [390, 800])
def test_the_filters_fit_a_narrow_page(visit: Callable[..., Report], width: int) -> None:
    report = visit(f"message=long&message={quote(COMMA)}&message=welcome&tests=1")
    report.page.set_viewport_size({"width": width, "height": 900})
    for which in ("campaign", "window", "messages", "executions", "more"):
        report.open(which)
        box = report.page.locator(f".clw-pick-{which}-panel").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        report.page.keyboard.press("Escape")
    assert report.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_filters_chips_and_notices_have_no_serious_accessibility_issue(
    visit: Callable[..., Report], scheme: str
) -> None:
    report = visit("message=welcome&message=app&tests=1&window=soon", color_scheme=scheme)
    report.page.wait_for_selector(".clw-chip")
    for which in ("campaign", "window", "messages", "executions", "more"):
        report.open(which)
        report.page.wait_for_function(f"{FOCUSED}.closest('.clw-pick-{which}-panel')")
        assert accessibility_problems(report.page) == []
        report.page.keyboard.press("Escape")


def test_print_shows_the_selection_and_no_button(visit: Callable[..., Report]) -> None:
    report = visit("message=welcome&tests=1&tz=Europe%2FParis&detail=welcome")
    page = report.page
    page.wait_for_selector(".clw-report.clw-detail")
    page.emulate_media(media="print")
    head = page.locator(".clw-header").inner_text()
    for part in ("Welcome", "1 of 5 messages", "test sends included", "Europe/Paris", "As of "):
        assert part in head
    buttons = page.evaluate(
        """() => [...document.querySelectorAll(".clw-report button")]
            .filter((button) => button.checkVisibility() && !button.closest("th, .clw-legend"))
            .map((button) => button.className)"""
    )
    assert buttons == []
