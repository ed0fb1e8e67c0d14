"""``campaign-live snapshot``, called by hand and by schedules, and killed."""

from __future__ import annotations

import json
import random
import re
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from campaign_live_widgets.app.jobs.missing import missing_ends
from campaign_live_widgets.app.settings.query import Query, parse_query
from campaign_live_widgets.errors import UsageError
from tests.support.cli import COMMAND, Command, Run, call
from tests.support.events import files, generate
from tests.support.events.generate import AT, END
from tests.support.repeats import repeats
from tests.support.reports import outside

if TYPE_CHECKING:
    from datetime import datetime

DONE, FAILED, WRONG_CALL, UNREADABLE = 0, 1, 2, 3
KILLS = repeats(20)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(files.write(generate.events(21, 300), tmp_path_factory.mktemp("s") / "e.parquet"))


def line(source: str, out: Path, *more: str, at: str = AT.isoformat()) -> list[str]:
    return [
        *("snapshot", source, "--campaign", "c1"),
        *("--out", str(out), "--formats", "csv", "--at", at, *more),
    ]


def run(source: str, out: Path, *more: str, **at: str) -> Run:
    return call(*line(source, out, *more, **at))


def test_only_the_path_is_printed(source: str, tmp_path: Path, run_cli: Command) -> None:
    done = run_cli(*line(source, tmp_path))
    assert done.code == DONE, done.err
    assert done.out == f"{tmp_path}/c1_2026-11-23T1159Z_24h\n"
    assert "\x1b" not in done.err, "no progress bar without a terminal"
    assert re.search(r"\d+ rows rejected; the first: e\.parquet, row \d+: ", done.err)
    report = json.loads(Path(done.out.strip(), "report.json").read_text(encoding="utf-8"))
    printed = call(
        *("report", source, "--campaign", "c1", "--at", AT.isoformat(), "--format", "json")
    )
    assert report == json.loads(printed.out)


@pytest.mark.usefixtures("kernels")
def test_every_option_changes_the_report(source: str, tmp_path: Path) -> None:
    options = ("--window", "7d", "--include-tests", "--locale", "fr", "--time-zone", "Europe/Paris")
    done = run(source, tmp_path, *options)
    assert done.code == DONE, done.err
    assert done.out.strip().endswith("/c1_2026-11-23T1159Z_7d_tests")
    manifest = json.loads(Path(done.out.strip(), "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["locale"], manifest["time_zone"]) == ("fr", "Europe/Paris")
    assert manifest["window"]["start"] == "2026-11-16T11:59:00Z"
    assert manifest["parameters"]["include_tests"] is True
    assert '<html lang="fr"' in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (("--formats", "docx"), "docx"),
        (("--window", "all"), "all"),
        (("--window", "soon"), "soon"),
        (("--keep", "for ever"), "for ever"),
        (("--timeout", "10"), "--timeout"),
        (("--timeout", "0s"), "--timeout"),
        (("--every", "1d"), "--since-last"),
        (("--since-last", "--every", "soon"), "soon"),
        (("--time-zone", "Mars"), "Mars"),
        (("--layout", "nowhere.json"), "nowhere.json"),
        (("--at", "yesterday"), "yesterday"),
    ],
)
def test_an_invalid_call_prints_one_line_and_writes_nothing(
    source: str, tmp_path: Path, more: tuple[str, ...], word: str
) -> None:
    done = run(source, tmp_path / "out", *more)
    assert (done.code, done.out) == (WRONG_CALL, "")
    assert len(done.err.splitlines()) == 1
    assert word in done.err
    assert not (tmp_path / "out").exists()


def test_a_missing_source_exits_with_status_3(tmp_path: Path) -> None:
    done = run(str(tmp_path / "nowhere"), tmp_path / "out")
    assert (done.code, done.out) == (UNREADABLE, "")
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("kernels")
def test_missing_snapshots_are_saved_and_old_ones_removed(source: str, tmp_path: Path) -> None:
    at = (END - timedelta(days=3)).isoformat()
    first = run(source, tmp_path, at=at)
    assert first.code == DONE, first.err
    done = run(source, tmp_path, "--since-last", "--keep", "36h", at=END.isoformat())
    assert done.code == DONE, done.err
    made = [Path(path).name for path in done.out.splitlines()]
    assert made == [f"c1_2026-11-{day}T1159Z_24h" for day in (21, 22, 23)]
    outside.assert_whole(tmp_path)
    # Ages are relative to the current time; the newest snapshot of a campaign is kept.
    assert {path.name for path in outside.finished(tmp_path)} >= {made[-1]}
    again = run(source, tmp_path, "--since-last", at=END.isoformat())
    assert (again.code, again.out) == (DONE, "")
    assert "no snapshots missing" in again.err


# ── missing snapshots ───────────────────────────────────────────────────────────────────


def recorded(**more: object) -> dict[str, Any]:
    return {"campaign": "c1", "window": "24h", "at": END.isoformat(), "messages": []} | more


def query(**more: object) -> Query:
    return parse_query(**recorded(**more))


def write_manifest(out: Path, end: datetime, *, days: int = 1, **more: object) -> None:
    """Write the manifest of a snapshot that ends at *end* into a new folder of *out*."""
    start = end - timedelta(days=days)
    parameters = recorded(at=end.isoformat()) | more
    manifest = {
        "schema_version": 1,
        "parameters": parameters,
        "campaign_id": parameters["campaign"],
        "campaign_name": None,
        "window": {"start": start.isoformat(), "end": end.isoformat(), "bucket_seconds": 900},
        "as_of": end.isoformat(),
        "made_at": end.isoformat(),
        "newest_event": None,
        "health": {},
        "locale": "en",
        "time_zone": "UTC",
        "formats": [],
        "versions": {},
        "rows": {},
        "figures": {},
        "files": {},
    }
    folder = out / f"s{len(list(out.iterdir()))}"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_without_snapshots_the_first_one_is_missing(tmp_path: Path) -> None:
    assert missing_ends(tmp_path / "none", query(), every=None, now=AT) == [END]
    assert missing_ends(tmp_path, query(at=""), every=None, now=AT) == [AT]


def test_steps_start_at_the_newest_snapshot_of_the_same_kind(tmp_path: Path) -> None:
    hour = timedelta(hours=1)
    write_manifest(tmp_path, END - 50 * hour)
    write_manifest(tmp_path, END - 70 * hour)
    write_manifest(tmp_path, END - 1 * hour, campaign="c2")
    write_manifest(tmp_path, END - 2 * hour, messages=["m1"])
    write_manifest(tmp_path, END - 3 * hour, include_tests=True)
    write_manifest(tmp_path, END - 4 * hour, days=7)
    assert missing_ends(tmp_path, query(), every=None, now=AT) == [END - 26 * hour, END - 2 * hour]
    steps = missing_ends(tmp_path, query(), every=6 * hour, now=AT)
    assert steps == [END - 50 * hour + n * 6 * hour for n in range(1, 9)]
    assert missing_ends(tmp_path, query(campaign="c2", at=""), every=None, now=AT) == []
    part = missing_ends(tmp_path, query(messages=["m1"]), every=hour, now=AT)
    assert part == [END - hour, END]


@pytest.mark.parametrize(
    "other",
    [{"machines": "exclude"}, {"basis": "sent"}, {"small_cells": 10}, {"providers": "north.csv"}],
)
def test_snapshots_with_other_numbers_are_of_another_kind(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    out, hour = tmp_path / "out", timedelta(hours=1)
    out.mkdir()
    if name := other.get("providers"):
        (tmp_path / name).write_text("pattern,family\nnorth.example,north\n", encoding="utf-8")
        other = {"providers": str(tmp_path / name)}
    write_manifest(out, END - 3 * hour)
    write_manifest(out, END - 2 * hour, **other)
    assert missing_ends(out, query(), every=hour, now=AT) == [END - 2 * hour, END - hour, END]
    assert missing_ends(out, query(**other), every=hour, now=AT) == [END - hour, END]


def test_snapshots_are_of_one_kind_by_the_rows_of_files_of_providers(tmp_path: Path) -> None:
    out, hour = tmp_path / "out", timedelta(hours=1)
    out.mkdir()
    for name, family in (("a.csv", "north"), ("b.csv", "north"), ("c.csv", "south")):
        text = f"pattern,family\nnorth.example,{family}\n"
        (tmp_path / name).write_text(text, encoding="utf-8")
    write_manifest(out, END - 3 * hour, providers=str(tmp_path / "a.csv"))
    write_manifest(out, END - 2 * hour, providers=str(tmp_path / "c.csv"))
    write_manifest(out, END - hour, providers=str(tmp_path / "removed.csv"))
    like_first = query(providers=str(tmp_path / "b.csv"))
    assert missing_ends(out, like_first, every=3 * hour, now=AT) == [END]


def test_a_step_that_is_too_short_is_an_error(tmp_path: Path) -> None:
    write_manifest(tmp_path, END - timedelta(days=30))
    with pytest.raises(UsageError, match="--every"):
        missing_ends(tmp_path, query(), every=timedelta(minutes=1), now=AT)


# ── killed at any moment ────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("kernels")
@pytest.mark.stress
def test_a_killed_run_leaves_no_finished_snapshot(source: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    complete = run(source, tmp_path)
    duration = time.monotonic() - begun
    assert complete.code == DONE, complete.err
    randomness = random.Random(7)  # noqa: S311 - not for secrets
    ended = 0
    for _ in range(KILLS):
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*COMMAND, *line(source, tmp_path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(timeout=randomness.uniform(0.1, 1.1) * duration)
        except subprocess.TimeoutExpired:
            family = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
            _, left = psutil.wait_procs(family, timeout=15)
            assert not left, "the kernel ends with its run"
        ended += process.returncode == DONE
        outside.assert_whole(tmp_path)
        assert len(outside.finished(tmp_path)) in {ended + 1, ended + 2}
        ended = len(outside.finished(tmp_path)) - 1
    last = run(source, tmp_path)
    assert last.code == DONE, last.err
    outside.assert_whole(tmp_path)
    assert {p.name for p in tmp_path.iterdir() if p.name.startswith(".")} <= {".lock"}
