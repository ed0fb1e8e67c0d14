"""Health, readiness and metrics of a server of pages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from campaign_live_widgets import __version__
from campaign_live_widgets.io.environment import READER
from tests.support.browser.front import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.usefixtures("processes")
SOURCE = Path(__file__).parents[2] / "notebooks" / "samples"
SECRET = "a+b/c_d"  # noqa: S105 - of a server that lives for a test
PREFIX = "campaign_live_serve_"
PATIENCE = 60.0


def ask(address: str, path: str = "", token: str = "") -> tuple[int, str, str]:
    """Return status, content type and text."""
    place = urlsplit(address)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
    head = {"Authorization": f"token {token}"} if token else {}
    connection.request("GET", place.path + path, headers=head)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers["Content-Type"], text


def metrics(address: str, token: str = "") -> dict[str, float]:
    """Return the value of each metric, by its name and the values of its labels."""
    status, content_type, text = ask(address, "metrics", token)
    assert (status, content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    assert all(sample.name.startswith(PREFIX) for sample in samples)
    return {" ".join((s.name.removeprefix(PREFIX), *s.labels.values())): s.value for s in samples}


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_metrics_count_pages_and_contain_no_names() -> None:
    options = ("--token", SECRET, "--base-url", "/team", "--max-viewers", "1", "--page-hosts", "2")
    with serving(SOURCE, *options) as address:
        assert json.loads(ask(address, "health")[2]) == {"alive": True}
        assert ask(address, "metrics")[0] == 403
        assert ask(address, "metrics", "wrong")[0] == 403
        status, _, text = ask(address, "ready")
        assert (status, json.loads(text)) == (200, {"ready": True})
        before = metrics(address, SECRET)
        assert before[f"build_info {__version__}"] == before["ready"] == 1
        assert before["page_host_up 0"] == before["page_host_up 1"] == 1
        assert [before[f"page_requests_total {what}"] for what in ("opened", "full")] == [0, 0]
        assert ask(address, token=SECRET)[0] == 200
        assert ask(address, token=SECRET)[0] == 503
        after = metrics(address, SECRET)
        assert [after[f"page_requests_total {what}"] for what in ("opened", "full")] == [1, 1]
        assert after["pages 0"] + after["pages 1"] == 1
        assert after["viewers 0"] + after["viewers 1"] == 0
        for process in ("web server", "page host 0", "page host 1"):
            assert after[f"resident_memory_bytes {process}"] > 1e6
        text = ask(address, "metrics", SECRET)[2]
    assert "sale" not in text
    assert str(SOURCE) not in text
    assert SECRET not in text
    labels = set(re.findall(r"[{,](\w+)=", text))
    assert labels <= {"host", "kind", "outcome", "process", "version"}


@contextmanager
def reading(socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a reader that a test may kill."""
    command = [sys.executable, "-m", "campaign_live_widgets", "reader", str(SOURCE)]
    process = subprocess.Popen([*command, "--socket", str(socket), "--no-cache"])  # noqa: S603
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def test_a_server_without_its_reader_is_not_ready(tmp_path: Path) -> None:
    socket = tmp_path / "private" / "reader.sock"
    socket.parent.mkdir(mode=0o700)
    with reading(socket) as reader:
        until(socket.exists)
        with serving(SOURCE, env={READER: str(socket)}) as address:
            assert ask(address, "ready")[0] == 200
            first = metrics(address)
            assert first["reader_up"] == 1
            assert first["reader_source_error"] == 0
            assert 0 <= time.time() - first["reader_read_timestamp_seconds"] < PATIENCE
            assert first["reader_campaigns"] >= 1
            assert first["reader_clients"] >= 2
            assert first["resident_memory_bytes reader"] > 1e6
            reader.kill()
            reader.wait()
            until(lambda: ask(address, "ready")[0] == 503)
            why = "the reader of the source does not answer"
            assert json.loads(ask(address, "ready")[2]) == {"ready": False, "why": why}
            lost = metrics(address)
            assert (lost["ready"], lost["reader_up"], lost["page_host_up 0"]) == (0, 0, 1)
            with reading(socket):
                until(lambda: ask(address, "ready")[0] == 200)
                assert metrics(address)["reader_up"] == 1
