"""Each problem of a store is reported in one line, and the rest of it stays readable."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.sources.store_log import Log
from campaign_live_widgets.store import Store, check, writer
from campaign_live_widgets.store.compaction import compact_rejects as rejects
from tests.store import workers
from tests.store.damaging import DAYS, cut, flip, sent
from tests.support.cli import call
from tests.support.events.generate import END

if TYPE_CHECKING:
    from collections.abc import Callable


def file_of(folder: Path, day: int) -> Path:
    (path,) = folder.glob(f"events/*/day={END - timedelta(days=day):%Y-%m-%d}/*.parquet")
    return path


def test_intact_store_has_no_problems(whole: Path) -> None:
    checked = check(whole)
    assert (checked.problems, checked.remarks) == ([], [])
    assert (checked.events, checked.files, checked.campaigns) == (60, DAYS, 1)
    assert checked.commits == 2 * DAYS
    assert sent(whole) == (60, ())


@pytest.mark.parametrize(
    ("damage", "word"),
    [(cut, "is truncated"), (flip, "is damaged"), (Path.unlink, "is missing")],
)
def test_damaged_event_file_is_reported_and_the_others_are_counted(
    folder: Path, damage: Callable[[Path], None], word: str
) -> None:
    path = file_of(folder, 2)
    damage(path)
    (problem,) = check(folder).problems
    assert word in problem
    assert str(path.relative_to(folder)) in problem
    assert "10 events" in problem
    count, texts = sent(folder)
    day = f"{END - timedelta(days=2):%-d %b %Y}"
    assert count == 50, "the other days are counted"
    assert texts == (f"The store has lost 10 events in 1 damaged or missing file (c1, {day}).",)
    assert check(folder).events == 50


@pytest.mark.parametrize(("damage", "word"), [(flip, "damaged"), (Path.unlink, "missing")])
def test_damaged_commit_is_reported_and_stops_writers(
    folder: Path, damage: Callable[[Path], None], word: str
) -> None:
    damage(Log(folder).commit_path(5))
    checked = check(folder)
    assert any("commit 5 is" in problem and word in problem for problem in checked.problems)
    assert checked.events == 50
    count, (note,) = sent(folder)
    assert count == 50
    assert "(commit 5)" in note
    left = sorted(folder.rglob("*.parquet"))
    with Store.open(folder) as store, pytest.raises(StoreError, match="commit 5"):
        store.append([workers.row("new")])
    assert sorted(folder.rglob("*.parquet")) == left, (
        "files that may belong to a missing commit are not removed"
    )


def test_following_reader_reports_a_missing_commit(folder: Path) -> None:
    rollup = open_rollup(folder, "c1")
    with Store.open(folder) as store:
        lost, _ = (store.append([workers.row(key)]) for key in ("lost", "kept"))
        assert lost.events == 1
    Log(folder).commit_path(2 * DAYS + 1).unlink()
    assert rollup.refresh()
    health = rollup.health
    rollup.close()
    assert health.events == 61
    assert health.unread_commits == (2 * DAYS + 1,)


def test_readable_files_can_be_ingested_into_a_new_store(folder: Path, tmp_path: Path) -> None:
    Log(folder).commit_path(5).unlink()
    with Store.open(tmp_path / "rebuilt") as store:
        assert store.ingest(folder).events == 50
        assert store.ingest(f"{folder}/events/**/*.parquet").events == 10
    assert sent(tmp_path / "rebuilt") == (60, ())


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink])
def test_damaged_index_is_rebuilt(folder: Path, damage: Callable[[Path], None]) -> None:
    for path in folder.glob("_ids/*"):
        if path.name in {Path(run).name for run in Log(folder).state().runs}:
            damage(path)
    assert all("index" in problem for problem in check(folder).problems)
    with Store.open(folder) as store:
        again = [workers.row(f"d{day}-{n}", day=day) for day in range(DAYS) for n in range(10)]
        done = store.append([*again, workers.row("new")])
    assert (done.events, done.duplicates) == (1, 60)
    assert check(folder).problems == []


def test_damaged_checkpoint_is_reported_and_replaced_by_the_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_CHECKPOINT_COMMITS", 2)
    with Store.open(folder) as store:
        for number in range(4):
            store.append([workers.row(f"more-{number}")])
    *_, newest = Log(folder).numbers()[1]
    flip(Log(folder).checkpoint_path(newest))
    (problem,) = check(folder).problems
    assert problem == f"checkpoint {newest} is damaged; other files of the log replace it"
    assert sent(folder) == (64, ())
    with Store.open(folder) as store:
        again = [workers.row(f"more-{number}") for number in range(5)]
        assert store.append(again).events == 1
    assert sent(folder) == (65, ())


def test_many_files_of_rejected_rows_are_merged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejects, "_MIN_FILES", 8)

    def rejected_rows() -> list[tuple[str, int, str]]:
        health = open_rollup(folder, "c1", follow=False).health
        assert health.rejected == DAYS + 40
        return sorted((reject.file, reject.row, reject.cause) for reject in health.rejects)

    with Store(folder, grace=0.0) as store:
        for number in range(40):
            store.append([{"event_id": f"bad-{number}"}], name=f"call {number}")
        before = rejected_rows()
        assert len(before) == DAYS + 40
        assert len(Log(folder).state().rejects) < 40, "automatically, if there are many"
        store.compact()
        assert rejected_rows() == before
        (left,) = Log(folder).state().rejects.items()
        assert left[1] == DAYS + 40
        store.append([workers.row("later")])
    assert len(list((folder / "_rejects").iterdir())) == 1
    checked = check(folder)
    assert (checked.problems, checked.remarks) == ([], [])


def test_leftovers_of_a_killed_writer_are_removed(folder: Path) -> None:
    for name in ("_aside/x/part.parquet", "events/campaign=x/day=y/1.parquet", "_ids/9.ids"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"half")
    checked = check(folder)
    assert checked.problems == []
    assert "2 files are not part of the store" in checked.remarks[0]
    assert sent(folder) == (60, ())
    with Store.open(folder) as store:
        store.append([workers.row("new")])
    assert check(folder).remarks == []
    assert not list((folder / "_aside").glob("*"))


def test_damaged_file_is_not_merged(folder: Path) -> None:
    path = file_of(folder, 2)
    with Store.open(folder) as store:
        for day in (2, 5):
            store.append([workers.row(f"more-{day}", day=day)])
        flip(path)
        done = store.compact()
        assert done.damaged == (str(path.relative_to(folder)),)
        assert (done.replaced, done.by) == (2, 1), "day 5"
    assert str(path.relative_to(folder)) in Log(folder).state().files


def test_check_prints_each_problem(folder: Path) -> None:
    good = call("check", str(folder))
    assert (good.code, good.err) == (0, "")
    assert good.out == "intact: 60 events of 1 campaign in 6 files; 12 commits in the log\n"
    cut(file_of(folder, 1))
    file_of(folder, 3).unlink()
    bad = call("check", str(folder))
    assert bad.code == 1
    (line,) = bad.err.splitlines()
    assert "2 problems" in line
    lines = bad.out.splitlines()
    assert sum(line.startswith("problem: events/campaign=c1-") for line in lines) == 2
    assert lines[-1].startswith("intact: 40 events")
    assert len(json.loads(call("check", str(folder), "--format", "json").out)["problems"]) == 2
