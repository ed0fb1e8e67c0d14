"""The heart of a live report: it tells the page, again and again, that the kernel lives."""

from __future__ import annotations

from threading import Event, Thread, current_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.dashboard.live.connection_monitor import Pulse
    from campaign_live_widgets.dashboard.live.viewers import Audience


class Heart:
    """Beats while a page is looked at, also while the report is paused or a source is slow.

    It has a thread of its own: the coordinator's may wait for a source, and the kernel's for
    the reader's own cell.

    Parameters
    ----------
    pulse : Pulse
    audience : Audience
    every : float
        Seconds between two beats.
    as_of : callable
        Returns as of when the numbers are, in words, and the time zone of the page; called
        before each beat.
    """

    def __init__(
        self, pulse: Pulse, audience: Audience, every: float, as_of: Callable[[], tuple[str, str]]
    ) -> None:
        self._pulse, self._audience = pulse, audience
        self._every, self._as_of = every, as_of
        self._stopping, self._soon = Event(), Event()
        self._thread = Thread(target=self._run, name="campaign-live-heart", daemon=True)

    def start(self) -> None:
        """Begin; the first beat comes when somebody looks."""
        self._thread.start()

    def stop(self) -> None:
        """End, and promise no further beat."""
        self._stopping.set()
        self._soon.set()
        if self._thread.is_alive() and self._thread is not current_thread():
            self._thread.join()
        self._pulse.within = 0.0

    def beat_soon(self) -> None:
        """Beat now: a page has come, or come back, and does not know yet."""
        self._soon.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._soon.clear()
            if self._audience.looking():
                self._pulse.within = self._every
                self._pulse.beat(*self._as_of())
            self._soon.wait(self._every)
