"""Widgets that draw the frame of a tile. A view never queries."""

from __future__ import annotations

import campaign_live_widgets.widgets.views  # noqa: F401 - registers every view
from campaign_live_widgets.widgets.base.assets import Front, FrontModel
from campaign_live_widgets.widgets.base.downloads import Context, File, csv_file, offer_files
from campaign_live_widgets.widgets.base.joint_updates import JointUpdates
from campaign_live_widgets.widgets.base.tile import TileWidget
from campaign_live_widgets.widgets.base.view import VIEWS, View

__all__ = [
    "VIEWS",
    "Context",
    "File",
    "Front",
    "FrontModel",
    "JointUpdates",
    "TileWidget",
    "View",
    "csv_file",
    "offer_files",
]
