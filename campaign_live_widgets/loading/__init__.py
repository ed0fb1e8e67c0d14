"""Load events of files or of a store into a table of a database, each event once."""

from campaign_live_widgets.loading.table_ingestion import load

__all__ = ["load"]
