"""Events that stay: a folder of Parquet files and the log that says which of them count."""

from campaign_live_widgets.store.append import Appended
from campaign_live_widgets.store.check import Checked, check
from campaign_live_widgets.store.compact import Compacted
from campaign_live_widgets.store.ingest import Result
from campaign_live_widgets.store.store import Store

__all__ = ["Appended", "Checked", "Compacted", "Result", "Store", "check"]
