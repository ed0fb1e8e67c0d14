"""Snapshots on disk: writing, listing, checking and comparing them."""

from campaign_live_widgets.snapshots.diff.difference import Difference, difference
from campaign_live_widgets.snapshots.draft import Draft
from campaign_live_widgets.snapshots.exporters import (
    FORMATS,
    check_formats,
    require_packages,
    write_files,
)
from campaign_live_widgets.snapshots.index.index import write_index
from campaign_live_widgets.snapshots.listing import FailedRun, KeptSnapshot, failed_runs, snapshots
from campaign_live_widgets.snapshots.manifest import Manifest, WrittenFile
from campaign_live_widgets.snapshots.paths import snapshot_name
from campaign_live_widgets.snapshots.retention import retain
from campaign_live_widgets.snapshots.verify.verify import remarks, verify

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
