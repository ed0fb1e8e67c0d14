"""A poller: retries after an error of the source, and passes on what ends it."""

from __future__ import annotations

import time
from queue import SimpleQueue

from campaign_live_widgets.app.feeds.poller import Poller, PollResult
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.backoff import retry_delay
from tests.support.events.memory import Event, MemoryFeed


def test_a_failed_poll_keeps_the_numbers_and_is_retried() -> None:
    feed = MemoryFeed(events=[Event("delivered")])
    feed.refresh()
    results: SimpleQueue[PollResult | Exception] = SimpleQueue()
    poller = Poller(feed, 0.05, results.put, backoff=(0.05,))
    feed.fail = SourceError("gone")
    poller.start()
    first, second = results.get(timeout=5), results.get(timeout=5)
    assert isinstance(first, PollResult)
    assert isinstance(second, PollResult)
    assert (first.error, str(second.error)) == (None, "gone")
    assert (second.snapshot, second.read_at) == (first.snapshot, first.read_at)
    feed.fail = None
    end = time.monotonic() + 5
    while (result := results.get(timeout=5)) and getattr(result, "error", None):
        assert time.monotonic() < end
    assert isinstance(result, PollResult)
    assert result.read_at > first.read_at
    poller.stop()
    assert feed.closed


def test_an_error_that_is_not_the_sources_ends_the_polling() -> None:
    feed = MemoryFeed(events=[Event("delivered")])
    results: SimpleQueue[PollResult | Exception] = SimpleQueue()
    poller = Poller(feed, 0.05, results.put)
    feed.fail = ZeroDivisionError("bug")
    poller.start()
    results.get(timeout=5)
    assert isinstance(results.get(timeout=5), ZeroDivisionError)
    poller.stop()


def test_retries_become_rarer_up_to_a_limit() -> None:
    assert [retry_delay(failures) for failures in (1, 2, 5, 6, 100)] == [1, 2, 30, 30, 30]
