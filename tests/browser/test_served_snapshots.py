"""*Save a snapshot* in the page, and the served list of snapshots."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.support.browser.front import REPOSITORY, SIZE, Watch, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

SAMPLES = REPOSITORY / "notebooks" / "samples"
HALF_MINUTE = 30_000
PATIENCE = 180_000


@pytest.fixture(scope="module")
def snapshots_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served") / "snapshots"


@pytest.fixture(scope="module")
def root(snapshots_folder: Path) -> Iterator[str]:
    options = ("--base-url", "/reports", "--snapshots", str(snapshots_folder))
    with serving(SAMPLES, *options) as address:
        yield address


@pytest.fixture
def page(browser: Browser, root: str) -> Iterator[Page]:
    made, watch = browser.new_context(viewport=SIZE).new_page(), Watch()
    watch.over(made)
    made.goto(f"{root}?message=email-last-hours&tz=Europe/Paris&locale=fr&window=6h")
    made.wait_for_selector(".clw-report[data-state=live][lang=fr]", timeout=60_000)
    yield made
    assert (watch.trouble, watch.strangers) == ([], [])
    made.goto("about:blank")
    made.context.close()


def get(url: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urlopen(Request(url)) as response:  # noqa: S310 - our own server
            return response.status, dict(response.headers), response.read()
    except HTTPError as error:
        return error.code, dict(error.headers), error.read()


def save(page: Page) -> None:
    page.locator("button.clw-pick-more").click()
    button = page.locator(".clw-filter-save")
    expect(button).to_have_text("Enregistrer un instantané")
    button.click()


def open_saved(page: Page) -> Page:
    """Open the snapshot that is being saved, once its link is there."""
    link = page.locator(".clw-notice-link")
    link.wait_for(timeout=PATIENCE)
    with page.context.expect_page() as opened:
        link.click()
    return opened.value


def test_saved_snapshot_shows_the_same_numbers_and_opens_with_a_click(
    page: Page, root: str, snapshots_folder: Path
) -> None:
    figure = ".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value"
    page.wait_for_selector(".clw-chip")
    delivered = page.locator(figure).get_attribute("data-value")
    save(page)
    page.locator("button.clw-pick-more").click()
    expect(page.locator(".clw-filter-save")).to_be_disabled()
    page.keyboard.press("Escape")
    snapshot, watch = open_saved(page), Watch()
    expect(page.locator(".clw-notice-text")).to_have_text([re.compile("^Instantané enregistré")])
    watch.over(snapshot)
    snapshot.reload()
    snapshot.wait_for_selector(figure)
    assert snapshot.locator(figure).get_attribute("data-value") == delivered
    assert snapshot.locator("html").get_attribute("lang") == "fr"
    place = re.match(rf"{re.escape(root)}snapshots/([^/]+)/report\.html", snapshot.url)
    assert place is not None
    snapshot.locator("[role=tab]").nth(1).click()
    snapshot.wait_for_selector(".clw-email-sending-statistics svg", timeout=HALF_MINUTE)
    assert watch.trouble == []
    snapshot.close()
    manifest = json.loads((snapshots_folder / unquote(place[1]) / "manifest.json").read_text())
    parameters = manifest["parameters"]
    assert parameters["messages"] == ["email-last-hours"]
    assert parameters["time_zone"] == "Europe/Paris"
    assert parameters["window"] == "6h"
    assert str(SAMPLES) not in json.dumps(manifest)


def test_list_of_snapshots_links_to_every_file(
    page: Page, root: str, snapshots_folder: Path
) -> None:
    save(page)
    listed = open_saved(page)
    status, headers, body = get(f"{root}snapshots/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert b'lang="en"' in body
    assert b'lang="fr"' in get(f"{root}snapshots/?locale=fr")[2]
    watch = Watch()
    watch.over(listed)
    listed.goto(f"{root}snapshots")
    links = listed.locator("main a").evaluate_all("links => links.map((a) => a.href)")
    assert len(links) >= 4
    assert watch.trouble == []
    listed.close()
    types = {
        "html": "text/html; charset=utf-8",
        "pdf": "application/pdf",
        "csv": "text/csv; charset=utf-8",
        "ipynb": "application/x-ipynb+json",
    }
    for link in links:
        status, headers, body = get(link)
        assert status == 200
        assert headers["Content-Type"] == types[link.rpartition(".")[2]]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        path = link.removeprefix(f"{root}snapshots/")
        assert body == (snapshots_folder / path).read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "index.html",
        ".lock",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/voila.json",
        "x/",
        "nope/report.html",
    ],
)
def test_other_files_are_not_served(root: str, path: str) -> None:
    assert get(f"{root}snapshots/{path}")[0] == 404


def test_error_while_saving_is_one_line_on_the_page(page: Page, snapshots_folder: Path) -> None:
    from filelock import FileLock  # noqa: PLC0415 - here alone

    with FileLock(snapshots_folder / ".saving.lock"):
        save(page)
        page.wait_for_function(
            "[...document.querySelectorAll('.clw-notice-text')]"
            ".some((line) => line.textContent.includes('autre page'))",
            timeout=PATIENCE,
        )
    page.locator("button.clw-pick-more").click()
    expect(page.locator(".clw-filter-save")).to_be_enabled()
    expect(page.locator(".clw-filter-print")).to_be_visible()
