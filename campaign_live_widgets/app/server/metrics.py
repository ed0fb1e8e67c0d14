"""Prometheus metrics of a server of pages: counts, times and memory, nothing of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from campaign_live_widgets import __version__
from campaign_live_widgets.io.memory import resident_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from prometheus_client.metrics_core import Metric

    from campaign_live_widgets.app.reader.messages.notices import ReaderStatus

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX: Final = "campaign_live_serve"
_OF_HOSTS: Final = {
    "pages": "Open pages",
    "viewers": "Connected browsers",
    "opening_pages": "Pages that are being opened",
    "waiting_bytes": "Bytes of messages that wait for slow browsers",
    "lag_seconds": "Delay of the loop that carries messages",
}
"""Figures of each page host."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """What is known of the processes of a server at one moment.

    Attributes
    ----------
    hosts : sequence of dict or None
        The figures of each page host; ``None`` for one that does not answer.
    reader : ReaderStatus or None
        ``None`` if it does not answer, or there is none.
    has_reader : bool
        Whether a reader reads the source for the pages.
    requests : mapping
        How many requests for a page had each outcome.
    """

    hosts: Sequence[Mapping[str, Any] | None]
    reader: ReaderStatus | None
    has_reader: bool
    requests: Mapping[str, int]

    @property
    def trouble(self) -> str:
        """Return why no page can be shown, in a sentence; empty if pages can be shown."""
        if any(host is None for host in self.hosts):
            return "a page host does not answer"
        if not self.has_reader:
            return ""
        if self.reader is None:
            return "the reader of the source does not answer"
        return "" if self.reader.read_at else "the source has not been read yet"


def metrics_text(state: ServerState) -> bytes:
    """Return the metrics of a state in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_StateCollector(state))
    return generate_latest(registry)


class _StateCollector(Collector):
    """The metrics of one state."""

    def __init__(self, state: ServerState) -> None:
        self._state = state

    def collect(self) -> Iterable[Metric]:
        """Yield each metric."""
        state = self._state
        yield _gauge("build_info", "The version, always 1", "version", {__version__: 1})
        yield _gauge("ready", "1 if pages can be shown, else 0", value=not state.trouble)
        yield _counter("page_requests", "Requests for a page by outcome", "outcome", state.requests)
        yield from self._hosts()
        yield self._memory()
        if state.has_reader:
            up = state.reader is not None
            yield _gauge("reader_up", "1 if the reader answers, else 0", value=up)
        if state.reader is not None:
            yield from _reader(state.reader)

    def _hosts(self) -> Iterable[Metric]:
        hosts = dict(enumerate(self._state.hosts))
        up = {str(number): host is not None for number, host in hosts.items()}
        yield _gauge("page_host_up", "1 if the page host answers, else 0", "host", up)
        for name, text in _OF_HOSTS.items():
            yield _gauge(name, text, "host", self._figures(name))
        yield _counter("ticks", "New numbers that pages have sent", "host", self._figures("ticks"))

    def _figures(self, name: str) -> dict[str, float]:
        """Return a figure of each host that answers."""
        hosts = enumerate(self._state.hosts)
        return {str(number): host[name] for number, host in hosts if host is not None}

    def _memory(self) -> Metric:
        figures = self._figures("resident_bytes").items()
        sizes = {"web server": resident_bytes()}
        sizes |= {f"page host {number}": int(size) for number, size in figures}
        if self._state.reader is not None:
            sizes["reader"] = self._state.reader.resident_bytes
        return _gauge("resident_memory_bytes", "Memory of each process", "process", sizes)


def _reader(status: ReaderStatus) -> Iterable[Metric]:
    failed = status.error is not None
    yield _gauge("reader_source_error", "1 if the source cannot be read now, else 0", value=failed)
    if status.read_at is not None:
        text = "Time until which the source has been read"
        yield _gauge("reader_read_timestamp_seconds", text, value=status.read_at.timestamp())
    if status.polling_since is not None:
        text = "Since when the source is being read; absent while it is not"
        since = status.polling_since.timestamp()
        yield _gauge("reader_reading_since_timestamp_seconds", text, value=since)
    yield _gauge("reader_campaigns", "Campaigns that are counted", value=status.campaigns)
    yield _gauge("reader_clients", "Connected processes", value=status.clients)
    answers = {"made": status.made, "shared": status.shared}
    yield _counter("reader_answers", "Answers by how they were made", "kind", answers)


def _gauge(
    name: str,
    text: str,
    label: str = "",
    values: Mapping[str, float] | None = None,
    *,
    value: float | None = None,
) -> Metric:
    """Return a current value, or one for each value of a label."""
    labels = [label] if label else None
    gauge = GaugeMetricFamily(f"{_PREFIX}_{name}", text, value, labels)
    for key, number in (values or {}).items():
        gauge.add_metric([key], number)
    return gauge


def _counter(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """Return a number that only grows, for each value of a label."""
    counter = CounterMetricFamily(f"{_PREFIX}_{name}", text, None, [label])
    for key, number in values.items():
        counter.add_metric([key], number)
    return counter
