"""Snapshots on disk: what is in one, whether it is whole, what changed between two."""

from campaign_live_widgets.archive.changes import Difference, difference
from campaign_live_widgets.archive.draft import Draft
from campaign_live_widgets.archive.files import (
    FORMATS,
    check_formats,
    require_packages,
    write_files,
)
from campaign_live_widgets.archive.folders import FailedRun, KeptSnapshot, failed_runs, snapshots
from campaign_live_widgets.archive.index import write_index
from campaign_live_widgets.archive.manifest import Manifest, WrittenFile
from campaign_live_widgets.archive.names import snapshot_name
from campaign_live_widgets.archive.retention import retain
from campaign_live_widgets.archive.verification import remarks, verify

__all__ = [
    "FORMATS",
    "Difference",
    "Draft",
    "FailedRun",
    "KeptSnapshot",
    "Manifest",
    "WrittenFile",
    "check_formats",
    "difference",
    "failed_runs",
    "remarks",
    "require_packages",
    "retain",
    "snapshot_name",
    "snapshots",
    "verify",
    "write_files",
    "write_index",
]
