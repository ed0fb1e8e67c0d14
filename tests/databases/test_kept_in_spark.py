"""A rollup that Spark keeps: equal to the raw rows, whatever happens to the job."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.engine.pushdown.kept.job import refresh
from campaign_live_widgets.engine.pushdown.kept.spark import keeper
from campaign_live_widgets.errors import CampaignLiveError, SourceError
from campaign_live_widgets.snapshot import Window
from tests import oracle
from tests.databases.test_every_engine import EVERY_CASE, NAMES, report_of, wanted
from tests.databases.test_kept_rollup import Row, call
from tests.databases.test_spark import BY_DAY, TIME
from tests.support.events import generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.repeats import repeats
from tests.support.servers import engines, tables
from tests.support.servers.rollup_jobs import Jobs, jobs
from tests.support.servers.spark_cluster import PATIENCE

if TYPE_CHECKING:
    from tests.support.servers.spark_cluster import Cluster

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def on(spark: Cluster) -> engines.OnSpark:
    return engines.OnSpark(spark)


def create(
    on: engines.OnSpark,
    capsys: Capture,
    *,
    without: str = "",
    **how: Any,  # noqa: ANN401 - of `create`
) -> str:
    """Create an empty table and the tables of its rollup; return its name.

    Lines of the printed statements that begin with *without* are left out.
    """
    name = on.create(**how)
    status, printed = call(capsys, "schema", "--for", "spark", "--rollup", "--table", name)
    assert status == 0
    lines = printed.rstrip().rstrip(";").splitlines()
    columns = [line for line in lines if not without or line.split()[:1] != [without]]
    assert len(columns) < len(lines) or not without
    for statement in "\n".join(columns).split(";"):
        on.cluster.sql(statement)
    return name


def run(
    on: engines.OnSpark, capsys: Capture, name: str, action: str = "--refresh", **options: str
) -> dict[str, Any]:
    """Run the job; return what it prints."""
    options = {"overlap": "0", **options}
    status, text = call(capsys, "rollup", on.url(name, **options), action, "--format", "json")
    assert status == 0, text
    counts: dict[str, Any] = json.loads(text)
    return counts


def require_equal(
    on: engines.OnSpark, name: str, rows: list[Row], campaign: str = "c1", **options: str
) -> None:
    """Check some windows, live and alone, against the oracle."""
    with closing(open_rollup(on.url(name, **options), campaign)) as rollup:
        assert any("_rollup_state" in note for note in rollup.health.notes)
        for window, tests in EVERY_CASE:
            got = report_of(rollup, window, tests=tests)
            assert got == wanted(rows, window, tests=tests, campaign=campaign)
    window = Window.ending(AT, WINDOWS["24h"])
    alone = new_rollup(on.url(name, **options), campaign, follow=False, window=window)
    with closing(alone):
        alone.refresh()
        assert report_of(alone, "24h") == wanted(rows, "24h", campaign=campaign)


def require_checked(on: engines.OnSpark, capsys: Capture, name: str, **options: str) -> None:
    assert run(on, capsys, name, "--check", **options)["differences"] == []


def test_counts_equal_the_oracle_between_refreshes(on: engines.OnSpark, capsys: Capture) -> None:
    """With rows that repeat earlier ones, rejected rows, and rows the job has not counted."""
    rows = tables.typed(generate.events(11, 200))
    random.Random(11).shuffle(rows)  # noqa: S311 - test data
    rows[120:120] = rows[:30]
    name = create(on, capsys, marks={"ingested_at": TIME, "arrived_on": pa.date32()}, using=BY_DAY)
    assert run(on, capsys, name) == {"rows": 0, "until": None, "rebuilt": None}
    seen = counted = 0
    for size in (100, len(rows)):
        on.insert(name, rows[seen : seen + size])
        seen += size
        counted += run(on, capsys, name)["rows"]
        assert counted == min(seen, len(rows)) - 1  # the newest row stays above the watermark
        more = rows[seen : seen + 25]
        on.insert(name, more)
        seen += len(more)
        with closing(open_rollup(on.url(name), "c1")) as rollup:
            for window, tests in EVERY_CASE[::3]:
                got = report_of(rollup, window, tests=tests)
                assert got == wanted(rows[:seen], window, tests=tests)
    run(on, capsys, name)
    assert run(on, capsys, name)["rows"] == 0
    require_equal(on, name, rows, "c2")
    require_checked(on, capsys, name)
    late = {**rows[0], "event_id": "late", "ingested_at": datetime(2026, 1, 1, tzinfo=UTC)}
    on.insert(name, [{**late, "arrived_on": late["ingested_at"].date()}])
    require_equal(on, name, rows)  # so the earlier rows are not read
    status, text = call(capsys, "rollup", on.url(name, overlap="0"), "--check")
    assert status == 1
    assert "events: " in text
    run(on, capsys, name, "--rebuild")
    require_checked(on, capsys, name)
    require_equal(on, name, [*rows, late])


def test_batches_are_merged_and_dropped(
    on: engines.OnSpark, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that repeats one of a merged batch is not counted; the watermark is a number."""
    monkeypatch.setattr(keeper, "_MERGED", 3)
    monkeypatch.setattr(keeper, "_REPLACED", timedelta(0))
    rows = tables.typed(generate.events(19, 120))
    name = create(on, capsys, marks={"seq": pa.int64()})
    options, every = {"watermark": "seq"}, []
    for first in range(0, len(rows), 30):
        part = rows[first : first + 30] + rows[:5]
        on.insert(name, part)
        every += part
        run(on, capsys, name, **options)
    (last,) = on.cluster.sql(
        f"SELECT batches FROM {name}_rollup_state ORDER BY commit_id DESC LIMIT 1"
    )
    held = on.cluster.sql(f"SHOW PARTITIONS {name}_rollup_counts")
    assert {row["partition"].partition("=")[2] for row in held} == set(last["batches"])
    assert {batch[0] for batch in last["batches"]} & {"1", "2"}
    require_checked(on, capsys, name, **options)
    require_equal(on, name, every, **options)


def test_events_dated_ahead_become_past_in_time(on: engines.OnSpark, capsys: Capture) -> None:
    now = datetime.now(UTC)
    rows = tables.typed(generate.events(1, 60, faults=False))
    for number, later in enumerate((-300, -60, 5, 90, 7200)):
        ahead = {"event_id": f"ahead-{number}", "timestamp": now + timedelta(seconds=later)}
        rows.append(rows[0] | ahead | {"campaign_id": f"c{number % 2 + 1}"})
    frame = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
    name = create(on, capsys)
    on.insert(name, rows)
    on.insert(name, rows[:1])
    run(on, capsys, name)
    for later in (0, 100, 8000):
        moment = now + timedelta(seconds=later)
        rollup = new_rollup(on.url(name), at=moment, clock=lambda moment=moment: moment)
        with closing(rollup):
            rollup.refresh()
            assert rollup.campaign == oracle.newest_campaign(frame, moment, moment)
            got = rollup.snapshot(at=moment, window=WINDOWS["24h"])
            want = oracle.report(frame, str(rollup.campaign), moment, WINDOWS["24h"], now=moment)
            newest = None if got.newest_event is None else oracle.text(got.newest_event)
            assert newest == want["newest_event"]
            assert (got.health.ahead, got.health.ahead_until) == oracle.ahead(frame, moment)


def test_names_of_campaigns_are_only_texts(on: engines.OnSpark, capsys: Capture) -> None:
    base = tables.typed(generate.simple(3))
    rows = [
        {**row, "event_id": f"{number} {row['event_id']}", "campaign_id": name}
        for number, name in enumerate(NAMES)
        for row in base
        if name.strip()
    ]
    name = create(on, capsys)
    on.insert(name, rows)
    on.insert(name, rows[:1])
    run(on, capsys, name)
    for campaign in NAMES[:: max(1, len(NAMES) // 5)]:
        with closing(open_rollup(on.url(name), campaign)) as rollup:
            assert report_of(rollup, "30d") == wanted(rows + rows[:1], "30d", campaign=campaign)


UNFIT = {
    "version": ("0", "format 0"),
    "digest": ("'x'", "other rules"),
    "cubes": ("array('message_id')", "reason, domain, platform, detail"),
    "source": ("'other'", "another table"),
    "settled": ("'2999-01-01T00:00:00+00:00'", "does not have any more"),
    "batches": ("slice(batches, 2, 9)", "files of its batches are missing"),
}
"""Column of a state → a value with which it is refused, and the cause."""


def write_state(on: engines.OnSpark, name: str, column: str, value: str) -> None:
    """Write the last state again, as the last one, with another value in one column."""
    state = f"{name}_rollup_state"
    (last,) = on.cluster.sql(f"SELECT max(commit_id) AS id FROM {state}")
    fields = [row["col_name"] for row in on.cluster.sql(f"DESCRIBE {state}")]
    others = {column: value, "commit_id": f"'{int(last['id'][:12]) + 1:012}-0'"}
    listed = ", ".join(
        others.get(field, field) for field in fields[: fields.index("commit_id") + 1]
    )
    on.cluster.sql(
        f"INSERT INTO {state} SELECT {listed} FROM {state} WHERE commit_id = '{last['id']}'"
    )


def test_rollup_of_something_else_is_refused_and_built_again(
    on: engines.OnSpark, capsys: Capture
) -> None:
    rows = tables.typed(generate.events(14, 60))
    name = create(on, capsys)
    on.insert(name, rows[:40])
    run(on, capsys, name)
    on.insert(name, rows[40:])
    for column, (value, why) in UNFIT.items():
        write_state(on, name, column, value)
        with pytest.raises(SourceError, match=why) as refused:
            open_rollup(on.url(name), "c1")
        assert len(str(refused.value).splitlines()) == 1
        assert "campaign-live rollup SOURCE --refresh" in str(refused.value)
        if column == "version":
            with closing(open_rollup(on.url(name, rollup=""), "c1")) as rollup:
                assert report_of(rollup, "30d") == wanted(rows, "30d")
        assert run(on, capsys, name)["rebuilt"]
    require_equal(on, name, rows)
    assert run(on, capsys, name)["rebuilt"] is None


def test_rollup_of_version_2_is_refused_and_built_again(
    on: engines.OnSpark, capsys: Capture
) -> None:
    """Its table of counts has no column for details."""
    rows = tables.typed(generate.events(15, 60))
    name = create(on, capsys, without="detail")
    on.insert(name, rows)
    on.cluster.sql(
        f"INSERT INTO {name}_rollup_state SELECT 2, 'x', array('message_id'), 'x',"
        " '2026-01-01T00:00:00+00:00', 0, current_timestamp(), CAST(array() AS ARRAY<STRING>), 0,"
        " current_timestamp(), '000000000001-x'"
    )
    with pytest.raises(SourceError, match="format 2") as refused:
        open_rollup(on.url(name), "c1")
    assert len(str(refused.value).splitlines()) == 1
    assert "format 2" in str(run(on, capsys, name)["rebuilt"])
    require_checked(on, capsys, name)
    require_equal(on, name, rows)


def test_newer_format_is_not_overwritten(on: engines.OnSpark, capsys: Capture) -> None:
    name = create(on, capsys)
    on.insert(name, generate.simple(3))
    run(on, capsys, name)
    write_state(on, name, "version", "99")
    status, text = call(capsys, "rollup", on.url(name), "--rebuild")
    assert (status, len(text.splitlines())) == (1, 1)
    assert "upgrade" in text


def test_job_beside_a_job_fails_when_it_commits(
    on: engines.OnSpark, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts rows again that the other one has counted; that never counts."""
    rows = tables.typed(generate.events(21, 60))
    name = create(on, capsys)
    on.insert(name, rows[:80])
    run(on, capsys, name)
    on.insert(name, rows[80:])
    commit = keeper.SparkKeeper.commit

    def late(one: keeper.SparkKeeper, *state: Any, **how: Any) -> None:  # noqa: ANN401 - passed on
        monkeypatch.setattr(keeper.SparkKeeper, "commit", commit)
        assert refresh(on.url(name, overlap="0")).rows
        one.commit(*state, **how)

    monkeypatch.setattr(keeper.SparkKeeper, "commit", late)
    status, text = call(capsys, "rollup", on.url(name, overlap="0"), "--refresh")
    assert (status, len(text.splitlines())) == (1, 1)
    assert "another job has refreshed its rollup" in text
    require_checked(on, capsys, name)
    require_equal(on, name, rows)


def test_jobs_at_once_leave_the_counts_of_one(on: engines.OnSpark, capsys: Capture) -> None:
    rows = tables.typed(generate.events(22, 150))
    name = create(on, capsys)
    on.insert(name, rows[:50])
    run(on, capsys, name)
    on.insert(name, rows[50:])
    ended: list[str] = []

    def job() -> None:
        try:
            refresh(on.url(name, overlap="0"))
            ended.append("")
        except CampaignLiveError as error:
            ended.append(str(error))

    threads = [threading.Thread(target=job) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert "" in ended
    assert all("another job" in text for text in ended if text)
    require_checked(on, capsys, name)
    require_equal(on, name, rows)


def test_killed_jobs_count_each_row_once(on: engines.OnSpark, capsys: Capture) -> None:
    """While rows are inserted, some of them twice, and some that are rejected."""
    name, rng = create(on, capsys), random.Random(50)  # noqa: S311 - test data
    address = on.url(name, overlap="0")
    written: list[Row] = []
    statuses, longest = [], 1.0
    with jobs(address) as started:
        for number in range(repeats(5) + 2):
            rows = tables.typed(generate.events(number, 25))
            rows = [{**row, "event_id": f"{number} {row['event_id']}"} for row in rows]
            rows += rng.sample(written, min(len(written), 8))
            on.insert(name, rows)
            written += rows
            began = time.monotonic()
            if number < 2:
                run_to_its_end(started)
                longest = time.monotonic() - began
            else:
                statuses.append(started.run(rng.random() * longest))
    assert -signal.SIGKILL in statuses
    deadline = time.monotonic() + 120
    while call(capsys, "rollup", address, "--refresh")[0]:  # what was killed may still commit
        assert time.monotonic() < deadline
    require_checked(on, capsys, name)
    require_equal(on, name, written)


def run_to_its_end(started: Jobs) -> None:
    """Run a job until it succeeds: each one connects, and a busy server may be late to accept.

    Anything but an error of the server is a fault of the job.
    """
    deadline = time.monotonic() + PATIENCE
    while started.run():
        error = started.errors[-1]
        assert f"{SourceError.__module__}.{SourceError.__qualname__}: " in error, error
        assert time.monotonic() < deadline, error


def test_calls_that_cannot_work_are_one_line(on: engines.OnSpark, capsys: Capture) -> None:
    name = on.create()
    for address, action in (
        (on.url(name), "--refresh"),
        (on.url(f"{name},{name}"), "--refresh"),
        (on.url(name, watermark=""), "--check"),
        ("ajo:queryservice://acme.platform-query.adobe.io/prod:all?table=events", "--refresh"),
    ):
        status, text = call(capsys, "rollup", address, action)
        assert (status, len(text.splitlines())) == (3, 1), text
    with pytest.raises(SourceError, match="does not exist"):
        open_rollup(on.url(name, rollup="elsewhere"), "c1")
    with closing(open_rollup(on.url(name), "c1")) as rollup:
        assert rollup.health.events == 0
