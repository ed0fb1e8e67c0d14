"""Where the tiles stand and when they move: the page, its head, and the live coordinator."""

from campaign_live_widgets.dashboard.editing.grid import ReportGrid
from campaign_live_widgets.dashboard.live.coordinator import Feed, Live, Pace
from campaign_live_widgets.dashboard.page.dashboard import Dashboard
from campaign_live_widgets.dashboard.page.header import Header
from campaign_live_widgets.layouts.places import Place

__all__ = ["Dashboard", "Feed", "Header", "Live", "Pace", "Place", "ReportGrid"]
