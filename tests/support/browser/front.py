"""A front end that shows the report, the server behind it, and what both are watched for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import ConsoleMessage, Page, Request, WebSocket

    from tests.support.browser.inbox import Inbox

REPOSITORY = Path(__file__).parents[3]
TOKEN = "browser-tests"  # noqa: S105 - of a server that lives for a minute on this machine
SERVED = ("--no-browser", "--no-cache")
SIZE = {"width": 1400, "height": 1200}
HARMLESS = {
    r"(Unsatisfied|No satisfying) version": "the extensions are built for a newer JupyterLab "
    "than Voilà's front end, and share its modules all the same",
    r"Menu entry for command '[a-z:-]+' is duplicated": "Notebook 7 lists some of them twice",
    r"\[yjs#509\] Not same Y\.Doc": "Notebook 7, about its document model",
    r"Cannot read properties of undefined \(reading 'schema'\)": "Notebook 7, about its settings",
}
"""Console messages of the front ends themselves, and why they are harmless."""


@dataclass
class Watch:
    """The console messages of a page, and its requests to other hosts."""

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


def fast_heartbeat(*, seconds: float, missed: int, while_busy: int) -> str:
    """Return a script after which pages report a lost connection soon."""
    return FAST_HEARTBEAT.format(seconds=seconds, missed=missed, while_busy=while_busy)


def in_kernels(folder: Path, script: str) -> dict[str, str]:
    """Return variables for a server whose kernels run a script first; it is put into *folder*."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "00-tests.py").write_text(script, encoding="utf-8")
    return {"IPYTHONDIR": str(folder / "ipython")}


@contextmanager
def running(
    command: list[str], env: dict[str, str] | None = None, script: str = ""
) -> Iterator[subprocess.Popen[str]]:
    """Run a server; on leaving, end it and see that nothing of it is left.

    Parameters
    ----------
    command : list of str
        A module and its arguments.
    script : str
        Is run in the server's process first, and so changes the pages that are forked from it.
    """
    start = f"{script}\nimport runpy\nrunpy.run_module({command[0]!r}, run_name='__main__')"
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", start, *command[1:]], stdout=subprocess.PIPE, text=True, env=env
    )
    try:
        yield process
    finally:
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(20)
        _, left = psutil.wait_procs(family, timeout=10)
        assert not left, f"{command[0]} left processes behind"


@contextmanager
def serving(
    source: Path, *options: str, env: Mapping[str, str] | None = None, script: str = ""
) -> Iterator[str]:
    """Serve the report of *source*; give the page's address."""
    command = ["campaign_live_widgets", "serve", str(source), *SERVED, *options]
    with running(command, os.environ | (env or {}), script) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()


def wait_for_server(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urlopen(url).close()  # noqa: S310 - our own server
        except OSError:
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.2)
        else:
            return


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
