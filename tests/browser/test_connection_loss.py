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

from tests.support.browser.front import REPOSITORY, SIZE, Watch, fast_heartbeat, running
from tests.support.browser.inbox import Inbox
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
"""Seconds after which these tests' servers end an unused kernel."""
LIVE = ".clw-report[data-state=live]"
LOST = ".clw-report[data-lost=%s][data-state=stale] .clw-lost"
DELIVERED = ".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value"
CULLING = {"MappingKernelManager": {"cull_idle_timeout": CULLED, "cull_interval": 1}}
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


def kernels(server: psutil.Process) -> list[psutil.Process]:
    """Return the kernels that a server runs."""
    processes = []
    for child in server.children(recursive=True):
        with suppress(psutil.Error):  # it may be exiting
            if any("ipykernel_launcher" in part for part in child.cmdline()):
                processes.append(child)
    return processes


def kernel_of(server: psutil.Process, page: Page) -> psutil.Process:
    """Return the process of the kernel behind a page of Voilà."""
    kernel = page.evaluate(
        "() => JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    )
    return next(k for k in kernels(server) if any(kernel in part for part in k.cmdline()))


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


def test_hanging_kernel_is_shown_and_may_recover(quick: Server, browser: Browser) -> None:
    page = opened(browser, quick.address)
    before, kernel = number(page), kernel_of(quick.process, page)
    kernel.suspend()
    try:
        page.wait_for_selector(LOST % "silent", timeout=SOON * 1000)
        age = page.locator(".clw-lost-since").inner_text()
        page.wait_for_function(
            "([css, age]) => document.querySelector(css).textContent !== age",
            arg=[".clw-lost-since", age],
        )
    finally:
        kernel.resume()
    quick.inbox.drop(5)
    assert_catches_up(page, quick, before)
    leave(page)


@dataclass
class Server:
    """A server that ends unused kernels soon and sends heartbeats often."""

    address: str
    process: psutil.Process
    inbox: Inbox

    @property
    def port(self) -> int:
        return int(urlsplit(self.address).port or 0)


def heartbeat(folder: Path) -> dict[str, str]:
    return fast_heartbeat(folder, seconds=HEARTBEAT, missed=MISSED, while_busy=MISSED)


@contextmanager
def served(events: Path, folder: Path, *options: str) -> Iterator[Server]:
    (folder / "voila.json").write_text(json.dumps(CULLING), encoding="utf-8")
    command = ["campaign_live_widgets", "serve", str(events), "--no-browser", *options]
    with running(
        command, env=os.environ | heartbeat(folder) | {"JUPYTER_CONFIG_DIR": str(folder)}
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        yield Server(address, psutil.Process(process.pid), Inbox(events))


@pytest.fixture(scope="module")
def quick(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("quick")
    with served(Path(shutil.copytree(events, folder / "events")), folder) as server:
        yield server


@contextmanager
def another_browser(browser: Browser) -> Iterator[tuple[Browser, psutil.Process]]:
    """Start another browser; yield it with its root process."""
    mark = f"--campaign-live-test={uuid4().hex}"
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with suppress(PlaywrightError):  # it may be gone by then
        other = browser.browser_type.launch(executable_path=path, args=[*FLAGS, mark])
        mine = psutil.Process().children(recursive=True)
        yield other, min((p for p in mine if mark in p.cmdline()), key=lambda p: p.create_time())
        other.close()


def wait_for_one_kernel(server: Server, seconds: float = 30) -> None:
    """Wait until the server has only the kernel of the next page."""
    until(lambda: len(kernels(server.process)) == 1, seconds, "a kernel without a viewer lives on")


def test_killed_kernel_is_shown_and_the_button_restores_the_report(
    quick: Server, browser: Browser
) -> None:
    wait_for_one_kernel(quick)
    address = f"{quick.address}?window=6h&locale=fr"
    page = opened(browser, address)
    until(lambda: len(kernels(quick.process)) == 2, 20, "one page and the next one")
    kernel_of(quick.process, page).kill()
    page.wait_for_selector(LOST % "kernel", timeout=SOON * 1000)
    assert "s'est arrêté" in page.get_by_role("alert").inner_text()
    assert "Les chiffres datent du" in page.get_by_role("alert").inner_text()
    assert int(page.locator(DELIVERED).get_attribute("data-value") or 0) > 0
    page.get_by_role("button", name="Relancer le rapport").click()
    page.wait_for_selector(LIVE, timeout=30_000)
    assert page.url == address
    assert page.locator(".clw-lost").is_hidden()
    until(lambda: len(kernels(quick.process)) == 2, 20, "as many kernels as before")
    leave(page)
    wait_for_one_kernel(quick)


def test_five_reloads_leave_one_kernel(quick: Server, browser: Browser) -> None:
    page = opened(browser, quick.address)
    for _ in range(5):
        page.reload()
        page.wait_for_selector(LIVE, timeout=60_000)
    until(lambda: len(kernels(quick.process)) == 2, 4, "reloads leave kernels behind")
    page.goto("about:blank")
    until(lambda: len(kernels(quick.process)) == 1, 4, "a page that is left keeps its kernel")
    page.context.close()


def test_a_closed_window_ends_its_kernels(quick: Server, browser: Browser) -> None:
    with another_browser(browser) as (other, process):
        for _ in range(2):
            opened(other, quick.address)
        until(lambda: len(kernels(quick.process)) == 3, 20, "two pages and the next one")
        process.terminate()
        wait_for_one_kernel(quick)


def test_the_kernel_of_a_killed_browser_ends(quick: Server, browser: Browser) -> None:
    with another_browser(browser) as (other, process):
        opened(other, quick.address)
        until(lambda: len(kernels(quick.process)) == 2, 20, "one page and the next one")
        process.kill()
        wait_for_one_kernel(quick)


def test_a_paused_page_keeps_its_kernel_through_a_short_disconnection(
    quick: Server, browser: Browser
) -> None:
    wire, watch = Wire(quick.port), Watch()
    page = opened(browser, f"http://127.0.0.1:{wire.port}/", watch)
    kernel = kernel_of(quick.process, page)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_selector(".clw-report[data-state=paused]")
    page.evaluate(RECORD_LOST)
    wait_for_heartbeats(page, watch, CULLED + MISSED)
    assert page.evaluate("() => window.everLost") == []
    wire.cut()
    page.wait_for_function(f"() => !({CONNECTED})()", timeout=20_000)
    wire.restore()
    page.wait_for_function(CONNECTED, timeout=60_000)
    assert kernel.is_running()
    page.get_by_role("button", name="Resume").click()
    page.wait_for_selector(f"{LIVE}:not([data-lost])", timeout=20_000)
    leave(page)
    wire.close()
    wait_for_one_kernel(quick)


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


def test_page_works_below_a_base_url(events: Path, tmp_path: Path, browser: Browser) -> None:
    with served(events, tmp_path, "--base-url", "/user/a+b@c~[d]%40/reports") as server:
        assert server.address.endswith("/user/a+b@c~%5Bd%5D%40/reports/")
        page = opened(browser, f"{server.address}?locale=fr")
        until(lambda: len(kernels(server.process)) == 2, 20, "one page and the next one")
        kernel_of(server.process, page).kill()
        page.wait_for_selector(LOST % "kernel", timeout=SOON * 1000)
        page.get_by_role("button", name="Relancer le rapport").click()
        page.wait_for_selector(f"{LIVE}:not([data-lost])", timeout=60_000)
        leave(page)
        until(lambda: len(kernels(server.process)) == 1, 4, "the page did not end its kernel")


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
    env = os.environ | heartbeat(tmp_path) | homes | {"CAMPAIGN_LIVE_SOURCE": str(events)}
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
    assert all("Connection lost" in line or "WebSocket" in line for line in trouble[known:])
    del trouble[known:]  # the front end's own words on what was done to it
