"""Every file of a store, damaged in every way, and what each command then reports."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from campaign_live_widgets.sources.store_log import MARKER, Log
from campaign_live_widgets.store import Store, check
from tests.store import workers
from tests.store.damaging import cut, flip
from tests.support.cli import Run, call
from tests.support.events import files
from tests.support.events.generate import AT

if TYPE_CHECKING:
    from collections.abc import Callable

DAYS = 3
EVENTS = 10
"""Events of each day; each is one commit."""
ALL = DAYS * EVENTS
pytestmark = pytest.mark.usefixtures("matrix")
LOST = "The store has lost 10 events in 1 damaged or missing file (c1, 22 Nov 2026)"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a source, and a store that has ingested it."""
    place = tmp_path_factory.mktemp("whole")
    for day in range(DAYS):
        rows = [workers.row(f"d{day}-{n}", day=day) for n in range(EVENTS)]
        files.write([*rows, {"event_id": "bad"}], place / f"{day}.ndjson")
        with Store.open(place / "store") as store:
            store.ingest(place / f"{day}.ndjson")
    return place


@pytest.fixture
def place(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "place"))


def event_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("events/*/*/*.parquet"), key=lambda path: path.name)


def commits(folder: Path) -> list[Path]:
    return [Log(folder).commit_path(number) for number in Log(folder).numbers()[0]]


def swap(paths: list[Path]) -> None:
    """Exchange the second file with the first one."""
    first, second, *_ = paths
    content = second.read_bytes()
    second.write_bytes(first.read_bytes())
    first.write_bytes(content)


def report(folder: Path, form: str) -> Run:
    arguments = ("report", str(folder), "--at", AT.isoformat(), "--window", "30d")
    return call(*arguments, "--campaign", "c1", "--format", form)


def health(folder: Path) -> dict[str, int]:
    numbers: dict[str, int] = json.loads(report(folder, "json").out)["health"]
    return numbers


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not re.search(r"\d rows? rejected", line)]


def assert_every_report_shows(folder: Path, missing: int, line: str) -> None:
    assert health(folder) == {
        "events": ALL - missing,
        "duplicates": 0,
        "rejected": health(folder)["rejected"],
        "ignored": 0,
        "missing": missing,
        "gone": 0,
    }
    runs = {form: report(folder, form) for form in ("json", "text", "csv")}
    runs["campaigns"] = call("campaigns", str(folder))
    for run in runs.values():
        assert run.code == 0
        (text,) = lines(run.err)
        assert line in text
    assert f"{missing} missing" in runs["text"].out
    assert line in " ".join(runs["text"].out.split())
    first, *_ = csv.reader(runs["csv"].out.splitlines())
    assert first[0] == "report"
    assert first[1].endswith(f"missing events: {missing}")


@pytest.mark.parametrize("damage", [Path.unlink, cut, flip])
def test_damaged_events_are_missing_until_they_are_ingested_again(
    place: Path, damage: Callable[[Path], None]
) -> None:
    folder = place / "store"
    damage(event_files(folder)[1])
    assert_every_report_shows(folder, EVENTS, LOST)
    checked = call("check", str(folder))
    assert checked.code == 1
    assert "10 events of campaign 'c1'" in checked.out
    ingested = call("ingest", f"{place}/*.ndjson", "--into", str(folder))
    assert ingested.code == 0
    assert "10 events that the store had lost stored again" in ingested.err
    assert check(folder).problems == []
    assert health(folder)["missing"] == 0
    assert lines(report(folder, "text").err) == []


@pytest.mark.usefixtures("processes")
def test_snapshot_of_a_damaged_store_is_saved_and_is_not_valid(place: Path) -> None:
    folder = place / "store"
    event_files(folder)[1].unlink()
    options = ("--campaign", "c1", "--at", AT.isoformat(), "--window", "30d", "--formats", "csv")
    saved = call("snapshot", str(folder), "--out", str(place / "out"), *options)
    assert saved.code == 0
    (text,) = [line for line in saved.err.splitlines() if "lost" in line]
    assert "the store has lost 10 events; run campaign-live check" in text
    made = Path(saved.out.strip())
    assert json.loads((made / "manifest.json").read_text("utf-8"))["health"]["missing"] == EVENTS
    assert (made / "report.csv").read_text("utf-8").startswith("report,")
    verified = call("verify", str(made))
    assert verified.code == 1
    assert verified.out == ("report.json: 10 events of the store were missing when it was made\n")


def test_exchanged_files_of_events_are_both_missing(place: Path) -> None:
    folder = place / "store"
    swap(event_files(folder))
    assert health(folder)["missing"] == 2 * EVENTS
    assert len(check(folder).problems) == 2
    assert call("ingest", f"{place}/*.ndjson", "--into", str(folder)).code == 0
    assert check(folder).problems == []
    assert check(folder).events == ALL


def test_ingest_of_another_source_names_what_is_still_missing(place: Path) -> None:
    folder = place / "store"
    event_files(folder)[1].unlink()
    ingested = call("ingest", str(place / "0.ndjson"), "--into", str(folder))
    assert ingested.code == 1
    assert ingested.out.startswith("0 events stored")
    assert f"{folder}: {LOST}. They are not in this source" in ingested.err


@pytest.mark.parametrize("damage", [Path.unlink, cut, flip])
def test_events_of_a_damaged_commit_are_missing(
    place: Path, damage: Callable[[Path], None]
) -> None:
    folder = place / "store"
    damage(commits(folder)[1])
    assert_every_report_shows(folder, EVENTS, f"{LOST}; its log is damaged (commit 2).")
    assert call("check", str(folder)).code == 1
    ingested = call("ingest", f"{place}/*.ndjson", "--into", str(folder))
    assert ingested.code == 1
    assert "the log is damaged (commit 2 " in ingested.err
    assert len(event_files(folder)) == DAYS, "no file is deleted"


def test_exchanged_commits_are_damaged(place: Path) -> None:
    folder = place / "store"
    swap(commits(folder))
    assert health(folder)["missing"] == 2 * EVENTS
    problems = check(folder).problems
    assert problems[:2] == [
        f"commit {number} is another file of the log: its events are not counted"
        for number in (1, 2)
    ]


def test_events_of_a_damaged_compaction_are_not_missing_while_its_files_are_kept(
    place: Path,
) -> None:
    folder = place / "store"
    with Store.open(folder) as store:
        store.append([workers.row(f"more-{n}", day=1) for n in range(5)])
        assert store.compact().by == 1
        number = Log(folder).state().number
    for path in commits(folder):
        if b'"compacts":true' in path.read_bytes() and b"events/" in path.read_bytes():
            flip(path)
    read = health(folder)
    assert (read["events"], read["missing"]) == (ALL + 5, 0)
    run = report(folder, "csv")
    assert f"(commit {number - 1})" in run.err
    assert run.out.splitlines()[0].endswith("missing events: ?")


def test_log_without_files_is_damaged_and_nothing_is_deleted(place: Path) -> None:
    folder = place / "store"
    shutil.rmtree(folder / "_log")
    (folder / "_log").mkdir()
    assert call("report", str(folder)).code == 3
    campaigns = call("campaigns", str(folder))
    assert "The log of the store is damaged" in campaigns.err
    checked = call("check", str(folder))
    assert checked.code == 1
    assert "the log is missing" in checked.out
    assert call("ingest", f"{place}/*.ndjson", "--into", str(folder)).code == 1
    assert len(event_files(folder)) == DAYS


def test_store_without_its_marker_is_not_read_as_a_folder_of_files(place: Path) -> None:
    folder = place / "store"
    (folder / MARKER).unlink()
    for command in (
        ("report", str(folder)),
        ("campaigns", str(folder)),
        ("check", str(folder)),
        ("ingest", f"{place}/*.ndjson", "--into", str(folder)),
    ):
        run = call(*command)
        assert run.code == 3
        assert "lost its marker file" in run.err


@pytest.mark.parametrize("damage", [Path.unlink, cut, flip])
@pytest.mark.parametrize("part", ["_ids", "_rejects", "_log/000000000000.state.json"])
def test_damage_of_other_files_changes_no_number(
    place: Path, damage: Callable[[Path], None], part: str
) -> None:
    folder = place / "store"
    before = health(folder)
    path = folder / part
    damage(path if path.is_file() else max(path.iterdir()))
    assert health(folder) == before
    run = report(folder, "text")
    assert (run.code, lines(run.err)) == (0, [])
    problems = check(folder).problems
    is_needless = part.startswith("_log") and damage is Path.unlink
    assert len(problems) == (0 if is_needless else 1)
    assert call("ingest", f"{place}/*.ndjson", "--into", str(folder)).code == 0
    assert check(folder).events == ALL


@pytest.mark.parametrize("damage", [Path.unlink, cut])
def test_plain_reading_with_duckdb_is_as_documented(
    place: Path, damage: Callable[[Path], None]
) -> None:
    """Without the log, a missing file is not noticed; a truncated one is an error."""
    folder = place / "store"
    query = f"SELECT count(*) FROM read_parquet('{folder}/events/*/*/*.parquet')"
    assert rows(query) == ALL == health(folder)["events"]
    damage(event_files(folder)[1])
    if damage is cut:
        with pytest.raises(duckdb.Error):
            rows(query)
    else:
        assert rows(query) == ALL - EVENTS == health(folder)["events"]


def rows(query: str) -> Any:  # noqa: ANN401 - a value of DuckDB
    ((count,),) = duckdb.sql(query).fetchall()
    return count
