"""What only PostgreSQL has."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import to_json
from tests.databases.test_every_engine import report_of, wanted
from tests.support.events import generate
from tests.support.events.generate import AT, WINDOWS
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


def test_several_campaigns_of_a_table(postgres: Postgres) -> None:
    rows = generate.events(7, 200, faults=False)
    name = tables.create(postgres)
    with postgres.connect() as con:
        tables.insert(con, name, rows[:100])
        address = postgres.url(name, overlap="0")
        with closing(open_rollup(address, "c1")) as rollup:
            rollup.counts_of("c2")
            tables.insert(con, name, rows[100:])
            assert rollup.refresh()
            assert not rollup.count_ahead()
            for campaign in ("c1", "c2"):
                with closing(open_rollup(address, campaign)) as alone:
                    span: dict[str, Any] = {"at": AT, "window": WINDOWS["30d"]}
                    own = to_json(rollup.counts_of(campaign).snapshot(**span))
                    assert own["widgets"] == to_json(alone.snapshot(**span))["widgets"]
