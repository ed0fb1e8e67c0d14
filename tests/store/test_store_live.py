"""Readers are not affected while a store is written, merged and cleaned up."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.sources.store_log import Log
from campaign_live_widgets.store import Store, check, writer
from tests import oracle
from tests.store import workers
from tests.support.events import generate
from tests.support.events.generate import AT, END, WINDOWS
from tests.support.repeats import repeats

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup

SECONDS = repeats(60)
RATE = 1000
"""Events a second."""
READERS = 8
FROM_THE_START = 4
LIMIT = 1800.0
"""Timeout in seconds for all processes."""


def held(folder: Path) -> int:
    """Return how many events a store holds."""
    return sum(file.rows for file in Log(folder).state().files.values())


@pytest.mark.stress
@pytest.mark.usefixtures("processes")
def test_eight_readers_see_only_complete_commits(tmp_path: Path) -> None:
    """No read fails, no number is inconsistent, and the numbers of a reader never decrease.

    Half of the readers start at the beginning; the others start one by one while the store is
    written and merged, so that the first files they open are merged ones.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.store.workers"])
    folder = tmp_path / "store"
    Store.open(folder).close()
    total = RATE * SECONDS // workers.TOGETHER * workers.TOGETHER
    until = time.time() + LIMIT
    outs = [tmp_path / f"reader-{n}.json" for n in range(READERS)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        readers = [
            context.Process(target=workers.read, args=(str(folder), total, until, str(out)))
            for out in outs
        ]
        writing = context.Process(target=workers.write, args=(str(folder), total, RATE))
        for process in (*readers[:FROM_THE_START], writing):
            process.start()
        joined = []
        for place, process in enumerate(readers[FROM_THE_START:], 1):
            enough = total * place / (READERS - FROM_THE_START + 1)
            while held(folder) < enough and writing.exitcode is None and time.time() < until:
                time.sleep(0.1)
            joined.append(held(folder))
            process.start()
        for process in (writing, *readers):
            process.join(max(1.0, until + 60 - time.time()))
            assert process.exitcode == 0
    assert 0 < joined[0] < joined[-1] < total, "readers started in the middle"
    assert check(folder).problems == []
    rows = [row for call in workers.written(total) for row in call]
    final = oracle_report(rows)
    for out in outs:
        result = json.loads(out.read_text())
        assert result["report"] == final
        for following in (True, False):
            observed = [one[1:] for one in result["seen"] if one[0] is following]
            assert len(observed) > 1
            assert observed == sorted(observed), "numbers never decrease"
            for events, profiles, by_message, by_bucket, notes in observed:
                assert events % workers.TOGETHER == 0, "a commit is counted completely"
                assert events == profiles == by_message == by_bucket
                assert notes == 0
            assert observed[-1][0] == total
    seen = {one[1] for out in outs for one in json.loads(out.read_text())["seen"]}
    assert len(seen) > READERS, "the store was read while it was written"


def numbers(rollup: Rollup) -> dict[str, Any]:
    rollup.refresh()
    return to_json(rollup.snapshot(at=AT, window=WINDOWS["7d"]))


def rows(count: int, first: int, seed: int = 71) -> list[dict[str, Any]]:
    rng = random.Random(f"{seed}-{first}")  # noqa: S311 - test data
    return [generate.event(rng, first + n) for n in range(count)]


def oracle_report(sent: list[dict[str, Any]]) -> dict[str, Any]:
    report = oracle.report(
        pd.DataFrame(sent, columns=list(oracle.COLUMNS), dtype=object), "c1", AT, WINDOWS["7d"]
    )
    report["health"]["duplicates"] = 0
    return report


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("grace", [0.0, 600.0])
def test_reader_that_refreshes_rarely_gets_the_same_report(tmp_path: Path, grace: float) -> None:
    """The commits between two refreshes are merged; without grace, their files are deleted."""
    followed = {every: new_rollup(tmp_path, "c1") for every in (1, 3, 7)}
    with Store(tmp_path, grace=grace) as store:
        sent: list[dict[str, Any]] = []
        for step in range(1, 22):
            new = rows(20, 20 * step)
            sent += new
            store.append(new)
            if step % 2 == 0:
                store.compact()
            for every, rollup in followed.items():
                if step % every == 0:
                    assert numbers(rollup) == oracle_report(sent), (step, every)
    for rollup in followed.values():
        rollup.close()


def test_merged_files_are_not_read_again(tmp_path: Path) -> None:
    with Store(tmp_path, grace=0.0) as store:
        for step in range(4):
            store.append(rows(30, 30 * step))
        rollup = open_rollup(tmp_path, "c1")
        before = numbers(rollup)
        read = set(tmp_path.rglob("*.parquet"))
        assert store.compact().replaced > 0
        for path in set(tmp_path.rglob("*.parquet")) - read:
            path.write_bytes(bytes(path.stat().st_size))
        assert numbers(rollup) == before


@pytest.mark.usefixtures("matrix")
def test_store_is_readable_after_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_CHECKPOINT_COMMITS", 5)
    late = None
    sent: list[dict[str, Any]] = []
    with Store(tmp_path / "store", grace=0.0) as store:
        for step in range(60):
            new = rows(3, 3 * step)
            sent += new
            store.append(new)
            if step == 2:
                late = open_rollup(tmp_path / "store", "c1")
    commits, checkpoints = Log(tmp_path / "store").numbers()
    assert len(checkpoints) == 2
    assert 60 > len(commits) >= commits[-1] - checkpoints[0]
    assert commits[0] > 5
    assert late is not None
    assert numbers(late) == oracle_report(sent)
    assert numbers(open_rollup(tmp_path / "store", "c1")) == oracle_report(sent)
    checked = check(tmp_path / "store")
    assert checked.problems == []
    Log(tmp_path / "store").checkpoint_path(checkpoints[-1]).write_text("half")
    assert "checkpoint" in check(tmp_path / "store").problems[0]
    assert numbers(open_rollup(tmp_path / "store", "c1"))["health"]["events"] == len(sent)
    with Store(tmp_path / "store") as store:
        assert store.append(sent).events == 0


def test_new_campaign_appears_in_the_feed_and_can_be_selected(tmp_path: Path) -> None:
    late = workers.row("b") | {"campaign_id": "late", "campaign_name": "Late", "timestamp": END}
    with Store(tmp_path) as store:
        feed = RollupFeed(str(tmp_path), Query(window=WINDOWS["7d"]))
        assert feed.refresh() is False
        store.append([workers.row("a") | {"campaign_id": "early"}])
        assert feed.refresh() is True
        assert feed.campaign == "early"
        assert feed.refresh() is False
        store.append([late])
        assert feed.refresh() is True, "a new campaign is a change"
        assert [campaign.id for campaign in feed.campaigns()] == ["late", "early"]
        feed.use("late")
        assert feed.snapshot().campaign_name == "Late"
        assert feed.snapshot().health.events == 2
        feed.close()


def test_feed_is_notified_of_a_commit(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.append([workers.row("a")])
        feed = RollupFeed(str(tmp_path), Query(campaign="c1", window=WINDOWS["7d"], at=AT))
        feed.refresh()
        feed.wait(0.5)
        feed.refresh()
        store.append([workers.row("b")])
        assert feed.wait(20)
        deadline = time.monotonic() + 20
        while feed.snapshot().entered_profiles != 2 and time.monotonic() < deadline:
            feed.wait(1)
            feed.refresh()
        assert feed.snapshot().entered_profiles == 2
        feed.close()
