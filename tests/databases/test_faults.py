"""Faults of a server while a report reads it: one line each, and right numbers afterwards."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.cli.main import main
from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.errors import SourceError
from tests.databases.test_every_engine import report_of, wanted
from tests.support.events import generate
from tests.support.servers import server, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.server import Postgres

Row = dict[str, Any]
PARTS = {
    "repeated ids": "SELECT%id_hash%",
    "rows": "COPY%outcome%",
    "messages": "COPY%message_name%",
    "domains": "COPY%domain%GROUP BY%",
    "entries": 'COPY%"high"%',
    "examples": "COPY%LIMIT%",
}
"""What a first look reads → its statement."""


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno > 20] == []


def events(seed: int) -> list[Row]:
    return tables.typed(generate.events(seed, 120))


def slow(postgres: Postgres, rows: list[Row]) -> str:
    """Create a view of a table whose rows are read slowly; return its name."""
    name = tables.filled(postgres, rows)
    with postgres.connect() as con:
        con.execute(
            f"CREATE VIEW {name}_slow AS SELECT * FROM {name} WHERE pg_sleep(0.002) IS NOT NULL"
        )
    return f"{name}_slow"


def strike(postgres: Postgres, function: str, statement: str) -> int:
    """Call a function on each session of a report that runs a statement, once there is one."""
    with postgres.connect() as con:
        for _ in range(800):
            hit = con.execute(
                f"SELECT {function}(pid) FROM pg_stat_activity WHERE query LIKE %s"
                " AND state = 'active' AND application_name = 'campaign-live'"
                " AND clock_timestamp() > query_start + interval '50 ms'",
                (statement,),
            ).fetchall()
            if hit:
                return len(hit)
            time.sleep(0.01)
    return 0


def line_of(rollup: Any) -> str:  # noqa: ANN401 - of any source
    """Refresh a rollup, which fails; return its error, one line."""
    with pytest.raises(SourceError) as failed:
        rollup.refresh()
    (line,) = str(failed.value).splitlines()
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("function", ["pg_terminate_backend", "pg_cancel_backend"])
def test_first_look_that_is_cut_is_repeated(postgres: Postgres, function: str, part: str) -> None:
    rows = events(81)
    url = postgres.url(slow(postgres, rows), overlap="0")
    with closing(new_rollup(url, "c1")) as rollup, ThreadPoolExecutor(1) as pool:
        hits = pool.submit(strike, postgres, function, PARTS[part])
        line = line_of(rollup)
        assert hits.result() == 1
        reason = "terminating connection" if "terminate" in function else "canceling statement"
        assert f"{reason} due to" in line
        rollup.refresh()
        assert report_of(rollup, "30d") == wanted(rows, "30d")


def test_command_prints_one_line_if_its_connection_is_cut(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    url = postgres.url(slow(postgres, events(82)))
    with ThreadPoolExecutor(1) as pool:
        hits = pool.submit(strike, postgres, "pg_terminate_backend", "COPY%")
        with pytest.raises(SystemExit) as left:
            main(["report", url, "--campaign", "c1"])
        assert hits.result() == 1
    output = capsys.readouterr()
    assert (left.value.code, output.out) == (3, "")
    assert len(output.err.splitlines()) == 1
    assert "terminating connection due to administrator command" in output.err


def test_refresh_that_is_cut_is_repeated(postgres: Postgres) -> None:
    rows = events(83)
    view = slow(postgres, rows[:80])
    with closing(open_rollup(postgres.url(view), "c1")) as rollup, postgres.connect() as con:
        tables.insert(con, view.removesuffix("_slow"), rows[80:])
        for function in ("pg_terminate_backend", "pg_cancel_backend"):
            with ThreadPoolExecutor(1) as pool:
                hits = pool.submit(strike, postgres, function, "WITH%clw_rows%")
                line_of(rollup)
                assert hits.result() == 1
            assert report_of(rollup, "30d") == wanted(rows[:80], "30d")
        rollup.refresh()
        assert report_of(rollup, "30d") == wanted(rows, "30d")


@contextmanager
def setting(postgres: Postgres, name: str, value: str) -> Iterator[None]:
    """Set what sessions of the report's role start with."""
    with postgres.connect() as con:
        con.execute(f"ALTER ROLE reader SET {name} = {value}")
        try:
            yield
        finally:
            con.execute(f"ALTER ROLE reader RESET {name}")


def test_time_limit_of_the_role_is_named(postgres: Postgres) -> None:
    rows = events(84)
    with closing(new_rollup(postgres.url(slow(postgres, rows)), "c1")) as rollup:
        with setting(postgres, "statement_timeout", "'100ms'"):
            for _ in range(2):
                line = line_of(rollup)
                assert line.endswith("canceling statement due to statement timeout")
        rollup.refresh()
        assert report_of(rollup, "30d") == wanted(rows, "30d")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DateStyle", "'German, DMY'"),
        ("client_encoding", "'LATIN1'"),
        ("standard_conforming_strings", "off"),
        ("default_transaction_isolation", "serializable"),
        ("default_transaction_deferrable", "on"),
        ("quote_all_identifiers", "on"),
        ("search_path", "pg_temp, pg_catalog, public"),
    ],
)
def test_settings_of_the_role_change_no_number(postgres: Postgres, name: str, value: str) -> None:
    rows = events(85)
    table = tables.filled(postgres, rows[:60])
    campaign = 'c"3", =1+1'
    with (
        setting(postgres, name, value),
        postgres.connect() as con,
        closing(open_rollup(postgres.url(table), campaign)) as rollup,
    ):
        tables.insert(con, table, rows[60:])
        rollup.refresh()
        assert report_of(rollup, "30d") == wanted(rows, "30d", campaign=campaign)


@pytest.mark.parametrize(
    ("fault", "repair", "reason"),
    [
        (
            "ALTER TABLE {0} RENAME TO {0}_away",
            "ALTER TABLE {0}_away RENAME TO {0}",
            "table {0} not found, or no permission to read it",
        ),
        (
            "REVOKE SELECT ON {0} FROM reader",
            "GRANT SELECT ON {0} TO reader",
            "permission denied for table {0}",
        ),
        (
            "ALTER TABLE {0} RENAME COLUMN channel TO medium",
            "ALTER TABLE {0} RENAME COLUMN medium TO channel",
            "has no column channel; make a view",
        ),
        (
            "ALTER TABLE {0} RENAME COLUMN ingested_at TO came",
            "ALTER TABLE {0} RENAME COLUMN came TO ingested_at",
            "no column ingested_at, which is given as the watermark",
        ),
    ],
)
def test_table_that_cannot_be_read_for_a_while(
    postgres: Postgres, fault: str, repair: str, reason: str
) -> None:
    rows = events(86)
    name = tables.filled(postgres, rows[:60])
    url = postgres.url(name, watermark="ingested_at")
    with closing(open_rollup(url, "c1")) as rollup, postgres.connect() as con:
        con.execute(fault.format(name))
        for _ in range(3):
            assert reason.format(name) in line_of(rollup)
            assert report_of(rollup, "30d") == wanted(rows[:60], "30d")
        con.execute(repair.format(name))
        tables.insert(con, name, rows[60:])
        rollup.refresh()
        assert report_of(rollup, "30d") == wanted(rows, "30d")


def test_role_that_may_read_nothing_else(postgres: Postgres) -> None:
    rows = events(87)
    with postgres.connect() as con:
        con.execute(
            "DROP SCHEMA IF EXISTS private CASCADE; CREATE SCHEMA private;"
            " REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE ALL ON DATABASE events FROM PUBLIC;"
            f" CREATE ROLE guest LOGIN PASSWORD '{server.PASSWORD}';"
            " GRANT CONNECT ON DATABASE events TO guest; GRANT USAGE ON SCHEMA private TO guest"
        )
        try:
            name = tables.filled(postgres, rows[:60])
            con.execute(f"ALTER TABLE {name} SET SCHEMA private")
            con.execute(f"GRANT SELECT ON private.{name} TO guest")
            url = postgres.url(f"private.{name}", user="guest")
            with closing(open_rollup(url, "c1")) as rollup:
                tables.insert(con, f"private.{name}", rows[60:])
                rollup.refresh()
                assert report_of(rollup, "30d") == wanted(rows, "30d")
            with pytest.raises(SourceError, match="permission denied for schema public"):
                open_rollup(postgres.url("public.events_1", user="guest"), "c1")
        finally:
            con.execute(
                "GRANT USAGE ON SCHEMA public TO PUBLIC; DROP OWNED BY guest; DROP ROLE guest;"
                " GRANT CONNECT, TEMPORARY ON DATABASE events TO PUBLIC"
            )
