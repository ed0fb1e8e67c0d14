"""The page: its head, its tiles in tabs, their arrangement, and the live coordinator."""

from campaign_live_widgets.dashboard.editing.grid import ReportGrid
from campaign_live_widgets.dashboard.live.coordinator import Coordinator, Feed, Pace
from campaign_live_widgets.dashboard.page.dashboard import Dashboard
from campaign_live_widgets.dashboard.page.header import Header
from campaign_live_widgets.layouts.places import Place

__all__ = ["Coordinator", "Dashboard", "Feed", "Header", "Pace", "Place", "ReportGrid"]
