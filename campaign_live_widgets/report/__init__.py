"""The numbers of each tile: pure functions from a snapshot to tables, JSON and CSV."""

from campaign_live_widgets.report.dataframe import frame
from campaign_live_widgets.report.distinct import Names, distinct, distinguish, shortened
from campaign_live_widgets.report.export import csv_cell, frame_csv, plain, rows, to_csv, to_json
from campaign_live_widgets.report.lookalikes import visible_name, without_turns
from campaign_live_widgets.report.shown_names import (
    campaign_names,
    dimension_names,
    names_of,
    row_names,
)
from campaign_live_widgets.report.tile_table import TileTable, table_of
from campaign_live_widgets.report.tile_tables import evaluate, tile_table, tile_tables

__all__ = [
    "Names",
    "TileTable",
    "campaign_names",
    "csv_cell",
    "dimension_names",
    "distinct",
    "distinguish",
    "evaluate",
    "frame",
    "frame_csv",
    "names_of",
    "plain",
    "row_names",
    "rows",
    "shortened",
    "table_of",
    "tile_table",
    "tile_tables",
    "to_csv",
    "to_json",
    "visible_name",
    "without_turns",
]
