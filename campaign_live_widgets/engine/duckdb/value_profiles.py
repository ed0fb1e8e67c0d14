"""Profiles by recipient domain and link, fetched from DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from campaign_live_widgets.engine.aggregates.value_profiles import (
    DOMAIN,
    LINK,
    Value,
    ValueDelta,
    ValueRows,
)
from campaign_live_widgets.engine.duckdb import queries as sql

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb


def fetch_values(
    con: duckdb.DuckDBPyConnection, events: str, campaigns: Collection[str]
) -> ValueDelta:
    """Return the opens of a batch with their domains, and its clicks with their links."""
    columns = con.execute(sql.values(events, campaigns)).fetchnumpy()
    names: dict[Value, int] = {}
    columns_of_value = (columns[name].tolist() for name in ("is_click", "channel", "value"))
    codes = [
        names.setdefault((LINK if is_click else DOMAIN, channel, value), len(names))
        for is_click, channel, value in zip(*columns_of_value, strict=True)
    ]
    rows = ValueRows(
        profile=np.ma.getdata(columns["profile"]),
        minute=np.ma.getdata(columns["minute"]).astype(np.int64),
        value=np.array(codes, np.int64),
        is_test=np.ma.getdata(columns["is_test"]).astype(bool),
        is_machine=np.ma.getdata(columns["is_machine"]).astype(bool),
        segment=np.ma.getdata(columns["segment"]).astype(np.int64),
    )
    return ValueDelta(rows, list(names))
