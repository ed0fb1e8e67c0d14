"""Find the chunks of the front end that a page of the report runs nothing of.

``python -m tests.support.browser.chunks`` opens a page in Chromium and writes them to
``campaign_live_widgets/app/server/unused_chunks.json``, after an upgrade of Voilà, bqplot or
ipywidgets. A chunk that is needed all the same is fetched separately.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_path
from playwright.sync_api import sync_playwright

from campaign_live_widgets.app.server import assets
from campaign_live_widgets.app.settings.installation import samples_path
from tests.conftest import BROWSERS, QUIET
from tests.support.browser.front import REPOSITORY, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

FILE = REPOSITORY / "campaign_live_widgets" / "app" / "server" / "unused_chunks.json"
PLACES = ("voila/templates/base", "", "voila")
"""Folders of Jupyter's data in which there are static files and extensions of the front end."""


def _entry(url: str) -> Path | None:
    """Return the file of an entry script from its address below the digest."""
    name = url.split("/voila/assets/")[1].partition("/")[2]
    if not Path(name).name.startswith(("voila.js", "remoteEntry.")):
        return None
    candidates = (Path(folder, place, name) for folder in jupyter_path() for place in PLACES)
    return next((path for path in candidates if path.is_file()), None)


def _unused(entry: Path, calls: list[tuple[int, int]]) -> Iterator[str]:
    """Give the chunks of which no function was called; offsets are in UTF-16 code units."""
    at = 0
    for path in assets.chunks(entry):
        length = len(assets.in_bundle(path).decode().encode("utf-16-le")) // 2
        inside = (at + len("(()=>{") + 2, at + length - len("\n})();\n") + 1)
        if not any(inside[0] < start and end < inside[1] for start, end in calls):
            yield path.name
        at += length


def _visit(page: Page, address: str) -> list[dict[str, Any]]:
    """Use a page as readers do; return what it ran."""
    profiler = page.context.new_cdp_session(page)
    profiler.send("Profiler.enable")
    profiler.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": False})
    page.goto(address)
    page.wait_for_selector("#campaign-first", state="detached")
    for index in (1, 2, 0):
        page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(index).click()
        page.wait_for_timeout(2000)
    page.locator(".clw-tile-menu:visible").first.click()
    page.keyboard.press("Escape")
    page.locator(".clw-edit-modify:visible").click()
    page.wait_for_timeout(1000)
    scripts: list[dict[str, Any]] = profiler.send("Profiler.takePreciseCoverage")["result"]
    return scripts


def _find(page: Page, address: str) -> dict[str, list[str]]:
    """Return the unused chunks beside each entry script."""
    unused = {}
    for script in _visit(page, address):
        entry = _entry(script["url"]) if "/voila/assets/" in script["url"] else None
        if entry is None:
            continue
        ranges = [function["ranges"][0] for function in script["functions"]]
        calls = [(r["startOffset"], r["endOffset"]) for r in ranges if r["count"]]
        if names := [*_unused(entry, calls)]:
            unused[hashlib.sha256(entry.read_bytes()).hexdigest()[:16]] = names
    return unused


def _write(unused: dict[str, list[str]]) -> None:
    FILE.write_text(f"{json.dumps(unused, indent=1)}\n", encoding="utf-8")


def main() -> None:
    """Write the file: without what no page runs, but with what it loads all the same."""
    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        _write({})
        with serving(samples_path()) as address:
            unused = _find(browser.new_page(), address)
        _write(unused)
        loaded: set[str] = set()
        page = browser.new_page()
        page.on("request", lambda request: loaded.add(request.url.rpartition("/")[2]))
        with serving(samples_path()) as address:
            _visit(page, address)
        browser.close()
    _write({entry: [n for n in names if n not in loaded] for entry, names in unused.items()})


if __name__ == "__main__":
    main()
