"""What all requests of one door share."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.webhooks.backpressure import Gate
from campaign_live_widgets.webhooks.metrics import Metrics
from campaign_live_widgets.webhooks.replay_cache import Seen
from campaign_live_widgets.webhooks.store_writer import Writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.store import Store
    from campaign_live_widgets.webhooks.auth.base import Route
    from campaign_live_widgets.webhooks.errors import RefusedError
    from campaign_live_widgets.webhooks.limits import Limits

_EVERY: Final = 1.0
"""Seconds between two lines about requests that were not taken."""


class Door:
    """The routes, what they may take, where it goes and what is known of it.

    Parameters
    ----------
    store : Store
    routes : dict of str to Route
        Those that are open.
    limits : Limits
    say : callable
        Takes one line for those who run it.
    clock : callable
        Returns the time now, in seconds since the epoch.
    debug : bool
        Whether the log shows tracebacks.
    """

    def __init__(  # noqa: PLR0913 - what a door is made of
        self,
        store: Store,
        routes: dict[str, Route],
        limits: Limits,
        *,
        say: Callable[[str], None],
        clock: Callable[[], float],
        debug: bool,
    ) -> None:
        self.routes, self.limits, self.debug = routes, limits, debug
        self._say = say
        self.gate = Gate(limits.pending, limits.pending_bytes)
        self.metrics = Metrics(self.gate)
        self.writing = Writing(store, limits, self.metrics, self.say)
        self.seen = {name: Seen(clock=clock) for name in routes}
        self.stopping = False
        self._said, self._unsaid = float("-inf"), 0

    def say(self, line: str) -> None:
        """Say a line; where the disk that the log is on is full, nobody hears it."""
        with suppress(OSError, ValueError):
            self._say(line)

    def complain(self, route: str, refused: RefusedError) -> None:
        """Say why a request was not taken; one line a second at most, which counts the others."""
        now = time.monotonic()
        if now - self._said < _EVERY:
            self._unsaid += 1
            return
        more = f" (and {self._unsaid} others)" if self._unsaid else ""
        self.say(f"{route}: {refused.status} {refused.reason}: {refused.line}{more}")
        self._said, self._unsaid = now, 0
