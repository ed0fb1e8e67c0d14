"""Give memory back to the system after much was read: of a first reading most is not needed."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import duckdb

from campaign_live_widgets.engine.duckdb import queries as sql

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMIT: Final = "16MB"
"""DuckDB gives back what it keeps for later statements above its limit."""


def release_memory(con: duckdb.DuckDBPyConnection) -> None:
    """Collect garbage, and give back what Python, DuckDB and the allocator keep for later."""
    gc.collect()
    con.execute(f"DROP TABLE IF EXISTS {sql.CELLS}")
    with suppress(duckdb.Error):  # something larger is in use
        con.execute(f"SET memory_limit = '{_LIMIT}'")
    con.execute("RESET memory_limit")
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], Any] | None:
    """Return the function of the C library that gives free memory back, if it has one."""
    if sys.platform != "linux":
        return None
    with suppress(OSError, AttributeError):
        return ctypes.CDLL("libc.so.6").malloc_trim
    return None
