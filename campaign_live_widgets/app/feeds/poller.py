"""A poller: reads a feed in a thread, and reports each result."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.backoff import BACKOFF, retry_delay
from campaign_live_widgets.io.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign_live_widgets.dashboard.live.coordinator import Feed
    from campaign_live_widgets.snapshot import Snapshot

_POLL: Final = 2.0
"""Seconds between two polls of a source that reports no changes itself."""
_JOIN: Final = 5.0
"""Seconds to wait, at the end, for a poll that is under way."""


@dataclass(frozen=True, slots=True)
class PollResult:
    """The result of one poll.

    Attributes
    ----------
    snapshot : Snapshot
        The newest numbers.
    read_at : datetime
        When they were read.
    error : SourceError or None
        Why the source could not be read since then; ``None`` if it could.
    """

    snapshot: Snapshot
    read_at: datetime
    error: SourceError | None = None


class Poller:
    """Polls a feed in its own thread.

    Parameters
    ----------
    feed : Feed
        Has been read once. It is closed when the poller stops.
    every : float
        Minimum number of seconds between two polls.
    on_result : callable
        Is called in the poller's thread with each :class:`PollResult`, and with the exception
        that has ended the thread, if there is one.
    clock : callable
        Returns the time now, with a time zone.
    backoff : tuple of float
        Seconds before each retry after an error; the last one repeats.
    """

    def __init__(
        self,
        feed: Feed,
        every: float,
        on_result: Callable[[PollResult | Exception], object],
        *,
        clock: Callable[[], datetime] = utc_now,
        backoff: tuple[float, ...] = BACKOFF,
    ) -> None:
        self._feed, self._every, self._on_result = feed, every, on_result
        self._clock, self._backoff = clock, backoff
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="campaign-live-watch", daemon=True)

    def start(self) -> None:
        """Start polling."""
        self._thread.start()

    def stop(self) -> None:
        """Stop polling, wait a moment for the thread, and close the feed."""
        self._stopping.set()
        self._feed.wake()
        if self._thread.is_alive():
            self._thread.join(_JOIN)
        self._feed.close()

    def _run(self) -> None:
        try:
            self._poll()
        except Exception as error:  # noqa: BLE001 - the receiver raises it again
            self._on_result(error)

    def _poll(self) -> None:
        newest, failures = PollResult(self._feed.snapshot(), self._clock()), 0
        self._on_result(newest)
        while not self._stopping.is_set():
            self._wait(failures)
            if self._stopping.is_set():
                return
            try:
                self._feed.refresh()
                newest, failures = PollResult(self._feed.snapshot(), self._clock()), 0
                self._on_result(newest)
            except SourceError as error:
                failures += 1
                self._on_result(PollResult(newest.snapshot, newest.read_at, error))

    def _wait(self, failures: int) -> None:
        if failures:
            self._stopping.wait(retry_delay(failures, self._backoff))
        elif not self._stopping.wait(self._every) and self._every < _POLL:
            self._feed.wait(_POLL - self._every)
