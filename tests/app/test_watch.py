"""``report --watch``: on a real terminal and in a pipe, against files that grow and vanish."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from rich.console import Console

from campaign_live_widgets.app.terminal.fit_width import fitting
from campaign_live_widgets.app.terminal.follow import Follower, Look
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.rendering.text import parts
from tests.support.cli import call
from tests.support.events.memory import Event, MemoryFeed, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
    called = ["-m", "campaign_live_widgets", "report", str(source.folder)]
    return [*called, "--campaign", "spring", "--watch", "--every", "0.5", *more]


class Terminal:
    """A program on a terminal of its own, and what the terminal shows."""

    def __init__(self, arguments: list[str], columns: int, lines: int) -> None:
        self.size = (lines, columns)
        self.child = pexpect.spawn(
            sys.executable, arguments, dimensions=self.size, encoding="utf-8", timeout=30
        )
        self.child.delaybeforesend = None
        self.settings = self._settings()
        self.text = ""

    def _settings(self) -> list[Any]:
        import termios  # noqa: PLC0415 - where there are terminals

        return list(termios.tcgetattr(self.child.child_fd))

    @property
    def shown(self) -> list[str]:
        """Return the lines of the newest whole frame."""
        plain = re.sub(r"\x1b\[(?!H)[0-9;?]*[a-zA-Z]", "", self.text)
        frames = [frame.split("\r\n") for frame in plain.split("\x1b[H")[1:]]
        lines, columns = self.size
        whole = [f for f in frames if len(f) == lines and len(f[-1]) == columns]
        return whole[-1] if whole else []

    def until(self, right: Callable[[list[str]], bool], seconds: float = 30) -> list[str]:
        end = time.monotonic() + seconds
        while not right(self.shown):
            assert time.monotonic() < end, "\n".join(self.shown) or self.text
            try:
                self.text += self.child.read_nonblocking(100_000, 0.2)
            except pexpect.TIMEOUT:
                continue
        return self.shown

    def says(self, text: str) -> list[str]:
        return self.until(lambda lines: text in "\n".join(lines))

    def resize(self, columns: int, lines: int) -> None:
        self.size = (lines, columns)
        self.child.setwinsize(lines, columns)

    def ended(self) -> int:
        """Return how the program left, and see that it left the terminal as it was."""
        self.child.expect(pexpect.EOF)
        self.text += self.child.before
        settings = self._settings()
        self.child.close()
        assert self.text.count("\x1b[?1049h") == self.text.count("\x1b[?1049l") == 1
        assert self.text.rindex("\x1b[?25h") > self.text.rindex("\x1b[?25l")
        assert self.text.rindex("\x1b[?1049l") > self.text.rindex("\x1b[H")
        assert settings == self.settings
        assert self.child.exitstatus is not None, self.child.signalstatus
        return int(self.child.exitstatus)


@contextmanager
def terminal(source: Source, *more: str, columns: int = 100, lines: int = 40) -> Iterator[Terminal]:
    made = Terminal(command(source, *more), columns, lines)
    try:
        yield made
    finally:
        made.child.close(force=True)


def figure(lines: list[str], name: str) -> str | None:
    found = re.search(rf"^ *{name} +([\d,]+)", "\n".join(lines), re.MULTILINE)
    return found[1] if found else None


@pytest.mark.usefixtures("processes")
def test_the_screen_follows_the_source_and_leaves_the_terminal_whole(source: Source) -> None:
    with terminal(source) as shown:
        shown.until(lambda lines: figure(lines, "Delivered") == "7")
        source.deliver(1234)
        lines = shown.until(lambda lines: figure(lines, "Delivered") == "1,241")
        assert "● Live" in lines[2]
        assert "<b>Spring</b>" in lines[0]
        assert {len(line) for line in lines} == {100}
        shown.child.send("q")
        assert shown.ended() == 0
    assert "pwned\x07" not in shown.text
    assert "\x1b[2J" not in shown.text
    assert "secret-" not in shown.text


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, "\x03"])
def test_however_it_is_ended_the_terminal_is_whole(source: Source, how: int | str) -> None:
    with terminal(source) as shown:
        shown.says("● Live")
        if isinstance(how, str):
            shown.child.send(how)
        else:
            shown.child.kill(how)
        assert shown.ended() == 0
    assert "Traceback" not in shown.text


@pytest.mark.usefixtures("processes")
def test_keys_turn_to_tabs_and_scroll(source: Source) -> None:
    with terminal(source, columns=80, lines=24) as shown:
        shown.says("Campaign statistics")
        shown.child.send("2")
        first = shown.says("Email sending statistics")
        assert "more lines" in first[-1]
        shown.child.send("\x1b[B")
        second = shown.until(lambda lines: lines != first and "Email" not in lines[6])
        assert second[7:12] == first[8:13]
        shown.child.send("\x1b[F")
        shown.until(lambda lines: "more lines" not in lines[-1])
        shown.child.send("\x1b[H")
        shown.says("Email sending statistics")
        shown.child.send("\x1b[C")
        shown.says("Push sending performance")
        shown.child.send("\t")
        shown.says("Campaign statistics")
        shown.child.send("q")
        assert shown.ended() == 0


@pytest.mark.usefixtures("processes")
def test_it_takes_any_size_while_it_runs(source: Source) -> None:
    with terminal(source, "--locale", "fr") as shown:
        shown.says("En direct")
        for columns, lines in ((40, 24), (132, 50), (20, 5), (300, 90), (80, 24)):
            shown.resize(columns, lines)
            found = shown.until(
                lambda got, size=(columns, lines): (
                    len(got) == size[1] and {len(line) for line in got} == {size[0]}
                )
            )
            assert "Spring" in found[0]
        shown.child.send("q")
        assert shown.ended() == 0


@pytest.mark.usefixtures("processes")
def test_a_source_that_goes_and_comes_back_is_told(source: Source) -> None:
    away = source.folder.with_name("away")
    with terminal(source) as shown:
        shown.until(lambda lines: figure(lines, "Delivered") == "7")
        source.folder.rename(away)
        lines = shown.says("● Not up to date")
        assert figure(lines, "Delivered") == "7"
        assert "the source cannot be read since" in " ".join("".join(lines).split())
        away.rename(source.folder)
        source.deliver(3)
        shown.until(lambda lines: "● Live" in lines[2] and figure(lines, "Delivered") == "10")
        shown.child.send("q")
        assert shown.ended() == 0


@pytest.mark.usefixtures("processes")
def test_ctrl_z_gives_the_terminal_back_for_a_while(source: Source) -> None:
    with terminal(source) as shown:
        shown.says("● Live")
        shown.child.send("\x1a")
        end = time.monotonic() + 10
        while "\x1b[?1049l" not in shown.text:
            assert time.monotonic() < end
            shown.text += shown.child.read_nonblocking(100_000, 1)
        time.sleep(0.3)
        assert shown._settings() == shown.settings
        shown.text = ""
        shown.child.kill(signal.SIGCONT)
        shown.says("● Live")
        shown.child.send("q")
        assert shown.ended() == 0


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
    watchdog = threading.Timer(60, process.kill)  # a test fails, and does not hang
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
        time.sleep(2)  # nothing has changed: nothing may be said
        source.deliver(5)
        (second,) = pages(process, 1)
        assert delivered(second) == 12
        assert second["widgets"].keys() == TILES.keys()
        process.terminate()
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.usefixtures("processes")
def test_a_pipe_gets_plain_pages_and_is_told_of_trouble_once(source: Source) -> None:
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
def test_a_reader_who_goes_ends_it_quietly(source: Source) -> None:
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
def test_what_is_wrong_is_said_before_anything_is_drawn(
    source: Source, options: tuple[str, ...], code: int, word: str
) -> None:
    done = call(*command(source)[2:], *options)
    assert (done.code, done.out) == (code, "")
    assert len(done.err.splitlines()) == 1
    assert word in done.err


def test_after_an_error_the_last_numbers_stay_and_it_tries_again() -> None:
    feed = MemoryFeed(events=[Event("delivered")])
    feed.refresh()
    follower = Follower(feed, 0.05, backoff=(0.05,))
    feed.fail = SourceError("gone")
    follower.start()
    first, second = follower.looks.get(timeout=5), follower.looks.get(timeout=5)
    assert isinstance(first, Look)
    assert isinstance(second, Look)
    assert (first.trouble, str(second.trouble)) == (None, "gone")
    assert (second.snapshot, second.read) == (first.snapshot, first.read)
    feed.fail = None
    end = time.monotonic() + 5
    while (look := follower.looks.get(timeout=5)) and getattr(look, "trouble", None):
        assert time.monotonic() < end
    assert isinstance(look, Look)
    assert look.read > first.read
    follower.stop()
    assert feed.closed


def test_what_is_no_trouble_of_the_source_ends_it() -> None:
    feed = MemoryFeed(events=[Event("delivered")])
    follower = Follower(feed, 0.05)
    feed.fail = ZeroDivisionError("bug")
    follower.start()
    follower.looks.get(timeout=5)
    assert isinstance(follower.looks.get(timeout=5), ZeroDivisionError)
    follower.stop()


@pytest.mark.parametrize("width", [24, 40, 60, 80, 132])
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_no_number_is_cut_however_narrow_it_is(width: int, locale: str) -> None:
    each = [
        Event(kind, channel, message_id=f"message-{'m' * 40}", domain="d.example", platform="ios")
        for channel in ("email", "push")
        for kind in ("sent", "delivered", "open", "error", "bounce")
    ]
    snapshot = snapshot_of(each)
    counts = {}
    for dimension, table in snapshot.counts.items():
        numbers = table.select_dtypes("int64").columns
        counts[dimension] = table.assign(**{name: table[name] * 1_234_567 for name in numbers})
    snapshot = replace(snapshot, counts=counts)
    still = ReportView(snapshot=snapshot, made_at=snapshot.window.end, locale=locale)

    def printed(columns: int) -> str:
        console = Console(width=columns, file=io.StringIO())
        for part in parts(still):
            console.print(fitting(part, columns))
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    narrow, wide = printed(width), printed(300)
    assert max(map(len, narrow.splitlines())) <= width
    group = "," if locale == "en" else "\N{NARROW NO-BREAK SPACE}"
    number = re.compile(rf"\b1{group}234{group}567\b")
    assert len(number.findall(narrow)) == len(number.findall(wide)) > 40
