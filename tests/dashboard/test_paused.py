"""A paused page stays as it is: no event and no minute changes it until it is resumed."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.page import Controller, send_filters
from tests.dashboard.test_live import QUIET, Report
from tests.support.events.memory import NOW, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def report(until: Callable[..., None]) -> Iterator[Report]:
    report = Report()
    report.page.paint()
    report.page.hello()
    until(lambda: report.state == "live")
    yield report
    report.live.stop()


def test_events_that_are_read_during_a_pause_are_shown_when_it_ends(
    report: Report, until: Callable[..., None]
) -> None:
    reading, go_on, read = threading.Event(), threading.Event(), report.feed.refresh

    def slow() -> bool:
        reading.set()
        assert go_on.wait(20)
        return read()

    report.feed.refresh = slow
    report.feed.add(Event("sent"))
    assert reading.wait(20)
    report.page.send("pause")
    go_on.set()
    time.sleep(QUIET)
    assert (report.number(), report.state) == (1, "paused")
    report.page.send("resume")
    until(lambda: report.number() == 2)


def test_a_choice_in_a_paused_page_is_shown_as_of_the_last_read(
    report: Report, until: Callable[..., None]
) -> None:
    Controller(report.dashboard, report.feed.use)
    report.page.send("pause")
    until(lambda: report.state == "paused")
    window = report.dashboard.snapshot.window
    report.feed.now = NOW + timedelta(minutes=30)
    send_filters(report.dashboard, type="revisit", address="autumn", n=0)
    until(lambda: report.dashboard.header.campaign_id == "autumn")
    assert report.dashboard.snapshot.window == window
    report.page.send("resume")
    until(lambda: report.dashboard.snapshot.window.end > window.end)


def test_the_time_of_the_last_read_follows_language_and_zone(report: Report) -> None:
    report.page.send("pause")
    iso, text = report.dashboard.header.refreshed
    assert text.endswith("UTC")
    report.dashboard.set_language("fr", "Asia/Tokyo")
    again, in_tokyo = report.dashboard.header.refreshed
    assert (again, in_tokyo == text) == (iso, False)
    assert "UTC+9" in in_tokyo or "JST" in in_tokyo
