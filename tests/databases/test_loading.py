"""Files and stores are loaded into a table of PostgreSQL: every event once, whatever happens."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.engine.pushdown.ddl import schema
from campaign_live_widgets.sources.formats.canonical import ADDED
from campaign_live_widgets.store import Store
from tests import oracle
from tests.databases.test_every_engine import report_of, wanted
from tests.oracle_xdm import xdm_to_canonical
from tests.support.events import files, generate, generate_xdm
from tests.support.events.generate import WINDOWS
from tests.support.repeats import repeats
from tests.support.servers import server, tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.servers.server import Postgres

Row = dict[str, Any]

KILLS = repeats(50)
ROWS = generate.events(61, 600)
EVENTS = {event["event_id"] for row in ROWS if (event := oracle.event(row))}
REJECTED = sum(oracle.event(row) is None for row in ROWS)
REPEATED = len(ROWS) - REJECTED - len(EVENTS)
SMALL_UNITS = (
    "import sys; from campaign_live_widgets.loading import table_ingestion, units; "
    "from campaign_live_widgets.app.cli.main import main; "
    "import adbc_driver_postgresql.dbapi, duckdb, psycopg, pyarrow; "
    "table_ingestion.UNIT_ROWS = 4; units._SEEN_EVENTS = 200; "
    "print('ready', flush=True); main(sys.argv[1:])"
)
"""A command that loads in many transactions, forgets what it has loaded, and reports its begin."""


@pytest.fixture(params=["unique", "partitioned", "other types", "earlier version"])
def table(request: pytest.FixtureRequest, postgres: Postgres) -> str:
    """Return an empty table: as ``schema`` prints it, or with columns of other types."""
    if request.param == "other types":
        types = {"event_type": "varchar(40)", "channel": "char(20)", "timestamp": "timestamp"}
        types |= {"is_test": "text", "is_machine": "integer"}
        return tables.create(postgres, types=types)
    if request.param == "earlier version":
        name = printed(postgres)
        with postgres.connect() as con:
            con.execute(f"ALTER TABLE {name} DROP COLUMN status_code, DROP machine_reason")
        return name
    return printed(postgres, partitioned=request.param == "partitioned")


def printed(postgres: Postgres, *, partitioned: bool = False) -> str:
    """Create a table as ``schema`` prints it and return its name."""
    name = f"loads_{next(_NUMBERS)}"
    with postgres.connect() as con:
        con.execute(schema("postgresql", name, partitioned=partitioned))
    return name


_NUMBERS = iter(range(1_000_000))


def source_of(rows: list[Row], folder: Path, parts: int = 7, *, seed: int = 61) -> Path:
    """Write rows into files of all forms."""
    folder.mkdir()
    for number, part in enumerate(files.split(rows, parts, seed=seed)):
        files.write(part, folder / f"{number:02}.{files.FORMS[number % len(files.FORMS)]}")
    return folder


def command(source: Path | str, url: str, *options: str) -> list[str]:
    return ["ingest", str(source), "--into", url, *options]


def ingest(source: Path | str, url: str, *, code: int = 0) -> dict[str, int]:
    """Run the command and return its counts."""
    done = run(source, url)
    assert done.returncode == code, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


def run(source: Path | str, url: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(  # noqa: S603 - our own command
        [
            *(sys.executable, "-m", "campaign_live_widgets"),
            *command(source, url, "--format", "json"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert server.PASSWORD not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def loader(postgres: Postgres, name: str) -> str:
    return postgres.url(name, user="postgres")


def require_report(postgres: Postgres, name: str, rows: list[Row]) -> None:
    """Compare the report of a table with that of the oracle, which has no row to drop."""
    with postgres.connect() as con:
        columns = [
            one.name for one in con.execute(f"SELECT * FROM {name} LIMIT 0").description or ()
        ]
    missing = dict.fromkeys(column for column in ADDED if column not in columns)
    rows = [{**row, **missing} for row in rows]
    rollup = open_rollup(postgres.url(name), "c1", follow=False)
    for window in WINDOWS:
        right = wanted(rows, window)
        right["health"] |= {"duplicates": 0, "rejected": 0}
        assert report_of(rollup, window) == right, rollup.health.rejects[:1]
    rollup.close()


def ids(postgres: Postgres, name: str) -> list[str]:
    with postgres.connect() as con:
        return [key for (key,) in con.execute(f"SELECT event_id FROM {name}").fetchall()]


def test_loaded_files_give_the_report_of_the_oracle(
    postgres: Postgres, table: str, tmp_path: Path
) -> None:
    source, url = source_of(ROWS, tmp_path / "source"), loader(postgres, table)
    counts = ingest(source, url)
    assert counts["events"] == len(EVENTS)
    assert counts["rejected"] == REJECTED > 0
    assert counts["duplicates"] == REPEATED > 0
    assert counts["files"] == 7
    assert sorted(ids(postgres, table)) == sorted(EVENTS)
    require_report(postgres, table, ROWS)
    again = ingest(source, url)
    assert (again["events"], again["files"], again["skipped"]) == (0, 0, 7)
    # The same events in other files: each is read, and known.
    other = ingest(source_of(ROWS, tmp_path / "other", 3, seed=62), url)
    assert (other["events"], other["duplicates"]) == (0, len(ROWS) - REJECTED)
    require_report(postgres, table, ROWS)


def test_every_value_is_in_the_table_as_the_file_has_it(postgres: Postgres, tmp_path: Path) -> None:
    name = printed(postgres)
    path = files.write(ROWS, tmp_path / "events.ndjson")
    before = time.time()
    ingest(path, loader(postgres, name))
    first = {e["event_id"]: e for row in reversed(ROWS) if (e := oracle.event(row))}
    with postgres.connect() as con:
        columns = ", ".join(oracle.COLUMNS)
        for row in con.execute(f"SELECT {columns}, ingested_at FROM {name}").fetchall():
            *values, came = row
            event = first.pop(values[0])
            assert dict(zip(oracle.COLUMNS, values, strict=True)) == {
                column: event[column] for column in oracle.COLUMNS
            }
            assert before - 5 < came.timestamp() < time.time() + 5
    assert not first


def test_rejected_rows_of_csv_are_shown_and_stay_out(postgres: Postgres, tmp_path: Path) -> None:
    name, path = printed(postgres), tmp_path / "events.csv"
    sound = [row for row in generate.events(64, 40, faults=False) if row["event_id"].isalnum()]
    sound = list({row["event_id"]: row for row in sound}.values())
    header, *lines = files.csv_text(sound).splitlines()
    path.write_text(
        "\n".join(
            [header, lines[0].replace("email", "pigeon").replace("push", "pigeon"), *lines[1:], ""]
        )
    )
    done = run(path, loader(postgres, name))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rejected"] == 1
    assert json.loads(done.stdout)["events"] == len(sound) - 1
    assert "1 row rejected; the first: events.csv, row 2: unknown channel" in done.stderr


def test_a_nul_character_rejects_its_row_alone(postgres: Postgres, tmp_path: Path) -> None:
    name, rows = printed(postgres), generate.events(65, 30, faults=False)
    rows = list({row["event_id"]: row for row in rows}.values())
    rows[7]["message_name"] = "a\0b"
    path = files.write(rows, tmp_path / "events.parquet")
    done = run(path, loader(postgres, name))
    counts = json.loads(done.stdout)
    assert (counts["events"], counts["rejected"]) == (len(rows) - 1, 1)
    assert "events.parquet: has a NUL character" in done.stderr


def test_vendor_rows_and_a_growing_file(postgres: Postgres, tmp_path: Path) -> None:
    name, path = printed(postgres), tmp_path / "export.ndjson"
    url, rows = loader(postgres, name), generate_xdm.rows(32, 300)
    events, ignored, rejected = xdm_to_canonical(rows)
    half = files.ndjson_text(rows[:150])
    path.write_text(half)
    first = ingest(f"ajo:{path}", url)
    path.write_text(half + files.ndjson_text(rows[150:]))
    second = ingest(f"ajo:{path}", url)
    assert first["events"] + second["events"] == events["event_id"].nunique()
    assert (second["ignored"], second["rejected"]) == (ignored, rejected)
    assert second["duplicates"] >= first["events"]


def test_a_store_is_loaded_also_after_it_was_compacted(postgres: Postgres, tmp_path: Path) -> None:
    name = printed(postgres)
    url = loader(postgres, name)
    source = source_of(ROWS, tmp_path / "source")
    with Store.open(tmp_path / "store") as store:
        for path in sorted(source.iterdir())[:5]:
            store.ingest(path)
        first = ingest(tmp_path / "store", url)
        store.ingest(source)
        store.compact()
    second = ingest(tmp_path / "store", url)
    assert first["events"] + second["events"] == len(EVENTS)
    assert 0 < second["duplicates"] <= first["events"], "files that are as before are skipped"
    require_report(postgres, name, ROWS)


@pytest.mark.parametrize("partitioned", [False, True])
def test_killed_loads_lose_and_repeat_no_event(
    postgres: Postgres,
    tmp_path: Path,
    partitioned: bool,  # noqa: FBT001
) -> None:
    source = source_of(ROWS, tmp_path / "source")
    rng = random.Random(66)  # noqa: S311 - test data
    took = seconds_of([start(source, loader(postgres, printed(postgres, partitioned=partitioned)))])
    kills, in_the_middle = 0, 0
    while kills < KILLS / 2:
        name = printed(postgres, partitioned=partitioned)
        loaded: list[str] = []
        for _ in range(4):
            process = start(source, loader(postgres, name))
            begun = rng.random() < 0.5  # else at any moment before
            while begun and process.poll() is None and len(ids(postgres, name)) == len(loaded):
                time.sleep(0.002)
            try:
                process.wait(took * rng.uniform(0, 0.5))
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            process.communicate()
            loaded = ids(postgres, name)
            assert len(loaded) == len(set(loaded))
            in_the_middle += 0 < len(loaded) < len(EVENTS)
        ingest(source, loader(postgres, name))
        assert sorted(ids(postgres, name)) == sorted(EVENTS)
        require_report(postgres, name, ROWS)
    assert in_the_middle > 0


@pytest.mark.parametrize("partitioned", [False, True])
def test_loads_at_the_same_time_load_each_event_once(
    postgres: Postgres,
    tmp_path: Path,
    partitioned: bool,  # noqa: FBT001
) -> None:
    """The same files twice, and the same events in other files."""
    name = printed(postgres, partitioned=partitioned)
    source = source_of(ROWS, tmp_path / "source")
    other = source_of(ROWS, tmp_path / "other", 4, seed=67)
    url = loader(postgres, name)
    processes = [start(place, url) for place in (source, source, other)]
    seconds_of(processes)
    counts = [json.loads(process.communicate()[0]) for process in processes]
    assert sum(one["events"] for one in counts) == len(EVENTS)
    assert sorted(ids(postgres, name)) == sorted(EVENTS)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6])
def test_ctrl_c_keeps_what_is_loaded(postgres: Postgres, tmp_path: Path, share: float) -> None:
    """After a share of the events, not a time: a fast machine would have ended."""
    name, source = printed(postgres), source_of(ROWS, tmp_path / "source")
    process = start(source, loader(postgres, name))
    while process.poll() is None and len(ids(postgres, name)) <= share * len(EVENTS):
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    loaded = ids(postgres, name)
    assert len(loaded) == len(set(loaded)) > 0
    if process.returncode:
        assert process.returncode == 130
        assert "interrupted; stored events remain" in errors
        assert "Traceback" not in errors
    rest = ingest(source, loader(postgres, name))
    assert len(loaded) + rest["events"] == len(EVENTS)
    require_report(postgres, name, ROWS)


def start(source: Path, url: str) -> subprocess.Popen[str]:
    """Start a load in many transactions; return once everything is imported."""
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", SMALL_UNITS, *command(source, url, "--format", "json")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def seconds_of(processes: Sequence[subprocess.Popen[str]]) -> float:
    """Return how long processes take that have just begun."""
    started = time.monotonic()
    for process in processes:
        assert process.wait(120) == 0, process.communicate()[1]
    return time.monotonic() - started


def test_what_cannot_be_loaded_is_one_line(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = files.write(generate.events(68, 20, faults=False), tmp_path / "events.parquet")
    name, narrow = printed(postgres), tables.create(postgres, oracle.REQUIRED)
    short = tables.create(postgres, types={"event_id": "bigint"})
    with postgres.connect() as con:
        con.execute(f"GRANT SELECT ON {name} TO reader")
        con.execute(f"CREATE UNIQUE INDEX ON {short} (event_id)")
    address = loader(postgres, name)
    for url, code, message in (
        (
            loader(postgres, "nowhere"),
            1,
            "table nowhere does not exist; campaign-live schema --for",
        ),
        (postgres.url(name), 1, f"no permission to INSERT on {name}; GRANT INSERT"),
        (loader(postgres, narrow), 1, f"table {narrow} has no column reason, bounce_type"),
        (loader(postgres, short), 1, "invalid input syntax for type bigint"),
        (address.replace(str(postgres.port), "1"), 1, "refused"),
        (address.replace("CLW_TEST_PASSWORD", "CLW_NONE"), 3, "variable CLW_NONE"),
        (address.replace("env:CLW_TEST_PASSWORD", "wr0ng"), 2, "contains a password"),
        (f"{address},{narrow}", 2, "--into takes one table"),
        ("spark://127.0.0.1/mail?table=events", 2, "the address of a PostgreSQL table"),
    ):
        done = run(source, url)
        (line,) = done.stderr.splitlines()
        assert (done.returncode, done.stdout) == (code, ""), line
        assert message in line
        for row in generate.events(68, 20, faults=False):
            assert row["event_id"] not in line
    assert ids(postgres, name) == []
    monkeypatch.setenv("CLW_TEST_TARGET", loader(postgres, "nowhere"))
    done = run(source, "env:CLW_TEST_TARGET")
    assert done.stderr.startswith("campaign-live: env:CLW_TEST_TARGET: table nowhere")
    assert "127.0.0.1" not in done.stderr
