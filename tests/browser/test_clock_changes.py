"""The page on days on which the clocks change: its times, and the fields of the exact window."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.browser.front import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator

    from tests.support.browser.chosen import Report

PARIS, NEW_YORK = "tz=Europe/Paris", "tz=America/New_York"
SPAN = ".clw-filter-span"
expect.set_options(timeout=60_000)
FIELD = f"{SPAN} .clw-filter-end"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("clocks")
    lines = []
    for day in ("2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"):
        for minute in range(-180, 720, 5):
            at = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=minute)
            event = {
                "event_id": at.isoformat(),
                "timestamp": at.isoformat(),
                "campaign_id": "autumn",
                "message_id": "m",
                "channel": "email",
                "event_type": "delivered",
                "profile_id": f"p{minute}",
            }
            lines.append(json.dumps(event) + "\n")
    (folder / "events.ndjson").write_text("".join(lines), encoding="utf-8")
    with serving(folder) as address:
        yield address


def head(report: Report) -> Locator:
    return report.page.locator(".clw-header-window")


def field(report: Report, end: str) -> Locator:
    """Return the part of the picker for the start (``from``) or the end (``to``)."""
    return report.page.locator(FIELD).nth(["from", "to"].index(end))


def open_window(report: Report, start: str, end: str) -> None:
    """Open the exact window; its fields show these local times."""
    report.open("window")
    expect(field(report, "from").locator("input")).to_have_value(start)
    expect(field(report, "to").locator("input")).to_have_value(end)


def apply(report: Report) -> None:
    report.page.locator(".clw-filter-apply").click()


def test_an_untouched_field_keeps_its_moment(visit: Callable[..., Report]) -> None:
    report = visit(f"from=2026-10-25T01:30Z&to=2026-10-25T04:00Z&{PARIS}")
    open_window(report, "2026-10-25T02:30", "2026-10-25T05:00")
    start = field(report, "from")
    expect(start.locator("select")).to_have_value("2026-10-25T01:30:00Z")
    expect(start.locator("option")).to_have_text(["02:30 CEST, UTC+2", "02:30 CET, UTC+1"])
    expect(field(report, "to").locator("select")).to_be_hidden()
    field(report, "to").locator("input").fill("2026-10-25T06:00")
    apply(report)
    report.wait_for_address("to=2026-10-25T05%3A00Z")
    assert "from=2026-10-25T01%3A30Z" in report.address
    expect(head(report)).to_have_text("3 h 30 min, 25 Oct 02:30 – 25 Oct 06:00 CET")  # noqa: RUF001


def test_both_hours_of_a_repeated_time_can_be_chosen(visit: Callable[..., Report]) -> None:
    report = visit(f"from=2026-11-01T04:00Z&to=2026-11-01T10:00Z&{NEW_YORK}")
    expect(head(report)).to_have_text(
        "6 h, 1 Nov 00:00 EDT – 1 Nov 05:00 EST"  # noqa: RUF001
    )
    open_window(report, "2026-11-01T00:00", "2026-11-01T05:00")
    for end in ("from", "to"):
        field(report, end).locator("input").fill("2026-11-01T01:30")
        expect(field(report, end).locator("select")).to_be_visible()
    first, second = "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"
    expect(field(report, "from").locator("select")).to_have_value(first)
    expect(field(report, "to").locator("select")).to_have_value(second)
    field(report, "to").locator("select").select_option(first)
    apply(report)
    note = report.page.locator(f"{SPAN} > .clw-filter-note")
    expect(note).to_have_text("The end must be after the start.")
    field(report, "to").locator("select").select_option(second)
    expect(note).to_be_hidden()
    apply(report)
    report.wait_for_address("from=2026-11-01T05%3A30Z&to=2026-11-01T06%3A30Z")
    expect(head(report)).to_have_text(
        "1 h, 1 Nov 01:30 EDT – 1 Nov 01:30 EST"  # noqa: RUF001
    )
    chip = report.page.locator(".clw-chip-text")
    expect(chip).to_have_text("1 Nov 2026 01:30 EDT – 1 Nov 2026 01:30 EST")  # noqa: RUF001


def test_a_time_that_does_not_exist_is_named_and_not_applied(visit: Callable[..., Report]) -> None:
    report = visit(f"from=2026-03-29T00:00Z&to=2026-03-29T03:00Z&{PARIS}&locale=fr")
    address = report.address
    expect(head(report)).to_have_text(
        "3 h, 29 mars 01:00 CET – 29 mars 05:00 CEST"  # noqa: RUF001
    )
    open_window(report, "2026-03-29T01:00", "2026-03-29T05:00")
    start = field(report, "from")
    start.locator("input").fill("2026-03-29T02:30")
    apply(report)
    expect(start.locator(".clw-filter-note")).to_have_text(
        "29 mars 2026 02:30 n'existe pas (Europe/Paris)\N{NO-BREAK SPACE}: "
        "les horloges avancent de 02:00 CET à 03:00 CEST."
    )
    expect(start.locator("input")).to_be_focused()
    expect(start.locator("input")).to_have_attribute("aria-invalid", "true")
    assert report.address == address
    start.locator("input").fill("2026-03-29T03:00")
    expect(start.locator(".clw-filter-note")).to_be_hidden()
    apply(report)
    report.wait_for_address("from=2026-03-29T01%3A00Z")
    expect(head(report)).to_have_text("2 h, 29 mars 03:00 – 29 mars 05:00 CEST")  # noqa: RUF001
    open_window(report, "2026-03-29T03:00", "2026-03-29T05:00")


def test_only_repeated_hours_have_their_offset_in_chart_tooltip_and_table(
    visit: Callable[..., Report],
) -> None:
    report = visit(f"from=2026-10-24T22:00Z&to=2026-10-25T04:00Z&{PARIS}&tab=email")
    tile = report.page.locator(".clw-email-summary")
    ticks = tile.locator(".clw-lines .axis text", has_text=":")
    expect(ticks.filter(has_text="UTC")).to_have_text(
        ["02:00 UTC+2", "02:30 UTC+2", "02:00 UTC+1", "02:30 UTC+1"]
    )
    hours = ["00:30", "01:00", "01:30", "03:00", "03:30", "04:00", "04:30"]
    expect(ticks.filter(has_not_text="UTC")).to_have_text(hours)
    tile.locator(".clw-lines-plot").focus()
    for key in ("Home", *["ArrowRight"] * 24):
        report.page.keyboard.press(key)
    tip = report.page.locator(".clw-tip")
    expect(tip).to_contain_text("Sun, Oct 25, 02:00 UTC+2")
    for _ in range(12):
        report.page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("Sun, Oct 25, 02:00 UTC+1")
    tile.locator(".clw-tile-switch > :last-child").click()
    rows = tile.locator("tbody th")
    expect(rows).to_have_count(72)
    texts = rows.all_inner_texts()
    assert len(set(texts)) == 72
    assert {"02:" in text for text in texts if "UTC" in text} == {True}
    assert sum("UTC" in text for text in texts) == 24
