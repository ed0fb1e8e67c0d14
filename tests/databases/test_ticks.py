"""A database that is followed: each look is what a fresh read would be, at the price of the new."""

from __future__ import annotations

import random
import time
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.errors import SourceError
from tests.databases.test_every_engine import report_of, wanted
from tests.support.events import generate
from tests.support.events.generate import WINDOWS
from tests.support.servers import engines, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.servers.server import Postgres

Row = dict[str, Any]

SERIAL = "seq bigint NOT NULL"
few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize(
    ("mark", "options"),
    [
        ("ingested_at timestamptz NOT NULL DEFAULT clock_timestamp()", {"overlap": "1h"}),
        ("ingested_at timestamptz DEFAULT clock_timestamp()", {"overlap": "0s"}),
        ("ingested_at timestamp DEFAULT clock_timestamp()", {}),
        ("seq bigserial", {"watermark": "seq", "overlap": "50"}),
        ("seq bigserial", {"watermark": "SEQ", "overlap": "0"}),
        (None, {}),
    ],
)
def test_every_refresh_equals_the_oracle(
    postgres: Postgres, mark: str | None, options: dict[str, str]
) -> None:
    name = tables.create(postgres, mark=mark)
    tick_by_tick(partial(engines.OnPostgres(postgres).insert, name), postgres.url(name, **options))


def tick_by_tick(insert: Callable[[list[Row]], None], url: str, ticks: int = 6) -> None:
    """Follow an empty table as rows come, and some of them again."""
    rows = tables.typed(generate.events(7))
    random.Random(7).shuffle(rows)  # noqa: S311 - test data
    rollup = new_rollup(url, "c1")
    assert not rollup.refresh()
    size = len(rows) // ticks + 1
    for number in range(ticks):
        insert(rows[number * size : (number + 1) * size])
        assert rollup.refresh()
        window = list(WINDOWS)[number]
        assert report_of(rollup, window) == wanted(rows[: (number + 1) * size], window)
    assert not rollup.refresh()
    insert(rows[:40])
    rollup.refresh()
    for window in WINDOWS:
        assert report_of(rollup, window, tests=True) == wanted(rows + rows[:40], window, tests=True)
    rollup.close()


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[tuple[int, Row]]]:
    """Draw rows with serial numbers, in ticks: each at most 30 numbers later than its turn.

    Rows of one id may differ in all else.
    """
    rng = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 - test data
    rows = tables.typed(generate.events(rng.randrange(1000), 60, faults=draw(st.booleans())))
    for row in rng.sample(rows, 12):
        row["event_id"] = rng.choice(rows)["event_id"]
    numbered = list(enumerate(rows))
    numbered.sort(key=lambda pair: pair[0] + rng.randrange(30))
    cuts = sorted(rng.sample(range(1, len(rows)), draw(st.integers(1, 6))))
    return [numbered[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]


@few
@given(arrivals())
def test_refreshed_rollup_equals_a_new_one(
    postgres: Postgres, ticks: list[list[tuple[int, Row]]]
) -> None:
    """Late commits too, and where they displace what was first of its id."""
    name = tables.create(postgres, mark=SERIAL)
    options = {"watermark": "seq", "overlap": "31"}
    followed = new_rollup(postgres.url(name, **options), "c1")
    seen: list[tuple[int, Row]] = []
    with postgres.connect() as con:
        for tick in ticks:
            tables.insert(con, name, [{**row, "seq": number} for number, row in tick])
            seen += tick
            followed.refresh()
            fresh = new_rollup(postgres.url(name, **options), "c1")
            fresh.refresh()
            for window, tests in (("2h", False), ("30d", True)):
                assert report_of(followed, window, tests=tests) == report_of(
                    fresh, window, tests=tests
                )
            assert followed.campaigns() == fresh.campaigns()
            assert followed.names() == fresh.names()
            fresh.close()
    # Of rows with one id the first is the event: the oracle keeps the last it is shown.
    in_order = [row for _, row in sorted(seen, key=lambda pair: -pair[0])]
    for window in ("24h", "30d"):
        assert report_of(followed, window)["widgets"] == wanted(in_order, window)["widgets"]
    followed.close()


def test_refresh_reads_do_not_grow_with_the_history(postgres: Postgres) -> None:
    """The planner reads rows by the watermark's index and looks repeats up by the id's."""
    name = tables.create(postgres, mark=SERIAL)
    with postgres.connect() as con:
        con.execute(
            f"INSERT INTO {name} (event_id, timestamp, campaign_id, message_id, channel,"
            f" profile_id, event_type, seq) SELECT 'e' || i, '2026-11-20'::timestamptz"
            f" + i * interval '1 second', 'c1', 'm1', 'email', 'p' || i % 5000, 'sent', i"
            f" FROM generate_series(1, 60000) i"
        )
        con.execute(f"CREATE INDEX ON {name} (seq)")
        con.execute(f"ANALYZE {name}")
        rollup = new_rollup(postgres.url(name, watermark="seq", overlap="100"), "c1")
        rollup.refresh()
        report_reads(rollup)
        con.execute(
            f"INSERT INTO {name} (event_id, timestamp, campaign_id, message_id, channel,"
            f" profile_id, event_type, seq) SELECT 'e' || i, now(), 'c1', 'm1', 'email',"
            f" 'p1', 'sent', i + 100 FROM generate_series(59990, 60050) i"
        )
        before = read(con, name)
        assert rollup.refresh()
        report_reads(rollup)
        assert read(con, name) - before < 2000
    assert rollup.health.events == 60_050
    assert rollup.health.duplicates == 11
    rollup.close()


def report_reads(rollup: Any) -> None:  # noqa: ANN401 - of any source
    """Have the rollup's connection report what it has read: it does once a second, when asked."""
    time.sleep(1.2)
    rollup.refresh()


def read(con: Any, name: str) -> int:  # noqa: ANN401 - a client's connection
    """Return how many rows of a table have been read so far, by scans and by look-ups."""
    con.execute("SELECT pg_stat_force_next_flush()")
    con.execute("SELECT pg_sleep(0.1)")
    con.execute("SELECT pg_stat_clear_snapshot()")
    (rows,) = con.execute(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables"
        f" WHERE relname = '{name}'"
    ).fetchone()
    return int(rows)


def test_stopped_server_is_reported_in_one_line_and_retried(postgres: Postgres) -> None:
    rows = tables.typed(generate.events(8, 100))
    name = tables.filled(postgres, rows[:50])
    rollup = new_rollup(postgres.url(name), "c1")
    rollup.refresh()
    with postgres.connect() as con:
        con.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'campaign-live'"
        )
        tables.insert(con, name, rows[50:])
    with pytest.raises(SourceError) as refused:
        rollup.refresh()
    assert len(str(refused.value).splitlines()) == 1
    assert report_of(rollup, "24h")["widgets"] == wanted(rows[:50], "24h")["widgets"]
    assert rollup.refresh()
    assert report_of(rollup, "24h") == wanted(rows, "24h")
    rollup.close()


def test_times_do_not_depend_on_the_session_time_zone(postgres: Postgres) -> None:
    rows = tables.typed(generate.events(9, 120))
    name = tables.create(postgres, types={"timestamp": "timestamp"})
    with postgres.connect() as con:
        naive = [
            {**row, "timestamp": at.astimezone(UTC).replace(tzinfo=None) if at else None}
            for row in rows
            for at in [row["timestamp"]]
        ]
        tables.insert(con, name, naive)
        con.execute("ALTER ROLE reader SET timezone = 'Asia/Kathmandu'")
    rollup = new_rollup(postgres.url(name), "c1")
    rollup.refresh()
    assert report_of(rollup, "24h") == wanted(rows, "24h")
    rollup.close()
    with postgres.connect() as con:
        con.execute("ALTER ROLE reader RESET timezone")
