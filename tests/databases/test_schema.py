"""What ``campaign-live schema`` prints makes a table that gives the oracle's report."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import open_rollup
from tests import oracle
from tests.databases.test_every_engine import report_of, wanted
from tests.support.events import generate
from tests.support.events.generate import WINDOWS
from tests.support.servers import tables

if TYPE_CHECKING:
    from tests.support.servers.server import Postgres


def printed(*options: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "campaign_live_widgets", "schema", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("table", ["events", "mail.of the team"])
def test_printed_postgresql_table_can_be_used(postgres: Postgres, table: str) -> None:
    rows = sound(41)
    once = list({row["event_id"]: row for row in rows}.values())
    name = create(postgres, table)
    with postgres.connect() as con:
        tables.insert(con, name, once[:200])
    rollup = open_rollup(postgres.url(table.replace(" ", "%20")), "c1")
    for window in WINDOWS:
        assert report_of(rollup, window) == wanted(once[:200], window)
    with postgres.connect() as con:
        tables.insert(con, name, rows, on_conflict="(event_id) DO NOTHING")
    rollup.refresh()
    assert report_of(rollup, "24h") == wanted(once, "24h")
    rollup.close()


def test_printed_partitioned_table_can_be_used(postgres: Postgres) -> None:
    rows = sound(42)
    name = create(postgres, "mail.events", "--partitioned")
    with postgres.connect() as con:
        con.execute(
            f"CREATE TABLE mail.past PARTITION OF {name}"
            " FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"
        )
        tables.insert(con, name, rows)
    rollup = open_rollup(postgres.url("mail.events"), "c1")
    for window in WINDOWS:
        assert report_of(rollup, window) == wanted(rows, window)
    with postgres.connect() as con:
        tables.insert(con, name, rows[:20])
    rollup.refresh()
    assert report_of(rollup, "24h") == wanted(rows + rows[:20], "24h")
    rollup.close()


def sound(seed: int) -> list[dict[str, Any]]:
    """Return rows that the printed table does not refuse."""
    rows = tables.typed(generate.events(seed, 300))
    return [row for row in rows if oracle.event(row) is not None]


def create(postgres: Postgres, table: str, *options: str) -> str:
    """Create the printed table; return its name in SQL."""
    name = ".".join(f'"{part}"' for part in table.split("."))
    with postgres.connect() as con:
        con.execute("DROP SCHEMA IF EXISTS mail CASCADE; CREATE SCHEMA mail")
        con.execute("GRANT USAGE ON SCHEMA mail TO reader")
        con.execute(printed("--for", "postgresql", "--table", table, *options))
        con.execute(f"GRANT SELECT ON {name} TO reader")
    return name


def test_the_table_for_spark_has_every_column_once() -> None:
    text = printed("--for", "spark", "--table", "mail.events")
    for column in (*tables.ALL, "ingested_at"):
        assert text.count(f"\n    {column} ") == 1, column
    assert "`mail`.`events`" in text


def test_schema_rejects_an_unknown_engine() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "campaign_live_widgets", "schema", "--for", "mysql"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "postgresql" in done.stderr
