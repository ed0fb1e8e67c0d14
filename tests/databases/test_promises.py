"""What a table guarantees is not checked again, and what it does not guarantee is."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.engine.pushdown.connections.postgresql_catalog import CHECKS
from campaign_live_widgets.engine.pushdown.ddl import schema
from campaign_live_widgets.snapshot import Window
from tests import oracle
from tests.databases.test_every_engine import report_of, wanted
from tests.support.events import generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.servers import tables

if TYPE_CHECKING:
    from tests.support.servers.server import Postgres

Row = dict[str, Any]
_NUMBERS = count(1)
EVERYTHING = (
    "event_id is unique; no required value is missing; bounce_type, channel and event_type are in "
    "the list; timestamp is a time."
)


def printed(postgres: Postgres, *, partitioned: bool = False, without: str = "") -> str:
    """Create the table that the command prints, without some of its text; return its name."""
    name = f"promised_{next(_NUMBERS)}"
    text = schema("postgresql", name, partitioned=partitioned)
    assert without in text
    with postgres.connect() as con:
        con.execute(text.replace(without, "") if without else text)
    return name


def sound(seed: int, size: int = 300) -> list[Row]:
    rows = tables.typed(generate.events(seed, size))
    return [row for row in rows if oracle.event(row) is not None]


def once(rows: list[Row]) -> list[Row]:
    """Return the first row of each id, as ``ON CONFLICT DO NOTHING`` stores them."""
    return list({row["event_id"]: row for row in reversed(rows)}.values())


def require_reports(postgres: Postgres, name: str, rows: list[Row]) -> list[str]:
    """Compare a report of each window, and one that follows, with the oracle; return the notes."""
    url = postgres.url(name, overlap="0")
    for window, length in WINDOWS.items():
        of_window = Window.ending(AT, length)
        with closing(open_rollup(url, "c1", follow=False, window=of_window)) as rollup:
            assert report_of(rollup, window, tests=True) == wanted(rows, window, tests=True)
    with closing(open_rollup(url, "c1")) as rollup:
        for window in WINDOWS:
            assert report_of(rollup, window) == wanted(rows, window)
        return list(rollup.health.notes)


def test_printed_table_promises_everything(postgres: Postgres) -> None:
    rows, name = once(sound(51)), printed(postgres)
    with postgres.connect() as con:
        tables.insert(con, name, rows)
    notes = require_reports(postgres, name, rows)
    assert notes == [f"{name}: checked by the table: {EVERYTHING}"]


def test_partitioned_table_promises_all_but_unique_ids(postgres: Postgres) -> None:
    rows, name = sound(52), printed(postgres, partitioned=True)
    with postgres.connect() as con:
        con.execute(
            f"CREATE TABLE {name}_past PARTITION OF {name}"
            " FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"
        )
        tables.insert(con, name, rows)
    (note,) = require_reports(postgres, name, rows)
    assert note.endswith(EVERYTHING.removeprefix("event_id is unique; "))


def test_printed_table_refuses_what_a_report_would_reject(postgres: Postgres) -> None:
    name = printed(postgres)
    bad = [row for row in tables.typed(generate.events(53)) if oracle.event(row) is None]
    assert bad
    bad += [
        generate.simple(53)[0] | {"event_id": f"bad-{number}", **fault}
        for number, fault in enumerate(
            ({"profile_id": " \t\r\n"}, {"timestamp": "infinity"}, {"timestamp": "-infinity"})
        )
    ]
    with postgres.connect() as con:
        for row in bad:
            with pytest.raises(Exception, match=r"violates (check|not-null) constraint"):
                tables.insert(con, name, [row])


@pytest.mark.parametrize("column", CHECKS)
def test_what_a_table_does_not_promise_is_checked(postgres: Postgres, column: str) -> None:
    check = f" CHECK ({CHECKS[column].condition})"
    name, rows = printed(postgres, without=check), once(sound(54, 60))
    fault = "infinity" if column == "timestamp" else "\t" if "btrim" in check else "fax"
    bad = rows[0] | {"event_id": "e-bad", column: fault}
    with postgres.connect() as con:
        tables.insert(con, name, [*rows, bad])
    as_seen = {**bad, "timestamp": None} if column == "timestamp" else bad
    (note,) = require_reports(postgres, name, [*rows, as_seen])
    assert EVERYTHING not in note


def test_a_constraint_that_is_not_ours_is_not_trusted(postgres: Postgres) -> None:
    rows = once(sound(55, 60))
    bad = [rows[n] | {"event_id": f"e-bad{n}", "channel": f"fax{n}"} for n in range(5)]
    for constraint in (
        f"CHECK ({CHECKS['channel'].condition}) NOT VALID",
        f"CHECK ({CHECKS['channel'].condition} OR channel LIKE 'fax%')",
        f"CHECK ({CHECKS['channel'].condition.replace('email', 'fax0')} OR true)",
        "CHECK (true)",
    ):
        name = printed(postgres, without=f" CHECK ({CHECKS['channel'].condition})")
        with postgres.connect() as con:
            tables.insert(con, name, [*rows, *bad])
            con.execute(f"ALTER TABLE {name} ADD {constraint}")
        require_reports(postgres, name, [*rows, *bad])


def test_functions_of_others_in_a_constraint_are_not_trusted(postgres: Postgres) -> None:
    rows = once(sound(56, 60))
    bad = rows[0] | {"event_id": "e-bad", "profile_id": " "}
    condition = CHECKS["profile_id"].condition
    name = printed(postgres, without=f" CHECK ({condition})")
    with postgres.connect() as con:
        con.execute(
            "DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA other;"
            " GRANT USAGE ON SCHEMA other TO reader;"
            " CREATE FUNCTION other.btrim(text, text) RETURNS text IMMUTABLE LANGUAGE sql"
            " AS $$ SELECT 'never blank' $$"
        )
        con.execute("SET search_path = other, pg_catalog, public")
        con.execute(f"ALTER TABLE {name} ADD CHECK ({condition})")
        tables.insert(con, name, [*rows, bad])
        con.execute("ALTER ROLE reader SET search_path = other, pg_catalog, public")
        try:
            require_reports(postgres, name, [*rows, bad])
        finally:
            con.execute("ALTER ROLE reader RESET search_path")


def test_tables_that_inherit_and_views_promise_nothing(postgres: Postgres) -> None:
    rows, name = once(sound(57, 80)), printed(postgres)
    with postgres.connect() as con:
        tables.insert(con, name, rows)
        con.execute(f"CREATE VIEW {name}_view AS SELECT * FROM {name}")
        con.execute(f"GRANT SELECT ON {name}_view TO reader")
        assert require_reports(postgres, f"{name}_view", rows) == []
        con.execute(f"CREATE TABLE {name}_child () INHERITS ({name})")
        tables.insert(con, f"{name}_child", rows[:20])
    assert require_reports(postgres, name, rows + rows[:20]) == []


def test_a_promise_that_is_withdrawn_while_a_table_is_followed(postgres: Postgres) -> None:
    rows, name = sound(58, 120), printed(postgres)
    first = once(rows)
    bad = first[0] | {"event_id": "e-bad", "channel": "fax"}
    with closing(new_rollup(postgres.url(name), "c1")) as rollup, postgres.connect() as con:
        tables.insert(con, name, first)
        rollup.refresh()
        con.execute(
            f"ALTER TABLE {name} DROP CONSTRAINT {name}_channel_check; DROP INDEX {name}_event"
        )
        tables.insert(con, name, [*rows[:30], bad])
        rollup.refresh()
        got = [*first, *rows[:30], bad]
        assert report_of(rollup, "30d") == wanted(got, "30d")
        (note,) = rollup.health.notes
        assert "unique" not in note
        assert "bounce_type and event_type are in the list" in note
