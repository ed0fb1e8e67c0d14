"""A feed whose source is a list: events appended to it are counted into real snapshots."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Condition
from typing import Any

import numpy as np

from campaign_live_widgets.catalog import COUNTS, ENTRY_EVENTS
from campaign_live_widgets.catalog.details import packed
from campaign_live_widgets.catalog.providers import families
from campaign_live_widgets.snapshot import (
    DIMENSIONS,
    Campaign,
    Counts,
    Health,
    Reject,
    Snapshot,
    Window,
)

NOW = datetime(2026, 11, 23, 15, 4, 30, tzinfo=UTC)
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Event:
    event_type: str
    channel: str = "email"
    at: datetime = NOW
    message_id: str = "m1"
    reason: str | None = None
    bounce_type: str | None = None
    domain: str | None = None
    platform: str | None = None
    is_async: bool | None = None
    profile: str = "p1"
    is_machine: bool | None = None
    machine_reason: str | None = None
    status_code: str | None = None
    link: str | None = None

    @property
    def provider(self) -> str:
        return families().family(self.domain)

    @property
    def detail(self) -> str | None:
        machine_reason = self.machine_reason if self.is_machine else None
        if self.event_type in ("bounce", "delay"):
            return packed((self.provider, self.reason, self.status_code))
        if self.event_type == "click":
            return packed((self.link or "unknown", machine_reason))
        is_machine_open = self.event_type == "open" and self.is_machine
        return packed((machine_reason,)) if is_machine_open else None


def alike(kind: Any, domain: str | None, count: int, **more: Any) -> list[Event]:  # noqa: ANN401
    """Return *count* equal events of a domain."""
    return [Event(kind, domain=domain, at=NOW, **more)] * count


def snapshot_of(
    events: list[Event],
    now: datetime = NOW,
    length: timedelta = DAY,
    *,
    campaign_id: str = "spring",
    health: Health | None = None,
) -> Snapshot:
    window = Window.ending(now, length)
    inside = [e for e in events if window.start <= e.at < window.end]
    return Snapshot(
        campaign_id=campaign_id,
        campaign_name="Spring sale",
        window=window,
        counts={name: _table(name, inside, window) for name in DIMENSIONS},
        entered_profiles=len({e.profile for e in inside if e.event_type in ENTRY_EVENTS}),
        message_names={"m1": "Hello"},
        newest_event=max((e.at for e in events), default=None),
        health=health or Health(events=len(events)),
    )


def _table(dimension: str, events: list[Event], window: Window) -> Counts:
    def key(event: Event) -> Any:  # noqa: ANN401 - a text, a time or None
        if dimension == "bucket":
            return max(b for b in window.buckets() if b <= event.at)
        return getattr(event, dimension)

    counted: Counter[tuple[Any, str, str]] = Counter()
    for event in events:
        for count in COUNTS:
            fits = count.event_type == event.event_type
            fits &= count.bounce_type in (None, event.bounce_type)
            fits &= count.is_async in (None, bool(event.is_async))
            fits &= count.is_machine in (None, event.is_machine)
            counted[key(event), event.channel, count.column] += fits
    rows = sorted({(k, c) for k, c, _ in counted}, key=str)
    values = [k for k, _ in rows]
    naive = [k.replace(tzinfo=None) for k in values] if dimension == "bucket" else []
    table = [[counted[k, c, count.column] for count in COUNTS] for k, c in rows]
    return Counts(
        np.array(naive, "datetime64[us]") if dimension == "bucket" else tuple(values),
        tuple(channel for _, channel in rows),
        np.array(table, np.int64).reshape(-1, len(COUNTS)),
    )


@dataclass
class MemoryFeed:
    """Events in a list; `fail` is what reading it raises for now."""

    now: datetime = NOW
    events: list[Event] = field(default_factory=list)
    fail: Exception | None = None
    campaign: str = "spring"
    reads: int = 0
    closed: bool = False
    _seen: int = 0
    _woken: bool = False
    _news: Condition = field(default_factory=Condition)

    def add(self, *events: Event) -> None:
        with self._news:
            self.events.extend(events)
            self._news.notify_all()

    def refresh(self) -> bool:
        self.reads += 1
        if self.fail is not None:
            raise self.fail
        before, self._seen = self._seen, len(self.events)
        return self._seen > before

    def snapshot(self, now: datetime | None = None) -> Snapshot:
        return snapshot_of(self.events[: self._seen], now or self.now, campaign_id=self.campaign)

    def wait(self, timeout: float) -> bool:
        with self._news:
            arrived = self._news.wait_for(
                lambda: self._woken or len(self.events) > self._seen, timeout
            )
            self._woken = False
            return arrived

    def wake(self) -> None:
        with self._news:
            self._woken = True
            self._news.notify_all()

    def use(self, campaign_id: str) -> None:
        self.campaign = campaign_id

    def campaigns(self) -> list[Campaign]:
        times = [event.at for event in self.events]
        return [Campaign(self.campaign, None, len(times), min(times), max(times))]

    def close(self) -> None:
        self.closed = True


REJECT = Reject("events.csv", 7, "event_type 'teleported' is not known")
