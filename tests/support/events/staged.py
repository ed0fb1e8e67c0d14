"""The events of a source in order, before they are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb

from campaign_live_widgets.sources import Location, Tail
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.files.staging import Stage

if TYPE_CHECKING:
    from pathlib import Path


def staged(source: Path | str) -> list[dict[str, Any]]:
    """Return a row for each event, rejected row (with its cause) and ignored row (part 0)."""
    location = Location.parse(source)
    tail = Tail(location, follow=False)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    stage = Stage(con, location.format, tail.files)
    stage.schemas.outcomes = location.outcomes
    try:
        batch = stage.stage(tail.poll())
        assert not batch.problems
        if not stage.tables:
            return []
        rows = con.execute(f"SELECT * FROM {BATCH} ORDER BY file, place, part").fetchall()
        names = [column[0] for column in con.description or ()]
    finally:
        stage.close()
        con.close()
    return [dict(zip(names, row, strict=True)) for row in rows]
