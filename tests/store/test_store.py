"""Rows and files that ``append`` and ``ingest`` accept, and the counts they return."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.sources import schema_of_values
from campaign_live_widgets.sources.files import chunks
from campaign_live_widgets.sources.store_log import Log
from campaign_live_widgets.store import Store, append, check, partition
from campaign_live_widgets.store import row_staging as rows
from campaign_live_widgets.store.index import id_index as ids
from campaign_live_widgets.store.partition import folder_of
from tests import oracle
from tests.oracle_xdm import xdm_to_canonical
from tests.store import workers
from tests.support.cli import call
from tests.support.events import files, generate, generate_xdm

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = (*generate.HOSTILE, "../../etc/passwd", "", "con", "a" * 300, "é" * 300, "\x00", ".")


def test_each_appended_row_is_an_event_a_duplicate_or_rejected(tmp_path: Path) -> None:
    rows = generate.events(81, 200)
    good = [row for row in rows if oracle.event(row)]
    with Store.open(tmp_path) as store:
        done = store.append(rows, name="by hand")
        assert done.events == len({row["event_id"] for row in good})
        assert done.duplicates == len(good) - done.events
        assert done.rejected == len(rows) - len(good)
        assert done.events + done.duplicates + done.rejected + done.ignored == len(rows)
        assert {reject.file for reject in done.rejects} == {"by hand"}
        for reject in done.rejects:
            assert oracle.event(rows[reject.row - 1]) is None, reject
        again = store.append(rows)
    assert (again.events, again.duplicates) == (0, len(good))
    health = open_rollup(tmp_path, "c1").health
    assert (health.events, health.rejected) == (done.events, 2 * done.rejected)
    assert check(tmp_path).problems == []


def test_invalid_rows_are_rejected_with_their_number(tmp_path: Path) -> None:
    good = workers.row("good")
    odd: list[Any] = [
        good,
        ["not", "an", "object"],
        "text",
        None,
        {},
        workers.row("\ud800 alone"),
        workers.row("nan") | {"reason": float("nan")},
        workers.row("naive") | {"timestamp": datetime(2026, 11, 23, 10, 0)},  # noqa: DTZ001
        workers.row("local") | {"timestamp": datetime(2026, 11, 23, 10, tzinfo=UTC).astimezone()},
        workers.row("more") | {"unknown field": {"deep": [1]}},
    ]
    with Store.open(tmp_path) as store:
        done = store.append(odd)
    assert (done.events, done.rejected) == (6, 4)
    assert [reject.row for reject in done.rejects] == [2, 3, 4, 5]


def test_append_of_no_rows_stores_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        done = store.append([])
    assert (done.events, done.duplicates, done.rejected) == (0, 0, 0)


def test_append_accepts_a_table_and_rows_of_a_vendor(tmp_path: Path) -> None:
    rows = generate.events(82, 200, faults=False)
    vendor = generate_xdm.rows(83, 200)
    events, ignored, rejected = xdm_to_canonical(vendor)
    with Store.open(tmp_path) as store:
        done = store.append(files.table(rows))
        assert done.events == len({row["event_id"] for row in rows})
        assert done.duplicates == len(rows) - done.events
        theirs = store.append(vendor, format=None)
    assert theirs.ignored == ignored
    good = [e for e in map(oracle.event, events.to_dict("records")) if e]
    assert theirs.rejected == rejected + len(events) - len(good)
    assert theirs.events == len({event["event_id"] for event in good})


def test_concurrent_appends_share_commits(tmp_path: Path) -> None:
    def send(number: int) -> int:
        first = workers.row(f"e{number}", day=number % 3)
        return store.append([first, workers.row("all the same")]).events

    with Store.open(tmp_path) as store, ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(send, range(160))) == 161
    assert Log(tmp_path).state().number < 100
    checked = check(tmp_path)
    assert (checked.problems, checked.events) == ([], 161)


def upper(row: dict[str, Any]) -> dict[str, Any]:
    return {name.upper(): value for name, value in row.items()}


@pytest.mark.parametrize("small_batch", [0, 10_000])
def test_one_commit_stores_rows_of_several_schemas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_batch: int
) -> None:
    """Each schema has a prepared statement; only some of them are cached."""
    monkeypatch.setattr(rows, "_MAX_STATEMENTS", 2)
    monkeypatch.setattr(rows, "_SMALL_BATCH", small_batch)
    vendor = generate_xdm.rows(85, 60)
    events, ignored, rejected = xdm_to_canonical(vendor)
    good = [e for e in map(oracle.event, events.to_dict("records")) if e]
    for turn in range(3):
        with Store.open(tmp_path / str(turn)) as store:
            for _ in range(2):
                calls = [
                    append._Call(rows.JsonRows(given, format_name), name, durable=True)
                    for name, given, format_name in (
                        ("plain", [workers.row("a"), {"event_id": "bad"}], "canonical"),
                        ("vendor", vendor, None),
                        ("upper", [upper(workers.row("b")), upper(workers.row("a"))], "canonical"),
                        ("mixed", [workers.row("c"), upper(workers.row("d"))], "canonical"),
                    )
                ]
                store._appender._write_group(calls)
                results = [call.result for call in calls if call.result]
                if not _:
                    assert [(one.events, one.duplicates) for one in results] == [
                        (1, 0),
                        (len({e["event_id"] for e in good}), results[1].duplicates),
                        (1, 1),
                        (2, 0),
                    ]
                else:
                    assert [one.events for one in results] == [0, 0, 0, 0]
                assert (results[1].ignored, len(results[1].rejects)) == (
                    ignored,
                    results[1].rejected,
                )
                assert results[1].rejected == rejected + len(events) - len(good)
                (bad,) = results[0].rejects
                assert (bad.file, bad.row) == ("plain", 2)
        assert check(tmp_path / str(turn)).problems == []


def test_schema_of_canonical_rows_is_detected_from_one_row_for_each_set_of_names() -> None:
    given = [
        {"event_id": "a", "Reason": {"deep": 1}},
        {"event_id": "b", "Reason": "x"},
        {"Event_ID": "c", "reason": [1]},
        {"event_id": "d", "Reason": "y"},
    ]
    assert rows.JsonRows(given, "canonical").schema == schema_of_values(given, "canonical")


def test_interrupted_append_does_not_block_others(tmp_path: Path) -> None:
    """The main thread gets Ctrl-C while it waits for another thread that writes."""
    is_held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with store._writer.locked():
            is_held.set()
            let_go.wait(60)

    with Store.open(tmp_path) as store, ThreadPoolExecutor(3) as threads:
        holding = threads.submit(hold)
        assert is_held.wait(60)
        first = threads.submit(store.append, [workers.row("first")])
        while not store._appender._is_writing or store._appender._queue:
            time.sleep(0.01)
        interrupt = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        interrupt.start()
        with pytest.raises(KeyboardInterrupt):
            store.append([workers.row("interrupted")])
        second = threads.submit(store.append, [workers.row("second")])
        let_go.set()
        assert holding.result(60) is None
        assert first.result(60).events == second.result(60).events == 1
        assert store.append([workers.row("third")]).events == 1
    assert check(tmp_path).events == 3


def test_two_stores_of_one_folder_can_write_alternately(tmp_path: Path) -> None:
    with Store.open(tmp_path) as one, Store.open(tmp_path) as other:
        for number in range(6):
            for store in (one, other):
                done = store.append([workers.row(f"e{number}")])
                assert done.events == (store is one)
    assert check(tmp_path).events == 6


def test_file_that_has_grown_is_ingested_from_its_new_rows(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    bad = [{"event_id": "bad"}]
    with Store.open(tmp_path / "store") as store:
        sizes = []
        for count in (2, 5, 9):
            rows = [workers.row(f"e{n}") for n in range(count)]
            path.write_text(files.ndjson_text([*bad, *rows]))
            sizes.append(store.ingest(path).events)
        assert sizes == [2, 3, 4]
        assert store.ingest(path).skipped == 1
        assert len(Log(store.path).state().ingested) == 1
        assert open_rollup(store.path, "c1").health.rejected == 1, "the row is counted once"
        path.write_text(files.ndjson_text([*bad, workers.row("other")]))
        assert store.ingest(path).events == 1
        assert open_rollup(store.path, "c1").health.rejected == 2, "a new file with the same name"
        (tmp_path / "copy.ndjson").write_bytes(path.read_bytes())
        assert store.ingest(tmp_path / "copy.ndjson").skipped == 1


def test_store_cannot_ingest_itself(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        store.append([workers.row("e")])
        with pytest.raises(UsageError, match="itself"):
            store.ingest(tmp_path / "store")
        with pytest.raises(UsageError, match="itself"):
            store.ingest(f"{tmp_path}/store/events/**/*.parquet")
        files.write([workers.row("f")], tmp_path / "more.ndjson")
        assert store.ingest(tmp_path).events == 1, (
            "the parent folder is a source, without the store in it"
        )


@pytest.mark.parametrize("campaign", HOSTILE)
def test_every_campaign_id_has_a_safe_folder_name(campaign: str) -> None:
    name = folder_of(campaign, 20_000)
    assert re.fullmatch(r"events/campaign=([a-z0-9-]+-)?[0-9a-f]{12}/day=2024-10-04", name)
    assert len(name) < 90
    others = {folder_of(other, 20_000) for other in HOSTILE}
    assert len(others) == len(set(HOSTILE))


def test_any_campaign_id_and_date_is_stored(tmp_path: Path) -> None:
    times = ("1990-01-01T00:00:00Z", "1999-12-31T23:59:59.999999Z", "2100-12-31T23:59:59.999999Z")
    rows = [
        workers.row(f"e{n}-{k}") | {"campaign_id": name, "timestamp": time}
        for n, name in enumerate(n for n in HOSTILE if n.strip() and "\x00" not in n)
        for k, time in enumerate(times)
    ]
    with Store.open(tmp_path) as store:
        assert store.append(rows).events == len(rows)
        store.compact()
    checked = check(tmp_path)
    assert (checked.problems, checked.events) == ([], len(rows))
    assert checked.campaigns == len(rows) // 3
    days = {path.parent.name for path in tmp_path.rglob("*.parquet")}
    assert days == {"day=1990-01-01", "day=1999-12-31", "day=2100-12-31"}


@pytest.mark.usefixtures("matrix")
def test_many_small_files_are_merged_automatically(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        for number in range(130):
            store.append([workers.row(f"e{number}")])
    assert len(Log(tmp_path).state().files) < 50
    assert len(Log(tmp_path).state().runs) < 8


def test_merged_runs_contain_exactly_their_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ids, "_BLOCK", 7)
    rng = np.random.default_rng(1)
    runs, everything = [], set()
    for number in range(12):
        pairs = rng.integers(0, 9, (rng.integers(1, 60), 2), dtype=np.uint64)
        new = sorted({(int(a), int(b)) for a, b in pairs} - everything)
        if not new:
            continue
        everything |= set(new)
        high, low = np.array(new, dtype=np.uint64).T
        merged = ids.runs_to_merge([len(run) for run in runs], len(high))
        parts = [(runs[place].high, runs[place].low) for place in merged]
        path = tmp_path / str(number)
        rows = ids.write(path, [*parts, ids.sort(high, low)])
        runs = [run for place, run in enumerate(runs) if place not in merged]
        runs.append(ids.Run(path, rows))
        assert (np.diff(runs[-1].high.astype(np.int64)) >= 0).all()
        assert sum(map(len, runs)) == len(everything)
        queried = rng.integers(0, 9, (100, 2), dtype=np.uint64)
        contained = ids.contains(runs, queried[:, 0], queried[:, 1]).tolist()
        assert contained == [(int(a), int(b)) in everything for a, b in queried]


# ── the command ──────────────────────────────────────────────────────────────────────────


def test_ingest_prints_counts(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    rows = [workers.row(f"e{n}") for n in range(6)]
    files.write([*rows, rows[0], {"event_id": "bad"}], source / "a.ndjson")
    files.write(rows[:1], source / "b.csv")
    store = str(tmp_path / "store")
    command = call("ingest", str(source), "--into", store, "--compact")
    assert command.code == 0
    stored, files_read = "6 events stored; 2 duplicates, 1 rejected, 0 ignored", "2 files read"
    assert command.out == f"{stored}; {files_read}, 0 files skipped (ingested before)\n"
    assert "a.ndjson, row 8: timestamp is missing" in command.err
    again = call("ingest", str(source), "--into", store, "--format", "json")
    assert json.loads(again.out) == {
        "events": 0,
        "duplicates": 0,
        "rejected": 0,
        "ignored": 0,
        "restored": 0,
        "missing": 0,
        "files": 0,
        "skipped": 2,
    }
    assert again.err == ""


def test_ingest_of_a_source_without_files_exits_with_3(tmp_path: Path) -> None:
    for source in (str(tmp_path / "nowhere"), str(tmp_path)):
        command = call("ingest", source, "--into", str(tmp_path / "store"))
        assert (command.code, command.out) == (3, "")
        assert len(command.err.splitlines()) == 1


@pytest.mark.usefixtures("processes")
def test_store_is_intact_after_ctrl_c(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for part in range(40):
        rows = [workers.row(f"e{part}-{n}") for n in range(300)]
        files.write(rows, source / f"{part:02}.ndjson")
    code = (
        "import sys\nfrom campaign_live_widgets.sources.files import chunks\n"
        "chunks._CHUNK_BYTES = 1000\n"
        "from campaign_live_widgets.app.cli.main import main\nmain(sys.argv[1:])"
    )
    arguments = [sys.executable, "-c", code, "ingest", str(source), "--into", f"{tmp_path}/store"]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)  # noqa: S603
    log = Log(tmp_path / "store")
    deadline = time.monotonic() + 60
    while len(log.numbers()[0]) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    (line,) = err.splitlines()
    assert "interrupted; stored events remain" in line
    checked = check(tmp_path / "store")
    assert checked.problems == []
    assert 0 < checked.events < 12_000
    assert call("ingest", str(source), "--into", str(tmp_path / "store")).code == 0
    assert check(tmp_path / "store").events == 12_000


@pytest.mark.parametrize(
    "_again", range(4)
)  # which thread of DuckDB is interrupted depends on chance
def test_ctrl_c_interrupts_a_running_query(tmp_path: Path, _again: int) -> None:
    """DuckDB raises its own error, which must not be reported as a damaged file or disk."""
    endless = "SELECT sum(hash(a.range + b.range)) FROM range(10000000) AS a, range(10000000) AS b"
    with Store.open(tmp_path) as store:
        interrupt = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        interrupt.start()
        with pytest.raises(KeyboardInterrupt), store._writer.locked():
            store._writer.con.execute(endless).fetchall()
        interrupt.join()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert store.append([workers.row("next")]).events == 1


def test_large_source_is_ingested_in_several_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "_CHUNK_BYTES", 10_000)
    rows = generate.events(84, 300, faults=False)
    for place, part in enumerate(files.split(rows, 12, seed=84)):
        files.write(part, tmp_path / f"{place}.{files.FORMS[place % len(files.FORMS)]}")
    results = []
    with Store.open(tmp_path / "store") as store:
        store.ingest(
            tmp_path, progress=lambda done, at, total: results.append((done.events, at, total))
        )
    assert len(results) > 3
    assert results == sorted(results)
    assert results[-1][1] == results[-1][2]
    assert (
        results[-1][0] == len({row["event_id"] for row in rows}) == check(tmp_path / "store").events
    )


def test_files_of_an_earlier_version_lack_new_columns_and_are_merged_with_later_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounce = {"event_type": "bounce", "bounce_type": "hard"}
    old, new = (workers.row(name) | bounce | {"status_code": "5.1.1"} for name in ("old", "new"))
    with monkeypatch.context() as earlier:
        written = partition._WRITTEN.removesuffix(", event.status_code, event.machine_reason")
        assert written != partition._WRITTEN
        earlier.setattr(partition, "_WRITTEN", written)
        with Store.open(tmp_path) as store:
            store.append([old])
    assert check(tmp_path).problems == []
    with Store.open(tmp_path) as store:
        done = store.append([new, old, workers.row("seen") | {"event_type": "impression"}])
        assert (done.events, done.duplicates, done.ignored, done.rejected) == (1, 1, 1, 0)
        assert open_rollup(tmp_path, new["campaign_id"]).health.events == 2
        assert store.compact().by == 1
    assert check(tmp_path).problems == []
    (merged,) = Log(tmp_path).state().files
    stored = pq.read_table(tmp_path / merged, partitioning=None).to_pylist()
    assert {row["event_id"]: row["status_code"] for row in stored} == {"old": None, "new": "5.1.1"}
