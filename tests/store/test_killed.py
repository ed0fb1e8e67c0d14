"""A writer that is killed at any time loses no acknowledged event."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.sources.store_log import Log, parquet
from campaign_live_widgets.store import Store, check
from campaign_live_widgets.store import store as store_module
from tests import oracle
from tests.store import workers
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.repeats import repeats

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

KILLS = repeats(100)
"""Three tenths are kills of appends, of merges and of ingestions each, a tenth of the command."""
LIMIT = 300.0
"""Time limit in seconds for each group; a slow machine may do half of them."""
COMMAND = (sys.executable, "-m", "campaign_live_widgets")

pytestmark = [pytest.mark.stress, pytest.mark.usefixtures("processes")]


@pytest.fixture(scope="module")
def processes() -> Iterator[ForkServerContext]:
    """Return a context for processes that have everything imported, so they only write."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.store.workers"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        yield context


def killed_after(context: ForkServerContext, seconds: float, target: Any, *args: object) -> bool:  # noqa: ANN401
    """Run a worker and kill it after *seconds*; return False if it had ended before."""
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=workers.begin, args=(theirs, target, *args))
    process.start()
    assert ours.recv_bytes() == b"ready"
    process.join(seconds)
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def spent(context: ForkServerContext, until: Path, target: Any, *args: object) -> float:  # noqa: ANN401
    """Return how long a worker takes until a file exists; then kill it."""
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=workers.begin, args=(theirs, target, *args))
    process.start()
    assert ours.recv_bytes() == b"ready"
    started = time.monotonic()
    while not until.exists() and process.is_alive() and time.monotonic() - started < LIMIT:
        time.sleep(0.005)
    took = time.monotonic() - started
    process.kill()
    process.join(30)
    assert until.exists()
    return took


def stored(folder: Path) -> list[str]:
    """Return the ids in the files that the log names."""
    import duckdb  # noqa: PLC0415

    state = Log(folder).state()
    if not state.files:
        return []
    query = f"SELECT event_id FROM {parquet(folder, state.files.values())}"
    return [key for (key,) in duckdb.connect().execute(query).fetchall()]


def report_of(folder: Path) -> dict[str, Any]:
    """Return the report of a store."""
    rollup = open_rollup(folder, "c1", follow=False)
    report = to_json(rollup.snapshot(at=AT, window=WINDOWS["7d"]))
    rollup.close()
    report.pop("rejects", None)
    return report


def of_oracle(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the oracle's report of events, each stored once."""
    frame = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
    report = oracle.report(frame, "c1", AT, WINDOWS["7d"])
    report["health"]["duplicates"] = 0
    return report


def source_of(rows: list[dict[str, Any]], folder: Path, parts: int) -> Path:
    folder.mkdir()
    for number, part in enumerate(files.split(rows, parts, seed=51)):
        files.write(part, folder / f"{number:02}.{files.FORMS[number % len(files.FORMS)]}")
    return folder


def test_killed_appends_lose_no_acknowledged_event(
    processes: ForkServerContext, tmp_path: Path
) -> None:
    folder, acknowledged = tmp_path / "store", tmp_path / "acknowledged"
    Store.open(folder).close()
    rng = random.Random(1)  # noqa: S311 - test data
    start, kills, seen, target = 0, 0, 0, KILLS * 3 // 10
    took = spent(processes, acknowledged, workers.append, str(folder), str(acknowledged), 0)
    until = time.monotonic() + LIMIT
    while kills < target and time.monotonic() < until:
        arguments = (str(folder), str(acknowledged), start)
        after = took * rng.uniform(0.1, 3)
        kills += killed_after(processes, after, workers.append, *arguments)
        checked = check(folder)
        assert checked.problems == []
        keys = stored(folder)
        assert len(keys) == len(set(keys)) == checked.events
        recorded = acknowledged.read_text().split() if acknowledged.exists() else []
        assert set(recorded) <= set(keys), "acknowledged events are stored"
        assert len(keys) >= seen, "stored events remain"
        seen = len(keys)
        start = max((int(key[1:]) + 1 for key in keys), default=0) - rng.randrange(12)
        start = max(start, 0)
    assert kills >= target // 2
    assert seen > kills, "events were stored"
    with Store.open(folder) as store:  # all events again: none is new
        keys = stored(folder)
        assert store.append([workers.row(key) for key in keys]).events == 0
    rollup = open_rollup(folder, "c1", follow=False)
    assert rollup.health.events == len(keys)
    assert check(folder).remarks == []


def test_killed_compactions_change_no_number(
    processes: ForkServerContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many small files, and a process that only merges them."""
    monkeypatch.setattr(store_module, "_COMPACT_EVERY", 1 << 30)
    rows = [row for row in generate.events(52, 700) if oracle.event(row)]
    small = tmp_path / "small"
    with Store.open(small) as store:
        for start in range(0, len(rows), 20):
            store.append(rows[start : start + 20], durable=False)
        store.append([{"event_id": "bad"}])
    before, report = sorted(stored(small)), report_of(small)
    many = len(Log(small).state().files)
    assert many > 100
    rng = random.Random(3)  # noqa: S311 - test data
    shutil.copytree(small, tmp_path / "whole")
    done = tmp_path / "done"
    took = spent(processes, done, workers.compact, str(tmp_path / "whole"), str(done))
    kills, in_the_middle, number, target = 0, 0, 0, KILLS * 3 // 10
    until = time.monotonic() + LIMIT
    while kills < target and time.monotonic() < until:
        folder, done = tmp_path / f"store-{number}", tmp_path / f"done-{number}"
        number += 1
        shutil.copytree(small, folder)
        while not done.exists():
            arguments = (str(folder), str(done))
            after = took * rng.uniform(0.2, 1.2)
            kills += killed_after(processes, after, workers.compact, *arguments)
            assert check(folder).problems == []
            assert sorted(stored(folder)) == before
            in_the_middle += 1 < len(Log(folder).state().files) < many and not done.exists()
        assert report_of(folder) == report
        with Store(folder, grace=0.0) as store:
            assert store.append(rows).events == 0, "the index knows all of them"
        assert check(folder).remarks == []
        assert len(Log(folder).state().files) < many / 2
        shutil.rmtree(folder)
    assert kills >= target // 2
    assert in_the_middle > 0


def test_killed_ingestions_and_compactions_lose_and_repeat_no_event(
    processes: ForkServerContext, tmp_path: Path
) -> None:
    rows = generate.events(51, 900)
    source = source_of(rows, tmp_path / "source", 24)
    report = of_oracle(rows)
    rng = random.Random(2)  # noqa: S311 - test data
    done = tmp_path / "done"
    took = spent(processes, done, workers.ingest, str(tmp_path / "whole"), str(source), str(done))
    kills, number, target = 0, 0, KILLS * 3 // 10
    until = time.monotonic() + LIMIT
    while kills < target and time.monotonic() < until:
        folder, done = tmp_path / f"store-{number}", tmp_path / f"done-{number}"
        number += 1
        while not done.exists():
            arguments = (str(folder), str(source), str(done))
            after = took * rng.uniform(0.1, 1.2)
            kills += killed_after(processes, after, workers.ingest, *arguments)
            if (folder / "_campaign_live_store.json").exists():
                assert check(folder).problems == []
        assert report_of(folder) == report
    assert kills >= target // 2


def test_killed_ingest_commands_lose_and_repeat_no_event(tmp_path: Path) -> None:
    """``campaign-live ingest`` itself, over source after source into one store."""
    rows = generate.events(53, 2400)
    sources = [
        source_of(rows[start : start + 600], tmp_path / f"source-{start}", 12)
        for start in range(0, len(rows), 600)
    ]
    folder = tmp_path / "store"
    rng = random.Random(4)  # noqa: S311 - test data
    kills, target = 0, KILLS - 3 * (KILLS * 3 // 10)
    started = time.monotonic()
    run = [*COMMAND, "ingest", str(sources[0]), "--into", str(tmp_path / "whole"), "--compact"]
    assert subprocess.run(run, stdout=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603
    took = time.monotonic() - started
    until = time.monotonic() + LIMIT
    for place, source in enumerate(sources):
        last = place == len(sources) - 1
        command = [*COMMAND, "ingest", str(source), "--into", str(folder), "--compact"]
        while last or kills < target * (place + 1) // len(sources):
            is_final = kills >= target or time.monotonic() > until
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603
                if not is_final:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(rng.uniform(0.4, 1.0) * took)
                    kills += process.poll() is None
                    process.kill()
            if (folder / "_campaign_live_store.json").exists():
                assert check(folder).problems == []
                keys = stored(folder)
                assert len(keys) == len(set(keys))
            if is_final:
                assert process.returncode == 0
                break
    for source in sources:
        run = [*COMMAND, "ingest", str(source), "--into", str(folder)]
        assert subprocess.run(run, stdout=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603
    assert kills >= target // 2
    report, right = report_of(folder), of_oracle(rows)
    for one in (
        report,
        right,
    ):  # a rejected row that is repeated in another source is counted there as well
        one["health"].pop("rejected")
    assert report == right
