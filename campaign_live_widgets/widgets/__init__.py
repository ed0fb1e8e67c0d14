"""Views: a tile's frame in, a picture out. A view never queries.

Every public module here holds one kind of view, which registers itself in :data:`VIEWS`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from campaign_live_widgets.drawing.format import format_number, format_share, format_time
from campaign_live_widgets.drawing.palette import metric_color
from campaign_live_widgets.widgets._kit.files import Context, File, csv_file, offer_files
from campaign_live_widgets.widgets._kit.front import Front, declare
from campaign_live_widgets.widgets._kit.tile import TileWidget
from campaign_live_widgets.widgets._kit.view import VIEWS, View

for _module in iter_modules(__path__):
    if not _module.name.startswith("_"):
        import_module(f"{__name__}.{_module.name}")

__all__ = [
    "VIEWS",
    "Context",
    "File",
    "Front",
    "TileWidget",
    "View",
    "csv_file",
    "declare",
    "format_number",
    "format_share",
    "format_time",
    "metric_color",
    "offer_files",
]
