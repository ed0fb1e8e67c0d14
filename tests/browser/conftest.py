"""Real servers, a real browser, and what both are watched for."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING
from urllib.request import urlopen

import nbformat
import psutil
import pytest
from inbox import Inbox

from campaign_live_widgets.app.demo.demo import Feed
from campaign_live_widgets.app.demo.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, WebSocket

REPOSITORY = Path(__file__).parents[2]
TOKEN = "browser-tests"  # noqa: S105 - of a server that lives for a minute on this machine
SIZE = {"width": 1400, "height": 1200}
HARMLESS = {
    r"(Unsatisfied|No satisfying) version": "the extensions are built for a newer JupyterLab "
    "than Voilà's front end, and share its modules all the same",
    r"Menu entry for command '[a-z:-]+' is duplicated": "Notebook 7 lists some of its own twice",
    r"\[yjs#509\] Not same Y\.Doc": "Notebook 7 says so of its own document model",
    r"Cannot read properties of undefined \(reading 'schema'\)": "Notebook 7, of its own settings",
}
"""What the front ends themselves put on the console, and why that is no matter."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@dataclass
class Watch:
    """What a page says on its console, and whom it asks for anything."""

    trouble: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    """What the page has sent over its websockets."""
    heartbeats: int = 0
    """How often the kernel has sent a heartbeat."""

    def over(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._note("error", str(error)))
        page.on("request", self._on_request)
        page.on("websocket", self._on_websocket)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"warning", "error"}:
            self._note(message.type, f"{message.text} ({message.location['url']})")

    def _note(self, kind: str, text: str) -> None:
        if not any(re.search(known, text) for known in HARMLESS):
            self.trouble.append(f"{kind}: {text}")

    def _on_request(self, request: Request) -> None:
        self._note_host(request.url)

    def _on_websocket(self, socket: WebSocket) -> None:
        self._note_host(socket.url)
        socket.on(
            "framesent", lambda f: self.sent.append(f if isinstance(f, bytes) else f.encode())
        )
        socket.on("framereceived", self._on_frame)

    def _on_frame(self, frame: bytes | str) -> None:
        data = frame if isinstance(frame, bytes) else frame.encode()
        self.heartbeats += b'"heartbeat"' in data

    def _note_host(self, url: str) -> None:
        if not re.match(r"(https?|wss?)://127\.0\.0\.1:|data:|blob:|about:", url):
            self.strangers.append(url)


@dataclass
class Front:
    """A front end that shows the report, and the folder that the report reads."""

    name: str
    page: Page
    inbox: Inbox
    watch: Watch
    address: str
    process: psutil.Process

    def number(self, selector: str) -> int:
        return int(self.page.locator(selector).first.get_attribute("data-value") or 0)

    def open_tab(self, index: int) -> None:
        self.page.locator(".clw-tabs > .lm-TabBar .lm-TabBar-tab").nth(index).click()

    def wait_for(self, script: str, *arguments: object, seconds: float = 20) -> None:
        self.page.wait_for_function(script, arg=list(arguments), timeout=seconds * 1000)


FAST_HEARTBEAT = """
from dataclasses import replace
from campaign_live_widgets.dashboard.live import connection_monitor, coordinator
pace = replace(coordinator.DEFAULT_PACE, heartbeat_seconds={seconds})
coordinator.DEFAULT_PACE = pace
limits = {{"missed": {missed}, "missed_while_busy": {while_busy}, "reconnect_seconds": 2.0}}
connection_monitor.LIMITS = limits
"""


def fast_heartbeat(folder: Path, *, seconds: float, missed: int, while_busy: int) -> dict[str, str]:
    """Return variables for a server whose kernels and pages report a lost connection soon."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    text = FAST_HEARTBEAT.format(seconds=seconds, missed=missed, while_busy=while_busy)
    (startup / "00-fast-heartbeat.py").write_text(text, encoding="utf-8")
    return {"IPYTHONDIR": str(folder / "ipython")}


@contextmanager
def running(
    command: list[str], env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a server; on leaving, end it and see that nothing of it is left."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True, env=env
    )
    try:
        yield process
    finally:
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(20)
        _, left = psutil.wait_procs(family, timeout=10)
        assert not left, f"{command[0]} left processes behind"


@pytest.fixture(scope="session")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a simulated campaign of the last twenty minutes, and a small second one."""
    folder = tmp_path_factory.mktemp("events")
    Feed(folder, Simulation(1, datetime.now(UTC) - timedelta(minutes=20))).write()
    inbox = Inbox(folder)
    inbox.drop(7, campaign="spring-preview")
    inbox.drop(1)  # the newest event is the simulated campaign's: it is the one shown first
    return folder


@pytest.fixture(scope="session")
def voila(
    browser: Browser, events: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    inbox = Inbox(Path(copytree(events, tmp_path_factory.mktemp("voila") / "events")))
    with running(["campaign_live_widgets", "serve", str(inbox.folder), "--no-browser"]) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        yield from _shown("voila", browser, inbox, address, process.pid)


@pytest.fixture(scope="session")
def lab(
    browser: Browser, events: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    options = (
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    )
    yield from _jupyter("lab", "jupyterlab", "lab/tree", options, browser, events, tmp_path_factory)


@pytest.fixture(scope="session")
def notebook(
    browser: Browser, events: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    yield from _jupyter("notebook", "notebook", "notebooks", (), browser, events, tmp_path_factory)


def _jupyter(  # noqa: PLR0913 - what the two differ in, and what they are given
    name: str,
    module: str,
    path: str,
    more: tuple[str, ...],
    browser: Browser,
    events: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Front]:
    """Run a Jupyter server with the report's notebook, and show it in one of its front ends."""
    folder = tmp_path_factory.mktemp(name)
    inbox = Inbox(Path(copytree(events, folder / "events")))
    _write_notebook(folder / "report.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    homes = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    environment = os.environ | {home: str(folder / home) for home in homes}
    environment["CAMPAIGN_LIVE_SOURCE"] = str(inbox.folder)
    environment |= fast_heartbeat(folder, seconds=1, missed=8, while_busy=45)
    options = [
        *("--no-browser", "--allow-root", "--expose-app-in-browser", "--log-level=ERROR"),
        *("--ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={TOKEN}"),
        *(f"--ServerApp.root_dir={folder}", *more),
    ]
    address = f"http://127.0.0.1:{port}/{path}/report.ipynb?token={TOKEN}"
    with running([module, *options], env=environment) as process:
        _wait_for_server(f"http://127.0.0.1:{port}/api?token={TOKEN}")
        yield from _shown(name, browser, inbox, address, process.pid)


def _write_notebook(path: Path) -> None:
    """Write the report's notebook, with a cell after it that can keep the kernel busy."""
    notebook = nbformat.read(REPOSITORY / "notebooks" / "campaign_live_report.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import time\ntime.sleep(8)"))
    nbformat.write(notebook, path)


def _wait_for_server(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urlopen(url).close()  # noqa: S310 - our own server
        except OSError:
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.2)
        else:
            return


def _shown(name: str, browser: Browser, inbox: Inbox, address: str, pid: int) -> Iterator[Front]:
    page, watch = browser.new_page(viewport=SIZE), Watch()
    watch.over(page)
    page.goto(address)
    if name != "voila":
        run_report(page)
    page.wait_for_selector(".clw-report[data-state=live]", timeout=60_000)
    yield Front(name, page, inbox, watch, address, psutil.Process(pid))
    page.close()


def run_report(page: Page) -> None:
    """Run all cells of the notebook but the last."""
    page.wait_for_selector(".jp-Notebook .jp-CodeCell:last-of-type", timeout=60_000)
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
        " === 'idle'",
        timeout=60_000,
    )
    page.locator(".jp-Notebook .jp-CodeCell").last.locator(".cm-content").click()
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-above')")


@pytest.fixture(params=["voila", "lab", "notebook"])
def front(request: pytest.FixtureRequest) -> Front:
    front: Front = request.getfixturevalue(request.param)
    front.open_tab(0)
    return front
