"""Files that grow, are cut, replaced, deleted and brought back, while pages of one server are open.

Every page has to show what a report counts in the files as they are, and how many counted events
are in none of them.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from campaign_live_widgets.app.feeds.read_once import read_snapshot
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.report import to_json
from tests.support.browser.front import SIZE, Watch, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

LIVE = ".clw-report[data-state=live]"
PATIENCE = 60_000
MATCHES = """([expected]) => {
    const texts = (css, read) => [...document.querySelectorAll(css)].map(read);
    const shown = [
        texts(".clw-campaign-statistics .clw-kpi-value", (e) => Number(e.dataset.value)),
        texts(".clw-health-numbers .clw-number", (e) => Number(e.textContent)),
    ];
    return JSON.stringify(shown) === expected;
}"""
GONE = ".clw-header-gone"
SEEN = """
window.seen = [];
const look = () => {
    const number = document.querySelector(".clw-kpi-delivered .clw-kpi-value");
    if (number?.checkVisibility({ visibilityProperty: true })) {
        const value = Number(number.dataset.value);
        if (!window.seen.includes(value)) window.seen.push(value);
    }
    requestAnimationFrame(look);
};
look();
"""
"""Script that notes every number of delivered mails that a reader sees."""
SLOW_START = """
import time
from campaign_live_widgets.app.feeds.feed import RollupFeed
refresh, calls = RollupFeed.refresh, []
def slow_refresh(feed):
    calls.append(id(feed))
    if calls.count(id(feed)) == 2:
        time.sleep(2)
    return refresh(feed)
RollupFeed.refresh = slow_refresh
"""
"""Startup code of pages: the first refresh of a page that is open is slow."""


class Files:
    """A folder of events whose files a test changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids: dict[str, list[int]] = {}
        self.lost = set[int]()
        """Ids of events that were in a file when all pages had read it, and are in none now."""
        self.used = 0

    def new(self, count: int) -> list[int]:
        self.used += count
        return list(range(self.used - count, self.used))

    def write(self, name: str, ids: list[int], *, how: str) -> None:
        """Write a file by adding to its end, by overwriting it in place, or by a new one."""
        before = self.present()
        path, lines = self.folder / name, "".join(map(_line, ids))
        if how == "grow":
            with path.open("a", encoding="utf-8") as out:
                out.write(lines)
            ids = self.ids.get(name, []) + ids
        elif how == "in place":
            path.write_text(lines, encoding="utf-8")
        else:
            hidden = self.folder / f".{name}"
            hidden.write_text(lines, encoding="utf-8")
            hidden.replace(path)
        self.ids[name] = ids
        self.lost |= before - self.present()

    def delete(self, name: str) -> None:
        before = self.present()
        (self.folder / name).unlink()
        del self.ids[name]
        self.lost |= before - self.present()

    def present(self) -> set[int]:
        return {i for ids in self.ids.values() for i in ids}

    @property
    def delivered(self) -> int:
        return sum(i % 2 == 0 for i in self.present())

    @property
    def gone(self) -> int:
        return len(self.lost - self.present())

    def expected(self) -> str:
        """Return what every page has to show."""
        report: dict[str, Any] = to_json(
            read_snapshot(str(self.folder), Query(), datetime.now(UTC))
        )
        rows = report["widgets"]["campaign.statistics"]["rows"]
        health = report["health"] | {"gone": self.gone}
        assert health["events"] == len(self.present())
        return json.dumps([[count for _, count in rows], list(health.values())]).replace(" ", "")


def _line(number: int) -> str:
    event = {
        "event_id": f"e{number}",
        "timestamp": datetime.now(UTC).isoformat(),
        "campaign_id": "autumn",
        "message_id": "newsletter",
        "channel": "email",
        "profile_id": f"p{number // 2}",
        "event_type": "sent" if number % 2 else "delivered",
    }
    return json.dumps(event) + "\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    files = Files(tmp_path_factory.mktemp("changed"))
    files.write("a.ndjson", files.new(100), how="new")
    files.write("b.ndjson", files.new(20), how="new")
    return files


@pytest.fixture(scope="module")
def address(files: Files) -> Iterator[str]:
    with serving(files.folder, script=SLOW_START) as address:
        yield address


@pytest.fixture(scope="module")
def pages(browser: Browser, address: str) -> Iterator[list[Page]]:
    context, watch = browser.new_context(viewport=SIZE), Watch()
    pages = [context.new_page() for _ in range(3)]
    for page in pages:
        watch.over(page)
        page.add_init_script(SEEN)
        page.goto(address)
        page.wait_for_selector(LIVE, timeout=PATIENCE)
    yield pages
    assert (watch.trouble, watch.strangers) == ([], [])
    for page in pages:
        page.goto("about:blank")
    context.close()


def assert_all_show(pages: list[Page], files: Files) -> None:
    """Wait until all pages show what is in the files; a page that is opened shows it at once."""
    expected = files.expected()
    for page in pages:
        page.wait_for_function(MATCHES, arg=[expected], timeout=PATIENCE)
        expect(page.locator(GONE)).to_be_visible(visible=files.gone > 0)
        expect(page.locator(LIVE)).to_have_count(1)


def test_all_pages_agree_while_files_change(pages: list[Page], files: Files) -> None:
    rng = random.Random(11)  # noqa: S311 - test data
    first = files.ids["a.ndjson"]
    changes = [
        lambda: files.write("a.ndjson", files.new(10), how="grow"),
        lambda: files.write("a.ndjson", first[:30], how="in place"),
        lambda: files.write("a.ndjson", files.new(200), how="in place"),
        lambda: files.write("b.ndjson", files.new(5), how="new"),
        lambda: files.delete("b.ndjson"),
        lambda: files.write("b.ndjson", first, how="new"),
    ]
    rng.shuffle(changes)
    assert_all_show(pages, files)
    for number, change in enumerate(changes):
        change()
        if number % 2:
            pages[2].reload()
            pages[2].wait_for_selector(LIVE, timeout=PATIENCE)
            assert pages[2].evaluate("window.seen") == [files.delivered], "no older number"
        assert_all_show(pages, files)
    assert files.lost


def test_counting_again_on_one_page_clears_the_line_on_all(pages: list[Page], files: Files) -> None:
    files.write("a.ndjson", files.ids["a.ndjson"][:7], how="in place")
    assert files.gone
    assert_all_show(pages, files)
    line = pages[0].locator(GONE)
    expect(line).to_contain_text(str(files.gone))
    line.get_by_role("button", name="Count anew").click()
    files.lost.clear()
    assert_all_show(pages, files)
    pages[1].reload()
    pages[1].wait_for_selector(LIVE, timeout=PATIENCE)
    assert_all_show(pages, files)
