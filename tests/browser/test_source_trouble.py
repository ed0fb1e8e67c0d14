"""Sources that become unreadable while the page is open, and recover; with real files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.browser.front import SIZE
from tests.support.browser.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

LIVE = ".clw-report[data-state=live]"
STALE = ".clw-report[data-state=stale]"
DELIVERED = ".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value"
OBEDIENT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Program that applies a folder's permissions to root as to other users."""


def _move_away(folder: Path) -> Callable[[], object]:
    aside = folder.with_name("aside")
    folder.rename(aside)
    return lambda: aside.rename(folder)


def _forbid(folder: Path) -> Callable[[], object]:
    folder.chmod(0)
    return lambda: folder.chmod(0o755)


def _add_forbidden_file(folder: Path) -> Callable[[], object]:
    hidden, file = folder / ".extra", folder / "extra.ndjson"
    shutil.copy(next(folder.glob("drop-*.ndjson")), hidden)
    hidden.chmod(0)
    hidden.rename(file)
    return file.unlink


def _add_invalid_file(folder: Path) -> Callable[[], object]:
    hidden, file = folder / ".extra", folder / "extra.parquet"
    hidden.write_bytes(bytes(range(256)) * 40)
    hidden.rename(file)
    return file.unlink


@pytest.fixture(scope="module")
def inbox(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Inbox:
    return Inbox(Path(shutil.copytree(events, tmp_path_factory.mktemp("source") / "events")))


@pytest.fixture(scope="module")
def page(browser: Browser, inbox: Inbox) -> Iterator[Page]:
    with _served(inbox.folder) as address:
        page = browser.new_page(viewport=SIZE)
        page.goto(address)
        page.wait_for_selector(LIVE, timeout=60_000)
        yield page
        page.close()


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve as a user to whom permissions apply."""
    command = [sys.executable, "-m", "campaign_live_widgets", "serve", str(folder)]
    before = OBEDIENT if os.geteuid() == 0 else ()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*before, *command, "--no-browser", "--no-cache"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("damage", [_move_away, _forbid])
def test_unreadable_source_is_shown_and_retried(
    page: Page, inbox: Inbox, damage: Callable[[Path], Callable[[], object]]
) -> None:
    number = page.locator(DELIVERED)
    before = int(number.get_attribute("data-value") or 0)
    restore = damage(inbox.folder)
    try:
        page.wait_for_selector(STALE, timeout=10_000)
        expect(page.locator(".clw-header-trouble")).to_contain_text("Numbers as of")
        assert int(number.get_attribute("data-value") or 0) == before
        assert page.locator(".clw-lost").is_hidden(), "the kernel is connected"
    finally:
        restore()
    page.wait_for_selector(LIVE, timeout=15_000)
    inbox.drop(2)
    page.wait_for_function(
        "([css, n]) => Number(document.querySelector(css).dataset.value) === n",
        arg=[DELIVERED, before + 2],
        timeout=15_000,
    )


@pytest.mark.parametrize("damage", [_add_forbidden_file, _add_invalid_file])
def test_unreadable_file_is_named_and_others_are_counted(
    page: Page, inbox: Inbox, damage: Callable[[Path], Callable[[], object]]
) -> None:
    before = int(page.locator(DELIVERED).get_attribute("data-value") or 0)
    restore = damage(inbox.folder)
    named = "() => document.querySelector('.clw-report').textContent.includes('extra.')"
    page.wait_for_function(named, timeout=75_000)  # at the latest after one minute
    assert int(page.locator(DELIVERED).get_attribute("data-value") or 0) == before
    inbox.drop(1)
    page.wait_for_function(
        "([css, n]) => Number(document.querySelector(css).dataset.value) === n",
        arg=[DELIVERED, before + 1],
        timeout=15_000,
    )
    restore()
    expect(page.locator(LIVE)).to_have_count(1)
