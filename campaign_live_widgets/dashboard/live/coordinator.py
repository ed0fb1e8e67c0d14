"""The coordinator: new events in, one snapshot, the tiles that are looked at brought up to date.

It runs in a thread, because an event loop stops while the reader's own cell runs. It sets
traits and never prints: what a thread prints is lost.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from dataclasses import dataclass
from threading import Event, Lock, Thread, current_thread
from typing import TYPE_CHECKING, Any, Final, Protocol

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.dashboard.live.heartbeat import Heart
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.rendering.language.phrases import moment, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from campaign_live_widgets.dashboard.page.dashboard import Dashboard
    from campaign_live_widgets.snapshot import Snapshot

_LOG: Final = logging.getLogger(__name__)
_SLOW: Final = Text("no answer for {} s", "pas de réponse depuis {} s")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a live report moves; all in seconds."""

    least: float = 0.5
    """Between two ticks, however much arrives; also how soon a stop is noticed."""
    blind: float = 2.0
    """Between two ticks while no acknowledgement can be heard."""
    patience: float = 30.0
    """How long a slow page is waited for."""
    beat: float = 10.0
    """Between two notes of the last refresh when nothing else is sent."""
    pulse: float = 4.0
    """Between two signs of life; the page waits for three."""
    slow: float = 20.0
    """How long a look at the source may take until the page is told of it."""
    backoff: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0)
    """Before each new try after an error; the last one again and again."""


CALM: Final = Pace()


class Feed(Protocol):
    """Where snapshots come from; all but `wake` is called from the coordinator's thread."""

    def refresh(self) -> bool:
        """Read what is new; return whether anything was. Raise SourceError if unreadable."""

    def snapshot(self) -> Snapshot:
        """Return the numbers now; the window moves with the clock."""

    def wait(self, timeout: float) -> bool:
        """Return True once something may have arrived, False after *timeout* seconds."""

    def wake(self) -> None:
        """End a wait early; may be called from any thread."""

    def close(self) -> None:
        """Let go of the source; a wait ends early."""


class Live:
    """Keeps a dashboard up to date from a feed while somebody looks at it.

    Nothing is read before the first page says hello, nor while all are hidden or the report
    is paused. A tick waits until the page has painted the one before; what came meanwhile
    goes into the next, and nothing is queued.

    Parameters
    ----------
    dashboard : Dashboard
    feed : Feed
        Closed when the coordinator stops.
    every : float
        Seconds between two looks at the source where it does not tell of changes itself.
    rest : float, optional
        Seconds between two refreshes at the least, however much arrives; by default the
        pace's. It may be set anew at any time.
    clock : callable
        Returns the time now, with a time zone.
    pace : Pace
    """

    def __init__(  # noqa: PLR0913 - all but two by name
        self,
        dashboard: Dashboard,
        feed: Feed,
        *,
        every: float = 2.0,
        rest: float | None = None,
        clock: Callable[[], datetime] = utc_now,
        pace: Pace = CALM,
    ) -> None:
        self._dashboard, self._feed, self._pace = dashboard, feed, pace
        self._every, self._clock = max(every, pace.least), clock
        self.rest = pace.least if rest is None else rest
        self._audience = dashboard.audience
        self._calls: deque[Callable[[], object]] = deque()
        self._stopping, self._paused, self._prompt = Event(), Event(), Event()
        self._behind = Event()
        self._states = Lock()
        self._hurry = self._due = True  # at once; the page shows less than is known
        self._minute: datetime | None = None
        self._good: datetime | None = None
        self._failures = 0
        self._asked: float | None = None
        self._read = self._sent = self._beaten = -math.inf
        self._thread = Thread(target=self._run, name="campaign-live", daemon=True)
        self._heart = Heart(dashboard.pulse, self._audience, pace.pulse, self._as_of)

    def start(self) -> None:
        """Begin; the work itself begins when somebody looks.

        Until then the page says of itself what is true: a snapshot that stands still. So a
        notebook that is run and stored with nobody looking shows no false promise.
        """
        self._dashboard.attach(self)
        self._thread.start()
        self._heart.start()

    def stop(self) -> None:
        """End the thread, wait for it, and close the feed; the last numbers stay."""
        self._stopping.set()
        self._prompt.set()
        self._audience.nudge()
        self._heart.stop()
        if self._thread.is_alive() and self._thread is not current_thread():
            self._thread.join()
        self._dashboard.detach()

    def pause(self) -> None:
        """Let the numbers stand still; nothing is read until :meth:`resume`."""
        with self._states:
            self._paused.set()
            self._dashboard.header.live = True
            self._dashboard.set_state("paused")
        self._audience.nudge()

    def resume(self) -> None:
        """Catch up and go on."""
        with self._states:
            self._paused.clear()
            self._dashboard.set_state("live" if self._good else "loading")
        self._audience.nudge()

    def call_soon(self, call: Callable[[], object]) -> None:
        """Run *call* in the coordinator's thread before the next tick, which follows at once.

        An error it raises is shown and pauses the report: what the page would go on to show
        is not what was asked for.
        """
        self._calls.append(call)
        self._prompt.set()
        self._feed.wake()
        self._audience.nudge()

    def catch_up(self) -> None:
        """Show what another thread has read from the feed, which will not tell of it again."""
        self._behind.set()
        self._feed.wake()

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take in one message of the page."""
        kind = message.get("type")
        if kind == "pause":
            self.pause()
        elif kind == "resume":
            self.resume()
        elif kind == "hello":  # a page that has just come has no clock to compare with yet
            self._beaten = -math.inf
        if kind in {"hello", "visible"}:
            self._heart.beat_soon()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    self._turn()
                except SourceError as error:
                    since = self._good or self._dashboard.snapshot.window.end
                    self._fail("stale", self._dashboard.stale_note(since, error))
                except Exception as error:  # noqa: BLE001 - the thread must live on
                    _LOG.exception("The live report met an error")
                    self._fail("error", one_line(error))
        finally:
            self._feed.close()

    def _turn(self) -> None:
        """Do one round: sleep while nobody looks, wait for something new, read it, show it."""
        seen = self._audience.news
        if self._stopping.is_set():
            return
        if self._paused.is_set() or not self._audience.looking():
            self._hurry = self._due = True
            if self._paused.is_set() and self._calls:
                self._answer()
            else:
                self._audience.wait(seen)
            return
        if not self._dashboard.header.live:
            self._dashboard.header.live = True
            self._settle("loading")
        arrived = self._await_news(seen)
        done = self._take_calls()
        if self._stopping.is_set():
            return
        if not self._paused.is_set() and self._refresh(arrived=arrived):
            self._show()
        elif done:
            self._dashboard.show(self._feed.snapshot(), now=self._clock())

    def _answer(self) -> None:
        """Do what the reader asks for while the report is paused, with what is known already."""
        try:
            done = self._take_calls()
        except SourceError as error:
            self._calls.popleft()
            self._dashboard.notify(one_line(error))
        else:
            if done:
                self._dashboard.show(self._feed.snapshot(), now=self._clock())

    def _await_news(self, seen: int) -> bool:
        """Wait, one short while at most, until there may be something to do."""
        if self._hurry or (self._calls and not self._failures):
            self._hurry = False
            return True
        if self._failures:
            self._audience.wait(seen, self._read + self._interval() - time.monotonic())
            return False
        if self._due:  # the page is still painting
            self._audience.wait(seen, self._pace.least)
            return False
        rest = self._read + max(self.rest, self._pace.least) - time.monotonic()
        if self._prompt.wait(max(0.0, rest)):  # what arrives can wait; the reader cannot
            return True
        return self._feed.wait(self._pace.least)

    def _take_calls(self) -> bool:
        """Do what was called for; return whether anything was, and nothing failed."""
        done, failed = bool(self._calls), False
        if not self._stopping.is_set():
            self._prompt.clear()
        while self._calls:
            self._due = True
            try:
                self._calls[0]()
            except SourceError:
                raise  # tried again with the source
            except Exception as error:  # noqa: BLE001 - a caller's code
                _LOG.exception("The live report could not do what was asked")
                self.pause()
                self._dashboard.set_state("error", one_line(error))
                failed = True
            self._calls.popleft()
        return done and not failed

    def _refresh(self, *, arrived: bool) -> bool:
        """Read the source if it is time to; return whether it is known to be readable."""
        now = time.monotonic()
        if arrived or now - self._read >= self._interval():
            self._read = self._asked = now
            try:
                self._due |= self._feed.refresh()
            finally:
                self._asked = None
            is_first, self._good = self._good is None, self._clock()
            if is_first:
                self._heart.beat_soon()
            return True
        return not self._failures

    def _interval(self) -> float:
        """Return the seconds between two looks at the source."""
        if not self._failures:
            return max(self._every, self.rest)
        return self._pace.backoff[min(self._failures, len(self._pace.backoff)) - 1]

    def _show(self) -> None:
        """Bring the page up to date if it shows less than is known and can take it."""
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        self._due |= minute != self._minute or self._behind.is_set()
        self._behind.clear()
        if self._due and self._may_send():
            changed = self._dashboard.show(self._feed.snapshot(), now=now)
            self._due, self._minute = False, minute
            if changed:
                self._beat(ticked=True)
        if time.monotonic() - self._beaten >= self._pace.beat and not self._owed():
            self._beat(ticked=False)
        self._failures = 0
        self._settle("live")

    def _beat(self, *, ticked: bool) -> None:
        """Send the time of the last refresh; with *ticked*, ask for an acknowledgement."""
        self._dashboard.header.mark(self._good or self._clock())
        self._beaten = time.monotonic()
        if ticked:
            self._dashboard.pulse.ask()
            self._sent = self._beaten

    def _as_of(self) -> tuple[str, str]:
        """Return when the source was last read, and the page's zone; tell of one that hangs."""
        page, asked, good = self._dashboard, self._asked, self._good
        if good is None:
            return "", page.time_zone
        waited = 0.0 if asked is None else time.monotonic() - asked
        if waited > self._pace.slow:
            self._settle("stale", page.stale_note(good, _SLOW(page.locale).format(round(waited))))
        return moment(good, page.time_zone, page.locale), page.time_zone

    def _owed(self) -> bool:
        return self._audience.owes(self._dashboard.pulse.tick)

    def _may_send(self) -> bool:
        """Return whether the page has painted what it was sent, or cannot say so."""
        if not self._owed():
            return True
        waited = time.monotonic() - self._sent
        return waited >= self._pace.patience or (
            waited >= self._pace.blind and not self._audience.answers()
        )

    def _fail(self, state: str, note: str) -> None:
        self._failures += 1
        self._read = time.monotonic()
        self._settle(state, note)

    def _settle(self, state: str, note: str = "") -> None:
        """Show a state, unless the reader has paused the report in the meantime."""
        with self._states:
            if not self._paused.is_set():
                self._dashboard.set_state(state, note)
