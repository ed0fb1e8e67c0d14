"""Wait until a feed of a reader has read what was written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign_live_widgets.app.reader.shared_feed import SharedFeed

SECONDS = 120.0


def read_more(feed: SharedFeed) -> None:
    """Refresh a feed until it has more events: one refresh waits for half a second at most."""
    before, end = feed.snapshot().health.events, time.monotonic() + SECONDS
    while feed.snapshot().health.events == before:
        assert time.monotonic() < end, "no more events were read"
        feed.refresh()
