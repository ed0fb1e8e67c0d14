"""Prometheus metrics of a receiver: counts and times, no personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

if TYPE_CHECKING:
    from campaign_live_widgets.store import Appended
    from campaign_live_widgets.webhooks.backpressure import PendingRequests

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX: Final = "campaign_live_receive"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Metrics of one receiver, in a separate registry."""

    def __init__(self, pending: PendingRequests) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            f"{_PREFIX}_requests",
            "Answered requests",
            ["route", "status"],
            registry=registry,
        )
        self._rejected = Counter(
            f"{_PREFIX}_refused",
            "Rejected requests by reason",
            ["route", "reason"],
            registry=registry,
        )
        self._rows = Counter(
            f"{_PREFIX}_events",
            "Received events by outcome",
            ["route", "outcome"],
            registry=registry,
        )
        self.commit_seconds = Histogram(
            f"{_PREFIX}_commit_seconds",
            "Seconds to store the events of one request on disk",
            buckets=_SECONDS,
            registry=registry,
        )
        self.newest_event = Gauge(
            f"{_PREFIX}_newest_event_timestamp_seconds",
            "Time of the newest event in the store",
            registry=registry,
        )
        self.ready = Gauge(
            f"{_PREFIX}_ready", "1 if the store can be written, else 0", registry=registry
        )
        self.connections = Gauge(f"{_PREFIX}_connections", "Open connections", registry=registry)
        requests = Gauge(
            f"{_PREFIX}_pending_requests", "Requests waiting to be stored", registry=registry
        )
        requests.set_function(lambda: pending.requests)
        size = Gauge(
            f"{_PREFIX}_pending_bytes",
            "Received bytes of request bodies waiting to be stored",
            registry=registry,
        )
        size.set_function(lambda: pending.size)

    def count_answer(self, route: str, status: int) -> None:
        """Count an answered request."""
        self._requests.labels(route, str(status)).inc()

    def count_rejected(self, route: str, reason: str) -> None:
        """Count a rejected request."""
        self._rejected.labels(route, reason).inc()

    def count_rows(self, route: str, appended: Appended) -> None:
        """Count the rows of a request by their outcome."""
        for outcome, count in outcomes(appended).items():
            self._rows.labels(route, outcome).inc(count)

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self._registry)


def outcomes(appended: Appended) -> dict[str, int]:
    """Return the number of rows by outcome, as in answers and metrics."""
    return {
        "stored": appended.events,
        "duplicates": appended.duplicates,
        "rejected": appended.rejected,
        "ignored": appended.ignored,
    }
