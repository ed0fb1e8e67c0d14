"""Where the tiles stand and when they move: the page, its head, and the live coordinator."""

from campaign_live_widgets.dashboard.dashboard import Dashboard
from campaign_live_widgets.dashboard.grid import ReportGrid
from campaign_live_widgets.dashboard.header import Header
from campaign_live_widgets.dashboard.live import Feed, Live, Pace
from campaign_live_widgets.drawing.places import Place

__all__ = ["Dashboard", "Feed", "Header", "Live", "Pace", "Place", "ReportGrid"]
