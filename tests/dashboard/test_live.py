"""The real coordinator thread, a feed in memory, and a page whose messages are fired by hand."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.dashboard import Coordinator, Dashboard, Pace
from campaign_live_widgets.dashboard.live.connection_monitor import LIMITS, ConnectionMonitor
from campaign_live_widgets.dashboard.live.coordinator import DEFAULT_PACE
from campaign_live_widgets.errors import SourceError
from tests.dashboard.page import Controller, Page, send_filters
from tests.support.events.memory import NOW, Event, MemoryFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Until = Callable[..., None]

FAST = Pace(
    min_tick_seconds=0.02,
    tick_without_ack_seconds=0.2,
    ack_timeout_seconds=60.0,
    status_interval_seconds=60.0,
    heartbeat_seconds=60.0,
    backoff=(0.05,),
)
KPI = "email.sending_statistics"
QUIET = 0.25
TILES = ("campaign.statistics", KPI, "email.metrics_by_message", "push.metrics_by_message")


class Report:
    """A dashboard, its feed, its coordinator and one page."""

    def __init__(self, pace: Pace = FAST, **options: object) -> None:
        self.feed = MemoryFeed(events=[Event("sent"), Event("delivered")])
        self.feed.refresh()
        self.dashboard = Dashboard(self.feed.snapshot(), tiles=TILES, now=NOW, **options)
        self.feed.reads = 0
        self.dashboard.tabs.selected_index = 1
        self.live = Coordinator(
            self.dashboard, self.feed, every=0.05, pace=pace, clock=lambda: self.feed.now
        )
        self.page = Page(self.dashboard)
        self.live.start()

    @property
    def state(self) -> str:
        return str(self.dashboard.header.state)

    def number(self, tile_id: str = "email.metrics_by_message", metric: str = "sent") -> int:
        """Return a number the page shows, as the tile was last given it."""
        return int(self.dashboard.tile(tile_id)._table[metric].sum())


@pytest.fixture
def reports() -> Iterator[Callable[..., Report]]:
    made: list[Report] = []

    def make(pace: Pace = FAST, **options: object) -> Report:
        made.append(Report(pace, **options))
        return made[-1]

    yield make
    for report in made:
        report.live.stop()


@pytest.fixture
def report(reports: Callable[..., Report]) -> Report:
    return reports()


def test_nothing_is_read_before_a_page_is_visible(report: Report, until: Until) -> None:
    time.sleep(QUIET)
    assert report.feed.reads == 0
    assert (report.state, report.dashboard.header.live) == ("paused", False)
    report.page.hello()
    until(lambda: report.state == "live")
    assert report.dashboard.header.live
    assert report.feed.reads >= 1


def test_new_events_reach_the_open_tab(report: Report, until: Until) -> None:
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    report.feed.add(Event("sent"), Event("sent"))
    until(lambda: report.number() == 3)
    assert report.number("push.metrics_by_message") == 0


def test_the_next_tick_waits_for_the_acknowledgement_and_skips_updates_between(
    report: Report, until: Until
) -> None:
    report.page.hello()
    until(lambda: report.state == "live")
    tick = report.page.tick + 1
    report.feed.add(Event("sent"))
    until(lambda: report.page.tick == tick)
    for _ in range(5):
        report.feed.add(Event("sent"))
        time.sleep(0.05)
    assert (report.number(), report.page.tick) == (2, tick)
    reads = report.feed.reads
    until(lambda: report.feed.reads > reads + 1)
    report.page.ack()
    until(lambda: report.page.tick == tick + 1)
    assert report.number() == 7


def test_ticks_go_on_after_the_acknowledgement_timeout(
    reports: Callable[..., Report], until: Until
) -> None:
    report = reports(
        Pace(
            min_tick_seconds=0.02,
            tick_without_ack_seconds=0.1,
            ack_timeout_seconds=0.5,
            status_interval_seconds=60,
            backoff=(0.05,),
        )
    )
    report.page.hello()
    until(lambda: report.state == "live")
    report.feed.add(Event("sent"))
    until(lambda: report.number() == 2)
    start = time.monotonic()
    report.feed.add(Event("sent"))
    until(lambda: report.number() == 3)
    assert time.monotonic() - start > 0.3


@pytest.mark.usefixtures("matrix")
def test_ticks_need_no_acknowledgement_while_a_cell_blocks_the_kernel(
    report: Report, until: Until
) -> None:
    loop = asyncio.new_event_loop()
    kernel = threading.Thread(target=loop.run_forever)
    kernel.start()
    try:

        async def hello() -> None:
            report.page.hello()

        asyncio.run_coroutine_threadsafe(hello(), loop).result()
        until(lambda: report.state == "live")
        report.feed.add(Event("sent"))
        until(lambda: report.number() == 2)
        report.feed.add(Event("sent"))
        time.sleep(3 * FAST.tick_without_ack_seconds)
        assert report.number() == 2, "the loop answers: the page is slow, and the tick waits for it"
        loop.call_soon_threadsafe(time.sleep, 3)
        until(lambda: report.number() == 3, seconds=2)
        report.feed.add(Event("sent"))
        until(lambda: report.number() == 4, seconds=1)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        kernel.join()
        loop.close()


def test_an_unreadable_source_is_stale_keeps_its_numbers_and_recovers(
    report: Report, until: Until
) -> None:
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    report.feed.fail = SourceError("events.csv: permission denied")
    until(lambda: report.state == "stale")
    assert "permission denied" in report.dashboard.header.note
    assert "23 Nov 15:04 UTC" in report.dashboard.header.note
    assert report.number() == 1
    report.feed.add(Event("sent"))
    report.feed.fail = None
    until(lambda: report.state == "live")
    until(lambda: report.number() == 2)
    assert not report.dashboard.header.note


def test_another_error_is_shown_in_one_line_until_it_is_gone(report: Report, until: Until) -> None:
    report.page.hello()
    report.feed.fail = ZeroDivisionError("division by zero\nand more")
    until(lambda: report.state == "error")
    assert report.dashboard.header.note == "ZeroDivisionError: division by zero"
    report.feed.fail = None
    until(lambda: report.state == "live")


def test_a_failing_tile_does_not_stop_the_others(
    report: Report, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    broken = report.dashboard.tile(KPI)

    def fail(*_: object) -> bool:
        message = "no such slice"
        raise RuntimeError(message)

    with monkeypatch.context() as patch:
        patch.setattr(broken, "update", fail)
        report.feed.add(Event("sent"))
        until(lambda: report.number() == 2)
        until(lambda: broken._head.error)
    assert "no such slice" in broken._head.error
    assert report.state == "live"
    report.feed.add(Event("sent"))
    until(lambda: not broken._head.error)


def test_a_paused_report_reads_nothing_until_it_is_resumed(report: Report, until: Until) -> None:
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    report.page.send("pause")
    until(lambda: report.state == "paused")
    time.sleep(0.1)
    reads = report.feed.reads
    report.feed.add(Event("sent"))
    time.sleep(QUIET)
    assert (report.feed.reads, report.number(), report.state) == (reads, 1, "paused")
    report.page.send("resume")
    until(lambda: report.number() == 2)
    assert report.state == "live"


def test_a_hidden_page_is_updated_when_it_becomes_visible(report: Report, until: Until) -> None:
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    report.page.send("visible", visible=False)
    time.sleep(0.1)
    report.feed.add(Event("sent"))
    time.sleep(QUIET)
    assert report.number() == 1
    report.page.send("visible", visible=True, tick=report.page.tick)
    until(lambda: report.number() == 2)


def test_nothing_is_read_once_every_page_is_closed(report: Report, until: Until) -> None:
    other = Page(report.dashboard, viewer="b")
    report.page.hello()
    other.hello()
    until(lambda: report.state == "live")
    report.page.send("bye")
    reads = report.feed.reads
    until(lambda: report.feed.reads > reads)
    other.send("bye")
    time.sleep(0.2)
    reads = report.feed.reads
    time.sleep(QUIET)
    assert report.feed.reads == reads


def test_the_window_moves_with_the_minute_even_without_events(report: Report, until: Until) -> None:
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    report.feed.now += timedelta(minutes=1)
    until(lambda: report.dashboard.header.as_of == "2026-11-23T15:06:00Z")


def test_a_quiet_minute_sends_nothing(
    sent: list[Any], reports: Callable[..., Report], until: Until
) -> None:
    report = reports()
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    time.sleep(0.1)
    reads = report.feed.reads
    del sent[:]
    until(lambda: report.feed.reads >= reads + 5)
    assert sent == []


def test_the_time_of_the_last_refresh_is_sent_at_intervals(
    sent: list[Any], reports: Callable[..., Report], until: Until
) -> None:
    report = reports(Pace(min_tick_seconds=0.02, status_interval_seconds=0.2))
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    time.sleep(0.05)
    del sent[:]
    report.feed.now += timedelta(seconds=5)
    until(lambda: sent)
    assert [list(data["state"]) for _, data in sent] == [["refreshed"]]


def test_the_address_is_applied_before_the_first_read(report: Report, until: Until) -> None:
    def use(address: str) -> None:
        assert report.feed.reads == 0
        report.feed.use(address.partition("=")[2])

    controller = Controller(report.dashboard, use)
    report.page.hello("?campaign=autumn")
    until(lambda: report.dashboard.header.campaign_id == "autumn")
    assert controller.calls == [("goto", "?campaign=autumn")]


def test_a_failing_request_shows_its_error_and_pauses_the_report(
    report: Report, until: Until
) -> None:
    def fail(address: str) -> None:
        raise ValueError(address)

    Controller(report.dashboard, fail)
    report.page.hello("?campaign=sprig")
    until(lambda: report.state == "error")
    assert report.dashboard.header.note == "ValueError: ?campaign=sprig"
    time.sleep(QUIET)
    assert (report.feed.reads, report.state) == (0, "error")


def test_a_request_to_a_paused_report_is_shown_and_it_stays_paused(
    report: Report, until: Until
) -> None:
    controller = Controller(report.dashboard, report.feed.use)
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    report.page.send("pause")
    until(lambda: report.state == "paused")
    reads = report.feed.reads
    send_filters(report.dashboard, type="revisit", address="autumn", n=0)
    until(lambda: report.dashboard.header.campaign_id == "autumn")
    assert (report.state, controller.calls) == ("paused", [("revisit", ("autumn", 0))])
    assert report.feed.reads <= reads + 1


def test_a_request_is_shown_while_the_source_is_unreadable(
    reports: Callable[..., Report], until: Until
) -> None:
    report = reports(Pace(min_tick_seconds=0.02, status_interval_seconds=60.0, backoff=(30.0,)))
    Controller(report.dashboard, report.feed.use)
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    report.feed.fail = SourceError("events.csv: permission denied")
    until(lambda: report.state == "stale")
    send_filters(report.dashboard, type="revisit", address="autumn", n=0)
    until(lambda: report.dashboard.header.campaign_id == "autumn")
    assert report.state == "stale"


def test_a_long_refresh_interval_delays_events_but_no_request(report: Report, until: Until) -> None:
    Controller(report.dashboard, report.feed.use)
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    report.dashboard.set_refresh_interval(60.0)
    time.sleep(QUIET)
    report.feed.add(Event("sent"))
    time.sleep(QUIET)
    assert report.number() == 1
    start = time.monotonic()
    send_filters(report.dashboard, type="revisit", address="autumn", n=0)
    until(lambda: report.dashboard.header.campaign_id == "autumn")
    assert time.monotonic() - start < 1
    until(lambda: report.number() == 2)


def test_stop_joins_the_thread_and_closes_the_feed(report: Report, until: Until) -> None:
    report.page.hello()
    until(lambda: report.state == "live")
    start = time.monotonic()
    report.live.stop()
    assert time.monotonic() - start < 1
    assert report.feed.closed
    assert not report.live._thread.is_alive()
    assert (report.state, report.dashboard.header.live) == ("paused", False)


def test_a_second_coordinator_knows_the_viewers(report: Report, until: Until) -> None:
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    report.live.stop()
    report.live = Coordinator(
        report.dashboard, report.feed, pace=FAST, clock=lambda: report.feed.now
    )
    report.live.start()
    until(lambda: report.state == "live")


def test_stop_before_the_first_viewer(report: Report) -> None:
    report.live.stop()
    assert report.feed.closed
    assert report.feed.reads == 0


def heartbeats(sent: list[Any]) -> list[str]:
    """Return the time in each heartbeat that was sent."""
    return [
        data["content"]["as_of"]
        for _, data in list(sent)
        if data.get("method") == "custom" and data["content"].get("type") == "heartbeat"
    ]


def test_heartbeats_are_sent_while_a_page_is_visible_also_if_paused(
    sent: list[Any], reports: Callable[..., Report], until: Until
) -> None:
    report = reports(
        Pace(min_tick_seconds=0.02, status_interval_seconds=60.0, heartbeat_seconds=0.05)
    )
    time.sleep(QUIET)
    assert heartbeats(sent) == []
    assert report.dashboard.monitor.heartbeat_seconds == 0, (
        "no heartbeats are announced before a page is visible"
    )
    report.page.paint()
    report.page.hello()
    until(lambda: "23 Nov 2026 15:04:30 UTC" in heartbeats(sent))
    assert report.dashboard.monitor.heartbeat_seconds == 0.05
    report.page.send("pause")
    until(lambda: report.state == "paused")
    before = len(heartbeats(sent))
    until(lambda: len(heartbeats(sent)) > before + 2)
    report.page.send("visible", visible=False)
    time.sleep(0.1)
    before = len(heartbeats(sent))
    time.sleep(QUIET)
    assert len(heartbeats(sent)) == before, "no page is visible"
    report.live.stop()
    assert report.dashboard.monitor.heartbeat_seconds == 0, (
        "a stopped report announces no heartbeats"
    )


def test_a_new_page_receives_a_heartbeat_at_once(
    sent: list[Any], reports: Callable[..., Report], until: Until
) -> None:
    report = reports(
        Pace(min_tick_seconds=0.02, status_interval_seconds=60.0, heartbeat_seconds=60.0)
    )
    report.page.hello()
    until(lambda: heartbeats(sent), seconds=1)
    time.sleep(QUIET)  # the first read of the source sends one, too
    before = len(heartbeats(sent))
    report.page.send("visible", visible=True)
    until(lambda: len(heartbeats(sent)) == before + 1, seconds=1)


def test_a_slow_source_is_reported_while_it_is_read(
    reports: Callable[..., Report], until: Until
) -> None:
    report = reports(
        Pace(
            min_tick_seconds=0.02,
            status_interval_seconds=60.0,
            heartbeat_seconds=0.05,
            slow_source_seconds=0.2,
        )
    )
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    answer, refresh = threading.Event(), report.feed.refresh

    def hang() -> bool:
        answer.wait(5)
        return refresh()

    report.feed.refresh = hang  # type: ignore[method-assign]
    report.feed.add(Event("sent"))
    until(lambda: report.state == "stale")
    assert "no answer for 0 s" in report.dashboard.header.note
    assert report.number() == 1
    answer.set()
    until(lambda: report.state == "live")
    until(lambda: report.number() == 2)


def test_events_that_another_cell_has_read_are_shown(
    reports: Callable[..., Report], until: Until
) -> None:
    report = reports()
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    with report.feed._news:
        report.feed.events.append(Event("sent"))
        report.feed.refresh()
    report.live.show_feed()
    until(lambda: report.number() == 2)


def test_the_page_reports_silence_within_fifteen_seconds() -> None:
    checked_every = 1
    silent = DEFAULT_PACE.heartbeat_seconds * LIMITS["missed"]
    assert silent + 2 * checked_every <= 15
    assert LIMITS["reconnect_seconds"] + 2 * checked_every <= 15
    assert ConnectionMonitor().limits == dict(LIMITS)
