"""The page's server: its port, scripts and notebook, and its end at any time."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from campaign_live_widgets.app.server.assets import Assets, bundle
from campaign_live_widgets.app.server.launch import DEFAULT_PORT, _absolute, is_local, reserve_port
from campaign_live_widgets.errors import SourceError, UsageError
from tests.support.cli import COMMAND

TEMPLATE = Path(__file__).parents[2] / "voila_templates" / "campaign_live"
SOURCE = Path(__file__).parents[2] / "notebooks" / "samples"


def test_a_port_that_is_taken_is_a_wrong_call() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port {port}"):
            reserve_port("127.0.0.1", port)
    with reserve_port("127.0.0.1", port) as reserved:
        assert reserved.getsockname()[1] == port


def test_servers_that_start_together_have_different_ports() -> None:
    with reserve_port("127.0.0.1", None) as one, reserve_port("127.0.0.1", None) as other:
        port = one.getsockname()[1]
        assert other.getsockname()[1] not in {0, port}
        with pytest.raises(UsageError, match=f"--port {port}"):
            reserve_port("127.0.0.1", port)


@pytest.mark.parametrize("port", [None, 8899])
def test_a_host_of_another_machine_is_a_wrong_call(port: int | None) -> None:
    with pytest.raises(UsageError, match=re.escape("--host 192.0.2.1 is not an address")):
        reserve_port("192.0.2.1", port)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - nothing listens there
        ("", False),
        ("reports.example", False),
    ],
)
def test_a_host_that_is_not_local_is_detected(host: str, local: bool) -> None:  # noqa: FBT001
    assert is_local(host) is local


def test_without_a_port_a_free_one_is_used() -> None:
    with ExitStack() as stack:
        with suppress(OSError):  # then somebody else has taken it
            stack.enter_context(socket.create_server(("127.0.0.1", DEFAULT_PORT)))
        with reserve_port("127.0.0.1", None) as reserved:
            assert reserved.getsockname()[1] not in {0, DEFAULT_PORT}


def test_the_source_is_an_absolute_path_for_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "events").mkdir()
    monkeypatch.chdir(tmp_path)
    assert _absolute("events") == str(tmp_path / "events")
    assert _absolute("ajo:events/") == f"ajo:{tmp_path / 'events'}"
    assert _absolute("events/*.csv") == str(tmp_path / "events" / "*.csv")
    monkeypatch.setenv("MY_EVENTS", "ajo:events")
    assert _absolute("env:MY_EVENTS") == f"ajo:{tmp_path / 'events'}"
    with pytest.raises(SourceError, match="nowhere"):
        _absolute("nowhere")


def test_a_bundle_has_the_chunks_before_the_entry(tmp_path: Path) -> None:
    entry = tmp_path / "entry.js"
    entry.write_text("start()")
    (tmp_path / "12.a.js").write_text('"use strict";(self.webpackChunkx=self.webpackChunkx||[])')
    (tmp_path / "7.b.js").write_text("(self.rspackChunk_y = [])")
    (tmp_path / "8.c.js").write_text("somethingElse()")
    (tmp_path / "9.d.js").write_text("self.webpackChunkx=" + "0" * 500_000)
    script = bundle(entry).decode()
    assert re.findall(r"\(\(\)=>\{(.{12})", script) == ['"use strict"', "(self.rspack"]
    assert script.endswith("start()")
    assert "somethingElse" not in script
    assert len(script) < 1000


def test_the_address_of_the_scripts_changes_with_them(tmp_path: Path) -> None:
    (tmp_path / "voila.js").write_text("one()")
    config = {"federated_extensions": [{"name": "x", "load": "./static/remoteEntry.1.js"}]}
    urls = []
    for text in ("one()", "one()", "two()"):
        (tmp_path / "voila.js").write_text(text)
        assets = Assets([str(tmp_path)], [str(tmp_path)])
        page = assets.page_config(dict(config), base_url="/base/", log=None)
        urls.append(page["fullStaticUrl"])
        assert assets.script("static/voila.js") == text.encode()
        assert page["federated_extensions"][0]["load"] == "static/remoteEntry.1.js"
    assert urls[0] == urls[1] != urls[2]
    assert re.fullmatch(r"/base/voila/assets/[0-9a-f]{16}/static", urls[0])


def test_the_template_names_no_other_host() -> None:
    for file in TEMPLATE.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//cdn", text), file.name


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("seconds", [0.3, 1.5, 3.0])
def test_a_signal_at_any_time_ends_it_and_leaves_nothing(seconds: float, tmp_path: Path) -> None:
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "serve", str(SOURCE), "--no-browser", "--no-cache"],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(seconds)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    _, left = psutil.wait_procs(family, timeout=5)
    assert left == []
    assert list(tmp_path.iterdir()) == []
    assert "Traceback" not in errors


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_amid_requests_ends_it(number: int) -> None:
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "serve", str(SOURCE), "--no-browser", "--no-cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()

    def request_until_it_ends(_: int) -> None:
        while process.poll() is None:
            with suppress(OSError, HTTPException):
                urlopen(f"{address}nothing-is-here").close()  # noqa: S310 - our own server

    with ThreadPoolExecutor(4) as pool:
        requests = [pool.submit(request_until_it_ends, i) for i in range(4)]
        time.sleep(1)
        process.send_signal(number)
        try:
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert [request.exception() for request in requests] == [None] * 4
    assert process.returncode == 0
    assert "Traceback" not in errors
