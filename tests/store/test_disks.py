"""A full or read-only disk, and a truncated or damaged source file, lose no other event."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import SourceError, StoreError
from campaign_live_widgets.store import Store, check
from tests.store import workers
from tests.store.damaging import sent
from tests.support.cli import COMMAND, Run, call
from tests.support.events import files, generate
from tests.support.events.generate import AT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# ── full disks and read-only folders ─────────────────────────────────────────────────────


def run(*arguments: str, limit: Callable[[], object]) -> Run:
    """Run the command in a process with a limit."""
    done = subprocess.run(  # noqa: S603 - no thread of the test is in it
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=limit,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def without_power() -> None:
    """Make file modes apply to root as well (PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)."""
    assert ctypes.CDLL(None).prctl(24, 1, 0, 0, 0) == 0


def one_line(err: str) -> str:
    (line,) = err.splitlines()
    assert "Traceback" not in line
    return line


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("limit", [300, 4000, 20_000])
def test_command_on_a_full_disk_exits_with_1_and_can_be_repeated(
    folder: Path, tmp_path: Path, limit: int
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    rows = generate.events(61, 1500, faults=False)
    for place, part in enumerate(files.split(rows, 3, seed=61)):
        files.write(part, source / f"{place}.ndjson")
    command = run(
        "ingest",
        str(source),
        "--into",
        str(folder),
        limit=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert command.code == 1
    assert command.out == ""
    assert "cannot be written" in one_line(command.err)
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], 60)
    done = call("ingest", str(source), "--into", str(folder))
    assert (done.code, done.err) == (0, "")
    assert check(folder).problems == []
    assert check(folder).events == 60 + len({row["event_id"] for row in rows})


@pytest.mark.usefixtures("processes")
def test_read_only_store_can_be_read_and_checked(folder: Path, tmp_path: Path) -> None:
    source = files.write([workers.row("new")], tmp_path / "one.ndjson")
    limit = without_power if os.geteuid() == 0 else lambda: None
    for place in (folder, *folder.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)
    try:
        command = run("ingest", str(source), "--into", str(folder), limit=limit)
        assert command.code == 1
        assert "cannot be written: Permission denied" in one_line(command.err)
        arguments = ("report", str(folder), "--campaign", "c1", "--at", AT.isoformat())
        read = run(*arguments, "--format", "json", "--window", "30d", limit=limit)
        assert json.loads(read.out)["health"]["events"] == 60
        assert run("check", str(folder), limit=limit).code == 0
    finally:
        for place in (folder, *folder.rglob("*")):
            place.chmod(0o755)


@pytest.fixture
def disk(tmp_path: Path, processes: None) -> Iterator[Callable[[str], Path]]:  # noqa: ARG001
    """Yield a function that mounts, or remounts, a disk in memory and returns its folder."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = False

    def mount(options: str) -> Path:
        nonlocal mounted
        again = "remount," if mounted else ""
        command = ["mount", "-t", "tmpfs", "-o", again + options, "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603
            pytest.skip("this user may not mount a disk")
        mounted = True
        return place

    yield mount
    if mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S603, S607


def ingest_error(folder: Path, source: Path) -> str:
    """Ingest a source that cannot be stored; return the cause in the error."""
    with Store.open(folder) as store, pytest.raises(StoreError) as caught:
        store.ingest(source)
    name, _, cause = str(caught.value).partition(": ")
    assert name == str(folder)
    return cause


@pytest.mark.parametrize("space", ["400k", "700k", "1m"])
def test_failed_ingest_on_a_full_disk_loses_no_event(
    whole: Path, tmp_path: Path, disk: Callable[[str], Path], space: str
) -> None:
    folder = Path(shutil.copytree(whole, disk(f"size={space}") / "store"))
    rows = [workers.row(f"e{n}-{os.urandom(24).hex()}") for n in range(25_000)]
    source = files.write(rows, tmp_path / "source.ndjson.gz")
    assert ingest_error(folder, source) == "cannot be written: No space left on device"
    checked = check(folder)
    assert (checked.problems, checked.events) == ([], 60)
    assert sent(folder) == (60, ())
    disk("size=64m")
    with Store.open(folder) as store:
        assert store.ingest(source).events == len(rows)
    checked = check(folder)
    assert (checked.problems, checked.remarks, checked.events) == ([], [], 60 + len(rows))


def test_failed_ingest_on_a_read_only_disk_loses_no_event(
    whole: Path, tmp_path: Path, disk: Callable[[str], Path]
) -> None:
    folder = Path(shutil.copytree(whole, disk("size=8m") / "store"))
    source = files.write([workers.row("new")], tmp_path / "one.ndjson")
    disk("ro")
    assert ingest_error(folder, source) == "cannot be written: Read-only file system"
    assert sent(folder) == (60, ())
    assert check(folder).events == 60
    disk("rw")
    with Store.open(folder) as store:
        assert store.ingest(source).events == 1
    assert check(folder).events == 61


# ── truncated source files ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", files.FORMS)
def test_truncated_source_file_is_reported_and_the_others_are_stored(
    tmp_path: Path, form: str
) -> None:
    """The problem is one line; other files are stored, and the rest after the file is complete."""
    source, store = tmp_path / "source", tmp_path / "store"
    source.mkdir()
    files.write([workers.row(f"good-{n}") for n in range(50)], source / "good.ndjson")
    rows = [workers.row(f"e{n}-{os.urandom(8).hex()}") for n in range(5000)]
    path = files.write(rows, source / f"cut.{form}")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    plain = form in ("csv", "ndjson")
    with Store.open(store) as into:
        done = into.ingest(source)
        messages = done.problems if form.endswith(".gz") else done.waiting
        assert list(messages) == [str(path)]
        assert len(messages[str(path)].splitlines()) == 1
        assert done.rejected == 0
        half = done.events - 50
        assert half == 0 or (plain and 2000 < half < 3000), "complete rows only"
        assert check(store).problems == []
        path.write_bytes(content)
        done = into.ingest(source)
        assert (done.problems, done.waiting, done.rejected) == ({}, {}, 0)
    checked = check(store)
    assert (checked.problems, checked.events) == ([], 5050)
    assert open_rollup(store, "c1", follow=False).health.rejected == 0


# ── the commands ─────────────────────────────────────────────────────────────────────────


def test_folder_that_is_not_a_store_is_an_error(tmp_path: Path) -> None:
    command = call("check", str(tmp_path))
    assert command.code == 3
    assert "not a store" in one_line(command.err)
    (tmp_path / "other.txt").write_text("mine")
    source = files.write([workers.row("new")], tmp_path / "one.ndjson")
    command = call("ingest", str(source), "--into", str(tmp_path))
    assert command.code == 1
    assert "not empty" in one_line(command.err)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.ndjson", "other.txt"]


def test_store_of_a_newer_version_is_an_error(folder: Path) -> None:
    (folder / "_campaign_live_store.json").write_text('{"version": 99}')
    with pytest.raises(SourceError, match="newer version"):
        open_rollup(folder, "c1")
    with Store.open(folder) as store, pytest.raises(SourceError, match="newer version"):
        store.append([workers.row("new")])


def test_damaged_source_file_does_not_stop_the_others(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for n in range(4):
        files.write([workers.row(f"e{n}-{k}") for k in range(2000)], source / f"{n}.parquet")
    content = bytearray((source / "1.parquet").read_bytes())
    content[100 : len(content) // 2] = bytes(len(content) // 2 - 100)
    (source / "1.parquet").write_bytes(content)
    command = call("ingest", str(source), "--into", str(tmp_path / "store"))
    assert command.code == 3
    assert "1.parquet" in one_line(command.err)
    assert command.out.startswith("6,000 events stored")
    assert check(tmp_path / "store").problems == []
