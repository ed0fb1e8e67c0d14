"""The numbers of each tile: pure functions from a snapshot to frames, JSON and CSV."""

from campaign_live_widgets.report.distinct import Names, distinct
from campaign_live_widgets.report.export import csv_cell, frame_csv, rows, to_csv, to_json
from campaign_live_widgets.report.frames import evaluate, frame, frames
from campaign_live_widgets.report.shown_names import names_of, row_names

__all__ = [
    "Names",
    "csv_cell",
    "distinct",
    "evaluate",
    "frame",
    "frame_csv",
    "frames",
    "names_of",
    "row_names",
    "rows",
    "to_csv",
    "to_json",
]
