"""Heartbeats of a live report: messages from which a page knows that its kernel runs."""

from __future__ import annotations

from threading import Event, current_thread
from typing import TYPE_CHECKING

from campaign_live_widgets.io.threads import page_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.dashboard.live.connection_monitor import ConnectionMonitor
    from campaign_live_widgets.dashboard.live.viewers import Viewers


class Heartbeat:
    """Send heartbeats while a page is visible, also while the report is paused or a source slow.

    It has its own thread: the coordinator's thread may wait for a source, and the kernel's main
    thread for a running cell.

    Parameters
    ----------
    monitor : ConnectionMonitor
    viewers : Viewers
    seconds : float
        Seconds between two heartbeats.
    as_of : callable
        Returns the time of the numbers as text, and the page's time zone; called before each
        heartbeat.
    """

    def __init__(
        self,
        monitor: ConnectionMonitor,
        viewers: Viewers,
        seconds: float,
        as_of: Callable[[], tuple[str, str]],
    ) -> None:
        self._monitor, self._viewers = monitor, viewers
        self._seconds, self._as_of = seconds, as_of
        self._stopping, self._soon = Event(), Event()
        self._thread = page_thread(self._run, "campaign-live-heartbeat")

    def start(self) -> None:
        """Start the thread; the first heartbeat is sent when a page is visible."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; the page expects no further heartbeat."""
        self._stopping.set()
        self._soon.set()
        if self._thread.is_alive() and self._thread is not current_thread():
            self._thread.join()
        self._monitor.heartbeat_seconds = 0.0

    def send_soon(self) -> None:
        """Send a heartbeat now: a page has opened or become visible."""
        self._soon.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._soon.clear()
            if self._viewers.are_watching():
                self._monitor.heartbeat_seconds = self._seconds
                self._monitor.send_heartbeat(*self._as_of())
            self._soon.wait(self._seconds)
