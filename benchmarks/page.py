"""The page of a live report beside one of plain Voilà: ``python page.py``.

Both serve the same folder; in every round they take turns, in another order each, with one
browser. Each turn opens the page twice, lets a few events arrive at a time, then none, then a
thousand a second, and ends with both numbers checked against a count over the whole folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.request import urlopen

import nbformat
import psutil
from arrivals import CAMPAIGN, RATE, Feed
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, WebSocket

HERE: Final = Path(__file__).parent
LIMIT: Final = 120_000
"""Milliseconds that anything in a page may take."""
OFFLINE: Final = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
MEASURES: Final = {
    "open": ("page open, first visit", "s"),
    "current": ("page open, first visit, until the number is current", "s"),
    "reopen": ("page open, scripts in the browser's cache", "s"),
    "open_requests": ("requests of a first visit", ""),
    "open_bytes": ("bytes of a first visit", "bytes"),
    "event": ("event → KPI", "s"),
    "kpi_payload": ("tick that moves the KPI, payload", "bytes"),
    "kpi_wire": ("tick that moves the KPI, on the wire", "bytes"),
    "few_payload": ("tick of a quarter of the tiles, payload", "bytes"),
    "few_wire": ("tick of a quarter of the tiles, on the wire", "bytes"),
    "idle_payload": ("2 s in which nothing arrives, payload", "bytes"),
    "idle_wire": ("2 s in which nothing arrives, on the wire", "bytes"),
    "idle_minute": ("a minute in which nothing arrives, on the wire", "bytes"),
    "idle_cpu": ("CPU while nothing arrives", "s a minute"),
    "cpu": (f"CPU while {RATE:,} events a second arrive", "s a minute"),
    "ticks": ("the number moves meanwhile", "times a minute"),
    "tick_cpu": ("CPU for each of these times", "ms"),
}
FRACTIONS: Final = {"s", "s a minute", "times a minute", "ms"}
"""Units whose numbers are shown with two decimals."""
LOADED: Final = """() => {
  const [document] = performance.getEntriesByType("navigation");
  const others = performance.getEntriesByType("resource");
  const all = [document, ...others];
  return {
    first_byte: document.responseStart / 1e3,
    html: document.responseEnd / 1e3,
    scripts: Math.max(0, ...others.map((r) => r.responseEnd)) / 1e3,
    requests: all.length,
    bytes: all.reduce((sum, r) => sum + r.transferSize, 0),
  };
}"""
"""What had been loaded, and when (seconds from navigation)."""
WATCH: Final = """
window.bench = {first: null, seen: []};
const look = () => {
  const current = [...document.querySelectorAll(SELECTOR)].find((n) => n.checkVisibility());
  const value = current && Number(current.dataset.value);
  const {seen} = window.bench;
  if (current && value !== seen.at(-1)?.[0]) {
    const entry = [value, null];
    seen.push(entry);
    requestAnimationFrame(() => { entry[1] = performance.timeOrigin + performance.now(); });
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
"""Notes each new number, and the time at which the frame that shows it had been painted."""


@dataclass(frozen=True)
class Contender:
    """A server of the page, and where in the page its numbers are."""

    name: str
    ready: str
    kpi: str
    tick: str
    first: str
    """Which truth the first KPI of the page shows: of the ``email`` channel, or of ``all``."""

    def command(self, events: Path, notebook: Path, port: int) -> list[str]:
        """Return the command that serves the folder *events*."""
        if self.name == "ours":
            more = [str(events), "--campaign", CAMPAIGN, "--no-browser"]
            return ["-m", "campaign_live_widgets", "serve", *more, f"--port={port}"]
        more = ["--no-browser", "--KernelManager.autorestart=False"]
        return ["-m", "voila", str(notebook), *more, f"--port={port}"]

    def show_email(self, page: Page) -> None:
        """Bring the e-mail tab to the front."""
        if self.name == "ours":
            page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(1).click()


OURS: Final = Contender(
    name="ours",
    ready="voila/ready",
    kpi=".clw-kpi-{} .clw-kpi-value[data-value]",
    tick=".clw-report",
    first="all",
)
PLAIN: Final = Contender(
    name="plain Voilà",
    ready="voila/static/voila.js",
    kpi=".plain-{}[data-value]",
    tick=".plain-stamp",
    first="email",
)


class Wire:
    """A relay before a server that counts the bytes its websockets send to the browser."""

    def __init__(self, port: int) -> None:
        self.sent = 0
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            browser, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._port))
            threading.Thread(target=self._relay, args=(browser, server), daemon=True).start()

    def _relay(self, browser: socket.socket, server: socket.socket) -> None:
        live = threading.Event()

        def answers() -> None:
            for data in _stream(server, browser):
                self.sent += len(data) if live.is_set() else 0

        threading.Thread(target=answers, daemon=True).start()
        for data in _stream(browser, server):
            if re.search(rb"^upgrade: *websocket", data, re.IGNORECASE | re.MULTILINE):
                live.set()


def _stream(source: socket.socket, target: socket.socket) -> Iterator[bytes]:
    """Pass on what comes, and return it once it is passed on, until either end closes."""
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
            yield data
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()


@dataclass
class Bench:
    """One contender's server, and all that was measured of it."""

    contender: Contender
    process: psutil.Process
    port: int
    wire: Wire
    found: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    payload: int = 0

    def turn(self, browser: Browser, feed: Feed, seconds: int) -> None:
        """Measure everything once, and check the numbers at the end."""
        feed.add(("sent", "delivered"))
        with browser.new_context(viewport={"width": 1400, "height": 1200}) as context:
            context.add_init_script(f"{{{WATCH.replace('SELECTOR', repr(self._kpi()))}}}")
            self._open(context, feed, "open", "current").close(run_before_unload=True)
            self.forget_kernels()
            page = self._open(context, feed, "reopen")
            self.contender.show_email(page)
            self._settle(page, feed)
            for _ in range(5):
                self._tick(page, feed, "kpi", ("sent", "delivered"))
            for _ in range(3):
                self._tick(page, feed, "few", ("open",))
            self.wait_ready()
            self._idle(page)
            self._work(page, feed, seconds)
            self._settle(page, feed)
            page.close(run_before_unload=True)
        self.forget_kernels()

    def _kpi(self, metric: str = "delivered") -> str:
        return self.contender.kpi.format(metric)

    def _open(self, context: BrowserContext, feed: Feed, *names: str) -> Page:
        self.wait_ready()
        expected = feed.truth()[self.contender.first]["delivered"]
        page = context.new_page()
        page.on("websocket", self._count)
        page.goto(self.wire.address, wait_until="commit", timeout=LIMIT)
        values = ["bench.seen.length && bench.seen[0][1]"]
        values += [f"(bench.seen.find(([n]) => n === {expected}) ?? [])[1]"]
        for name, value in zip(names, values, strict=False):
            at = page.wait_for_function(value, timeout=LIMIT).json_value()
            self.found[name].append((at - page.evaluate("performance.timeOrigin")) / 1e3)
        for name, value in page.evaluate(LOADED).items():
            self.found[f"{names[0]}_{name}"].append(value)
        return page

    def _count(self, websocket: WebSocket) -> None:
        def add(data: str | bytes) -> None:
            self.payload += len(data if isinstance(data, bytes) else data.encode())

        websocket.on("framereceived", add)

    def _ticks(self, page: Page) -> int:
        return int(page.locator(self.contender.tick).get_attribute("data-tick") or -1)

    def _settle(self, page: Page, feed: Feed) -> None:
        """Wait until the page shows what is true, then until it is quiet."""
        for metric, number in feed.truth()["email"].items():
            page.wait_for_function(
                "([selector, number]) => [...document.querySelectorAll(selector)]"
                ".find((n) => n.checkVisibility())?.dataset.value === String(number)",
                arg=[self._kpi(metric), number],
                timeout=LIMIT,
            )
        page.wait_for_timeout(1500)

    def _tick(self, page: Page, feed: Feed, name: str, kinds: tuple[str, ...]) -> None:
        """Let a few events arrive; note how long until they show, and the bytes of a tick."""
        page.wait_for_timeout(random.uniform(1500, 3500))  # noqa: S311 - at any point of a loop
        current = page.evaluate("bench.seen.at(-1)[0]")
        ticks, payload, wire = self._ticks(page), self.payload, self.wire.sent
        written = feed.add(kinds)
        if "delivered" in kinds:
            seen = f"(bench.seen.find(([n]) => n === {current + 1}) ?? [])[1]"
            at = page.wait_for_function(seen, timeout=LIMIT).json_value()
            self.found["event"].append(at / 1e3 - written)
        whole = 1 if self.contender is OURS else 2
        page.wait_for_function(
            "([selector, tick]) => Number(document.querySelector(selector).dataset.tick) >= tick",
            arg=[self.contender.tick, ticks + whole],
            timeout=LIMIT,
        )
        page.wait_for_timeout(300)
        passed = self._ticks(page) - ticks
        self.found[f"{name}_payload"].append((self.payload - payload) / passed)
        self.found[f"{name}_wire"].append((self.wire.sent - wire) / passed)

    def _idle(self, page: Page, slices: int = 10) -> None:
        page.wait_for_timeout(1000)
        cpu, wire, started = self.cpu(), self.wire.sent, time.monotonic()
        for _ in range(slices):
            before = (self.payload, self.wire.sent)
            page.wait_for_timeout(2000)
            self.found["idle_payload"].append(self.payload - before[0])
            self.found["idle_wire"].append(self.wire.sent - before[1])
        minutes = (time.monotonic() - started) / 60
        self.found["idle_minute"].append((self.wire.sent - wire) / minutes)
        self.found["idle_cpu"].append((self.cpu() - cpu) / minutes)

    def _work(self, page: Page, feed: Feed, seconds: int) -> None:
        batches = feed.batches(seconds)
        writer = threading.Thread(target=feed.play, args=(batches,))
        ticks, cpu, started = self._ticks(page), self.cpu(), time.monotonic()
        writer.start()
        while writer.is_alive():
            page.wait_for_timeout(100)
        spent, minutes = self.cpu() - cpu, (time.monotonic() - started) / 60
        passed = self._ticks(page) - ticks
        self.found["cpu"].append(spent / minutes)
        self.found["ticks"].append(passed / minutes)
        self.found["tick_cpu"].append(spent / passed * 1e3)

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """Return the processor time of the server and its kernels, in seconds."""
        times = [process.cpu_times() for process in self._family()]
        return sum(t.user + t.system for t in times)

    def memory(self) -> float:
        """Return the memory of the server and its kernels, in MB: their own, and a part of what
        they share."""
        return sum(process.memory_full_info().pss for process in self._family()) / 1e6

    def forget_kernels(self) -> None:
        """Stop the kernel that a closed page of stock Voilà leaves running."""
        time.sleep(2)
        if self.contender is PLAIN:
            for child in self.process.children(recursive=True):
                child.kill()

    def wait_ready(self) -> None:
        """Wait until the server answers, with a page prepared if it prepares any."""
        address = f"http://127.0.0.1:{self.port}/{self.contender.ready}"
        for _ in range(300):
            try:
                urlopen(address).close()
            except OSError:
                time.sleep(0.2)
            else:
                return
        message = f"{self.contender.name} does not answer"
        raise TimeoutError(message)


@contextmanager
def serving(contender: Contender, feed: Feed) -> Iterator[Bench]:
    """Run a contender's server."""
    notebook = feed.folder.parent / "plain.ipynb"
    cells = (HERE / "plain_voila.py").read_text(encoding="utf-8").split("\n# %%\n")[1:]
    nodes = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=nodes), notebook)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = os.environ | {"PLAIN_FOLDER": str(feed.folder), "PLAIN_CAMPAIGN": CAMPAIGN}
    command = [sys.executable, *contender.command(feed.folder, notebook, port)]
    process = subprocess.Popen(  # noqa: S603 - our own commands
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        bench = Bench(contender, psutil.Process(process.pid), port, Wire(port))
        bench.wait_ready()
        yield bench
    finally:
        process.terminate()
        process.wait(30)


def show(
    measures: dict[str, tuple[str, str]],
    ours: dict[str, list[float]],
    plain: dict[str, list[float]],
    events: int,
) -> None:
    """Print medians, ranges and ratios as a Markdown table; what was not measured is empty."""
    print(f"| over {events:,} events | ours | plain Voilà | plain to ours |\n|---|---|---|---|")
    for name, (title, unit) in measures.items():
        form = ".2f" if unit in FRACTIONS else ",.0f"
        got = [values.get(name, []) for values in (ours, plain)]
        cells = [_range(values, form) for values in got]
        middles = [statistics.median(values) if values else 0 for values in got]
        cells.append(f"{middles[1] / middles[0]:.1f}" if all(middles) else "")
        print(f"| {', '.join(filter(None, (title, unit)))} | " + " | ".join(cells) + " |")


def _range(values: list[float], form: str) -> str:
    if not values:
        return ""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=30, help="of a thousand events each")
    parser.add_argument("--raw", type=Path, help="also write all that was measured, as JSON")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", OFFLINE]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "events"
        folder.mkdir()
        feed = Feed(folder, options.events)
        benches = [stack.enter_context(serving(c, feed)) for c in (OURS, PLAIN)]
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        stack.callback(browser.close)
        for number in range(options.rounds):
            for bench in random.Random(number).sample(benches, 2):  # noqa: S311 - an order
                bench.turn(browser, feed, options.seconds)
                load = os.getloadavg()[0]
                bench.found["load"].append(load)
                print(f"round {number + 1}: {bench.contender.name}, {load=:.1f}", file=sys.stderr)
                if options.raw:
                    raw = {bench.contender.name: bench.found for bench in benches}
                    options.raw.write_text(json.dumps(raw, indent=1), encoding="utf-8")
        show(MEASURES, *(bench.found for bench in benches), options.events)


if __name__ == "__main__":
    main()
