"""What only PostgreSQL has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.engine import open_rollup
from tests.databases.test_every_engine import report_of, wanted
from tests.support.events import generate
from tests.support.servers import tables

if TYPE_CHECKING:
    from tests.support.servers.server import Postgres


def test_unique_index_avoids_the_search_for_duplicates(postgres: Postgres) -> None:
    rows = generate.events(6, 200, faults=False)
    once = list({row["event_id"]: row for row in rows}.values())
    name = tables.create(postgres)
    with postgres.connect() as con:
        con.execute(f"CREATE UNIQUE INDEX ON {name} (event_id)")
        tables.insert(con, name, once[:100])
        rollup = open_rollup(postgres.url(name, overlap="0"), "c1")
        assert rollup._connection.distinct
        tables.insert(con, name, once[100:])
    rollup.refresh()
    assert report_of(rollup, "30d") == wanted(once, "30d")
    rollup.close()
