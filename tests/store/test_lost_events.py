"""Events whose stored files are damaged are missing in every reader, and can be stored again."""

from __future__ import annotations

import os
import random
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.sources.store_log import Log
from campaign_live_widgets.store import Store, check, lost_events
from tests.store import workers
from tests.store.damaging import cut, flip
from tests.support.cli import call
from tests.support.events import files
from tests.support.events.generate import AT, END, WINDOWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.engine import Rollup

pytestmark = pytest.mark.usefixtures("matrix")

DAYS = 3
CAMPAIGNS = ("c1", "c2")
EVENTS = 10
"""Events of each campaign and day."""
ALL = DAYS * len(CAMPAIGNS) * EVENTS


def row(campaign: str, day: int, number: int) -> dict[str, Any]:
    key = f"{campaign}-{day}-{number}"
    return workers.row(key, day=day) | {"campaign_id": campaign}


def source_rows(days: int = DAYS, numbers: int = EVENTS) -> list[dict[str, Any]]:
    return [row(c, d, n) for n in range(numbers) for c in CAMPAIGNS for d in range(days)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a source, and a store that has ingested it."""
    place = tmp_path_factory.mktemp("whole")
    files.write(source_rows(), place / "source.ndjson")
    with Store.open(place / "store") as store:
        assert store.ingest(place / "source.ndjson").events == ALL
    return place


@pytest.fixture
def place(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "place"))


@pytest.fixture
def folder(place: Path) -> Path:
    return place / "store"


def file_of(folder: Path, campaign: str = "c1", day: int = 1) -> Path:
    date = f"day={END - timedelta(days=day):%Y-%m-%d}"
    (path,) = folder.glob(f"events/campaign={campaign}-*/{date}/*.parquet")
    return path


def swap(path: Path) -> None:
    """Replace a file by one of another day, of the same size."""
    other = next(p for p in path.parents[1].glob("*/*.parquet") if p != path)
    content = other.read_bytes()
    size = path.stat().st_size
    path.write_bytes(content[:size].ljust(size, b"\0"))


DAMAGE = [Path.unlink, cut, flip, swap]


def numbers(rollup: Rollup) -> dict[str, Any]:
    return to_json(rollup.snapshot(at=AT, window=WINDOWS["30d"]))


def read(folder: Path, campaign: str = "c1") -> dict[str, Any]:
    rollup = open_rollup(folder, campaign, follow=False)
    report = numbers(rollup)
    rollup.close()
    return report


def sent(report: dict[str, Any]) -> int:
    return sum(one[1] for one in report["widgets"]["email.metrics_by_message"]["rows"])


@pytest.mark.parametrize("damage", DAMAGE)
def test_report_counts_the_other_files_and_what_is_missing(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(file_of(folder))
    report = read(folder)
    assert sent(report) == (DAYS - 1) * EVENTS
    assert report["health"]["events"] == ALL - EVENTS
    assert report["health"]["missing"] == EVENTS
    assert check(folder).events == ALL - EVENTS


def test_damage_of_another_campaign_is_found_by_its_size(folder: Path) -> None:
    cut(file_of(folder, "c2"))
    report = read(folder)
    assert sent(report) == DAYS * EVENTS
    assert (report["health"]["events"], report["health"]["missing"]) == (ALL - EVENTS, EVENTS)


@pytest.mark.parametrize("damage", DAMAGE)
def test_open_page_finds_damage_and_repair_without_a_restart(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    path = file_of(folder)
    content = path.read_bytes()
    rollup = open_rollup(folder, "c1")
    before = numbers(rollup)
    damage(path)
    assert rollup.refresh()
    assert numbers(rollup) == read(folder)
    assert rollup.health.missing == EVENTS
    assert not rollup.refresh(), "nothing has changed since"
    path.write_bytes(content)
    assert rollup.refresh()
    assert numbers(rollup) == before == read(folder)
    rollup.close()


def test_open_page_finds_damage_of_the_log_and_its_repair(folder: Path) -> None:
    with Store.open(folder) as store:
        store.append([row("c1", 5, 0)])
        rollup = open_rollup(folder, "c1")
        before = numbers(rollup)
        for number, damage in ((1, Path.unlink), (1, flip), (2, flip), (2, Path.unlink)):
            path = Log(folder).commit_path(number)
            content = path.read_bytes()
            damage(path)
            assert rollup.refresh()
            assert numbers(rollup) == read(folder) != before
            assert not rollup.refresh()
            path.write_bytes(content)
            assert rollup.refresh()
            assert numbers(rollup) == before
        assert store.append([row("c1", 5, 1)]).events == 1
    assert rollup.refresh()
    assert rollup.health.events == ALL + 2
    rollup.close()


def test_campaign_without_a_readable_file_is_still_listed(folder: Path) -> None:
    for path in folder.glob("events/campaign=c1-*/*/*.parquet"):
        path.unlink()
    rollup = open_rollup(folder, follow=False)
    assert rollup.campaign == "c2", "the campaign of the newest event that can be read"
    assert {c.id: c.events for c in rollup.campaigns()} == {"c1": 0, "c2": DAYS * EVENTS}
    rollup.close()
    report = read(folder)
    assert sent(report) == 0
    assert report["health"]["missing"] == DAYS * EVENTS


# ── storing again ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("damage", DAMAGE)
def test_ingest_of_a_known_source_stores_lost_events_once(
    place: Path, folder: Path, damage: Callable[[Path], None]
) -> None:
    before = read(folder)
    damage(file_of(folder))
    following = open_rollup(folder, "c1")
    with Store.open(folder) as store:
        done = store.ingest(place / "source.ndjson")
        assert (done.events, done.restored, done.skipped, done.lost) == (EVENTS, EVENTS, 1, [])
        assert store.ingest(place / "source.ndjson").events == 0
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], ALL)
    assert following.refresh()
    assert numbers(following) == before == read(folder)
    following.close()


def test_ingest_of_a_longer_copy_stores_lost_and_new_events(place: Path, folder: Path) -> None:
    file_of(folder).unlink()
    files.write(source_rows(numbers=EVENTS + 2), place / "longer.ndjson")
    with Store.open(folder) as store:
        done = store.ingest(place / "longer.ndjson")
    new = 2 * DAYS * len(CAMPAIGNS)
    assert (done.events, done.restored, done.lost) == (EVENTS + new, EVENTS, [])
    assert done.duplicates == ALL - EVENTS
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], ALL + new)


def test_events_that_no_source_has_stay_missing(place: Path, folder: Path) -> None:
    for campaign in CAMPAIGNS:
        file_of(folder, campaign).unlink()
    half = [one for one in source_rows() if int(one["event_id"].rpartition("-")[2]) < 4]
    new = [row("c1", 1, n) for n in range(100, 105)]
    files.write([*half, *new], place / "half.ndjson")
    with Store.open(folder) as store:
        done = store.ingest(place / "half.ndjson")
        assert (done.events, done.restored) == (2 * 4 + 5, 2 * 4)
        assert sum(file.rows for file in done.lost) == 12
    report = read(folder)
    assert (report["health"]["events"], report["health"]["missing"]) == (ALL - 12 + 5, 12)
    assert sum("6 events of campaign" in text for text in check(folder).problems) == 2
    command = call("ingest", str(place / "half.ndjson"), "--into", str(folder))
    assert command.code == 1
    assert "The store has lost 12 events in 2 damaged or missing files (c1, " in command.err
    assert "They are not in this source" in command.err
    command = call("ingest", str(place / "source.ndjson"), "--into", str(folder))
    assert command.code == 0
    assert command.out.startswith("12 events stored; 0 duplicates")
    assert "12 events that the store had lost stored again" in command.err
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], ALL + 5)


def test_copied_store_is_compared_by_content_once(place: Path, folder: Path) -> None:
    copy = place / "copy"
    shutil.copytree(folder, copy, copy_function=shutil.copy)
    times = {file.path: file.modified for file in Log(copy).state().files.values()}
    assert all((copy / path).stat().st_mtime_ns != at for path, at in times.items())
    with Store.open(copy) as store:
        assert store.ingest(place / "source.ndjson").lost == []
    assert all((copy / path).stat().st_mtime_ns == at for path, at in times.items())


def test_change_without_a_new_modification_time_is_found_by_check(
    place: Path, folder: Path
) -> None:
    path = file_of(folder)
    status = path.stat()
    flip(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert read(folder)["health"]["missing"] == EVENTS, "a report reads the content"
    with Store.open(folder) as store:
        assert store.ingest(place / "source.ndjson").restored == 0
    (problem,) = check(folder).problems
    assert str(path.relative_to(folder)) in problem
    path.unlink()
    with Store.open(folder) as store:
        assert store.ingest(place / "source.ndjson").restored == EVENTS
    assert check(folder).problems == []


def test_given_up_file_is_kept_and_its_other_events_are_stored_when_it_is_intact(
    place: Path, folder: Path
) -> None:
    path = file_of(folder)
    away = path.rename(place / "away.parquet")
    with Store(folder, grace=0.0) as store:
        assert store.append([row("c1", 1, 3)]).events == 1
    assert read(folder)["health"]["missing"] == EVENTS - 1
    away.rename(path)
    with Store(folder, grace=0.0) as store:
        store.append([row("c2", 5, 3)])
    assert path.exists(), "it has events that no other file has"
    files.write([row("c2", 5, 4)], place / "other.ndjson")
    following = open_rollup(folder, "c1")
    with Store(folder, grace=0.0) as store:
        done = store.ingest(place / "other.ndjson")
        assert (done.events, done.restored, done.lost) == (EVENTS, EVENTS - 1, [])
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], ALL + 2)
    following.refresh()
    assert numbers(following) == read(folder)
    assert read(folder)["health"]["missing"] == 0
    following.close()
    with Store(folder, grace=0.0) as store:
        store.append([row("c2", 5, 5)])
    assert not path.exists()


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_files_of_a_source_that_is_a_store_are_not_ingested(
    place: Path, folder: Path, damage: Callable[[Path], None]
) -> None:
    path = file_of(folder)
    damage(path)
    with Store.open(place / "new") as store:
        done = store.ingest(folder)
    assert done.events == ALL - EVENTS
    assert list(done.problems) == [str(path)]
    assert done.waiting == {}
    command = call("ingest", str(folder), "--into", str(place / "new"))
    assert command.code == 3
    assert str(path) in command.err


def test_append_stores_a_lost_event_again(folder: Path) -> None:
    path = file_of(folder)
    content = path.read_bytes()
    path.unlink()
    with Store.open(folder) as store, Store.open(folder) as other:
        done = store.append([row("c1", 1, 0), row("c1", 0, 0)])
        assert (done.events, done.duplicates) == (1, 1)
        for writer in (store, other):
            assert writer.append([row("c1", 1, 0)]).duplicates == 1
        assert other.append([row("c1", 1, 1)]).events == 1
        assert store.append([row("c1", 1, 1), row("c1", 1, 2)]).events == 1
    report = read(folder)
    assert (report["health"]["events"], report["health"]["missing"]) == (ALL - 7, 7)
    backup = folder.parent / "backup.parquet"
    backup.write_bytes(content)
    with Store.open(folder) as store:
        assert store.ingest(backup).restored == 7
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], ALL)


def test_writer_finds_damage_that_happens_while_it_is_open(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_events, "_EVERY", 0.0)
    with Store.open(folder) as store:
        assert store.append([row("c1", 1, 0)]).duplicates == 1
        path = file_of(folder)
        content = path.read_bytes()
        path.unlink()
        assert store.append([row("c2", 1, 0), row("c1", 5, 0)]).events == 1
        path.write_bytes(content)
        assert store.append([row("c1", 1, 0)]).duplicates == 1, "restored from a backup"
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], ALL + 1)


def test_index_and_file_that_are_both_damaged_are_replaced(place: Path, folder: Path) -> None:
    file_of(folder).unlink()
    for path in folder.glob("_ids/*"):
        cut(path)
    with Store.open(folder) as store:
        assert store.append([row("c1", 0, 0), row("c1", 1, 0)]).events == 1
    assert read(folder)["health"]["missing"] == EVENTS - 1
    with Store.open(folder) as store:
        assert store.ingest(place / "source.ndjson").restored == EVENTS - 1
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], ALL)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("seed", [1, 3, 5])
def test_random_damage_and_repair_keep_every_event_at_most_once(
    place: Path, folder: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is readable and what is missing add up to everything that was ever stored."""
    monkeypatch.setattr(lost_events, "_EVERY", 0.0)
    rng = random.Random(seed)  # noqa: S311 - test data
    stored = {one["event_id"] for one in source_rows()}
    following = open_rollup(folder, "c1")
    backups: dict[Path, bytes] = {}
    for step in range(12):
        paths = sorted(Path(folder / path) for path in Log(folder).state().files)
        action = rng.choice(["damage", "damage", "restore", "append", "ingest", "compact"])
        if action == "damage":
            path = rng.choice(paths)
            if path.exists():
                backups.setdefault(path, path.read_bytes())
                rng.choice([Path.unlink, cut])(path)
        elif action == "restore" and backups:
            path, content = backups.popitem()
            path.write_bytes(content)
        with Store(folder, grace=0.0) as store:
            if action == "append":
                new = [row("c1", rng.randrange(DAYS), rng.randrange(3 * EVENTS)) for _ in range(9)]
                store.append(new)
                stored |= {one["event_id"] for one in new}
            elif action == "ingest":
                store.ingest(place / "source.ndjson")
            elif action == "compact":
                store.compact()
        health = read(folder)["health"]
        assert health["events"] + health["missing"] == len(stored), (step, action)
        following.refresh()
        assert numbers(following) == read(folder), (step, action)
        assert not [text for text in check(folder).problems if "more than once" in text]
    following.close()
    files.write([row(*parts) for parts in _parts(stored)], place / "all.ndjson")
    with Store.open(folder) as store:
        assert store.ingest(place / "all.ndjson").lost == []
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], len(stored))


def _parts(keys: set[str]) -> list[tuple[str, int, int]]:
    split = [key.split("-") for key in sorted(keys)]
    return [(campaign, int(day), int(number)) for campaign, day, number in split]
