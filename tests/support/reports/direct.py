"""The report of a source that is read directly, as JSON."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.report import to_json

if TYPE_CHECKING:
    import os

    from campaign_live_widgets.app.settings.query import Query


def direct_report(source: str | os.PathLike[str], query: Query) -> dict[str, Any]:
    """Return what a page shows that reads the source itself."""
    with closing(RollupFeed(str(source), query)) as feed:
        feed.refresh()
        return to_json(feed.snapshot())
