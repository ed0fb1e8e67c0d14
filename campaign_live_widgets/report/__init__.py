"""The numbers of each tile: pure functions from a snapshot to frames, JSON and CSV."""

from campaign_live_widgets.report.export import csv_cell, frame_csv, rows, to_csv, to_json
from campaign_live_widgets.report.frames import evaluate, frame, frames

__all__ = [
    "csv_cell",
    "evaluate",
    "frame",
    "frame_csv",
    "frames",
    "rows",
    "to_csv",
    "to_json",
]
