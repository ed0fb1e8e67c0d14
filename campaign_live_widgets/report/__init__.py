"""The numbers of each tile: pure functions from a snapshot to frames, JSON and CSV."""

from campaign_live_widgets.report.distinct import Names, distinct, distinguish, shortened
from campaign_live_widgets.report.export import csv_cell, frame_csv, rows, to_csv, to_json
from campaign_live_widgets.report.frames import evaluate, frame, frames
from campaign_live_widgets.report.lookalikes import visible_name, without_turns
from campaign_live_widgets.report.shown_names import (
    campaign_names,
    dimension_names,
    names_of,
    row_names,
)

__all__ = [
    "Names",
    "campaign_names",
    "csv_cell",
    "dimension_names",
    "distinct",
    "distinguish",
    "evaluate",
    "frame",
    "frame_csv",
    "frames",
    "names_of",
    "row_names",
    "rows",
    "shortened",
    "to_csv",
    "to_json",
    "visible_name",
    "without_turns",
]
