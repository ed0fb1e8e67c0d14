"""Counting of events: new events are read once and merged into small additive cubes."""

from campaign_live_widgets.engine.aggregates.gone_events import GoneEvents
from campaign_live_widgets.engine.base import Rollup
from campaign_live_widgets.engine.duckdb.file_rollup import FileRollup
from campaign_live_widgets.engine.open import new_rollup, open_rollup, require_readable

__all__ = [
    "FileRollup",
    "GoneEvents",
    "Rollup",
    "new_rollup",
    "open_rollup",
    "require_readable",
]
