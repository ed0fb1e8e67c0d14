"""Journey Optimizer's rows in PostgreSQL, in columns of JSON, give the oracle's report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.sql import identifier
from tests.databases.test_every_engine import report_of, wanted_xdm
from tests.support.events import xdm_tables

if TYPE_CHECKING:
    from tests.support.servers.server import Postgres


def create(postgres: Postgres, kind: str) -> str:
    """Return a table of all rows, whose identity maps are of a type."""
    rows = xdm_tables.rows()
    names = list(dict.fromkeys(name for row in rows for name in row))
    nested = dict.fromkeys(("_experience", "pushNotificationTracking", "application"), "json")
    kinds = {"timestamp": "timestamptz", **nested, "identityMap": kind}
    table = f"journey_{kind}"
    columns = ", ".join(f"{identifier(n)} {kinds.get(n, 'text')}" for n in names)
    with postgres.connect() as con:
        con.execute(f"DROP TABLE IF EXISTS {table}")
        con.execute(f"CREATE TABLE {table} ({columns})")
        values = [
            [json.dumps(v) if isinstance(v := row.get(n), dict) else v for n in names]
            for row in rows
        ]
        con.cursor().executemany(
            f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(names))})", values
        )
        con.commit()
    return table


@pytest.mark.parametrize("kind", ["jsonb", "json"])
def test_every_window_equals_the_oracle(postgres: Postgres, kind: str) -> None:
    rollup = open_rollup(postgres.url(create(postgres, kind)), "c1")
    for window in ("24h", "30d"):
        for tests in (False, True):
            assert report_of(rollup, window, tests=tests) == wanted_xdm(window, tests=tests)
    rollup.close()


def test_identities_in_text_are_refused(postgres: Postgres) -> None:
    rollup = None
    with pytest.raises(SourceError, match="identityMap is text; make a view"):
        rollup = open_rollup(postgres.url(create(postgres, "text")), "c1")
    assert rollup is None
