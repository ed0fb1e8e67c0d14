"""The numbers of each tile: pure functions from a snapshot to tables, JSON and CSV."""

from campaign_live_widgets.report.analysis_tables import LAST_PROVIDERS
from campaign_live_widgets.report.count_tables import evaluate
from campaign_live_widgets.report.dataframe import frame
from campaign_live_widgets.report.distinct import Names, distinct, distinguish, shortened
from campaign_live_widgets.report.export import (
    csv_cell,
    frame_csv,
    heading,
    plain,
    rows,
    to_csv,
    to_json,
)
from campaign_live_widgets.report.lookalikes import visible_name, without_turns
from campaign_live_widgets.report.shown_names import (
    campaign_names,
    dimension_names,
    names_of,
    offered_messages,
    row_names,
)
from campaign_live_widgets.report.tile_table import TileTable, table_of
from campaign_live_widgets.report.tile_tables import tile_table, tile_tables

__all__ = [
    "LAST_PROVIDERS",
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
    "heading",
    "names_of",
    "offered_messages",
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
