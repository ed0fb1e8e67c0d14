"""Real servers, a real browser, and monitors for both."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

import nbformat
import psutil
import pytest
from playwright.sync_api import expect

from campaign_live_widgets.app.demo.demo import EventWriter
from campaign_live_widgets.app.demo.simulation import Simulation
from tests.support.browser.chosen import visits
from tests.support.browser.front import (
    REPOSITORY,
    SERVED,
    SIZE,
    TOKEN,
    Front,
    Watch,
    fast_heartbeat,
    in_kernels,
    run_report,
    running,
    wait_for_server,
)
from tests.support.browser.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.support.browser.chosen import Report

expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a folder with a simulated campaign of the last 20 minutes and a small second one."""
    folder = tmp_path_factory.mktemp("events")
    EventWriter(folder, Simulation(1, datetime.now(UTC) - timedelta(minutes=20))).write()
    inbox = Inbox(folder)
    inbox.drop(7, campaign="spring-preview")
    inbox.drop(1)  # the newest event is the simulated campaign's: it is the one shown first
    return folder


@pytest.fixture
def visit(browser: Browser, root: str) -> Iterator[Callable[..., Report]]:
    """Open pages of the server whose address is the module's fixture ``root``."""
    with visits(browser, root) as go:
        yield go


@pytest.fixture(scope="session")
def voila(
    browser: Browser, events: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    inbox = Inbox(Path(copytree(events, tmp_path_factory.mktemp("voila") / "events")))
    with running(["campaign_live_widgets", "serve", str(inbox.folder), *SERVED]) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        yield from _open_front("voila", browser, inbox, address, process.pid)


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


def _jupyter(  # noqa: PLR0913 - settings of both front ends
    name: str,
    module: str,
    path: str,
    more: tuple[str, ...],
    browser: Browser,
    events: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Front]:
    """Run a Jupyter server with the report's notebook and open it in one of its front ends."""
    folder = tmp_path_factory.mktemp(name)
    inbox = Inbox(Path(copytree(events, folder / "events")))
    _write_notebook(folder / "report.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    homes = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    environment = os.environ | {home: str(folder / home) for home in homes}
    environment["CAMPAIGN_LIVE_SOURCE"] = str(inbox.folder)
    environment |= in_kernels(folder, fast_heartbeat(seconds=1, missed=8, while_busy=45))
    options = [
        *("--no-browser", "--allow-root", "--expose-app-in-browser", "--log-level=ERROR"),
        *("--ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={TOKEN}"),
        *(f"--ServerApp.root_dir={folder}", *more),
    ]
    address = f"http://127.0.0.1:{port}/{path}/report.ipynb?token={TOKEN}"
    with running([module, *options], env=environment) as process:
        wait_for_server(f"http://127.0.0.1:{port}/api?token={TOKEN}")
        yield from _open_front(name, browser, inbox, address, process.pid)


def _write_notebook(path: Path) -> None:
    """Write the report's notebook with a last cell that can keep the kernel busy."""
    notebook = nbformat.read(REPOSITORY / "notebooks" / "campaign_live_report.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import time\ntime.sleep(8)"))
    nbformat.write(notebook, path)


def _open_front(
    name: str, browser: Browser, inbox: Inbox, address: str, pid: int
) -> Iterator[Front]:
    page, watch = browser.new_page(viewport=SIZE), Watch()
    watch.over(page)
    page.goto(address)
    if name != "voila":
        run_report(page)
    page.wait_for_selector(".clw-report[data-state=live]", timeout=60_000)
    yield Front(name, page, inbox, watch, address, psutil.Process(pid))
    page.close()


@pytest.fixture(params=["voila", "lab", "notebook"])
def front(request: pytest.FixtureRequest) -> Front:
    front: Front = request.getfixturevalue(request.param)
    front.open_tab(0)
    return front
