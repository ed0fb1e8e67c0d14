"""The report as one HTML file that opens anywhere: no server, no network, no other file."""

from campaign_live_widgets.rendering.html.page.page import html

__all__ = ["html"]
