"""Pages and processes after the kernel, the server or the browser has gone."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import urlopen
from uuid import uuid4

import psutil
import pytest
from playwright.sync_api import Error as PlaywrightError

from tests.support.browser.front import (
    REPOSITORY,
    SERVED,
    SIZE,
    Watch,
    fast_heartbeat,
    in_kernels,
    running,
)
from tests.support.browser.inbox import Inbox
from tests.support.browser.pages import KERNEL_ID, kernel_of, kernels, open_pages, page_hosts
from tests.support.browser.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from tests.support.browser.front import Front

SOON = 15.0
"""Seconds within which the page reports a lost connection, also on a busy machine."""
HEARTBEAT, MISSED = 1.0, 4
"""Seconds between two heartbeats of these tests' servers, and how many may be missing."""
CULLED = 6
"""Seconds after which these tests' servers end an unused page or kernel."""
LIVE = ".clw-report[data-state=live]"
LOST = ".clw-report[data-lost=%s][data-state=stale] .clw-lost"
DELIVERED = ".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value"
PAGES_CULLED = f"""
from campaign_live_widgets.app.pages import page_host
page_host.KEEP_ABANDONED = {CULLED}
"""
CULLING = {"MappingKernelManager": {"cull_idle_timeout": CULLED, "cull_interval": 1}}
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


def until(condition: Callable[[], object], seconds: float, otherwise: str) -> float:
    """Wait for a condition; return how long it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, otherwise
        time.sleep(0.1)
    return time.monotonic() - start


def opened(browser: Browser, address: str, watch: Watch | None = None) -> Page:
    page = browser.new_context(viewport=SIZE).new_page()
    if watch is not None:
        watch.over(page)
    page.goto(address)
    page.wait_for_selector(LIVE, timeout=60_000)
    return page


def wait_for_heartbeats(page: Page, watch: Watch, number: int) -> None:
    """Wait until a page has received a number of heartbeats."""
    enough = watch.heartbeats + number
    until(
        lambda: page.wait_for_timeout(50) or watch.heartbeats >= enough,
        120,
        "no heartbeat was received",
    )


RECORD_LOST = """() => {
    window.everLost = [];
    const root = document.querySelector(".clw-report");
    new MutationObserver(() => root.dataset.lost && window.everLost.push(root.dataset.lost))
        .observe(root, { attributes: true, attributeFilter: ["data-lost"] });
}"""
CONNECTED = "() => window.jupyterapp.widgetManager.kernel.connectionStatus === 'connected'"


def leave(page: Page) -> None:
    """Close a page as readers do, so that it can shut its kernel down."""
    page.goto("about:blank")
    page.context.close()


@pytest.fixture
def wire(quick: Server) -> Iterator[Wire]:
    wire = Wire(quick.port)
    yield wire
    wire.close()


def number(page: Page) -> int:
    return int(page.locator(DELIVERED).get_attribute("data-value") or 0)


def assert_catches_up(page: Page, server: Server, before: int) -> None:
    """Assert that the page shows the events that arrived during and after the disconnection."""
    page.wait_for_selector(f"{LIVE}:not([data-lost])", timeout=60_000)
    assert page.locator(".clw-lost").is_hidden()
    at_least = "([css, n]) => Number(document.querySelector(css).dataset.value) >= n"
    page.wait_for_function(at_least, arg=[DELIVERED, before + 5], timeout=20_000)
    server.inbox.drop(3)
    page.wait_for_function(at_least, arg=[DELIVERED, before + 8], timeout=20_000)


def test_lost_connection_is_shown_and_restored_automatically(
    quick: Server, browser: Browser, wire: Wire
) -> None:
    page = opened(browser, f"http://127.0.0.1:{wire.port}/")
    before = number(page)
    wire.cut()
    page.wait_for_selector(LOST % "socket", timeout=SOON * 1000)
    lost = page.get_by_role("alert").inner_text()
    assert re.search(r"connection to the server was lost at \d\d:\d\d:\d\d UTC\.", lost)
    quick.inbox.drop(5)
    wire.restore()
    assert_catches_up(page, quick, before)
    leave(page)


def test_silent_network_is_shown_and_restored_automatically(
    quick: Server, browser: Browser, wire: Wire
) -> None:
    page = opened(browser, f"http://127.0.0.1:{wire.port}/")
    before = number(page)
    wire.freeze()
    page.wait_for_selector(LOST % "silent", timeout=SOON * 1000)
    assert "has not answered" in page.get_by_role("alert").inner_text()
    quick.inbox.drop(5)
    wire.restore()
    assert_catches_up(page, quick, before)
    leave(page)


def test_a_hanging_page_is_shown_and_may_recover(either: Server, browser: Browser) -> None:
    page = opened(browser, either.address)
    before, process = number(page), either.process_of(page)
    process.suspend()
    try:
        page.wait_for_selector(LOST % "silent", timeout=SOON * 1000)
        age = page.locator(".clw-lost-since").inner_text()
        page.wait_for_function(
            "([css, age]) => document.querySelector(css).textContent !== age",
            arg=[".clw-lost-since", age],
        )
    finally:
        process.resume()
    either.inbox.drop(5)
    assert_catches_up(page, either, before)
    leave(page)


@dataclass
class Server:
    """A server that ends unused pages soon and sends heartbeats often.

    Its pages are those of page hosts, or it has a kernel for each page and for the next one.
    """

    address: str
    process: psutil.Process
    inbox: Inbox
    has_kernels: bool

    @property
    def port(self) -> int:
        return int(urlsplit(self.address).port or 0)

    def pages(self) -> int:
        return len(kernels(self.process)) - 1 if self.has_kernels else open_pages(self.process)

    def process_of(self, page: Page) -> psutil.Process:
        return kernel_of(self.process, page) if self.has_kernels else page_hosts(self.process)[0]

    def wait_for_pages(self, count: int, seconds: float = 30) -> None:
        until(lambda: self.pages() == count, seconds, f"{count} pages should be open")


HEARTBEATS = fast_heartbeat(seconds=HEARTBEAT, missed=MISSED, while_busy=MISSED)
OWN_NOTEBOOK = ("--notebook", str(REPOSITORY / "notebooks" / "campaign_live_report.ipynb"))


@contextmanager
def served(events: Path, folder: Path, *options: str) -> Iterator[Server]:
    (folder / "voila.json").write_text(json.dumps(CULLING), encoding="utf-8")
    command = ["campaign_live_widgets", "serve", str(events), *SERVED, *options]
    env = os.environ | in_kernels(folder, HEARTBEATS) | {"JUPYTER_CONFIG_DIR": str(folder)}
    with running(command, env, HEARTBEATS + PAGES_CULLED) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        has_kernels = "--notebook" in options
        yield Server(address, psutil.Process(process.pid), Inbox(events), has_kernels)


@pytest.fixture(scope="module")
def quick(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("quick")
    with served(Path(shutil.copytree(events, folder / "events")), folder) as server:
        yield server


@pytest.fixture(scope="module")
def with_kernels(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("kernels")
    copy = Path(shutil.copytree(events, folder / "events"))
    with served(copy, folder, *OWN_NOTEBOOK) as server:
        yield server


@pytest.fixture(params=["quick", "with_kernels"])
def either(request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(request.param)
    return server


@contextmanager
def another_browser(browser: Browser) -> Iterator[tuple[Browser, psutil.Process]]:
    """Start another browser; yield it with its root process."""
    mark = f"--campaign-live-test={uuid4().hex}"
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with suppress(PlaywrightError):  # it may be gone by then
        other = browser.browser_type.launch(executable_path=path, args=[*FLAGS, mark])
        mine = psutil.Process().children(recursive=True)
        process = min((p for p in mine if mark in p.cmdline()), key=lambda p: p.create_time())
        try:
            yield other, process
        finally:  # a suspended browser would keep all that follow waiting
            with suppress(psutil.Error):
                for part in (process, *process.children(recursive=True)):
                    part.resume()
            other.close()


def test_killed_kernel_is_shown_and_the_button_restores_the_report(
    with_kernels: Server, browser: Browser
) -> None:
    with_kernels.wait_for_pages(0)
    address = f"{with_kernels.address}?window=6h&locale=fr"
    page = opened(browser, address)
    with_kernels.wait_for_pages(1)
    with_kernels.process_of(page).kill()
    page.wait_for_selector(LOST % "kernel", timeout=SOON * 1000)
    assert "s'est arrêté" in page.get_by_role("alert").inner_text()
    assert "Les chiffres datent du" in page.get_by_role("alert").inner_text()
    assert int(page.locator(DELIVERED).get_attribute("data-value") or 0) > 0
    page.get_by_role("button", name="Relancer le rapport").click()
    page.wait_for_selector(LIVE, timeout=30_000)
    assert page.url == address
    assert page.locator(".clw-lost").is_hidden()
    with_kernels.wait_for_pages(1)
    leave(page)
    with_kernels.wait_for_pages(0)


def test_a_page_whose_host_was_killed_opens_again_with_all_choices(
    quick: Server, browser: Browser
) -> None:
    page = opened(browser, f"{quick.address}?window=6h&locale=fr")
    before, kernel = number(page), page.evaluate(KERNEL_ID)
    tabs = page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab")
    tabs.nth(2).click()
    page.wait_for_function("location.search.includes('tab=push')")
    address = page.url
    quick.process_of(page).kill()
    page.wait_for_function(f"(id) => ({KERNEL_ID})() !== id", arg=kernel, timeout=30_000)
    page.wait_for_selector(f"{LIVE}[lang=fr]:not([data-lost])", timeout=30_000)
    assert page.url == address
    page.wait_for_selector(".clw-push-summary .bqplot")
    tabs.first.click()
    page.locator(DELIVERED).wait_for()
    quick.inbox.drop(4)
    at_least = "([css, n]) => Number(document.querySelector(css).dataset.value) >= n"
    page.wait_for_function(at_least, arg=[DELIVERED, before + 4], timeout=20_000)
    leave(page)
    quick.wait_for_pages(0)


def test_five_reloads_leave_one_page(either: Server, browser: Browser) -> None:
    either.wait_for_pages(0)
    page = opened(browser, either.address)
    for _ in range(5):
        page.reload()
        page.wait_for_selector(LIVE, timeout=60_000)
    either.wait_for_pages(1, 4)
    page.goto("about:blank")
    either.wait_for_pages(0, 4)
    page.context.close()


def test_a_closed_window_ends_its_pages(either: Server, browser: Browser) -> None:
    with another_browser(browser) as (other, process):
        for _ in range(2):
            opened(other, either.address)
        either.wait_for_pages(2, 20)
        process.terminate()
        either.wait_for_pages(0)


def test_the_page_of_a_killed_browser_ends(either: Server, browser: Browser) -> None:
    with another_browser(browser) as (other, process):
        opened(other, either.address)
        either.wait_for_pages(1, 20)
        process.kill()
        either.wait_for_pages(0)


def test_a_paused_page_is_kept_through_a_short_disconnection(
    either: Server, browser: Browser
) -> None:
    wire, watch = Wire(either.port), Watch()
    page = opened(browser, f"http://127.0.0.1:{wire.port}/", watch)
    kernel = page.evaluate(KERNEL_ID)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_selector(".clw-report[data-state=paused]")
    page.evaluate(RECORD_LOST)
    wait_for_heartbeats(page, watch, CULLED + MISSED)
    assert page.evaluate("() => window.everLost") == []
    wire.cut()
    page.wait_for_function(f"() => !({CONNECTED})()", timeout=20_000)
    wire.restore()
    page.wait_for_function(CONNECTED, timeout=60_000)
    assert page.evaluate(KERNEL_ID) == kernel
    page.get_by_role("button", name="Resume").click()
    page.wait_for_selector(f"{LIVE}:not([data-lost])", timeout=20_000)
    assert page.evaluate("() => 'everLost' in window"), "the page was not loaded again"
    leave(page)
    wire.close()
    either.wait_for_pages(0)


def test_stopped_server_is_shown_and_the_page_reconnects(
    events: Path, tmp_path: Path, browser: Browser
) -> None:
    with served(events, tmp_path) as server:
        page = opened(browser, server.address)
    page.wait_for_selector(LOST % "socket", timeout=SOON * 1000)
    page.get_by_role("button", name="Bring the report back").click()
    page.get_by_text("The server does not answer.").wait_for()
    with served(events, tmp_path, "--port", str(server.port)):
        page.wait_for_selector(f"{LIVE}:not([data-lost])", timeout=60_000)
        leave(page)


def test_paused_slow_and_sleeping_pages_report_no_lost_connection(
    quick: Server, browser: Browser
) -> None:
    with another_browser(browser) as (laptop, process):
        beats = Watch()
        paused, slow = opened(browser, quick.address, beats), opened(browser, quick.address)
        asleep = opened(laptop, quick.address)
        for page in (paused, slow, asleep):
            page.evaluate(RECORD_LOST)
        paused.get_by_role("button", name="Pause").click()
        paused.wait_for_selector(".clw-report[data-state=paused]")
        throttle = slow.context.new_cdp_session(slow)
        throttle.send("Emulation.setCPUThrottlingRate", {"rate": 6})
        before = number(asleep)
        family = [process, *process.children(recursive=True)]
        for part in family:
            part.suspend()
        for _ in range(2 * MISSED):
            quick.inbox.drop(1)
            wait_for_heartbeats(paused, beats, 1)
        for part in family:
            part.resume()
        for page in (slow, asleep):
            page.wait_for_function(
                "([css, n]) => Number(document.querySelector(css).dataset.value) >= n",
                arg=[DELIVERED, before + 2 * MISSED],
                timeout=30_000,
            )
        wait_for_heartbeats(paused, beats, 3)
        for page in (paused, slow, asleep):
            assert page.evaluate("() => window.everLost") == []
            leave(page)


def test_a_hidden_page_reports_no_lost_connection(quick: Server, browser: Browser) -> None:
    page = browser.new_context(viewport=SIZE).new_page()
    page.clock.install()
    page.goto(quick.address)
    page.wait_for_selector(LIVE, timeout=180_000)
    page.evaluate(RECORD_LOST)
    before = number(page)
    hide(page, hidden=True)
    page.clock.run_for(16_000)
    quick.inbox.drop(5)
    hide(page, hidden=False)
    page.wait_for_function(
        "([css, n]) => Number(document.querySelector(css).dataset.value) === n",
        arg=[DELIVERED, before + 5],
    )
    assert page.evaluate("() => window.everLost") == []
    leave(page)


def hide(page: Page, *, hidden: bool) -> None:
    """Notify the page that it is hidden; a headless browser never does."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


@pytest.mark.parametrize("options", [(), OWN_NOTEBOOK], ids=["pages", "notebook"])
def test_page_works_below_a_base_url(
    options: tuple[str, ...], events: Path, tmp_path: Path, browser: Browser
) -> None:
    with served(events, tmp_path, "--base-url", "/user/a+b@c~[d]%40/reports", *options) as server:
        assert server.address.endswith("/user/a+b@c~%5Bd%5D%40/reports/")
        page = opened(browser, f"{server.address}?locale=fr")
        server.wait_for_pages(1)
        kernel = page.evaluate(KERNEL_ID)
        server.process_of(page).kill()
        if server.has_kernels:
            page.wait_for_selector(LOST % "kernel", timeout=SOON * 1000)
            page.get_by_role("button", name="Relancer le rapport").click()
        page.wait_for_function(f"(id) => ({KERNEL_ID})() !== id", arg=kernel, timeout=60_000)
        page.wait_for_selector(f"{LIVE}:not([data-lost])", timeout=60_000)
        leave(page)
        server.wait_for_pages(0, 4)


def test_connection_loss_is_shown_by_voila_with_the_documented_settings(
    events: Path, tmp_path: Path, browser: Browser
) -> None:
    guide = (REPOSITORY / "docs" / "serving.md").read_text(encoding="utf-8")
    settings = json.loads(guide.rsplit("```json")[-1].split("```")[0])
    settings |= CULLING
    (tmp_path / "voila.json").write_text(json.dumps(settings), encoding="utf-8")
    shutil.copytree(REPOSITORY / "voila_templates", tmp_path / "voila" / "templates")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["voila", str(REPOSITORY / "notebooks" / "campaign_live_report.ipynb")]
    command += ["--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}"]
    homes = {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_PATH": str(tmp_path)}
    env = (
        os.environ
        | in_kernels(tmp_path, HEARTBEATS)
        | homes
        | {"CAMPAIGN_LIVE_SOURCE": str(events)}
    )
    address = f"http://127.0.0.1:{port}/"
    with running(command, env=env) as process:
        server = psutil.Process(process.pid)
        until(lambda: responds(f"{address}voila/static/voila.js"), 60, "Voilà does not answer")
        watch = Watch()
        page = opened(browser, address, watch)
        until(lambda: len(kernels(server)) == 2, 20, "one page and the next one")
        wait_for_heartbeats(page, watch, CULLED + MISSED)
        assert page.locator(f"{LIVE}:not([data-lost])").count() == 1
        kernel = kernel_of(server, page)
        page.context.close()
        until(lambda: not kernel.is_running(), 30, "the kernel of a page that is gone lives on")


def responds(url: str) -> bool:
    try:
        urlopen(url).close()  # noqa: S310 - our own server
    except OSError:
        return False
    return True


BUSY = """import time
monitor = [*Out.values()][-1].dashboard.monitor
limits = monitor.limits
monitor.limits = limits | {"missed": 0.1}
time.sleep(4)
end = time.monotonic() + 4
while time.monotonic() < end:
    sum(range(10_000))
monitor.limits = limits"""
"""Meanwhile a kernel that is not busy would be reported as lost between two heartbeats."""
IDLE = (
    "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
)
RUN_LAST = """(code) => {
    const panel = window.jupyterapp.shell.currentWidget;
    const cells = panel.content.widgets;
    const source = cells[cells.length - 1].model.sharedModel;
    const before = source.getSource();
    source.setSource(code);
    panel.content.activeCellIndex = cells.length - 1;
    window.cellRuns = true;
    window.jupyterapp.commands.execute("notebook:run-cell").catch(() => {}).finally(() => {
        source.setSource(before);
        window.cellRuns = false;
    });
}"""
RUNS = "() => Boolean(window.cellRuns)"
"""Whether that cell runs; the kernel's status also changes for messages of widgets."""


@pytest.fixture(params=["lab", "notebook"])
def jupyter(request: pytest.FixtureRequest) -> Front:
    front: Front = request.getfixturevalue(request.param)
    front.page.wait_for_function(f"() => !({RUNS})()", timeout=60_000)
    front.page.wait_for_function(IDLE, timeout=30_000)
    front.open_tab(0)
    return front


def test_a_long_cell_reports_no_lost_connection(jupyter: Front) -> None:
    page = jupyter.page
    page.evaluate(RECORD_LOST)
    before = number(page)
    page.evaluate(RUN_LAST, BUSY)
    wait_for_heartbeats(page, jupyter.watch, 3)
    assert page.evaluate(RUNS), "the cell has ended early"
    jupyter.inbox.drop(4)
    jupyter.wait_for(
        "([css, n]) => Number(document.querySelector(css).dataset.value) === n",
        DELIVERED,
        before + 4,
    )
    page.wait_for_function(f"() => !({RUNS})()", timeout=60_000)
    assert page.evaluate("() => window.everLost") == []


def test_killed_kernel_is_shown_in_a_notebook_and_the_button_reruns_it(
    jupyter: Front,
) -> None:
    page, trouble = jupyter.page, jupyter.watch.trouble
    before, known = number(page), len(trouble)
    [kernel] = kernels(jupyter.process)
    kernel.kill()
    page.wait_for_selector(LOST % "kernel", timeout=SOON * 1000)
    page.get_by_role("button", name="Ok", exact=True).click()  # the dialog of the front end
    page.get_by_role("button", name="Bring the report back").click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.wait_for_selector(".clw-report:not([data-lost])", timeout=60_000)
    page.wait_for_selector(LIVE, timeout=60_000)
    assert number(page) >= before
    assert len(kernels(jupyter.process)) == 1
    page.wait_for_function(IDLE, timeout=30_000)
    known_words = ("Connection lost", "WebSocket", "Could not restore the debugger state")
    assert [line for line in trouble[known:] if not any(w in line for w in known_words)] == []
    del trouble[known:]  # the front end's own words on what was done to it
