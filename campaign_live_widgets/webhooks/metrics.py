"""What the door tells of itself to Prometheus: counts and times, nothing of any person."""

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
    from campaign_live_widgets.webhooks.backpressure import Gate

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX: Final = "campaign_live_receive"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters of one door, in a registry of its own."""

    def __init__(self, gate: Gate) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            f"{_PREFIX}_requests",
            "Requests that were answered",
            ["route", "status"],
            registry=registry,
        )
        self._refused = Counter(
            f"{_PREFIX}_refused",
            "Requests that were not taken, by reason",
            ["route", "reason"],
            registry=registry,
        )
        self._rows = Counter(
            f"{_PREFIX}_events",
            "Events that came, by what became of them",
            ["route", "outcome"],
            registry=registry,
        )
        self.commit = Histogram(
            f"{_PREFIX}_commit_seconds",
            "Seconds from the store being asked to the events being on the disk",
            buckets=_SECONDS,
            registry=registry,
        )
        self.newest = Gauge(
            f"{_PREFIX}_newest_event_timestamp_seconds",
            "Time of the newest event in the store",
            registry=registry,
        )
        self.ready = Gauge(
            f"{_PREFIX}_ready", "Whether the store can be written", registry=registry
        )
        self.connections = Gauge(
            f"{_PREFIX}_connections", "Connections that are open", registry=registry
        )
        pending = Gauge(
            f"{_PREFIX}_pending_requests", "Requests that wait for the store", registry=registry
        )
        pending.set_function(lambda: gate.requests)
        size = Gauge(
            f"{_PREFIX}_pending_bytes", "Bytes of their bodies that have come", registry=registry
        )
        size.set_function(lambda: gate.size)

    def answered(self, route: str, status: int) -> None:
        """Count an answer."""
        self._requests.labels(route, str(status)).inc()

    def refused(self, route: str, reason: str) -> None:
        """Count a request that was not taken."""
        self._refused.labels(route, reason).inc()

    def stored(self, route: str, done: Appended) -> None:
        """Count what became of the rows of a request."""
        for outcome, count in counts(done).items():
            self._rows.labels(route, outcome).inc(count)

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self._registry)


def counts(done: Appended) -> dict[str, int]:
    """Return what became of rows, as answers and counters name it."""
    return {
        "stored": done.events,
        "duplicates": done.duplicates,
        "rejected": done.rejected,
        "ignored": done.ignored,
    }
