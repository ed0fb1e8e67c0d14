"""The switches of the page: what they count, their chips, the address, Back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.browser.chosen import START, visits
from tests.support.browser.front import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.support.browser.chosen import Report

JUDGED = (True, True, False, None, None, None)
"""Whether each open is a machine's."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("switches")
    common = {
        "campaign_id": "c",
        "message_id": "m",
        "channel": "email",
        "timestamp": START.isoformat(),
    }
    kinds = [("sent", None), ("sent", None), ("delivered", None)]
    kinds += [("open", judged) for judged in JUDGED]
    lines = [
        {**common, "event_id": f"{n}", "profile_id": f"p{n}", "event_type": kind, "is_machine": is_}
        for n, (kind, is_) in enumerate(kinds)
    ]
    (folder / "events.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with serving(folder) as address:
        yield address


def shows_opens(page: Page, count: int) -> None:
    """Wait until the table by message counts that many opens."""
    row = page.locator(".clw-email-metrics-by-message .clw-table-grid tbody tr").last
    expect(row.locator("td").nth(4)).to_have_text(str(count))


def test_machines_are_left_out_or_counted_alone(visit: Callable[..., Report]) -> None:
    report = visit("tab=email")
    page, chips = report.page, report.page.locator(".clw-chip")
    shows_opens(page, 6)
    report.open("more")
    page.get_by_label("Machine opens and clicks").select_option("Left out")
    page.keyboard.press("Escape")
    shows_opens(page, 4)
    report.wait_for_whole_address("machines=exclude&tab=email")
    expect(chips.locator("bdi")).to_have_text(["Without opens and clicks of machines"])
    assert report.scope == ["without opens and clicks of machines"]
    report.open("more")
    page.get_by_label("Machine opens and clicks").select_option("Alone")
    page.keyboard.press("Escape")
    shows_opens(page, 2)
    report.wait_for_whole_address("machines=only&tab=email")
    page.go_back()
    report.wait_for_whole_address("machines=exclude&tab=email")
    chips.click()
    shows_opens(page, 6)
    expect(chips).to_have_count(0)


def test_a_link_shows_the_switch_in_the_language_of_its_reader(
    visit: Callable[..., Report],
) -> None:
    report = visit("tab=email&machines=only&locale=fr")
    shows_opens(report.page, 2)
    assert report.scope == ["des ouvertures et clics, seuls ceux de machines"]
    report.open("more")
    assert report.page.get_by_label("Ouvertures et clics de machines").input_value() == "only"


def test_shares_divide_by_what_the_reader_chooses(visit: Callable[..., Report]) -> None:
    report = visit("tab=email")
    page = report.page
    card = page.locator(".clw-email-sending-statistics .clw-kpi-delivered")
    expect(card).to_contain_text("50.0% of sent")
    report.open("more")
    page.get_by_label("Rates divide by").select_option("Delivered")
    page.keyboard.press("Escape")
    expect(card).to_contain_text("100.0% of delivered")
    report.wait_for_whole_address("basis=delivered&tab=email")
    assert report.scope == ["rates divide by delivered"]
    page.locator(".clw-email-sending-statistics .clw-tile-menu").click()
    page.get_by_text("What the numbers mean").click()
    panel = page.locator(".clw-meanings:popover-open")
    expect(panel).to_contain_text("Shares divide by: Delivered.")
    expect(panel).to_contain_text("The rate divides by: Delivered")
    expect(panel).not_to_contain_text("The rate divides by: Sent")
    page.keyboard.press("Escape")
    page.reload()
    expect(card).to_contain_text("100.0% of delivered")
    page.locator(".clw-chip").click()
    expect(card).to_contain_text("50.0% of sent")


def test_no_page_of_a_server_shows_small_cells(browser: Browser, tmp_path: Path) -> None:
    common = {"campaign_id": "c", "message_id": "m", "channel": "email", "event_type": "open"}
    lines = [
        {**common, "event_id": f"{d}-{n}", "profile_id": f"{d}-{n}", "domain": d}
        | {"timestamp": START.isoformat()}
        for d, people in {"large.example": 12, "small.example": 4, "tiny.example": 7}.items()
        for n in range(people)
    ]
    (tmp_path / "events.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with serving(tmp_path, "--small-cells", "10") as address, visits(browser, address) as visit:
        page = visit("tab=email").page
        tile = page.locator(".clw-email-recipient-domains")
        expect(tile).to_contain_text("Other domains")
        expect(tile).to_contain_text("large.example")
        assert "small.example" not in page.content()
        assert "tiny.example" not in page.content()
