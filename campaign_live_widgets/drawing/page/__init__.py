"""The report as one HTML file that opens anywhere: no server, no network, no other file."""

from campaign_live_widgets.drawing.page.page import html

__all__ = ["html"]
