"""Snapshots on disk: what is in one, whether it is whole, what changed between two."""

from campaign_live_widgets.archive.draft import Draft
from campaign_live_widgets.archive.files import FORMATS, check_formats, write_files
from campaign_live_widgets.archive.manifest import Manifest, WrittenFile
from campaign_live_widgets.archive.names import snapshot_name

__all__ = [
    "FORMATS",
    "Draft",
    "Manifest",
    "WrittenFile",
    "check_formats",
    "snapshot_name",
    "write_files",
]
