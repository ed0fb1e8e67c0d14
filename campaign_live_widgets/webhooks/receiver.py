"""The state that all requests to one receiver share."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.webhooks.backpressure import PendingRequests
from campaign_live_widgets.webhooks.metrics import Metrics
from campaign_live_widgets.webhooks.replay_cache import ReplayCache
from campaign_live_widgets.webhooks.store_writer import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.store import Store
    from campaign_live_widgets.webhooks.auth.base import Route
    from campaign_live_widgets.webhooks.errors import RequestRejectedError
    from campaign_live_widgets.webhooks.limits import Limits

_LOG_INTERVAL: Final = 1.0
"""Seconds between two log lines about rejected requests."""


class Receiver:
    """The open routes, their limits, the store they write to, and the metrics.

    Parameters
    ----------
    store : Store
    routes : dict of str to Route
        The open routes.
    limits : Limits
    log : callable
        Takes one line for the log.
    clock : callable
        Returns the current time, in seconds since the epoch.
    debug : bool
        Whether the log shows tracebacks.
    """

    def __init__(  # noqa: PLR0913 - the parts of a receiver
        self,
        store: Store,
        routes: dict[str, Route],
        limits: Limits,
        *,
        log: Callable[[str], None],
        clock: Callable[[], float],
        debug: bool,
    ) -> None:
        self.routes, self.limits, self.debug = routes, limits, debug
        self._log = log
        self.pending = PendingRequests(limits.pending, limits.pending_bytes)
        self.metrics = Metrics(self.pending)
        self.writer = StoreWriter(store, limits, self.metrics, self.log)
        self.replay_caches = {name: ReplayCache(clock=clock) for name in routes}
        self.stopping = False
        self._logged_at, self._not_logged = float("-inf"), 0

    def log(self, line: str) -> None:
        """Log a line; a log on a full disk stops no request."""
        with suppress(OSError, ValueError):
            self._log(line)

    def log_rejected(self, route: str, error: RequestRejectedError) -> None:
        """Log why a request was rejected: one line a second, with the number of the others."""
        now = time.monotonic()
        if now - self._logged_at < _LOG_INTERVAL:
            self._not_logged += 1
            return
        more = f" (and {self._not_logged} others)" if self._not_logged else ""
        self.log(f"{route}: {error.status} {error.reason}: {error.line}{more}")
        self._logged_at, self._not_logged = now, 0
