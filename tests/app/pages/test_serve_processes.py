"""The processes of ``serve``: what their viewers notice when one is killed, and what is left."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import nbformat
import psutil
import pytest

from tests.support.browser.front import SERVED, running
from tests.support.browser.inbox import Inbox
from tests.support.cli import COMMAND
from tests.support.repeats import are_full
from tests.support.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = ("reader", "page host", "web server")
KILLS = 50 if are_full() else 2
AT_ONCE = "from campaign_live_widgets.app.server import processes\nprocesses._STEADY_SECONDS = 0"
"""Script after which a process is started again at once, however often it was killed."""
SECONDS = 60.0
"""How long anything may take on a busy machine."""

pytestmark = pytest.mark.usefixtures("processes")


@dataclass
class Served:
    """A server, and the folder of events that it reads."""

    address: str
    process: psutil.Process
    inbox: Inbox

    def child(self, kind: str) -> psutil.Process:
        """Return the running process of a kind."""
        running_now: list[psutil.Process] = []

        def look() -> bool:
            running_now[:] = [p for p in self.process.children() if _is(p, kind)]
            return len(running_now) == 1

        until(look, f"there is no {kind}")
        return running_now[0]

    def is_ready(self) -> bool:
        try:
            with urlopen(f"{self.address}voila/ready", timeout=SECONDS) as answer:  # noqa: S310
                return bool(answer.status == HTTPStatus.NO_CONTENT)
        except (HTTPError, URLError, ConnectionError):
            return False


def _is(process: psutil.Process, kind: str) -> bool:
    with suppress(psutil.Error):  # it may be exiting
        return process.name() == kind and process.status() != psutil.STATUS_ZOMBIE
    return False


def until(condition: Callable[[], object], otherwise: str, seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, otherwise
        time.sleep(0.05)


@contextmanager
def served(
    folder: Path, *options: str, script: str = "", env: dict[str, str] | None = None
) -> Iterator[Served]:
    folder.mkdir(exist_ok=True)
    inbox = Inbox(folder)
    inbox.drop(5)
    command = ["campaign_live_widgets", "serve", str(folder), *SERVED, *options]
    with running(command, os.environ | (env or {}), script) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address
        yield Served(address, psutil.Process(process.pid), inbox)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served") / "events", script=AT_ONCE) as server:
        yield server


def test_a_server_has_one_process_of_each_kind(server: Served) -> None:
    assert sorted(p.name() for p in server.process.children()) == sorted(KINDS)
    assert server.process.num_threads() <= 2, "a process that forks starts no threads"


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_is_killed_is_started_again(server: Served, kind: str) -> None:
    rng = random.Random(kind)  # noqa: S311 - test data
    viewer = Viewer(server.address)
    for _ in range(KILLS):
        known = viewer.figures()["delivered"]
        killed = server.child(kind)
        killed.kill()
        time.sleep(rng.uniform(0, 0.5))
        server.inbox.drop(3)
        until(server.is_ready, "the server is not ready again")
        if kind == "page host":
            with pytest.raises(HTTPError) as gone:
                urlopen(f"{server.address}api/kernels/{viewer.page_id}")  # noqa: S310
            assert gone.value.code == HTTPStatus.NOT_FOUND
            viewer = Viewer(server.address)
        elif kind == "web server":
            viewer.connect()
        viewer.wait_for(SECONDS, delivered=known + 3)
        assert server.child(kind).pid != killed.pid
        assert sorted(p.name() for p in server.process.children()) == sorted(KINDS)
    viewer.leave()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder in which paths of sockets are short enough, wherever the tests run."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_a_server_runs_where_paths_are_long(tmp_path: Path) -> None:
    long = tmp_path / ("a" * 120)
    long.mkdir()
    with served(tmp_path / "events", env={"TMPDIR": str(long)}) as server:
        assert server.is_ready()


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_server_that_is_killed_leaves_nothing(
    tmp_path: Path, short_folder: Path, seed: int
) -> None:
    events, folder = tmp_path / "events", short_folder
    events.mkdir()
    Inbox(events).drop(5)
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "serve", str(events), *SERVED],
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    parent = psutil.Process(process.pid)
    until(parent.children, "the server starts no process")
    if seed % 2:
        assert process.stdout.readline()
    time.sleep(random.Random(seed).uniform(0, 2))  # noqa: S311 - test data
    family = parent.children(recursive=True)
    process.kill()
    process.wait()
    process.stdout.close()
    _, left = psutil.wait_procs(family, timeout=SECONDS)
    assert left == []
    until(lambda: not list(folder.iterdir()), "the server's folder is left", 5)


def test_a_server_uses_the_reader_that_its_environment_names(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "events", ignore_errors=True)
    (tmp_path / "events").mkdir()
    socket = tmp_path / "r"
    reader = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "reader", str(tmp_path / "events"), f"--socket={socket}", "--no-cache"],
        stdout=subprocess.PIPE,
    )
    assert reader.stdout is not None
    try:
        assert reader.stdout.readline()
        environment = {"CAMPAIGN_LIVE_READER": str(socket)}
        with served(tmp_path / "events", env=environment) as server:
            assert sorted(p.name() for p in server.process.children()) == sorted(KINDS[1:])
            viewer = Viewer(server.address)
            server.inbox.drop(4)
            viewer.wait_for(SECONDS, delivered=9)
        with served(tmp_path / "other", env=environment) as server:
            assert sorted(p.name() for p in server.process.children()) == sorted(KINDS)
            Viewer(server.address).wait_for(SECONDS, delivered=5)
    finally:
        reader.terminate()
        reader.wait(SECONDS)
        reader.stdout.close()


@pytest.mark.usefixtures("kernels")
def test_kernels_of_a_notebook_use_the_reader(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    cell = (
        "from pathlib import Path\n"
        "from campaign_live_widgets import CampaignReport\n"
        "report = CampaignReport()\n"
        f"Path({str(seen)!r}).write_text(type(report._feed).__name__)\n"
        "report"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    nbformat.write(notebook, tmp_path / "own.ipynb")
    with served(tmp_path / "events", "--notebook", str(tmp_path / "own.ipynb")) as server:
        viewer = Viewer(server.address)
        server.inbox.drop(4)
        viewer.wait_for(SECONDS, delivered=9)
    assert seen.read_text() == "SharedFeed"


def test_where_a_system_cannot_fork_processes_import_for_themselves(tmp_path: Path) -> None:
    script = "from campaign_live_widgets.app.server import processes\nprocesses._METHOD = 'spawn'"
    with served(tmp_path / "events", script=script) as server:
        viewer = Viewer(server.address)
        viewer.wait_for(SECONDS, delivered=5)
        server.child("page host").kill()
        until(lambda: server.is_ready() and server.child("page host"), "it is not started again")
        Viewer(server.address).wait_for(SECONDS, delivered=5)
