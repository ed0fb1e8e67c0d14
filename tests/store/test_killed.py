"""A writer that is killed at any moment loses nothing that was acknowledged."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import files
import generate
import oracle
import pandas as pd
import pytest
import workers
from generate import AT, WINDOWS

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.store import Store, check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

KILLS = int(os.environ.get("CLW_KILLS", "40"))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def processes() -> Iterator[ForkServerContext]:
    """Give what starts processes that have everything imported, so that all time is writing."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["workers"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        yield context


def killed_after(context: ForkServerContext, seconds: float, target: Any, *args: object) -> bool:  # noqa: ANN401
    """Run a worker and kill it after a while; tell whether it had not ended before."""
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


def stored(folder: Path) -> list[str]:
    """Return the ids in the files that the log names."""
    import duckdb  # noqa: PLC0415

    from campaign_live_widgets.sources.commits import Log, parquet  # noqa: PLC0415

    state = Log(folder).state()
    if not state.files:
        return []
    query = f"SELECT event_id FROM {parquet(folder, state.files.values())}"
    return [key for (key,) in duckdb.connect().execute(query).fetchall()]


def test_appends_and_compactions(processes: ForkServerContext, tmp_path: Path) -> None:
    folder, acknowledged = tmp_path / "store", tmp_path / "acknowledged"
    Store.open(folder).close()
    rng = random.Random(1)  # noqa: S311 - test data
    start, kills, seen = 0, 0, 0
    until = time.monotonic() + 60
    while kills < KILLS and time.monotonic() < until:
        arguments = (str(folder), str(acknowledged), start)
        kills += killed_after(processes, rng.uniform(0.02, 0.6), workers.append, *arguments)
        found = check(folder)
        assert found.problems == []
        keys = stored(folder)
        assert len(keys) == len(set(keys)) == found.events
        said = acknowledged.read_text().split() if acknowledged.exists() else []
        assert set(said) <= set(keys), "what was acknowledged is there"
        assert len(keys) >= seen, "what was there stays"
        seen = len(keys)
        start = max((int(key[1:]) + 1 for key in keys), default=0) - rng.randrange(12)
        start = max(start, 0)
    assert kills >= min(KILLS, 20)
    assert seen > kills, "there was something to lose"
    with Store.open(folder) as store:  # all of it again: nothing is new but what comes after
        keys = stored(folder)
        assert store.append([workers.row(key) for key in keys]).events == 0
    rollup = open_rollup(folder, "c1", follow=False)
    assert rollup.health.events == len(keys)
    assert check(folder).remarks == []


def test_ingestions_and_compactions(processes: ForkServerContext, tmp_path: Path) -> None:
    rows = generate.events(51, 900)
    source = tmp_path / "source"
    source.mkdir()
    for number, part in enumerate(files.split(rows, 24, seed=51)):
        files.write(part, source / f"{number:02}.{files.FORMS[number % len(files.FORMS)]}")
    frame = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
    wanted = oracle.report(frame, "c1", AT, WINDOWS["7d"])
    wanted["health"]["duplicates"] = 0
    rng = random.Random(2)  # noqa: S311 - test data
    kills, number = 0, 0
    until = time.monotonic() + 60
    while kills < KILLS and time.monotonic() < until:
        folder, done = tmp_path / f"store-{number}", tmp_path / f"done-{number}"
        number += 1
        while not done.exists():
            arguments = (str(folder), str(source), str(done))
            kills += killed_after(processes, rng.uniform(0.02, 1.5), workers.ingest, *arguments)
            if (folder / "_campaign_live_store.json").exists():
                assert check(folder).problems == []
        report = to_json(
            open_rollup(folder, "c1", follow=False).snapshot(at=AT, window=WINDOWS["7d"])
        )
        report.pop("rejects", None)
        assert report == wanted
    assert kills >= min(KILLS, 20)
