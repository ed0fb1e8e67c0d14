"""The coordinator: read new events, make one snapshot, update the tiles that are visible.

It runs in a thread, because an event loop stops while a cell runs. It sets traits and never
prints: the output of a thread is lost.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from dataclasses import dataclass
from threading import Event, Lock, current_thread
from typing import TYPE_CHECKING, Any, Final, Protocol

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.dashboard.live.heartbeat import Heartbeat
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.backoff import BACKOFF, retry_delay
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.io.threads import page_thread
from campaign_live_widgets.rendering.language.phrases import one_line
from campaign_live_widgets.rendering.language.times import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from campaign_live_widgets.dashboard.live.page_updates import LivePage
    from campaign_live_widgets.snapshot import Snapshot

_LOG: Final = logging.getLogger(__name__)
_NO_ANSWER: Final = Text("no answer for {} s", "pas de réponse depuis {} s")


@dataclass(frozen=True, slots=True)
class Pace:
    """Intervals and timeouts of a live report, in seconds."""

    min_tick_seconds: float = 0.5
    """Least time between two ticks; also how soon a stop is noticed."""
    tick_without_ack_seconds: float = 2.0
    """Time between two ticks while acknowledgements cannot be received."""
    ack_timeout_seconds: float = 30.0
    """How long to wait for the acknowledgement of a slow page."""
    status_interval_seconds: float = 10.0
    """Time between two updates of the last refresh's time when nothing else is sent."""
    heartbeat_seconds: float = 4.0
    """Time between two heartbeats; the page reports a lost connection after three."""
    slow_source_seconds: float = 20.0
    """How long a poll of the source may take before the page reports it as slow."""
    backoff: tuple[float, ...] = BACKOFF
    """Delay before each retry after an error; the last one repeats."""


DEFAULT_PACE: Final = Pace()


class Feed(Protocol):
    """A source of snapshots; all but `wake` is called from the coordinator's thread."""

    def refresh(self) -> bool:
        """Read new events; return whether there were any. Raise SourceError if unreadable."""

    def snapshot(self, now: datetime | None = None) -> Snapshot:
        """Return the numbers at a moment, by default the current one: the window moves with it."""

    def wait(self, timeout: float) -> bool:
        """Return True once something may have arrived, False after *timeout* seconds."""

    def wake(self) -> None:
        """End a wait early; may be called from any thread."""

    def close(self) -> None:
        """Close the source; a wait ends early."""


class Coordinator:
    """Keeps a dashboard up to date from a feed while a page is visible.

    Nothing is read before the first page is open, nor while all pages are hidden or the
    report is paused. A tick waits until the page has painted the previous one; whatever arrives
    meanwhile goes into the next tick, and nothing is queued.

    Parameters
    ----------
    dashboard : LivePage
        The dashboard that is updated.
    feed : Feed
        Closed when the coordinator stops.
    every : float
        Seconds between two polls of a source that does not report changes.
    min_interval : float, optional
        Least seconds between two refreshes; by default ``pace.min_tick_seconds``. It may be
        changed at any time.
    clock : callable
        Returns the current time, with a time zone.
    pace : Pace, optional
        By default :data:`DEFAULT_PACE`.
    """

    def __init__(  # noqa: PLR0913 - all but two by name
        self,
        dashboard: LivePage,
        feed: Feed,
        *,
        every: float = 2.0,
        min_interval: float | None = None,
        clock: Callable[[], datetime] = utc_now,
        pace: Pace | None = None,
    ) -> None:
        pace = pace or DEFAULT_PACE
        self._dashboard, self._feed, self._pace = dashboard, feed, pace
        self._every, self._clock = max(every, pace.min_tick_seconds), clock
        self.min_interval = pace.min_tick_seconds if min_interval is None else min_interval
        self._viewers = dashboard.viewers
        self._calls: deque[Callable[[], object]] = deque()
        self._stopping, self._paused, self._call_added = Event(), Event(), Event()
        self._feed_ahead = Event()
        self._state_lock = Lock()
        self._read_now = True
        self._page_outdated = True
        self._shown_minute: datetime | None = None
        self._last_success: datetime | None = None
        self._failures = 0
        self._poll_started: float | None = None
        self._last_read = self._last_tick = self._last_status = -math.inf
        self._thread = page_thread(self._run, "campaign-live")
        self._heartbeat = Heartbeat(
            dashboard.monitor, self._viewers, pace.heartbeat_seconds, self._as_of
        )

    def start(self) -> None:
        """Start the threads; reading begins when a page is visible.

        Until then the page's state is ``paused``: a notebook that is run and stored without a
        viewer shows a snapshot, and does not claim to be live.
        """
        self._dashboard.attach(self)
        self._thread.start()
        self._heartbeat.start()

    def stop(self) -> None:
        """Stop the thread, wait for it, and close the feed; the last numbers stay visible."""
        self._stopping.set()
        self._call_added.set()
        self._viewers.wake()
        self._heartbeat.stop()
        if self._thread.is_alive() and self._thread is not current_thread():
            self._thread.join()
        self._dashboard.detach()

    def pause(self) -> None:
        """Stop reading and updating until :meth:`resume`."""
        with self._state_lock:
            self._paused.set()
            self._dashboard.header.live = True
            self._dashboard.set_state("paused")
        self._viewers.wake()

    def resume(self) -> None:
        """Read everything that has arrived meanwhile, and go on."""
        with self._state_lock:
            self._paused.clear()
            self._dashboard.set_state("live" if self._last_success else "loading")
        self._viewers.wake()

    def call_soon(self, call: Callable[[], object]) -> None:
        """Run *call* in the coordinator's thread, then tick at once.

        If it fails, the page shows the error and the report is paused: the page would otherwise
        go on to show something else than the reader asked for.
        """
        self._calls.append(call)
        self._call_added.set()
        self._feed.wake()
        self._viewers.wake()

    def show_feed(self) -> None:
        """Show what another thread has read from the feed, which will not report it again."""
        self._feed_ahead.set()
        self._feed.wake()

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Handle one message of the page."""
        kind = message.get("type")
        if kind == "pause":
            self.pause()
        elif kind == "resume":
            self.resume()
        elif kind == "hello":  # a new page does not know the time of the last refresh yet
            self._last_status = -math.inf
        if kind in {"hello", "visible"}:
            self._heartbeat.send_soon()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    self._turn()
                except SourceError as error:
                    since = self._last_success or self._dashboard.snapshot.window.end
                    self._fail("stale", self._dashboard.stale_note(since, error))
                except Exception as error:  # noqa: BLE001 - the thread must go on
                    _LOG.exception("The live report failed")
                    self._fail("error", one_line(error))
        finally:
            self._feed.close()

    def _turn(self) -> None:
        """Do one round: wait for a viewer, wait for new events, read them, show them."""
        version = self._viewers.version
        if self._stopping.is_set():
            return
        if self._paused.is_set() or not self._viewers.are_watching():
            self._read_now = self._page_outdated = True
            if self._paused.is_set() and self._calls:
                self._run_calls_paused()
            else:
                self._viewers.wait(version)
            return
        if not self._dashboard.header.live:
            self._dashboard.header.live = True
            self._set_state("loading")
        arrived = self._wait_for_work(version)
        done = self._run_calls()
        if self._stopping.is_set():
            return
        is_readable = not self._paused.is_set() and self._refresh(arrived=arrived)
        if is_readable and not self._paused.is_set():
            self._show()
        elif done:
            self._show_last_read()

    def _run_calls_paused(self) -> None:
        """Run pending calls while the report is paused, with the events that were read before."""
        try:
            done = self._run_calls()
        except SourceError as error:
            self._calls.popleft()
            self._dashboard.notify(one_line(error))
        else:
            if done:
                self._show_last_read()

    def _show_last_read(self) -> None:
        """Show what a reader asks for as of the last refresh: later events are not read yet."""
        self._dashboard.show(self._feed.snapshot(self._last_success), now=self._clock())

    def _wait_for_work(self, version: int) -> bool:
        """Wait, for a short time at most; return whether to read the source at once."""
        if self._read_now or (self._calls and not self._failures):
            self._read_now = False
            return True
        if self._failures:
            return self._wait_for_retry(version)
        if self._page_outdated:  # the page is still painting
            self._viewers.wait(version, self._pace.min_tick_seconds)
            return False
        next_tick = self._last_read + max(self.min_interval, self._pace.min_tick_seconds)
        # New events can wait for the next tick, a reader's request cannot.
        if self._call_added.wait(max(0.0, next_tick - time.monotonic())):
            return True
        return self._feed.wait(self._pace.min_tick_seconds)

    def _wait_for_retry(self, version: int) -> bool:
        """Wait after an error, for a short time at most; return whether to retry at once."""
        since = time.monotonic() - self._last_read
        rest = min(self._interval() - since, self._pace.min_tick_seconds)
        if since < self._pace.min_tick_seconds:
            self._viewers.wait(version, rest)
            return False
        # What arrives now may end the error. A reader's request is shown without new events.
        return rest > 0 and self._feed.wait(rest) and not self._calls

    def _run_calls(self) -> bool:
        """Run pending calls; return whether there were any and none failed."""
        done, failed = bool(self._calls), False
        if not self._stopping.is_set():
            self._call_added.clear()
        while self._calls:
            self._page_outdated = True
            try:
                self._calls[0]()
            except SourceError:
                raise  # retried when the source is readable
            except Exception as error:  # noqa: BLE001 - a caller's code
                _LOG.exception("A request to the live report failed")
                self.pause()
                self._dashboard.set_state("error", one_line(error))
                failed = True
            self._calls.popleft()
        return done and not failed

    def _refresh(self, *, arrived: bool) -> bool:
        """Read the source if it is due; return whether it was readable the last time."""
        now = time.monotonic()
        if arrived or now - self._last_read >= self._interval():
            self._last_read = self._poll_started = now
            try:
                self._page_outdated |= self._feed.refresh()
            finally:
                self._poll_started = None
            is_first, self._last_success = self._last_success is None, self._clock()
            if is_first:
                self._heartbeat.send_soon()
            return True
        return not self._failures

    def _interval(self) -> float:
        """Return the seconds between two polls of the source."""
        if not self._failures:
            return max(self._every, self.min_interval)
        return retry_delay(self._failures, self._pace.backoff)

    def _show(self) -> None:
        """Update the page if it is outdated and has painted the previous tick."""
        now = self._clock()
        minute = now.replace(second=0, microsecond=0)
        self._page_outdated |= minute != self._shown_minute or self._feed_ahead.is_set()
        self._feed_ahead.clear()
        if self._page_outdated and self._may_send():
            snapshot = self._feed.snapshot()
            with self._dashboard.monitor.together():
                changed = self._dashboard.show(snapshot, now=now)
                if changed:
                    self._send_status(ticked=True)
            self._page_outdated, self._shown_minute = False, minute
        since_status = time.monotonic() - self._last_status
        if since_status >= self._pace.status_interval_seconds and not self._awaits_ack():
            self._send_status(ticked=False)
        self._failures = 0
        self._set_state("live")

    def _send_status(self, *, ticked: bool) -> None:
        """Send the time of the last refresh; with *ticked*, ask for an acknowledgement."""
        self._dashboard.header.set_refreshed(self._last_success or self._clock())
        self._last_status = time.monotonic()
        if ticked:
            self._dashboard.monitor.request_ack()
            self._last_tick = self._last_status

    def _as_of(self) -> tuple[str, str]:
        """Return when the source was last read, and the page's zone; report a slow source."""
        page, started, read = self._dashboard, self._poll_started, self._last_success
        if read is None:
            return "", page.time_zone
        waited = 0.0 if started is None else time.monotonic() - started
        if waited > self._pace.slow_source_seconds:
            cause = _NO_ANSWER(page.locale).format(round(waited))
            self._set_state("stale", page.stale_note(read, cause))
        return moment(read, page.time_zone, page.locale), page.time_zone

    def _awaits_ack(self) -> bool:
        return self._viewers.have_unpainted(self._dashboard.monitor.tick)

    def _may_send(self) -> bool:
        """Return whether the page has painted the last tick, or cannot acknowledge it."""
        if not self._awaits_ack():
            return True
        waited = time.monotonic() - self._last_tick
        return waited >= self._pace.ack_timeout_seconds or (
            waited >= self._pace.tick_without_ack_seconds and not self._viewers.can_be_received()
        )

    def _fail(self, state: str, note: str) -> None:
        self._failures += 1
        self._last_read = time.monotonic()
        self._set_state(state, note)

    def _set_state(self, state: str, note: str = "") -> None:
        """Show a state, unless the reader has paused the report in the meantime."""
        with self._state_lock:
            if not self._paused.is_set():
                self._dashboard.set_state(state, note)
