"""Many viewers of one report, beside plain Voilà: ``python viewers.py``.

Each contender serves the same folder on a new server for each round. Browsers open the page
one after another, then all at once; events arrive meanwhile. The memory is what the server's
processes have for themselves and their part of what they share (PSS). Fifty viewers connect without
a browser, to our page only: plain Voilà runs a kernel for each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from arrivals import RATE, Feed
from page import LIMIT, OFFLINE, OURS, PLAIN, WATCH, Bench, serving, show
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

sys.path.insert(0, str(Path(__file__).parent.parent))

FEW: Final = 8
MANY: Final = 50
PAUSE: Final = 4.0
"""Seconds between the opening of a page and the measurement of the memory."""
MEASURES: Final = {
    "memory_0": ("memory without a viewer", "MB"),
    "memory_1": ("memory, 1 viewer", "MB"),
    f"memory_{FEW}": (f"memory, {FEW} viewers", "MB"),
    f"memory_{MANY}": (f"memory, {MANY} viewers", "MB"),
    "memory_after": ("memory when all have gone", "MB"),
    "open": ("page open, scripts in the browser's cache, until the number is current", "s"),
    "crowd": (f"{FEW} pages opened at once, until all are current", "s"),
    "cpu_1": (f"CPU, {RATE:,} events a second, 1 viewer", "s a minute"),
    f"cpu_{FEW}": (f"CPU, {RATE:,} events a second, {FEW} viewers", "s a minute"),
    "event": (f"event → KPI of the last of {FEW} viewers", "s"),
}


class Crowd:
    """Browsers that look at one contender's page."""

    def __init__(self, bench: Bench, feed: Feed, browser: Browser) -> None:
        self._bench, self._feed, self._browser = bench, feed, browser
        self._contexts: list[BrowserContext] = []
        self._pages: list[Page] = []

    def turn(self, seconds: int) -> None:
        """Measure everything once."""
        self._bench.wait_ready()
        self._note_memory("memory_0")
        self._open(1)
        self._note_memory("memory_1")
        self._note_cpu("cpu_1", seconds)
        while len(self._pages) < FEW:
            self._open(1)
        self._note_memory(f"memory_{FEW}")
        self._note_cpu(f"cpu_{FEW}", seconds)
        for _ in range(5):
            self._note_event()
        self._close()
        started = time.monotonic()
        self._open(FEW, may_be_cached=False)
        self._bench.found["crowd"].append(time.monotonic() - started)
        self._close()
        if self._bench.contender is OURS:
            with ThreadPoolExecutor(1) as pool:  # Playwright's loop runs in this thread
                pool.submit(asyncio.run, self._connect_many()).result()
        time.sleep(PAUSE)  # pages that have gone are tidied up after some seconds
        self._note_memory("memory_after")

    def _open(self, number: int, *, may_be_cached: bool = True) -> None:
        """Open pages at once, in one context, or each in a separate browser context."""
        self._bench.wait_ready()
        expected = self._delivered()
        pages = []
        for _ in range(number):
            if not (may_be_cached and self._contexts):
                context = self._browser.new_context(viewport={"width": 1400, "height": 1200})
                selector = self._bench.contender.kpi.format("delivered")
                context.add_init_script(f"{{{WATCH.replace('SELECTOR', repr(selector))}}}")
                self._contexts.append(context)
            pages.append(self._contexts[-1].new_page())
        for page in pages:
            page.goto(f"http://127.0.0.1:{self._bench.port}/", wait_until="commit", timeout=LIMIT)
        for page in pages:
            at = self._painted(page, expected)
            if number == 1 and self._pages:
                started = page.evaluate("performance.timeOrigin")
                self._bench.found["open"].append((at - started) / 1e3)
        self._pages += pages

    def _delivered(self) -> int:
        """Return what the first KPI of a page must show."""
        return self._feed.truth()[self._bench.contender.first]["delivered"]

    def _painted(self, page: Page, number: int) -> float:
        """Return when a page has painted a number, or a later one, in milliseconds since 1970."""
        seen = f"(bench.seen.find(([n]) => n >= {number}) ?? [])[1]"
        return float(page.wait_for_function(seen, timeout=LIMIT).json_value())

    def _close(self) -> None:
        for page in self._pages:
            page.close(run_before_unload=True)
        for context in self._contexts:
            context.close()
        self._pages, self._contexts = [], []
        self._bench.forget_kernels()

    def _note_memory(self, name: str) -> None:
        time.sleep(PAUSE)
        self._bench.found[name].append(self._bench.memory())

    def _note_cpu(self, name: str, seconds: int) -> None:
        writer = threading.Thread(target=self._feed.play, args=(self._feed.batches(seconds),))
        cpu, started = self._bench.cpu(), time.monotonic()
        writer.start()
        while writer.is_alive():
            self._pages[0].wait_for_timeout(100)
        minutes = (time.monotonic() - started) / 60
        self._bench.found[name].append((self._bench.cpu() - cpu) / minutes)

    def _note_event(self) -> None:
        """Let an event arrive, and wait until each viewer shows it."""
        self._pages[0].wait_for_timeout(random.uniform(1500, 3500))  # noqa: S311 - at any point
        expected = self._delivered() + 1
        written = self._feed.add(("sent", "delivered"))
        painted = [self._painted(page, expected) for page in self._pages]
        self._bench.found["event"].append(max(painted) / 1e3 - written)

    async def _connect_many(self) -> None:
        from tests.support.crowd import viewing  # noqa: PLC0415

        async with AsyncExitStack() as stack:
            for _ in range(MANY):
                await stack.enter_async_context(viewing(f"http://127.0.0.1:{self._bench.port}/"))
            await asyncio.sleep(PAUSE)
            self._bench.found[f"memory_{MANY}"].append(self._bench.memory())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20, help="of a thousand events each")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", OFFLINE]
    values: dict[str, dict[str, list[float]]] = {OURS.name: {}, PLAIN.name: {}}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "events"
        folder.mkdir()
        feed = Feed(folder, options.events)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        stack.callback(browser.close)
        for number in range(options.rounds):
            for contender in random.Random(number).sample((OURS, PLAIN), 2):  # noqa: S311
                with serving(contender, feed) as bench:
                    Crowd(bench, feed, browser).turn(options.seconds)
                for name, more in bench.found.items():
                    values[contender.name].setdefault(name, []).extend(more)
                load = os.getloadavg()[0]
                print(f"round {number + 1}: {contender.name}, {load=:.1f}", file=sys.stderr)
    show(MEASURES, values[OURS.name], values[PLAIN.name], options.events)


if __name__ == "__main__":
    main()
