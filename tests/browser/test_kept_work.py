"""What a reader is doing is not lost on the way, and what is saved is what the page shows."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.layouts.files import FileLayouts
from campaign_live_widgets.layouts.places import places as standard_places
from campaign_live_widgets.snapshots import verify
from tests.support.browser.front import SIZE, Watch, serving
from tests.support.browser.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

LIVE = ".clw-report[data-state=live]"
PATIENCE = 180.0
FIRST = TILES["email.sending_statistics"]
LINES = TILES["email.summary"]
FIGURE = ".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value"
WITHHELD = [tile.css_class for tile in TILES.values() if tile.needs in {"engagement", "link"}]
"""Tiles whose data these events do not have: their places are not in a draft."""
PLACES = """() => [...document.querySelectorAll(".clw-grid > .clw-tile")]
  .filter((tile) => tile.parentElement.offsetParent)
  .filter((tile) => !WITHHELD.some((css) => tile.classList.contains(css)))
  .sort((a, b) => getComputedStyle(a).order - getComputedStyle(b).order)
  .map((tile) => [
    [...tile.classList].find((name) => /^clw-(email|push|campaign)-/.test(name)),
    tile.style.getPropertyValue("--clw-columns"), tile.classList.contains("clw-off"),
    tile.querySelector(".clw-tile-view[aria-pressed=true]")?.className ?? "",
  ])""".replace("WITHHELD", json.dumps(WITHHELD))

DRAFTED = """() => Object.values(sessionStorage).some((text) =>
  JSON.parse(text).places?.some(({ view }) => view === "donut"))"""
"""The page's draft has all that :func:`edit` changes: the view comes back from the kernel."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def inbox(folder: Path) -> Inbox:
    (folder / "events").mkdir()
    inbox = Inbox(folder / "events")
    inbox.drop(2, campaign="other")
    inbox.drop(5)
    return inbox


@pytest.fixture(scope="module")
def root(folder: Path, inbox: Inbox) -> Iterator[str]:
    settings = {"CAMPAIGN_LIVE_LAYOUTS": str(folder / "layouts")}
    options = ("--snapshots", str(folder / "snapshots"))
    with serving(inbox.folder, *options, env=settings) as address:
        yield address


@pytest.fixture
def page(browser: Browser, root: str) -> Iterator[Page]:
    page, watch = browser.new_context(viewport=SIZE).new_page(), Watch()
    watch.over(page)
    page.goto(root)
    page.wait_for_selector(LIVE, timeout=60_000)
    yield page
    # A page that is left may still notice that its connection ends.
    trouble = [text for text in watch.trouble if "Connection lost" not in text]
    assert (trouble, watch.strangers) == ([], [])
    page.goto("about:blank")
    page.context.close()


def open_tab(page: Page, number: int) -> None:
    page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(number).click()


def press(page: Page, name: str) -> None:
    page.locator(f".clw-edit-{name}:visible").click()


def choose(page: Page, which: str, text: str) -> None:
    page.locator(f"button.clw-pick-{which}").click()
    panel = page.locator(f".clw-pick-{which}-panel")
    panel.locator(".clw-filter-item", has_text=text).first.click()
    page.keyboard.press("Escape")


def wait_for_places(page: Page, places: object) -> None:
    page.wait_for_function(
        f"(places) => JSON.stringify(({PLACES})()) === places",
        arg=json.dumps(places, separators=(",", ":")),
    )


def assert_editing(
    page: Page, places: object, *, save: str = "Save", cancel: str = "Cancel"
) -> None:
    """Assert that the open tab is in edit mode with these places, and its buttons named so."""
    page.locator(".clw-on .clw-edit-save:visible", has_text=save).wait_for()
    wait_for_places(page, places)
    expect(page.locator(".clw-edit-cancel:visible")).to_have_text(cancel)
    assert page.locator(".clw-editing .clw-edit-corner:visible").count() > 3


def edit(page: Page) -> tuple[object, object]:
    """Change the e-mail tab's layout; return its places before and after."""
    open_tab(page, 1)
    page.wait_for_selector(".clw-email-summary .bqplot")
    before = page.evaluate(PLACES)
    press(page, "modify")
    page.locator(f".clw-grid > .{FIRST.css_class}").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.locator(f".clw-grid > .{LINES.css_class}").focus()
    page.keyboard.press("Delete")
    page.locator(f".{FIRST.css_class} .clw-tile-view-donut").click()
    page.wait_for_selector(f".{FIRST.css_class} .clw-tile-view-donut[aria-pressed=true]")
    page.wait_for_function(DRAFTED)
    return before, page.evaluate(PLACES)


def test_edit_mode_stays_through_every_choice(page: Page, folder: Path) -> None:
    before, places = edit(page)
    assert before != places
    page.locator("button.clw-pick-more").click()
    page.locator(".clw-filter-language").select_option("fr")
    page.wait_for_selector(".clw-report[lang=fr]")
    assert_editing(page, places, save="Enregistrer", cancel="Annuler")
    page.locator(".clw-filter-zone").fill("Asia/Tokyo")
    page.locator(".clw-filter-zone").press("Enter")
    page.wait_for_function("location.search.includes('Tokyo')")
    assert_editing(page, places, save="Enregistrer", cancel="Annuler")
    page.locator(".clw-filter-language").select_option("en")
    page.wait_for_selector(".clw-report[lang=en]")
    page.keyboard.press("Escape")
    assert_editing(page, places)
    choose(page, "window", "last 6 h")
    page.wait_for_function("location.search.includes('window=6h')")
    choose(page, "campaign", "Other")
    page.wait_for_function("location.search.includes('campaign=other')")
    assert_editing(page, places)
    choose(page, "more", "test sends")
    page.wait_for_selector(".clw-chip")
    open_tab(page, 2)
    expect(page.locator(".clw-on:visible")).to_have_count(0)
    open_tab(page, 1)
    assert_editing(page, places)
    page.go_back()
    page.go_back()
    page.wait_for_function("!location.search.includes('campaign=other')")
    assert_editing(page, places)
    page.emulate_media(color_scheme="dark")
    press(page, "cancel")
    page.wait_for_selector(".clw-edit-modify:visible")
    wait_for_places(page, before)
    assert not (folder / "layouts").exists()


def test_a_reload_goes_on_with_the_layout_that_was_being_edited(page: Page, folder: Path) -> None:
    before, places = edit(page)
    page.reload()
    page.wait_for_selector(LIVE, timeout=60_000)
    open_tab(page, 1)
    assert_editing(page, places)
    assert not (folder / "layouts").exists(), "nothing is saved"
    press(page, "cancel")
    page.reload()
    page.wait_for_selector(LIVE, timeout=60_000)
    open_tab(page, 1)
    page.wait_for_selector(".clw-email-summary .bqplot")
    wait_for_places(page, before)
    expect(page.locator(".clw-on")).to_have_count(0)

    assert edit(page)[1] == places
    page.reload()
    page.wait_for_selector(LIVE, timeout=60_000)
    open_tab(page, 1)
    assert_editing(page, places)
    press(page, "save")
    page.wait_for_selector(".clw-edit-modify:visible")
    saved = FileLayouts(folder / "layouts", "local").load("email").places
    assert saved is not None
    assert [p.shown for p in saved if p.tile_id == LINES.id] == [False]
    assert [p.view for p in saved if p.tile_id == FIRST.id] == ["donut"]
    page.reload()
    page.wait_for_selector(LIVE, timeout=60_000)
    open_tab(page, 1)
    page.wait_for_selector(f".{FIRST.css_class} .clw-tile-view-donut[aria-pressed=true]")
    expect(page.locator(".clw-on")).to_have_count(0)
    wait_for_places(page, places)
    press(page, "modify")
    press(page, "reset")
    press(page, "save")
    page.wait_for_selector(".clw-edit-modify:visible")


def test_a_draft_of_a_layout_that_was_saved_meanwhile_is_named(page: Page, folder: Path) -> None:
    _, places = edit(page)
    storage = FileLayouts(folder / "layouts", "local")
    email = standard_places(TILES.values())["email"]
    storage.save("email", email[::-1], storage.load("email").revision)
    page.reload()
    page.wait_for_selector(LIVE, timeout=60_000)
    open_tab(page, 1)
    assert_editing(page, places)
    note = page.locator(".clw-on .clw-edit-note")
    expect(note).to_have_text(re.compile("^The saved layout has changed since you began"))
    page.locator("button.clw-pick-more").click()
    page.locator(".clw-filter-language").select_option("fr")
    assert_editing(page, places, save="Enregistrer", cancel="Annuler")
    expect(note).to_have_text(re.compile("^La disposition enregistrée a changé"))
    page.keyboard.press("Escape")
    press(page, "cancel")
    last = next(css for p in email[::-1] if (css := TILES[p.tile_id].css_class) not in WITHHELD)
    page.wait_for_function(f"(css) => ({PLACES})()[0][0] === css", arg=last)
    storage.save("email", None, storage.load("email").revision)


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_paused_page_saves_what_it_shows_although_it_is_left(
    page: Page, folder: Path, inbox: Inbox
) -> None:
    page.locator("button.clw-toggle").click()
    page.wait_for_selector(".clw-report[data-state=paused]")
    delivered = page.locator(FIGURE).get_attribute("data-value")
    inbox.drop(11)
    page.locator("button.clw-pick-more").click()
    with page.expect_download() as download:
        page.locator(".clw-filter-csv").click()
    lines = table(download.value.path().read_text(encoding="utf-8"))
    choose(page, "more", "Save a snapshot")
    page.wait_for_selector(".clw-saving")
    expect(page.locator(".clw-notice-text")).to_have_text(
        "Saving a snapshot of what the page shows now."
    )
    page.reload()
    page.wait_for_selector(LIVE, timeout=60_000)
    page.wait_for_function(
        "([css, n]) => Number(document.querySelector(css).dataset.value) === n",
        arg=[FIGURE, int(delivered or 0) + 11],
    )
    end = time.monotonic() + PATIENCE
    while not (made := [path.parent for path in folder.glob("snapshots/[!.]*/manifest.json")]):
        assert time.monotonic() < end, "the snapshot is not saved"
        page.wait_for_timeout(200)
    (saved,) = made
    assert list(verify(saved)) == []
    report = json.loads((saved / "report.json").read_text())
    rows = dict(row[:2] for row in report["widgets"]["campaign.statistics"]["rows"])
    assert str(rows["delivered"]) == delivered
    part = table((saved / "report.csv").read_text(encoding="utf-8"))
    numbers = [[cell for cell in line if cell.isdecimal()] for line in part]
    downloaded = [[cell for cell in line if cell.isdecimal()] for line in lines]
    assert [line for line in downloaded if line] == [line for line in numbers if line]
    assert f'data-value="{delivered}"' in (saved / "report.html").read_text(encoding="utf-8")
