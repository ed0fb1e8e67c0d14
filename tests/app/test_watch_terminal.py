"""``report --watch`` at a terminal: its screen, its keys, and the terminal after its exit."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pexpect
import pytest
from textual.containers import VerticalScroll
from textual.widgets import TabbedContent

from campaign_live_widgets.app.terminal.app import WatchApp
from campaign_live_widgets.errors import SourceError
from tests.support.events.memory import Event, MemoryFeed, snapshot_of
from tests.support.reports.counts import multiplied

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    Steps = Callable[[WatchApp, Pilot[Any]], Awaitable[None]]

EVIL = "\x1b]0;pwned\x07<b>Spring</b> [red]\u202e\x1b[2J"
START = datetime.now(UTC) - timedelta(minutes=9)
WIDE, USUAL, NARROW = (132, 40), (80, 24), (40, 24)


def screen(app: WatchApp) -> list[str]:
    """Return the lines that the terminal shows."""
    lines = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in line) for line in lines]


def screen_text(app: WatchApp) -> str:
    return "\n".join(screen(app))


def run_app(feed: MemoryFeed, steps: Steps, size: tuple[int, int], locale: str = "en") -> object:
    """Run the app on *feed*, do *steps*, and return the app's return value."""
    feed.refresh()
    app = WatchApp(feed, every=0.5, locale=locale)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await until(app, pilot, lambda text: "●" in text)
            await steps(app, pilot)
        app._poller.stop()

    asyncio.run(run())
    return app.return_value


async def until(app: WatchApp, pilot: Pilot[Any], condition: Callable[[str], bool]) -> None:
    end = time.monotonic() + 60
    while not condition(screen_text(app)):
        assert time.monotonic() < end, screen_text(app)
        await pilot.pause(0.05)


def feed_of(count: int = 7) -> MemoryFeed:
    return MemoryFeed(events=[Event("delivered") for _ in range(count)])


@pytest.mark.parametrize(
    ("size", "locale", "state"),
    [
        (WIDE, "en", "● Live"),
        (USUAL, "fr", "● En direct"),
        (NARROW, "en", "● Live"),
        ((20, 8), "fr", "● En direct"),
    ],
)
def test_the_app_fits_terminals_of_any_size(size: tuple[int, int], locale: str, state: str) -> None:
    async def steps(app: WatchApp, pilot: Pilot[Any]) -> None:
        await until(app, pilot, lambda text: "Spring sale" in text.split("\n")[0])
        await until(app, pilot, lambda text: state in text)
        lines = screen(app)
        assert (len(lines), {len(line) for line in lines}) == (size[1], {size[0]})

    run_app(feed_of(), steps, size, locale)


def test_new_numbers_appear_without_a_key() -> None:
    feed = feed_of()

    async def steps(app: WatchApp, pilot: Pilot[Any]) -> None:
        await until(app, pilot, lambda text: "Delivered  7" in text)
        feed.add(*(Event("delivered") for _ in range(3)))
        await until(app, pilot, lambda text: "Delivered  10" in text)

    run_app(feed, steps, USUAL)


@pytest.mark.usefixtures("matrix")
def test_keys_open_tabs_and_scroll() -> None:
    async def steps(app: WatchApp, pilot: Pilot[Any]) -> None:
        async def after(key: str) -> tuple[str, float]:
            await pilot.press(key)
            await pilot.pause()
            tab = app.query_one(TabbedContent).active
            return tab, app.query_one(f"#{tab} VerticalScroll", VerticalScroll).scroll_y

        assert await after("2") == ("email", 0)
        assert "Email sending statistics" in screen_text(app)
        assert await after("down") == ("email", 1)
        assert await after("j") == ("email", 2)
        assert await after("up") == ("email", 1)
        assert (await after("space"))[1] > 5
        bottom = (await after("end"))[1]
        assert (await after("pagedown"))[1] == bottom
        assert await after("home") == ("email", 0)
        assert (await after("G"))[1] == bottom
        assert await after("g") == ("email", 0)
        assert (await after("tab"))[0] == "push"
        assert (await after("right"))[0] == "deliverability"
        assert (await after("right"))[0] == "campaign"
        assert (await after("shift+tab"))[0] == "deliverability"
        assert (await after("shift+tab"))[0] == "push"
        assert (await after("left"))[0] == "email"
        assert (await after("1"))[0] == "campaign"

    run_app(feed_of(), steps, USUAL)


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+d"])
def test_keys_exit_the_app(key: str) -> None:
    async def steps(app: WatchApp, pilot: Pilot[Any]) -> None:
        await pilot.press(key)
        await pilot.pause()
        assert not app.is_running

    assert run_app(feed_of(), steps, USUAL) is None


@pytest.mark.usefixtures("matrix")
def test_a_failing_source_is_shown_with_the_last_numbers_until_it_recovers() -> None:
    feed = feed_of()

    async def steps(app: WatchApp, pilot: Pilot[Any]) -> None:
        await until(app, pilot, lambda text: "Delivered  7" in text)
        feed.fail = SourceError("no such folder")
        cause = "the source cannot be read since: no such folder"
        await until(app, pilot, lambda text: cause in " ".join(text.split()))
        assert "● Not up to date" in screen_text(app)
        assert "Delivered  7" in screen_text(app)
        feed.fail = None
        await until(app, pilot, lambda text: "● Live" in text)

    run_app(feed, steps, WIDE)


@pytest.mark.usefixtures("matrix")
def test_an_unexpected_error_ends_the_app() -> None:
    feed = feed_of()

    async def steps(app: WatchApp, pilot: Pilot[Any]) -> None:
        feed.fail = ZeroDivisionError("bug")
        end = time.monotonic() + 60
        while app.is_running:
            assert time.monotonic() < end
            await pilot.pause(0.05)

    assert isinstance(run_app(feed, steps, USUAL), ZeroDivisionError)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize(
    ("size", "locale"), [(WIDE, "en"), (USUAL, "fr"), (NARROW, "en"), ((24, 24), "fr")]
)
def test_no_number_is_cut(size: tuple[int, int], locale: str) -> None:
    events = [
        Event(kind, "email", message_id=f"message-{'m' * 40}", domain="d.example")
        for kind in ("sent", "delivered", "open", "error", "bounce")
    ]

    class Large(MemoryFeed):
        def snapshot(self) -> Any:  # noqa: ANN401 - a Snapshot
            return multiplied(snapshot_of(events), 1_234_567)

    async def steps(app: WatchApp, pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await pilot.pause()
        scroll = app.query_one("#email VerticalScroll", VerticalScroll)
        read, at = [], -1.0
        while scroll.scroll_y != at:
            at = scroll.scroll_y
            read += screen(app)
            await pilot.press("pagedown")
            await pilot.pause()
        group = "," if locale == "en" else "\N{NARROW NO-BREAK SPACE}"
        whole = f"1{group}234{group}567"
        assert whole in "\n".join(read)
        for line in read:
            rest = line.replace(whole, "")
            assert f"1{group}234" not in rest
            assert f"{group}567" not in rest

    run_app(Large(events=list(events)), steps, size, locale)


def test_names_from_outside_cannot_control_the_terminal() -> None:
    class Hostile(MemoryFeed):
        def snapshot(self) -> Any:  # noqa: ANN401 - a Snapshot
            return replace(super().snapshot(), campaign_name=EVIL, message_names={"m1": EVIL})

    async def steps(app: WatchApp, pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await pilot.pause()
        text = screen_text(app)
        assert "<b>Spring</b> [red]" in text
        assert not set("\x1b\x07\u202e") & set(text)

    run_app(Hostile(events=[Event("delivered")]), steps, WIDE)


# ── in a pseudo-terminal ────────────────────────────────────────────────────────────────


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Return a folder with a file of seven events."""
    folder = tmp_path / "events"
    folder.mkdir()
    lines = []
    for number in range(7):
        row = {
            "event_id": f"e{number}",
            "timestamp": START.isoformat(),
            "campaign_id": "spring",
            "campaign_name": EVIL,
            "message_id": "m1",
            "channel": "email",
            "profile_id": f"secret-{number}",
            "event_type": "delivered",
        }
        lines.append(json.dumps(row) + "\n")
    (folder / "events.ndjson").write_text("".join(lines))
    return folder


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, source: Path) -> None:
        arguments = ["-m", "campaign_live_widgets", "report", str(source), "--watch"]
        self.child = pexpect.spawn(
            sys.executable,
            [*arguments, "--campaign", "spring", "--every", "0.5"],
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=30,
        )
        self.child.delaybeforesend = None
        self.settings = self._settings()
        self.text = ""

    def _settings(self) -> list[Any]:
        import termios  # noqa: PLC0415 - where there are terminals

        return list(termios.tcgetattr(self.child.child_fd))

    def read_until(self, text: str) -> None:
        self.child.expect_exact(text)
        self.text += self.child.before + text

    def exit_status(self) -> int:
        """Check that the terminal is restored, and return the exit status."""
        self.child.expect(pexpect.EOF)
        self.text += self.child.before
        settings = self._settings()
        self.child.close()
        assert self.text.count("\x1b[?1049h") == self.text.count("\x1b[?1049l")
        assert self.text.rindex("\x1b[?25h") > self.text.rindex("\x1b[?25l")
        assert settings == self.settings
        assert self.child.exitstatus is not None, self.child.signalstatus
        return int(self.child.exitstatus)


@contextmanager
def terminal(source: Path) -> Iterator[Terminal]:
    made = Terminal(source)
    try:
        yield made
    finally:
        made.child.close(force=True)


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("exit_by", ["q", "\x03", signal.SIGTERM, signal.SIGINT])
def test_every_exit_restores_the_terminal(events: Path, exit_by: int | str) -> None:
    with terminal(events) as session:
        session.read_until("Live")
        if isinstance(exit_by, str):
            session.child.send(exit_by)
        else:
            session.child.kill(exit_by)
        assert session.exit_status() == 0
    assert "Traceback" not in session.text
    assert "pwned\x07" not in session.text
    assert "secret-" not in session.text


@pytest.mark.usefixtures("processes")
def test_ctrl_z_restores_the_terminal_until_the_app_continues(events: Path) -> None:
    with terminal(events) as session:
        session.read_until("Live")
        session.child.send("\x1a")
        session.read_until("\x1b[?1049l")
        end = time.monotonic() + 10
        while session._settings() != session.settings:
            assert time.monotonic() < end
            time.sleep(0.05)
        session.child.kill(signal.SIGCONT)
        session.read_until("Live")
        session.child.setwinsize(30, 100)
        session.child.send("q")
        assert session.exit_status() == 0
