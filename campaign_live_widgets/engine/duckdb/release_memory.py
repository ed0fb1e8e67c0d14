"""Give memory back to the system after much was read: of a first reading most is not needed."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import duckdb

from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.io.memory import free_memory, unload_files

_LIMIT: Final = "16MB"
"""DuckDB gives back what it keeps for later statements above its limit."""


def release_memory(con: duckdb.DuckDBPyConnection) -> None:
    """Collect garbage, and give back what Python, DuckDB and the allocator keep for later.

    The code of DuckDB goes, too: a refresh of a few rows runs little of it.
    """
    con.execute(f"DROP TABLE IF EXISTS {sql.CELLS}")
    with suppress(duckdb.Error):  # something larger is in use
        con.execute(f"SET memory_limit = '{_LIMIT}'")
    con.execute("RESET memory_limit")
    free_memory()
    unload_files()
