"""Saved layouts are restored for their user, and other users' layouts are unchanged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.layouts.files import FileLayouts
from campaign_live_widgets.layouts.places import places
from tests.support.browser.front import SIZE, Watch, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

EMAIL = places(TILES.values())["email"]
STANDARD = [place.tile_id for place in EMAIL if place.shown]
FIRST, SECOND = STANDARD[:2]
ORDER = """() => [...document.querySelectorAll(".clw-grid > .clw-tile")]
  .filter((tile) => tile.parentElement.offsetParent && getComputedStyle(tile).display !== "none")
  .sort((a, b) => getComputedStyle(a).order - getComputedStyle(b).order)
  .map((tile) => [...tile.classList].find((name) => /^clw-(email|push|campaign)-/.test(name)))"""
JUMPS = """() => {
  const seen = (window.seen = new Set());
  const look = () => {
    for (const tile of document.querySelectorAll(".clw-grid > .clw-email-sending-statistics"))
      seen.add(getComputedStyle(tile).order);
    requestAnimationFrame(look);
  };
  look();
}"""
"""Record every position at which the page has shown a tile."""


@dataclass
class Reader:
    """A user with an open page, on the e-mail tab."""

    page: Page
    address: str
    watch: Watch

    def open(self) -> None:
        self.page.goto(self.address)
        self.page.wait_for_selector(".clw-report[data-state=live]", timeout=60_000)
        self.page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(1).click()
        self.page.wait_for_selector(".clw-email-summary .bqplot")

    def reload(self) -> None:
        self.page.goto("about:blank")  # the page shuts its kernel down
        self.open()

    def press(self, name: str) -> None:
        self.page.locator(f".clw-edit-{name}:visible").click()

    def remove(self, tile_id: str) -> None:
        self.page.locator(f".clw-grid > .{TILES[tile_id].css_class}").focus()
        self.page.keyboard.press("Delete")
        self.page.wait_for_function(
            "([css]) => getComputedStyle(document.querySelector(css)).display === 'none'",
            arg=[f".clw-grid > .{TILES[tile_id].css_class}"],
        )

    def visible_tiles(self) -> list[str]:
        known = {TILES[tile_id].css_class: tile_id for tile_id in STANDARD}
        return [known[css] for css in self.page.evaluate(ORDER)]

    def save(self) -> None:
        self.press("save")
        self.page.wait_for_selector(".clw-edit-modify:visible")

    def save_error(self) -> str:
        note = self.page.locator(".clw-edit-note:visible")
        note.wait_for()
        return str(note.inner_text())

    def notices(self) -> list[str]:
        return list(self.page.locator(".clw-notice-text").all_inner_texts())


@dataclass
class Office:
    """The served report behind an authenticating proxy, and its folder of layouts."""

    address: str
    layouts: Path
    browser: Browser

    def reader(self, name: str | None, *, query: str = "") -> Reader:
        headers = {} if name is None else {"X-Forwarded-User": name}
        context = self.browser.new_context(viewport=SIZE, extra_http_headers=headers)
        return self.tab_of(context, query)

    def tab_of(self, context: BrowserContext, query: str = "") -> Reader:
        reader = Reader(context.new_page(), self.address + query, Watch())
        reader.watch.over(reader.page)
        reader.page.add_init_script(f"({JUMPS})()")
        reader.open()
        return reader

    def file(self, name: str) -> Path:
        return FileLayouts(self.layouts, name).folder / "email.json"

    def saved_tiles(self, name: str) -> list[str]:
        tiles = json.loads(self.file(name).read_text())["tiles"]
        return [tile["id"] for tile in tiles if tile.get("shown", True)]


@pytest.fixture(scope="module")
def office(
    browser: Browser, events: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    layouts = tmp_path_factory.mktemp("layouts")
    settings = {
        "CAMPAIGN_LIVE_LAYOUTS": str(layouts),
        "CAMPAIGN_LIVE_USER_HEADER": "X-Forwarded-User",
    }
    with serving(events, env=settings) as address:
        yield Office(address, layouts, browser)


def test_a_saved_layout_is_restored_and_other_users_are_unaffected(office: Office) -> None:
    ada, bob = office.reader("ada"), office.reader("bob")
    ada.press("modify")
    ada.remove(FIRST)
    ada.save()
    ada.reload()
    assert ada.visible_tiles() == STANDARD[1:]
    assert office.saved_tiles("ada") == STANDARD[1:]
    bob.reload()
    assert bob.visible_tiles() == STANDARD
    assert not office.file("bob").exists()
    ada.press("modify")
    ada.press("reset")
    ada.save()
    ada.reload()
    assert ada.visible_tiles() == STANDARD
    assert not office.file("ada").exists()
    assert ada.watch.trouble == bob.watch.trouble == []
    ada.page.context.close()
    bob.page.context.close()


def test_a_moved_tile_is_never_drawn_at_its_default_position(office: Office) -> None:
    FileLayouts(office.layouts, "grace").save("email", tuple(reversed(EMAIL)), "")
    grace = office.reader("grace")
    assert grace.visible_tiles() == STANDARD[::-1]
    assert grace.page.evaluate("() => [...seen]") == [str(len(EMAIL) - 1)]
    grace.page.context.close()


def test_two_pages_of_one_user_do_not_overwrite_each_other(office: Office) -> None:
    one = office.reader("alan")
    two = office.tab_of(one.page.context)
    for reader, tile_id in ((one, FIRST), (two, SECOND)):
        reader.press("modify")
        reader.remove(tile_id)
    one.save()
    two.press("save")
    assert "Another page has changed this layout" in two.save_error()
    assert two.page.locator(".clw-edit-save:visible").count() == 1, "edit mode goes on"
    assert office.saved_tiles("alan") == STANDARD[1:]
    two.save()
    assert office.saved_tiles("alan") == [FIRST, *STANDARD[2:]]
    one.reload()
    assert one.visible_tiles() == [FIRST, *STANDARD[2:]]
    one.page.context.close()


@pytest.mark.parametrize(
    ("query", "beginning"),
    [("", "Your saved layout of the tab"), ("?locale=fr", "Votre disposition de l'onglet")],
)
def test_an_invalid_layout_file_is_reported_and_kept_by_the_next_save(
    office: Office, query: str, beginning: str
) -> None:
    name = f"mary{query}"
    FileLayouts(office.layouts, name).save("email", tuple(reversed(EMAIL)), "")
    path = office.file(name)
    broken = path.read_bytes()[:150]
    path.write_bytes(broken)
    mary = office.reader(name, query=query)
    assert mary.visible_tiles() == STANDARD
    mary.page.wait_for_function(
        "([text]) => document.querySelector('.clw-notice-text')?.textContent.startsWith(text)",
        arg=[beginning],
    )
    assert len(mary.notices()) == 1
    assert "email.json" in mary.notices()[0]
    assert path.read_bytes() == broken
    mary.press("modify")
    mary.remove(SECOND)
    mary.save()
    assert office.saved_tiles(name) == [FIRST, *STANDARD[2:]]
    assert [p.read_bytes() for p in path.parent.glob("*.set-aside-*")] == [broken]
    mary.page.context.close()


def test_an_anonymous_user_can_edit_but_not_save(office: Office) -> None:
    anonymous = office.reader(None)
    anonymous.press("modify")
    anonymous.remove(FIRST)
    anonymous.press("save")
    assert "this page does not know your user name" in anonymous.save_error()
    assert anonymous.visible_tiles() == STANDARD[1:]
    anonymous.reload()
    anonymous.press("cancel")
    anonymous.page.wait_for_selector(".clw-edit-modify:visible")
    assert anonymous.visible_tiles() == STANDARD
    anonymous.page.context.close()
