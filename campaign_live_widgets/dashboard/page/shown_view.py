"""What a page shows, as one value that can be saved: exactly its numbers, words and layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.rendering.model.report_view import ReportView

if TYPE_CHECKING:
    from campaign_live_widgets.dashboard.page.dashboard import Dashboard


def shown_view(page: Dashboard) -> ReportView:
    """Return what *page* shows; numbers that it has not shown yet are not in it."""
    return ReportView(
        snapshot=page.snapshot,
        made_at=utc_now(),
        locale=page.locale,
        time_zone=page.time_zone,
        places=page.layout_of_tabs(),
    )
