"""A whole table of PostgreSQL, counted in parts, gives the oracle's numbers cell for cell."""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.engine.pushdown.ddl import schema
from campaign_live_widgets.engine.pushdown.statement import StatementBuilder
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import Window
from tests import oracle
from tests.databases.test_every_engine import report_of, require_selections, wanted
from tests.support.events import generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.servers import tables

if TYPE_CHECKING:
    from campaign_live_widgets.engine.pushdown.hashing import Column, Hashes
    from tests.support.servers.server import Postgres

Row = dict[str, Any]


def arrivals(seed: int, *, faults: bool) -> list[Row]:
    """Return rows in order of arrival; a third has an id that rows of other content have, too."""
    rng = random.Random(seed)  # noqa: S311 - test data
    rows = tables.typed(generate.events(seed, faults=faults))
    for row in rng.sample(rows, len(rows) // 3):
        row["event_id"] = rng.choice(rows)["event_id"]
    return rows


def first_wins(rows: list[Row]) -> list[Row]:
    """Return rows so that the oracle, which counts the last of each id, counts the first."""
    return rows[::-1]


@pytest.fixture(params=["no index", "unique index", "promises", "promises and unique index"])
def table(request: pytest.FixtureRequest, postgres: Postgres) -> tuple[str, list[Row]]:
    """Return a table, and the rows in it."""
    promises = "promises" in request.param
    rows, name = arrivals(91, faults=not promises), tables.create(postgres)
    with postgres.connect() as con:
        if promises:
            con.execute(f"DROP TABLE {name}")
            con.execute(schema("postgresql", name, partitioned="unique" not in request.param))
        if request.param == "unique index":
            con.execute(f"CREATE UNIQUE INDEX ON {name} (event_id)")
        if "unique" not in request.param:
            tables.insert(con, name, rows)
            return name, rows
        rows = [row for row in rows if row["event_id"] is not None]
        tables.insert(con, name, rows, on_conflict="(event_id) DO NOTHING")
    once = {row["event_id"]: row for row in reversed(rows)}
    return name, list(once.values())[::-1]


def test_reports_of_one_window_at_its_edges(
    postgres: Postgres, table: tuple[str, list[Row]]
) -> None:
    name, rows = table
    for window, length in WINDOWS.items():
        of_window = Window.ending(AT, length)
        for campaign, tests in (("c1", False), ("c2", True)):
            with closing(
                open_rollup(postgres.url(name), campaign, follow=False, window=of_window)
            ) as rollup:
                expected = wanted(first_wins(rows), window, tests=tests, campaign=campaign)
                assert report_of(rollup, window, tests=tests) == expected


def test_first_look_of_a_live_report(postgres: Postgres, table: tuple[str, list[Row]]) -> None:
    name, rows = table
    frame = pd.DataFrame(first_wins(rows), columns=list(oracle.COLUMNS), dtype=object)
    with closing(open_rollup(postgres.url(name, overlap="0"), at=AT)) as rollup:
        campaign = oracle.newest_campaign(frame, AT)
        assert rollup.campaign == campaign
        for window in WINDOWS:
            for tests in (False, True):
                expected = wanted(first_wins(rows), window, tests=tests, campaign=campaign)
                assert report_of(rollup, window, tests=tests) == expected
        listed = [
            (c.id, c.name, c.events, c.oldest_event, c.newest_event) for c in rollup.campaigns()
        ]
        assert listed == oracle.campaigns(frame)
        another = rollup.counts_of("c2").snapshot(at=AT, window=WINDOWS["7d"])
        assert (
            to_json(another)["widgets"] == wanted(first_wins(rows), "7d", campaign="c2")["widgets"]
        )


def test_selections_of_a_first_look(postgres: Postgres, table: tuple[str, list[Row]]) -> None:
    name, rows = table
    events = {row["event_id"]: row for row in first_wins(rows) if oracle.event(row) is not None}
    frame = pd.DataFrame(events.values(), columns=list(oracle.COLUMNS), dtype=object)
    with closing(open_rollup(postgres.url(name, overlap="0"), "c1")) as rollup:
        require_selections(rollup, frame)


def test_a_report_of_the_past_has_the_last_event_before_1970(postgres: Postgres) -> None:
    """The minute before the epoch has the number -1."""
    last = datetime(1969, 12, 31, 23, 59, 30, tzinfo=UTC)
    rows = generate.simple(3)
    rows[0] = rows[0] | {"timestamp": last, "campaign_id": "c1"}
    name = tables.filled(postgres, rows)
    with closing(open_rollup(postgres.url(name, overlap="0"), "c1")) as rollup:
        past = rollup.snapshot(at=last + timedelta(seconds=30), window=timedelta(hours=1))
        assert past.newest_event == last


def test_different_ids_may_have_one_hash(postgres: Postgres) -> None:
    """Here the half that is compared is only the length of the id."""
    rows = arrivals(92, faults=True)
    name = tables.filled(postgres, rows)
    for window in (None, Window.ending(AT, WINDOWS["24h"])):
        url = postgres.url(name, overlap="0")
        with closing(new_rollup(url, "c1", follow=window is None, window=window)) as rollup:
            connection, builder = rollup._connected()

            def meeting(
                text: Column, hashes: Hashes = builder.query.hashes
            ) -> tuple[Column, Column]:
                return text.length().cast("int64"), hashes(text)[1]

            query = replace(builder.query, hashes=meeting)
            rollup._pushdown = StatementBuilder(query, connection.statement, connection.keep)
            rollup.refresh()
            assert report_of(rollup, "24h") == wanted(first_wins(rows), "24h")


def test_rows_with_the_same_id_follow_the_first_that_is_sound(postgres: Postgres) -> None:
    """A rejected row is no event; of sound rows with one watermark the order is always the same."""
    rows = generate.simple(93, 40)
    rejected = [row | {"channel": "fax"} for row in rows]
    later = [row | {"campaign_id": "c1", "campaign_name": "first"} for row in rows]
    name = tables.create(postgres)
    with postgres.connect() as con:
        tables.insert(con, name, [*rejected, *rows, *later])
        con.execute(f"UPDATE {name} SET ingested_at = '2026-11-01' WHERE campaign_name = 'first'")
    with closing(open_rollup(postgres.url(name, overlap="0"), "c1")) as rollup:
        in_order = [*rejected, *rows, *later]
        assert report_of(rollup, "30d") == wanted(in_order, "30d")
