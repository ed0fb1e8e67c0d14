"""``report --watch`` in a pipe, with files that grow and disappear."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from campaign_live_widgets.app.terminal.fit_width import fitting
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.rendering.text import parts
from tests.support.cli import call
from tests.support.events.memory import Event, snapshot_of
from tests.support.reports.counts import multiplied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVIL = "\x1b]0;pwned\x07<b>Spring</b> \u202e\x1b[2J"
START = datetime.now(UTC) - timedelta(minutes=9)


class Source:
    """A file of events that grows by deliveries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "events"
        self.folder.mkdir()
        self.path = self.folder / "events.ndjson"
        self.count = 0

    def deliver(self, n: int) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            for _ in range(n):
                self.count += 1
                event = {
                    "timestamp": START.isoformat(),
                    "campaign_id": "spring",
                    "campaign_name": EVIL,
                    "message_id": "m1",
                    "message_name": "Welcome " + "x" * 5000,
                    "channel": "email",
                    "profile_id": f"secret-{self.count}",
                }
                for kind in ("sent", "delivered"):
                    key = f"{self.count}-{kind}"
                    line = json.dumps({**event, "event_id": key, "event_type": kind})
                    file.write(line + "\n")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path)
    made.deliver(7)
    return made


def command(source: Source, *more: str) -> list[str]:
    arguments = ["-m", "campaign_live_widgets", "report", str(source.folder)]
    return [*arguments, "--campaign", "spring", "--watch", "--every", "0.5", *more]


def pages(process: subprocess.Popen[str], n: int) -> list[dict[str, Any]]:
    assert process.stdout is not None
    return [json.loads(process.stdout.readline()) for _ in range(n)]


def delivered(page: dict[str, Any]) -> int:
    rows: dict[str, int] = dict(page["widgets"]["campaign.statistics"]["rows"])
    return rows["delivered"]


@contextmanager
def piped(source: Source, *more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, *command(source, *more)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    watchdog = threading.Timer(60, process.kill)  # so that a failing test does not hang
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


@pytest.mark.usefixtures("processes")
def test_a_pipe_gets_one_object_for_each_change(source: Source) -> None:
    with piped(source, "--format", "json") as process:
        (first,) = pages(process, 1)
        assert delivered(first) == 7
        time.sleep(2)  # nothing has changed: nothing may be printed
        source.deliver(5)
        (second,) = pages(process, 1)
        assert delivered(second) == 12
        assert second["widgets"].keys() == TILES.keys()
        process.terminate()
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.usefixtures("processes")
def test_a_pipe_gets_plain_pages_and_one_line_for_each_failure(source: Source) -> None:
    away = source.folder.with_name("away")
    with piped(source) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        page = "".join(process.stdout.readline() for _ in range(8))
        assert "Delivered  7" in page
        assert "\x1b" not in page
        source.folder.rename(away)
        assert "the source cannot be read since" in process.stderr.readline()
        time.sleep(2)
        away.rename(source.folder)
        assert process.stderr.readline() == "campaign-live: the source can be read again\n"
        process.terminate()
        out, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (0, "")
        assert "\x1b" not in out


@pytest.mark.usefixtures("processes")
def test_a_closed_pipe_ends_the_command_without_an_error(source: Source) -> None:
    with piped(source) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        for _ in range(40):
            source.deliver(1)
            if process.poll() is not None:
                break
            time.sleep(0.25)
        assert process.stderr is not None
        assert (process.wait(1), process.stderr.read()) == (0, "")


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (("--format", "csv"), 2, "--format csv"),
        (("--every", "0"), 2, "--every"),
        (("--every", "soon"), 2, "--every"),
        (("--campaign", "nope"), 2, "nope"),
    ],
)
def test_an_invalid_call_prints_one_line_and_no_report(
    source: Source, options: tuple[str, ...], code: int, word: str
) -> None:
    done = call(*command(source)[2:], *options)
    assert (done.code, done.out) == (code, "")
    assert len(done.err.splitlines()) == 1
    assert word in done.err


@pytest.mark.parametrize("width", [24, 40, 60, 80, 132])
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_no_number_is_cut_in_a_narrow_terminal(width: int, locale: str) -> None:
    events = [
        Event(kind, channel, message_id=f"message-{'m' * 40}", domain="d.example", platform="ios")
        for channel in ("email", "push")
        for kind in ("sent", "delivered", "open", "error", "bounce")
    ]
    snapshot = multiplied(snapshot_of(events), 1_234_567)
    view = ReportView(snapshot=snapshot, made_at=snapshot.window.end, locale=locale)

    def printed(columns: int) -> str:
        console = Console(width=columns, file=io.StringIO())
        for part in parts(view):
            console.print(fitting(part, columns))
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    narrow, wide = printed(width), printed(300)
    assert max(map(len, narrow.splitlines())) <= width
    group = "," if locale == "en" else "\N{NARROW NO-BREAK SPACE}"
    number = re.compile(rf"\b1{group}234{group}567\b")
    assert len(number.findall(narrow)) == len(number.findall(wide)) > 40
