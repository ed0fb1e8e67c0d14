"""A rollup that the database keeps: equal to the raw rows, whatever happens to the job."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.app.cli.main import main
from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Window
from tests import oracle
from tests.databases.test_every_engine import EVERY_CASE, report_of, require_selections, wanted
from tests.databases.test_ticks import read
from tests.support.events import generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.repeats import repeats
from tests.support.servers import tables
from tests.support.servers.rollup_jobs import jobs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.servers.server import Postgres

Row = dict[str, Any]


def create(postgres: Postgres, capsys: pytest.CaptureFixture[str], name: str = "") -> str:
    """Create an empty table, unless it is named, and the tables of its rollup; return its name."""
    name = name or tables.create(postgres)
    status, printed = call(capsys, "schema", "--for", "postgresql", "--rollup", "--table", name)
    assert status == 0
    with postgres.connect() as con:
        con.execute(f"CREATE INDEX ON {name} (ingested_at)")
        con.execute(printed)
    return name


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Return the status of a command, and what it prints to either stream."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    output = capsys.readouterr()
    assert "s3cret" not in output.out + output.err
    return int(left.value.code or 0), output.out + output.err


def job(postgres: Postgres, name: str, **options: str) -> str:
    """Return the address with which the job writes."""
    options = {"overlap": "0s", **options}
    return postgres.url(name, user="postgres", **options)


def refresh(
    postgres: Postgres, capsys: pytest.CaptureFixture[str], name: str, action: str = "--refresh"
) -> dict[str, Any]:
    status, text = call(capsys, "rollup", job(postgres, name), action, "--format", "json")
    assert status == 0, text
    counts: dict[str, Any] = json.loads(text)
    return counts


def insert(postgres: Postgres, name: str, rows: list[Row]) -> None:
    with postgres.connect() as con:
        tables.insert(con, name, rows)


def assert_equal(
    postgres: Postgres, name: str, rows: list[Row], campaign: str = "c1", every: int = 1
) -> None:
    """Check windows, live and alone, with the kept rollup against the oracle."""
    with closing(open_rollup(postgres.url(name), campaign)) as rollup:
        for window, tests in EVERY_CASE[::every]:
            assert report_of(rollup, window, tests=tests) == wanted(
                rows, window, tests=tests, campaign=campaign
            )
    for window, tests in EVERY_CASE[:: 3 * every]:
        alone = new_rollup(
            postgres.url(name), campaign, follow=False, window=Window.ending(AT, WINDOWS[window])
        )
        with closing(alone):
            alone.refresh()
            assert report_of(alone, window, tests=tests) == wanted(
                rows, window, tests=tests, campaign=campaign
            )


@contextmanager
def raw_rows_moved(postgres: Postgres, name: str) -> Iterator[None]:
    """Show that what is counted does not come from the rows before the watermark."""
    with postgres.connect() as con:
        con.execute(f"CREATE TABLE moved AS SELECT * FROM {name}")
        con.execute(
            f"DELETE FROM {name} WHERE ingested_at <"
            f" (SELECT settled::timestamptz FROM {name}_rollup_state)"
        )
        yield
        con.execute(f"TRUNCATE {name}")
        con.execute(f"INSERT INTO {name} SELECT * FROM moved")
        con.execute("DROP TABLE moved")


def test_counts_equal_the_oracle_between_refreshes(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """With rows that repeat earlier ones, with rejected rows, and rows the job has not counted."""
    rows = tables.typed(generate.events(11))
    random.Random(11).shuffle(rows)  # noqa: S311 - test data
    rows[200:200] = rows[:30]
    name, seen = create(postgres, capsys), 0
    for size in (0, 150, 1, len(rows)):
        insert(postgres, name, rows[seen : seen + size])
        seen += size
        refresh(postgres, capsys, name)
        more = rows[seen : seen + 25]
        insert(postgres, name, more)
        seen += len(more)
        assert_equal(postgres, name, rows[:seen], every=5)
    assert refresh(postgres, capsys, name)["rows"] == 0
    with raw_rows_moved(postgres, name):
        for campaign in ("c1", "c2"):
            assert_equal(postgres, name, rows, campaign)
    status, text = call(capsys, "rollup", job(postgres, name), "--check")
    assert (status, text.split()[0]) == (0, "equal:")


def test_a_look_begins_with_what_is_counted_and_follows_the_table(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tables.typed(generate.events(12))
    name = create(postgres, capsys)
    insert(postgres, name, rows[:-60])
    refresh(postgres, capsys, name)
    events = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
    with raw_rows_moved(postgres, name), closing(open_rollup(postgres.url(name))) as rollup:
        assert rollup.campaign == oracle.newest_campaign(events[:-60], AT, AT) or rollup.campaign
        insert(postgres, name, rows[-60:] + rows[-90:-40])
        assert rollup.refresh()
    with closing(open_rollup(postgres.url(name), "c1")) as rollup:
        insert(postgres, name, rows[-60:] + rows[-90:-40])
        assert rollup.refresh()
        refresh(postgres, capsys, name)
        assert not rollup.refresh()
        every = rows + rows[-90:-40]
        for window, tests in EVERY_CASE:
            assert report_of(rollup, window, tests=tests) == wanted(every, window, tests=tests)
        require_selections(rollup, events)


def test_events_dated_ahead_become_past_in_time(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    rows = tables.typed(generate.events(1, 120, faults=False))
    for number, later in enumerate((-300, -60, 5, 90, 7200)):
        ahead = {"event_id": f"ahead-{number}", "timestamp": now + timedelta(seconds=later)}
        rows.append(rows[0] | ahead | {"campaign_id": f"c{number % 2 + 1}"})
    frame = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
    name = create(postgres, capsys)
    insert(postgres, name, rows)
    insert(postgres, name, rows[:1])
    refresh(postgres, capsys, name)
    for later in (0, 6, 100, 8000):
        moment = now + timedelta(seconds=later)
        rollup = new_rollup(postgres.url(name), at=moment, clock=lambda moment=moment: moment)
        with closing(rollup):
            rollup.refresh()
            assert rollup.campaign == oracle.newest_campaign(frame, moment, moment)
            for at in (moment, moment - timedelta(days=7)):
                got = rollup.snapshot(at=at, window=WINDOWS["24h"])
                want = oracle.report(frame, str(rollup.campaign), at, WINDOWS["24h"], now=moment)
                newest = None if got.newest_event is None else oracle.text(got.newest_event)
                assert newest == want["newest_event"]
                counted = (got.health.ahead, got.health.ahead_until)
                assert counted == oracle.ahead(frame, moment)
    with postgres.connect() as con:
        con.execute(f"UPDATE {name}_rollup_state SET past_until = past_until - interval '1 day'")
        con.execute(
            f"INSERT INTO {name}_rollup_ahead SELECT campaign_id, last_time, 1"
            f" FROM {name}_rollup_times WHERE last_time > now() - interval '10 minutes'"
        )
        con.execute(
            f"DELETE FROM {name}_rollup_times WHERE last_time > now() - interval '10 minutes'"
        )
    refresh(postgres, capsys, name)
    assert call(capsys, "rollup", job(postgres, name), "--check")[0] == 0


@pytest.mark.parametrize("mark", ["bigserial", "timestamp DEFAULT clock_timestamp()"])
def test_other_watermarks_and_long_texts(
    postgres: Postgres, capsys: pytest.CaptureFixture[str], mark: str
) -> None:
    """Values may be longer than an index of PostgreSQL allows."""
    rng = random.Random(3)  # noqa: S311 - test data
    rows = tables.typed(generate.events(13, 150))
    texts = {row["event_id"]: rng.randbytes(5000).hex() for row in rows[::7]}
    for row in rows:
        if text := texts.get(row["event_id"]):
            row["platform"] = row["campaign_name"] = row["message_name"] = text
    name = tables.create(postgres, mark=f"ingested_at {mark}")
    create(postgres, capsys, name)
    insert(postgres, name, rows[:80])
    refresh(postgres, capsys, name)
    insert(postgres, name, rows[60:])
    refresh(postgres, capsys, name)
    every = rows[:80] + rows[60:]
    with closing(open_rollup(postgres.url(name), "c1")) as rollup:
        assert report_of(rollup, "30d", tests=True) == wanted(every, "30d", tests=True)
        (note,) = rollup.health.notes
        assert f"{name}_rollup_state" in note
    assert call(capsys, "rollup", job(postgres, name), "--check")[0] == 0


def test_watermarks_that_are_no_time_of_arrival(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tables.typed(generate.events(17, 200))
    odd = (None, "infinity", "-infinity", datetime.now(UTC) + timedelta(days=30), "4713-01-01 BC")
    name = tables.create(postgres, mark="ingested_at timestamptz DEFAULT clock_timestamp()")
    create(postgres, capsys, name)

    def insert_odd(rows: list[Row]) -> None:
        insert(postgres, name, [{**row, "ingested_at": odd[i % 5]} for i, row in enumerate(rows)])

    insert_odd(rows[:40])
    insert(postgres, name, rows[40:100])
    refresh(postgres, capsys, name)
    assert_equal(postgres, name, rows[:100], every=5)
    insert_odd(rows[100:140])
    insert(postgres, name, rows[140:])
    assert_equal(postgres, name, rows, every=5)
    assert "before the year 1" in refresh(postgres, capsys, name)["rebuilt"]
    assert_equal(postgres, name, rows, every=5)
    assert call(capsys, "rollup", job(postgres, name), "--check")[0] == 0


def test_refresh_reads_do_not_grow_with_the_history(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """The planner reads rows by the watermark's index and looks repeats up by the id's."""
    name = create(postgres, capsys)
    with postgres.connect() as con:

        def insert_numbers(first: int, last: int, later: int) -> None:
            con.execute(
                f"INSERT INTO {name} (event_id, timestamp, campaign_id, message_id, channel,"
                f" profile_id, event_type, ingested_at) SELECT 'e' || i, '2026-11-20'::timestamptz"
                f" + i * interval '1 second', 'c1', 'm1', 'email', 'p' || i % 5000, 'sent',"
                f" '2026-11-20'::timestamptz + (i + {later}) * interval '1 second'"
                f" FROM generate_series({first}, {last}) i"
            )

        insert_numbers(1, 60_000, 0)
        con.execute(f"ANALYZE {name}")
        refresh(postgres, capsys, name)
        insert_numbers(59_990, 60_050, 100)
        time.sleep(1.2)  # for the numbers of the job, which its server process reports as it ends
        before = read(con, name)
        assert refresh(postgres, capsys, name)["rows"] == 61
        time.sleep(1.2)
        assert read(con, name) - before < 2000
    assert call(capsys, "rollup", job(postgres, name), "--check")[0] == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE {}_rollup_state SET version = 2", "format 2"),
        ("UPDATE {}_rollup_state SET digest = 'x'", "other rules"),
        (
            "UPDATE {}_rollup_state SET cubes = ARRAY['message_id']",
            "reason, domain, platform, detail",
        ),
        ("UPDATE {}_rollup_state SET source = 'pg_class'", "another table"),
        ("DELETE FROM {}", "does not have any more"),
    ],
)
def test_rollup_of_something_else_is_refused_and_built_again(
    postgres: Postgres, capsys: pytest.CaptureFixture[str], change: str, why: str
) -> None:
    rows = tables.typed(generate.events(14, 80))
    name = create(postgres, capsys)
    insert(postgres, name, rows[:40])
    refresh(postgres, capsys, name)
    with postgres.connect() as con:
        con.execute(change.format(name))
    if change.startswith("DELETE"):
        rows = rows[40:]
    else:
        insert(postgres, name, rows[40:])
    with pytest.raises(SourceError, match=why) as refused:
        open_rollup(postgres.url(name), "c1")
    assert len(str(refused.value).splitlines()) == 1
    assert "campaign-live rollup SOURCE --refresh" in str(refused.value)
    with closing(open_rollup(postgres.url(name, rollup=""), "c1")) as rollup:
        want = wanted([] if change.startswith("DELETE") else rows, "30d")
        assert report_of(rollup, "30d")["widgets"] == want["widgets"]
    if change.startswith("DELETE"):
        insert(postgres, name, rows)
        with postgres.connect() as con:
            con.execute(f"UPDATE {name} SET ingested_at = ingested_at - interval '1 hour'")
    assert refresh(postgres, capsys, name)["rebuilt"]
    assert_equal(postgres, name, rows, every=5)
    assert refresh(postgres, capsys, name)["rebuilt"] is None


def test_newer_format_is_not_overwritten(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    name = create(postgres, capsys)
    insert(postgres, name, generate.simple(3))
    refresh(postgres, capsys, name)
    with postgres.connect() as con:
        con.execute(f"UPDATE {name}_rollup_state SET version = 99")
    status, text = call(capsys, "rollup", job(postgres, name), "--rebuild")
    assert (status, len(text.splitlines())) == (1, 1)
    assert "upgrade" in text


def test_printed_permissions_are_enough(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    name = create(postgres, capsys)
    printed = call(capsys, "schema", "--for", "postgresql", "--rollup", "--table", name)[1]
    granted = printed[printed.index("-- GRANT") :].replace("-- The report", "; -- The report")
    grants = "\n".join(
        line.removeprefix("-- ")
        for line in granted.splitlines()
        if line.startswith(("-- GRANT", "--   "))
    )
    with postgres.connect() as con:
        con.execute("DROP ROLE IF EXISTS the_role_of_the_job, the_role_of_the_report")
        for role in ("the_role_of_the_job", "the_role_of_the_report"):
            con.execute(f"CREATE ROLE {role} LOGIN PASSWORD 's3cret/p@ss'")
            con.execute(f"GRANT SELECT ON {name} TO {role}")
        con.execute(grants)
    rows = tables.typed(generate.events(18, 120))
    for part in (rows[:60], rows[60:]):
        insert(postgres, name, part)
        address = postgres.url(name, user="the_role_of_the_job", overlap="0s")
        for action in ("--refresh", "--check", "--rebuild"):
            status, text = call(capsys, "rollup", address, action)
            assert status == 0, text
    address = postgres.url(name, user="the_role_of_the_report", rollup=f"{name}_rollup")
    with closing(open_rollup(address, "c1")) as rollup:
        assert report_of(rollup, "30d") == wanted(rows, "30d")
    with postgres.connect() as con:
        con.execute("DROP OWNED BY the_role_of_the_job, the_role_of_the_report")
        con.execute("DROP ROLE the_role_of_the_job, the_role_of_the_report")


def test_role_without_rights_on_the_rollup_reads_the_rows(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tables.typed(generate.events(15, 80))
    name = create(postgres, capsys)
    insert(postgres, name, rows)
    refresh(postgres, capsys, name)
    with postgres.connect() as con:
        con.execute(f"UPDATE {name}_rollup_outcomes SET total = total + 1000")
        con.execute(f"REVOKE SELECT ON {name}_rollup_cells FROM reader")
    with closing(open_rollup(postgres.url(name), "c1")) as rollup:
        assert report_of(rollup, "30d") == wanted(rows, "30d")
    with pytest.raises(SourceError, match="may not be read"):
        open_rollup(postgres.url(name, rollup=f"{name}_rollup"), "c1")
    status, text = call(capsys, "rollup", postgres.url(name), "--refresh")
    assert (status, len(text.splitlines())) == (3, 1)
    assert "permission denied" in text


def test_check_finds_rows_that_changed_or_came_too_late(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = generate.events(16, 200, faults=False)
    rows = list({row["event_id"]: row for row in rows}.values())
    name = create(postgres, capsys)
    insert(postgres, name, rows)
    refresh(postgres, capsys, name)

    def differences() -> list[str]:
        status, text = call(capsys, "rollup", job(postgres, name), "--check")
        *lines, last = text.splitlines()
        assert status == int(len(lines) > 0)
        assert ("--rebuild" in last) == (status == 1)
        return lines

    assert differences() == []
    number = len(rows) - 1
    with postgres.connect() as con:
        con.execute(
            f"UPDATE {name} SET domain = 'changed.example' WHERE event_id = %s",
            [rows[3]["event_id"]],
        )
        (line,) = differences()
        assert line.startswith("counts by domain: 2 rows differ, the first in campaign ")
        con.execute(f"DELETE FROM {name} WHERE event_id = %s", [rows[5]["event_id"]])
        assert f"events: {number:,} in the rollup, {number - 1:,} in the table" in differences()
        late = {**rows[0], "event_id": "late", "ingested_at": "2026-01-01"}
        tables.insert(con, name, [late, {**late, "event_id": "late too"}])
        refresh(postgres, capsys, name)
        assert f"events: {number:,} in the rollup, {number + 1:,} in the table" in differences()
    status, text = call(capsys, "rollup", job(postgres, name), "--rebuild")
    assert (status, text.split(" counted")[0]) == (0, f"{number + 1} rows")
    assert differences() == []


def test_one_job_runs_at_a_time(postgres: Postgres, capsys: pytest.CaptureFixture[str]) -> None:
    name = create(postgres, capsys)
    insert(postgres, name, generate.simple(3))
    with postgres.connect(autocommit=False) as con:
        con.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('campaign-live rollup',"
            f" '{name}_rollup_state'::regclass::oid::bigint))"
        )
        status, text = call(capsys, "rollup", job(postgres, name), "--refresh")
        assert (status, len(text.splitlines())) == (1, 1)
        assert "another job" in text
    refresh(postgres, capsys, name)


def test_calls_that_cannot_work_are_one_line(
    postgres: Postgres, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name = tables.create(postgres)
    for status, *words in (
        (2, job(postgres, name)),
        (3, job(postgres, name), "--refresh"),
        (3, job(postgres, f"{name},{name}"), "--refresh"),
        (3, job(postgres, name, watermark=""), "--check"),
        (3, str(tmp_path), "--refresh"),
    ):
        got, text = call(capsys, "rollup", *words)
        assert (got, len(text.splitlines())) == (status, 1), text
    assert call(capsys, "schema", "--for", "postgresql", "--rollup", "--table", "e" * 60)[0] == 2


def test_killed_jobs_count_each_row_once(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """While eight writers insert rows, some of them twice, and some that are rejected."""
    name, done, written = create(postgres, capsys), threading.Event(), []

    def write(number: int) -> None:
        rng = random.Random(number)  # noqa: S311 - test data
        rows: list[Row] = []
        with postgres.connect() as con:
            while not done.is_set():
                if not rows:
                    seed = rng.randrange(10_000)
                    rows = tables.typed(generate.events(seed, 200))
                    rows = [{**row, "event_id": f"{seed} {row['event_id']}"} for row in rows]
                batch = [rows.pop() for _ in range(min(len(rows), rng.randrange(1, 12)))]
                batch += rng.sample(batch, len(batch) // 3)
                tables.insert(con, name, batch)
                written.extend(batch)
                time.sleep(rng.random() / 4)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    address, rng = job(postgres, name, overlap="2s"), random.Random(50)  # noqa: S311 - test data
    statuses, longest = [], 1.0
    with jobs(address) as started:
        for number in range(repeats(50) + 3):
            began = time.monotonic()
            statuses.append(started.run(rng.random() * min(longest, 3.0) if number >= 3 else None))
            if number < 3:
                longest = time.monotonic() - began
    done.set()
    for writer in writers:
        writer.join()
    assert statuses[0] == 0, started.errors[0]
    assert -signal.SIGKILL in statuses
    deadline = time.monotonic() + 60
    while call(capsys, "rollup", job(postgres, name), "--refresh")[0]:  # a server may go on
        assert time.monotonic() < deadline
        time.sleep(0.2)
    status, text = call(capsys, "rollup", job(postgres, name), "--check")
    assert (status, text.split()[0]) == (0, "equal:"), text
    with closing(open_rollup(postgres.url(name), "c1")) as rollup:
        with closing(open_rollup(postgres.url(name, rollup=""), "c1")) as raw:
            assert report_of(rollup, "30d", tests=True) == report_of(raw, "30d", tests=True)
        assert rollup.health.events + rollup.health.duplicates + rollup.health.rejected == len(
            written
        )
