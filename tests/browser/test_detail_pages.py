"""The page of one message: opened by a click, a link or a reload, and left by each control."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

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


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("details")) as address:
        yield address


def wait_for_delivered(report: Report, wanted: int, channel: str = "email") -> None:
    tile = {"email": "email-sending-statistics", "push": "push-sending-performance"}[channel]
    report.page.wait_for_function(
        "([tile, n]) => document.querySelector(`.clw-${tile} .clw-kpi-delivered .clw-kpi-value`)"
        "?.dataset.value === String(n)",
        arg=[tile, wanted],
    )


def press_name(report: Report, text: str) -> None:
    table = report.page.locator(".clw-email-metrics-by-message")
    table.locator("tbody th button, tbody th a", has_text=text).first.click()


def wait_for_campaign_page(report: Report, messages: tuple[str, ...] = ()) -> None:
    """Wait until the campaign page is open again, in the previous tab."""
    page = report.page
    page.wait_for_selector(".clw-report:not(.clw-detail)")
    expect(page.locator(".clw-header-name")).to_have_text(CAMPAIGN_NAME)
    page.wait_for_selector(".clw-tabs > .lm-TabBar .lm-mod-current:visible")
    expect(page.locator(".clw-tabs .lm-mod-current")).to_have_text("E-mail")
    chosen = messages or ("welcome", COMMA, "long", "plain")
    wait_for_delivered(report, count(messages=chosen, start=BACK)["delivered"])


BACK = START - timedelta(hours=6)


def test_click_opens_the_page_of_a_message_and_back_returns(visit: Callable[..., Report]) -> None:
    report = visit("window=6h&tab=email")
    wait_for_campaign_page(report)
    page = report.page
    alone = count(messages=("welcome",), start=BACK)["delivered"]
    press_name(report, "Welcome")
    page.wait_for_selector(".clw-report.clw-detail")
    wait_for_delivered(report, alone)
    expect(page.locator(".clw-header-name")).to_have_text("Welcome")
    name = CAMPAIGN_NAME.replace("\u202e", "")
    expect(page.locator(".clw-back")).to_have_text(f"\u2039 {name} ({COMMA})")
    expect(page.locator(".clw-tabs > .lm-TabBar")).to_be_hidden()
    report.wait_for_address("detail=welcome")
    assert report.scope == ["1 of 5 messages (Welcome)"]
    page.go_back()
    wait_for_campaign_page(report)
    report.wait_for_whole_address("window=6h&tab=email")
    page.go_forward()
    page.wait_for_selector(".clw-report.clw-detail")
    wait_for_delivered(report, alone)
    page.locator(".clw-back").click()
    wait_for_campaign_page(report)
    report.wait_for_whole_address("window=6h&tab=email")


def test_a_reloaded_message_page_can_return_to_its_campaign(
    visit: Callable[..., Report],
) -> None:
    report = visit("window=6h&tab=email&message=welcome&message=plain")
    chosen = ("welcome", "plain")
    wait_for_campaign_page(report, chosen)
    page = report.page
    press_name(report, "Welcome")
    page.wait_for_selector(".clw-report.clw-detail")
    report.wait_for_address("detail=welcome")
    page.reload()
    page.wait_for_selector("#campaign-first", state="detached")
    page.wait_for_selector(".clw-report.clw-detail")
    wait_for_delivered(report, count(messages=("welcome",), start=BACK)["delivered"])
    page.locator(".clw-back").click()
    wait_for_campaign_page(report, chosen)


def test_a_link_to_a_hostile_message_can_return_to_its_campaign(
    visit: Callable[..., Report],
) -> None:
    report = visit(f"window=6h&tab=email&detail={quote(COMMA)}")
    page = report.page
    page.wait_for_selector(".clw-report.clw-detail")
    wait_for_delivered(report, count(messages=(COMMA,), start=BACK)["delivered"])
    expect(page.locator(".clw-header-name")).to_have_text(EVIL)
    expect(page.locator(".clw-header-id")).to_have_text(COMMA)
    page.locator(".clw-back").focus()
    page.keyboard.press("Enter")
    wait_for_campaign_page(report)
    page.wait_for_function("() => !location.search.includes('detail')")


def test_a_filter_chosen_on_the_message_s_page_applies_there(visit: Callable[..., Report]) -> None:
    report = visit("detail=app")
    report.page.wait_for_selector(".clw-report.clw-detail")
    wait_for_delivered(report, count(messages=("app",))["delivered"], "push")
    report.choose("executions", "run-1")
    wait_for_delivered(report, count(messages=("app",), executions=("run-1",))["delivered"], "push")
    report.wait_for_address("execution=run-1")
    report.page.reload()
    wait_for_delivered(report, count(messages=("app",), executions=("run-1",))["delivered"], "push")
    expect(report.page.locator("button.clw-pick-messages")).to_be_hidden()


def test_an_unknown_message_is_a_notice_on_the_campaign_s_page(
    visit: Callable[..., Report],
) -> None:
    report = visit("window=6h&tab=email&detail=wellcome")
    wait_for_campaign_page(report)
    notice = report.page.locator(".clw-notice-text")
    assert notice.inner_text() == (
        "Ignored detail=wellcome: the campaign has no such message. Did you mean welcome?"
    )
