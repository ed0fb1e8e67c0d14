"""The reader as a process: what it imports, how it ends, and what pages show after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.app.reader import channel, connection, shared_feed
from campaign_live_widgets.app.reader.shared_feed import SharedFeed
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.report import to_json
from tests.support.cli import call
from tests.support.events import files, generate
from tests.support.events.generate import AT
from tests.support.reader.process import ReaderProcess
from tests.support.reports.direct import direct_report

if TYPE_CHECKING:
    from pathlib import Path

QUERY = Query(campaign="c1", at=AT, window=timedelta(days=7))

_MODULES = """
import os, sys, threading
from campaign_live_widgets.app.reader.serve_reader import run_reader
from campaign_live_widgets.app.reader.connection import ReaderConnection
from campaign_live_widgets.app.reader.shared_feed import SharedFeed
from campaign_live_widgets.app.settings.query import Query
end, alive = os.pipe()
def ask():
    feed = SharedFeed(ReaderConnection(sys.argv[2]), Query())
    feed.refresh()
    print(feed.snapshot().health.events)
    os.close(alive)
run_reader(sys.argv[1], sys.argv[2], until=end, use_cache=False,
           ready=threading.Thread(target=ask).start)
print([m for m in ("pandas", "pyarrow", "ipywidgets", "bqplot", "anywidget", "voila", "IPython",
                   "jupyter_server", "pickle5", "babel") if m in sys.modules])
"""


@pytest.mark.usefixtures("processes")
def test_it_imports_no_pandas_and_no_widgets(source: Path, tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", _MODULES, source, "r.sock"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    events, modules = done.stdout.split("\n", 1)
    assert int(events) > 100
    assert modules.strip() == "[]"


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_its_state_is_private(
    source: Path, tmp_path: Path, number: int
) -> None:
    with ReaderProcess(source, tmp_path / "cache") as reader:
        SharedFeed(reader.connection, QUERY).refresh()
        assert reader.end(number) == 0
        assert not list(reader.socket_path.parent.iterdir())
    (state,) = (tmp_path / "cache" / "campaign-live" / "state").iterdir()
    assert state.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("processes")
def test_nothing_is_saved_without_a_cache(source: Path, tmp_path: Path) -> None:
    with ReaderProcess(source, tmp_path / "cache", "--no-cache") as reader:
        SharedFeed(reader.connection, QUERY).refresh()
        assert reader.end() == 0
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("processes")
def test_pages_go_on_after_the_reader_was_killed(source: Path, tmp_path: Path) -> None:
    with ReaderProcess(source, tmp_path / "cache") as reader:
        feed = SharedFeed(reader.connection, QUERY)
        feed.refresh()
        before = feed.snapshot()
        reader.kill()
        assert feed.wait(10)
        with pytest.raises(SourceError, match="the reader of the source does not answer"):
            feed.refresh()
        assert feed.snapshot() is before
        files.write(generate.events(6, 50), source / "2.parquet")
        reader.start()
        assert refreshed(feed)
        assert to_json(feed.snapshot()) == direct_report(source, QUERY)
        assert reader.end() == 0


@pytest.mark.usefixtures("processes")
def test_a_request_is_sent_again_to_a_reader_that_is_started_soon(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "_PATIENCE", 60.0)
    monkeypatch.setattr(shared_feed, "_REFRESH_SECONDS", 60.0)
    monkeypatch.setattr(shared_feed, "_FIRST_SECONDS", 60.0)
    with ReaderProcess(source, tmp_path / "cache") as reader, ThreadPoolExecutor(1) as pool:
        feed = SharedFeed(reader.connection, QUERY)
        feed.refresh()
        reader.process.send_signal(signal.SIGSTOP)
        result = pool.submit(feed.refresh)
        time.sleep(0.1)  # it waits for the answer
        assert not result.done()
        reader.kill()
        reader.start()
        assert result.result(60)
        assert to_json(feed.snapshot()) == direct_report(source, QUERY)


@pytest.mark.usefixtures("processes")
def test_a_reader_that_hangs_is_reported(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_feed, "_SLOW_SECONDS", 1.0)
    monkeypatch.setattr(connection, "_SECONDS", 1.0)
    with ReaderProcess(source, tmp_path / "cache") as reader:
        feed = SharedFeed(reader.connection, QUERY)
        feed.refresh()
        before = feed.snapshot()
        reader.process.send_signal(signal.SIGSTOP)
        assert not feed.refresh()
        time.sleep(1.0)
        with pytest.raises(SourceError, match="has been reading the source for"):
            feed.refresh()
        assert feed.snapshot(AT + timedelta(minutes=5)) is before
        reader.process.send_signal(signal.SIGCONT)
        assert not refreshed(feed)


def refreshed(feed: SharedFeed) -> bool:
    """Refresh as a page does: again and again until there is a reader."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return feed.refresh()
        except SourceError:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_wrong_call_is_one_line(source: Path, tmp_path: Path) -> None:
    socket = str(tmp_path / "r.sock")
    (tmp_path / "file").touch()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    for code, text, *arguments in (
        (2, "--socket", str(source)),
        (3, "no such file or folder", str(source / "none"), "--socket", socket),
        (2, "MISSING is not set", "env:MISSING", "--socket", socket),
        (2, "may have 107 bytes", str(source), "--socket", socket + "x" * 100),
        (2, "there is another file", str(source), "--socket", str(tmp_path / "file")),
        (2, "writable by other users", str(source), "--socket", str(tmp_path / "shared" / "s")),
        (2, "is not a folder", str(source), "--socket", str(tmp_path / "file" / "s")),
        (2, "no such group", str(source), "--socket", socket, "--allow-group", "none such"),
    ):
        done = call("reader", *arguments)
        assert (done.code, done.out) == (code, ""), done.err
        assert text in done.err
        assert done.err.count("\n") == 1
