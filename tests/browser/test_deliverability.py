"""The tab Deliverability: it comes with the first e-mail, and reads without colour or a mouse."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from pypdfium2 import PdfDocument

from campaign_live_widgets.catalog import TABS, TILES
from campaign_live_widgets.catalog.bounce_classes import BOUNCE_CLASSES
from campaign_live_widgets.rendering.html.page import html
from campaign_live_widgets.rendering.language.verdicts import shaped
from tests.browser.test_accessibility import accessibility_problems
from tests.support.browser import paper
from tests.support.browser.chosen import visits
from tests.support.browser.front import serving
from tests.support.browser.inbox import Inbox
from tests.support.browser.settled import settle
from tests.support.events.plain import event
from tests.support.reports.static_reports import static_report, usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page

    from tests.support.browser.chosen import Report

NOW = datetime.now(UTC).replace(microsecond=0)
OVERLAPS = Path(__file__).with_name("overlaps.js").read_text(encoding="utf-8")
TAB = "tab=deliverability"
TAB_NAMES = ".clw-tabs > .lm-TabBar .lm-TabBar-tab"
PROVIDERS = TILES["deliverability.providers"].css_class
CLASSES = TILES["deliverability.bounce_classes"].css_class
CAUSES = TILES["deliverability.causes_by_provider"].css_class
DOMAINS = {
    "gmail.com": (1300, 0, "ok"),
    "yahoo.com": (1300, 40, "watch"),
    "outlook.com": (1300, 130, "over"),
    "icloud.com": (3, 0, "thin"),
}
"""Domain: how many e-mails are delivered, how many come back, and the verdict of its provider."""
FAMILIES = {"Gmail": "ok", "Yahoo, AOL": "watch", "Outlook.com": "over", "iCloud": "thin"}
REASONS = ("Mailbox-Full", "DNS-Failure", "Invalid-Recipient")


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def mail() -> list[dict[str, object]]:
    """Return e-mails to four providers, sent during the last two hours."""
    rows: list[dict[str, object]] = []
    for domain, (delivered, bounced, _) in DOMAINS.items():
        for i in range(delivered + bounced):
            at = (NOW - timedelta(minutes=5 * (i % 24) + 5)).isoformat()
            outcome = {"event_type": "delivered"}
            if i >= delivered:
                reason = REASONS[i % len(REASONS)]
                soft_or_hard = "soft" if reason == "Mailbox-Full" else "hard"
                outcome = {"event_type": "bounce", "reason": reason, "bounce_type": soft_or_hard}
            common = {"timestamp": at, "domain": domain, "profile_id": f"{domain}-{i}"}
            rows.append(event(len(rows), **common))
            rows.append(event(len(rows), **common, **outcome))
    return rows


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mail")
    write(folder / "mail.ndjson", mail())
    with serving(folder) as address:
        yield address


def row(page: Page, code: str) -> Locator:
    """Return the button of a class's row in the table of classes."""
    name = BOUNCE_CLASSES[code].title("en")
    return page.locator(f".{CLASSES} .clw-table-unfold", has_text=name)


def show_tables(page: Page) -> None:
    """Show every tile of the tab as a table."""
    for css in (PROVIDERS, CLASSES):
        page.locator(f".{css} .clw-tile-view-table").click()
        page.locator(f".{css} tbody td:visible").first.wait_for()
    settle(page, ".clw-tile")


def test_the_tab_comes_with_the_first_email(browser: Browser, tmp_path: Path) -> None:
    push = {"channel": "push", "timestamp": NOW.isoformat(), "campaign_id": "autumn"}
    write(tmp_path / "push.ndjson", [event(i, **push) for i in range(3)])
    with serving(tmp_path) as address, visits(browser, address) as visit:
        page = visit(TAB).page
        names = page.locator(TAB_NAMES)
        known = [name("en") for tab, name in TABS.items() if tab != "deliverability"]
        expect(names).to_have_text(known)
        names.nth(known.index("Push")).click()
        Inbox(tmp_path).drop(1, campaign="autumn")
        expect(names).to_have_text([*known, "Deliverability"])
        expect(page.locator(f"{TAB_NAMES}.lm-mod-current")).to_have_text("Push")
        names.last.click()
        expect(page.locator(f".{PROVIDERS}:visible")).to_have_count(1)


def test_mouse_and_keyboard_unfold_what_to_do(visit: Callable[..., Report]) -> None:
    page = visit(TAB).page
    page.locator(f".{CLASSES} .clw-tile-view-table").click()
    full, name = row(page, "mailbox"), row(page, "address")
    advice = page.locator(f".{CLASSES} .clw-table-advice")
    expect(full).to_have_attribute("aria-expanded", "false")
    full.click()
    expect(full).to_have_attribute("aria-expanded", "true")
    expect(advice).to_have_count(1)
    expect(advice).to_contain_text(BOUNCE_CLASSES["mailbox"].next_step("en"))
    assert advice.get_attribute("id") == full.get_attribute("aria-controls")
    name.focus()
    page.keyboard.press("Enter")
    expect(name).to_have_attribute("aria-expanded", "true")
    expect(advice).to_have_count(2)
    assert name.evaluate("(node) => node === document.activeElement")
    page.keyboard.press("Space")
    expect(name).to_have_attribute("aria-expanded", "false")
    full.press("Enter")
    expect(advice).to_have_count(0)


def test_verdicts_are_read_without_colour(visit: Callable[..., Report]) -> None:
    page = visit(TAB, forced_colors="active").page
    rows = page.locator(f".{PROVIDERS} .clw-intervals-row")
    expect(rows).to_have_count(len(FAMILIES))
    drawn = {
        one.locator(".clw-intervals-name").inner_text(): one.locator(
            ".clw-intervals-verdict"
        ).inner_text()
        for one in rows.all()
    }
    show_tables(page)
    written = {
        one.locator("th").inner_text(): one.locator(".clw-verdict").inner_text()
        for one in page.locator(f".{PROVIDERS} tbody tr").all()
    }
    expected = {name: "".join(shaped(v, "en").split()) for name, v in FAMILIES.items()}
    for texts in (drawn, written):
        assert {name: "".join(text.split()) for name, text in texts.items()} == expected


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tables_have_no_serious_issue(visit: Callable[..., Report], scheme: str) -> None:
    page = visit(TAB, color_scheme=scheme).page
    page.locator(f".{PROVIDERS} .clw-intervals-row").first.wait_for()
    assert accessibility_problems(page) == []
    show_tables(page)
    row(page, "mailbox").click()
    page.locator(f".{CLASSES} .clw-table-advice").wait_for()
    assert accessibility_problems(page) == []


def test_a_phone_in_french_shows_all_without_overlap(visit: Callable[..., Report]) -> None:
    page = visit(f"{TAB}&locale=fr").page
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(f".{PROVIDERS} .clw-intervals-row").first.wait_for()
    settle(page, ".clw-tile")
    for _ in range(2):
        assert page.evaluate(f"() => {{ {OVERLAPS}; return overlaps(); }}") == []
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
        show_tables(page)
    assert page.evaluate(f"() => {{ {OVERLAPS}; return overlaps(); }}") == []
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_paper_has_the_tables_whole(visit: Callable[..., Report], tmp_path: Path) -> None:
    page = visit(TAB).page
    show_tables(page)
    tiles = page.evaluate(paper.TILES)
    assert len(tiles) == 4
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    paper.assert_whole(tmp_path / "page.pdf", tiles)


def test_paper_of_a_snapshot_has_every_cause(browser: Browser, tmp_path: Path) -> None:
    page, pdf = browser.new_page(), tmp_path / "report.pdf"
    (tmp_path / "report.html").write_text(html(static_report(usual(), locale="fr")), "utf-8")
    page.goto((tmp_path / "report.html").as_uri())
    page.wait_for_selector("html[data-drawn]", state="attached")
    page.pdf(path=pdf, format="A4")
    printed = "".join(of.get_textpage().get_text_range() for of in PdfDocument(pdf))
    for cause in BOUNCE_CLASSES.values():
        assert "".join(cause.title("fr").split()) in "".join(printed.split()), cause.id
    page.context.close()
