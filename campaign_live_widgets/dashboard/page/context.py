"""The caption of files that are saved from the page: what their numbers belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.snapshot import ALL
from campaign_live_widgets.widgets import Context

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Snapshot


def context(snapshot: Snapshot, time_zone: str, locale: str) -> Context:
    """Return the caption: campaign, window, time zone and active filters, in one line."""
    minutes = phrases.span(snapshot, time_zone, locale)
    parts = [
        snapshot.campaign_name or snapshot.campaign_id,
        f"{minutes} {phrases.zone(snapshot.window.end, time_zone)}",
        *phrases.scope(snapshot, time_zone, locale),
    ]
    line = " \N{MIDDLE DOT} ".join(parts)
    is_part = snapshot.selection != ALL
    return Context(snapshot.campaign_id, snapshot.window.end, line, is_part)
