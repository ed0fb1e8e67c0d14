"""Files that are replaced, renamed or merged: health covers only the current files."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import FileRollup, open_rollup
from campaign_live_widgets.report import to_json
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from pathlib import Path

    Row = dict[str, Any]

CAMPAIGN = "c1"


def report(rollup: FileRollup) -> Row:
    """Return the report with its rejects sorted: their order is not defined."""
    data = to_json(rollup.snapshot(at=AT, window=WINDOWS["30d"]))
    data["rejects"] = sorted(str(reject) for reject in data.get("rejects", []))
    return data


def assert_as_fresh(rollup: FileRollup, folder: Path) -> None:
    """Compare with a rollup that reads the folder for the first time."""
    assert report(rollup) == report(open_rollup(folder, CAMPAIGN))


@pytest.mark.parametrize("form", files.FORMS)
def test_a_file_rewritten_with_more_rows_equals_a_first_read(tmp_path: Path, form: str) -> None:
    rows = generate.events(31, 120)
    cuts = (len(rows) // 3, len(rows) // 2, len(rows))
    files.write(rows[::3], tmp_path / "other.csv")
    files.write(rows[: cuts[0]], tmp_path / f"events.{form}")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    for cut in cuts[1:]:
        files.write(rows[:cut], tmp_path / f"events.{form}")
        rollup.refresh()
        assert_as_fresh(rollup, tmp_path)


def test_a_renamed_file_adds_no_duplicates(tmp_path: Path) -> None:
    files.write(generate.events(32, 80), tmp_path / "a.parquet")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    before = report(rollup)
    (tmp_path / "a.parquet").rename(tmp_path / "b.parquet")
    rollup.refresh()
    after = report(rollup)
    assert after["health"] == before["health"]
    assert_as_fresh(rollup, tmp_path)


def test_a_copy_of_a_renamed_file_adds_only_duplicates(tmp_path: Path) -> None:
    rows = generate.events(33, 40, faults=False)
    files.write(rows, tmp_path / "a.parquet")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    (tmp_path / "a.parquet").rename(tmp_path / "b.parquet")
    rollup.refresh()
    files.write(rows, tmp_path / "c.ndjson")
    rollup.refresh()
    assert_as_fresh(rollup, tmp_path)


def test_a_deleted_file_removes_its_rejects(tmp_path: Path) -> None:
    files.write(generate.events(34, 60), tmp_path / "a.ndjson")
    files.write(generate.events(34, 5, faults=False), tmp_path / "b.csv")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    assert rollup.health.rejected > 10
    (tmp_path / "a.ndjson").unlink()
    rollup.refresh()
    health = rollup.health
    assert (health.rejected, health.rejects, health.ignored) == (0, (), 0)


def test_a_growing_file_counts_its_own_duplicates(tmp_path: Path) -> None:
    rows = generate.events(35, 60, faults=False)
    path = tmp_path / "a.ndjson"
    path.write_text(files.ndjson_text(rows), encoding="utf-8")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    with path.open("a", encoding="utf-8") as out:
        out.write(files.ndjson_text(rows[:20]))
    rollup.refresh()
    assert_as_fresh(rollup, tmp_path)
    replaced = tmp_path / "new"
    replaced.write_text(files.ndjson_text(rows[10:] + rows), encoding="utf-8")
    replaced.replace(path)
    rollup.refresh()
    assert_as_fresh(rollup, tmp_path)


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_rewrites_equals_a_first_refresh(tmp_path: Path, seed: int) -> None:
    """Files grow, are rewritten, and are merged into one; no event is lost."""
    rng = random.Random(seed)  # noqa: S311 - test data
    rows = generate.events(40 + seed, 150)
    rows_by_file: dict[str, list[Row]] = {}
    rollup: FileRollup | None = None
    for number, part in enumerate(files.split(rows, 12, seed)):
        form = rng.choice(files.FORMS)
        turn = rng.random()
        if turn < 0.4 or not rows_by_file:
            name, content = f"{number}.{form}", part
        elif turn < 0.7:
            name = rng.choice(list(rows_by_file))
            content = rows_by_file[name] + part
            rng.shuffle(content)
        else:
            gone = rng.sample(list(rows_by_file), min(len(rows_by_file), 2))
            name = f"{number}.{form}"
            content = [row for other in gone for row in rows_by_file.pop(other)] + part
            for other in gone:
                (tmp_path / other).unlink()
        rows_by_file[name] = content
        files.write(content, tmp_path / name)
        if rollup is None:
            rollup = open_rollup(tmp_path, CAMPAIGN)
        elif rng.random() < 0.7:
            rollup.refresh()
    assert rollup is not None
    rollup.refresh()
    assert_as_fresh(rollup, tmp_path)


def test_a_damaged_file_is_reported_until_it_is_fixed_or_deleted(tmp_path: Path) -> None:
    rows = generate.simple(36, 50)
    files.write(rows, tmp_path / "a.csv")
    bad = files.write(rows, tmp_path / "b.csv.gz")
    whole = bad.read_bytes()
    bad.write_bytes(whole[: len(whole) // 2])
    rollup = open_rollup(tmp_path, CAMPAIGN)
    assert [note.split(":")[0] for note in rollup.health.notes] == ["b.csv.gz"]
    bad.write_bytes(whole)
    rollup.refresh()
    assert rollup.health.notes == ()
    assert_as_fresh(rollup, tmp_path)
    bad.write_bytes(whole[: len(whole) // 3])
    rollup.refresh()
    assert len(rollup.health.notes) == 1
    bad.unlink()
    rollup.refresh()
    assert rollup.health.notes == ()
    assert_as_fresh(rollup, tmp_path)


def test_a_zstd_file_waits_for_its_end(tmp_path: Path) -> None:
    rows = generate.simple(37, 3000)
    path = files.write(rows, tmp_path / "a.ndjson.zst")
    whole = path.read_bytes()
    for cut in (2, 9, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        rollup = open_rollup(tmp_path, CAMPAIGN)
        assert "zstd" in rollup.health.notes[0]
        assert rollup.health.events == 0
    path.write_bytes(whole + whole)  # two frames, one after the other
    rollup.refresh()
    assert rollup.health.notes == ()
    once = len({row["event_id"] for row in rows})
    assert rollup.health.events == once
    assert rollup.health.duplicates == 2 * len(rows) - once


def test_ignored_files_are_reported_in_one_note(tmp_path: Path) -> None:
    files.write(generate.simple(38, 20), tmp_path / "a.csv")
    for name in ("b.xlsx", "c.XLSX", "notes.txt", "README", ".hidden", "_SUCCESS", "d.csv.tmp"):
        (tmp_path / name).write_bytes(b"x")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    note = (
        "4 files were not read, because neither name nor content is that of events: "
        ".xlsx (2), none (1), .txt (1); "
    )
    assert rollup.health.notes == (note + "supported: Parquet, CSV and NDJSON",)
    for name in ("b.xlsx", "c.XLSX", "README"):
        (tmp_path / name).unlink()
    rollup.refresh()
    assert rollup.health.notes[0].startswith("1 file was not read, because neither name nor")
    (tmp_path / "notes.txt").unlink()
    rollup.refresh()
    assert rollup.health.notes == ()
