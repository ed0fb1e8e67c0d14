"""What a page shows, as one value that can be saved: exactly its numbers, words and layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.rendering.model.report_view import ReportView

if TYPE_CHECKING:
    from campaign_live_widgets.dashboard.page.dashboard import Dashboard


def shown_view(page: Dashboard) -> ReportView:
    """Return what *page* shows, made when its numbers were taken, which may be long ago."""
    snapshot = page.snapshot
    return ReportView(
        snapshot=snapshot,
        made_at=snapshot.taken_at or utc_now(),
        locale=page.locale,
        time_zone=page.time_zone,
        places=page.layout_of_tabs(),
    )
