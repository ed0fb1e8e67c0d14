"""A store of events: a folder of Parquet files, and a log that names those that are part of it."""

from campaign_live_widgets.store.append import Appended
from campaign_live_widgets.store.check import Checked, check
from campaign_live_widgets.store.compaction.compact import Compacted
from campaign_live_widgets.store.ingestion import Result
from campaign_live_widgets.store.store import Store

__all__ = ["Appended", "Checked", "Compacted", "Result", "Store", "check"]
