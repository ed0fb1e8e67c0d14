"""The caption of files that are saved from the page: what their numbers belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.snapshot import ALL
from campaign_live_widgets.widgets import Context

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Snapshot


def context(snapshot: Snapshot, time_zone: str, locale: str) -> Context:
    """Return campaign, window, time zone and the part that is counted, for files of the page."""
    line = phrases.caption(snapshot, time_zone, locale, longest=None)
    is_part = snapshot.selection != ALL
    return Context(snapshot.campaign_id, snapshot.window.end, line, is_part, snapshot.unfinished)
