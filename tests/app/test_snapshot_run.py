"""A run saves either a complete snapshot or a failed one, whatever goes wrong."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pandas as pd
import psutil
import pytest

from campaign_live_widgets.app.jobs.snapshot_run import snapshot, template_path
from campaign_live_widgets.errors import CampaignLiveError, SourceError, UsageError
from tests import oracle
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.reports import outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.events.generate import Row

PARAMETERS = {"campaign": "c1", "at": AT.isoformat()}
NAME = "c1_2026-11-23T1159Z_24h"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return generate.events(21, 300)


@pytest.fixture(scope="module")
def source(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("source")
    first, second = files.split(rows, 2, seed=21)
    files.write(first, folder / "first.parquet")
    files.write(second, folder / "second.csv.gz")
    return str(folder)


def run(source: str, out: Path, *formats: str, **more: object) -> Path:
    return snapshot({"source": source, **PARAMETERS} | more, out, formats or ("csv",))


def with_cell(folder: Path, code: str, *, last: bool = False) -> Path:
    """Return the snapshot's notebook with one more cell, before the files are written or after."""
    notebook = nbformat.read(template_path("campaign_snapshot"), as_version=4)
    cell = nbformat.v4.new_code_cell(code)
    notebook.cells.insert(len(notebook.cells) if last else 3, cell)
    path = folder / "template.ipynb"
    nbformat.write(notebook, path)
    return path


# ── a successful run ────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def made(source: str, tmp_path_factory: pytest.TempPathFactory, kernels: None) -> Path:  # noqa: ARG001
    return run(source, tmp_path_factory.mktemp("out"), "csv", "parquet")


def test_the_folder_is_complete_and_named_after_its_content(made: Path) -> None:
    assert made.name == NAME
    outside.assert_whole(made.parent)
    assert outside.finished(made.parent) == [made]
    assert (made.parent / "index.html").is_file()
    hidden = {p.name for p in made.parent.iterdir() if p.name.startswith(".")}
    assert hidden <= {".lock"}


def test_json_csv_and_parquet_have_the_numbers_of_the_oracle(made: Path, rows: list[Row]) -> None:
    events = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
    expected = oracle.report(events, "c1", AT, WINDOWS["24h"])
    report = json.loads((made / "report.json").read_text(encoding="utf-8"))
    report.pop("rejects", None)
    assert report == expected
    for tile_id, widget in expected["widgets"].items():
        table = pd.read_parquet(made / "frames" / f"{tile_id}.parquet")
        assert list(table.columns) == widget["columns"]
        text = (made / "widgets" / f"{tile_id}.csv").read_text(encoding="utf-8")
        lines = list(csv.reader(io.StringIO(text, newline="")))[1:]
        assert len(lines) == len(table) == len(widget["rows"])
        # A message's name follows its id; a quote may escape text.
        skipped = {1} if widget["columns"][0] == "message_id" and lines else set()
        named = skipped if lines and len(lines[0]) > len(widget["columns"]) else set()
        for line, in_frame, row in zip(
            lines, table.itertuples(index=False), widget["rows"], strict=True
        ):
            cells = [cell for place, cell in enumerate(line) if place not in named]
            for cell, value, expected_value in zip(
                cells[1:], list(in_frame)[1:], row[1:], strict=True
            ):
                if expected_value is None:
                    assert cell == ""
                    assert pd.isna(value)
                elif isinstance(expected_value, str):
                    assert cell == value == expected_value
                else:
                    assert float(cell) == value == expected_value


def test_the_manifest_records_parameters_and_counts(made: Path, source: str) -> None:
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    report = json.loads((made / "report.json").read_text(encoding="utf-8"))
    assert manifest["parameters"] == {
        "source": source,
        "mapping": "",
        "sends": "",
        "campaign": "c1",
        "window": "24h",
        "at": "2026-11-23T11:58:30.250000Z",
        "messages": [],
        "executions": [],
        "locale": "en",
        "include_tests": False,
        "machines": "include",
        "basis": "default",
        "small_cells": 0,
        "providers": "",
        "time_zone": "UTC",
        "layout": "",
        "formats": ["csv", "parquet"],
    }
    assert manifest["window"] == report["window"]
    assert manifest["health"] == report["health"]
    assert manifest["rows"] == {k: len(w["rows"]) for k, w in report["widgets"].items()}


def test_the_executed_notebook_has_static_outputs(made: Path) -> None:
    notebook = nbformat.read(made / "notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert all(c.execution_count for c in notebook.cells if c.cell_type == "code")
    assert "widgets" not in notebook.metadata
    kinds = {m for c in notebook.cells for o in c.get("outputs", ()) for m in o.get("data", ())}
    assert kinds == {"text/html", "text/plain"}
    text = (made / "notebook.ipynb").read_text(encoding="utf-8")
    assert str(made.parent) not in text, "it contains no path of this machine"


def test_profiles_never_reach_a_file(made: Path) -> None:
    for path in made.rglob("*"):
        if path.is_file():
            assert not re.search(rb"\bp\d{1,2}\b", path.read_bytes()) or path.suffix == ".parquet"


def test_a_repeated_run_gives_the_same_bytes_beside_the_first(source: str, made: Path) -> None:
    again = run(source, made.parent, "csv", "parquet")
    assert again.name == f"{NAME}-2"
    outside.assert_whole(made.parent)
    for path in made.rglob("*"):
        if path.is_file() and path.name not in {"manifest.json", "notebook.ipynb"}:
            assert (again / path.relative_to(made)).read_bytes() == path.read_bytes(), path.name


@pytest.mark.usefixtures("kernels")
def test_progress_increases_from_zero(source: str, tmp_path: Path) -> None:
    steps: list[tuple[str, float]] = []
    snapshot(
        {"source": source, **PARAMETERS},
        tmp_path,
        ("csv",),
        progress=lambda text, part: steps.append((text, part)),
    )
    parts = [part for _, part in steps]
    assert parts == sorted(parts)
    assert parts[0] == 0
    assert 0.9 < parts[-1] <= 1
    assert {"report.json", "report.csv", "widgets/email.summary.csv"} <= {text for text, _ in steps}


@pytest.mark.usefixtures("kernels")
def test_two_runs_at_once_are_both_complete(source: str, tmp_path: Path) -> None:
    made: list[Path] = []
    threads = [
        threading.Thread(target=lambda: made.append(run(source, tmp_path))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {path.name for path in made} == {NAME, f"{NAME}-2"}
    outside.assert_whole(tmp_path)


# ── errors before the run ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"windw": "1h"}, "'window'"),
        ({"window": "all"}, "window"),
        ({"window": 24}, "window is int"),
        ({"time_zone": "Mars"}, "Mars"),
    ],
)
def test_an_invalid_parameter_writes_nothing(
    source: str, tmp_path: Path, more: dict[str, object], message: str
) -> None:
    out = tmp_path / "out"
    with pytest.raises(UsageError, match=message):
        run(source, out, **more)
    assert not out.exists()


def test_a_missing_source_writes_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(SourceError, match="nowhere"):
        run(str(tmp_path / "nowhere"), out)
    assert not out.exists()


@pytest.mark.parametrize("inside", ["snapshots", ".", "a/b"])
def test_snapshots_inside_the_source_are_an_error(source: str, inside: str) -> None:
    before = sorted(Path(source).rglob("*"))
    with pytest.raises(UsageError, match="give a folder outside of it"):
        run(source, Path(source, inside))
    assert sorted(Path(source).rglob("*")) == before


# ── failed runs ─────────────────────────────────────────────────────────────────────────


def assert_failed(out: Path, *words: str) -> Path:
    """Check that *out* has one failed run with its reason, and no finished snapshot."""
    outside.assert_whole(out)
    assert not outside.finished(out)
    (folder,) = outside.failed(out)
    assert folder.name == f"{NAME}.failed"
    for word in words:
        assert word in outside.reason(folder)
    return folder


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1 / 0", ("ZeroDivisionError", "division by zero")),
        ("import os\nos.kill(os.getpid(), 9)", ("kernel died",)),
    ],
)
def test_a_cell_that_fails_or_kills_its_kernel_is_a_failed_run(
    source: str, tmp_path: Path, code: str, words: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    with pytest.raises(CampaignLiveError) as caught:
        snapshot(
            {"source": source, **PARAMETERS}, out, ("csv",), template=with_cell(tmp_path, code)
        )
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)
    folder = assert_failed(out, *words)
    assert str(folder) in str(caught.value)
    notebook = nbformat.read(folder / "notebook.ipynb", as_version=4)
    assert code in [cell.source for cell in notebook.cells]


@pytest.mark.usefixtures("kernels")
def test_a_failure_is_one_line_on_standard_error(source: str, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from campaign_live_widgets.app.jobs.snapshot_run import snapshot\n"
        f"snapshot({ {'source': source, **PARAMETERS}!r}, "
        f"Path({str(tmp_path / 'out')!r}), ('csv',), "
        f"template=Path({str(with_cell(tmp_path, 'import os; os.kill(os.getpid(), 9)'))!r}))"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stderr.startswith("Traceback"), "nothing is logged before the error"
    assert done.stderr.splitlines()[-1].startswith("campaign_live_widgets.errors.CampaignLiveError")


@pytest.mark.usefixtures("kernels")
def test_an_error_after_the_files_are_written_is_a_failed_run(source: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    template = with_cell(tmp_path, "raise RuntimeError('too late')", last=True)
    with pytest.raises(CampaignLiveError, match="too late"):
        snapshot({"source": source, **PARAMETERS}, out, ("csv",), template=template)
    folder = assert_failed(out, "too late")
    assert {p.name for p in folder.iterdir()} == {"failed.json", "notebook.ipynb"}


@pytest.mark.usefixtures("kernels")
def test_a_run_is_stopped_at_its_timeout(source: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(CampaignLiveError, match="stopped after 5 seconds"):
        snapshot(
            {"source": source, **PARAMETERS},
            out,
            ("csv",),
            timeout=timedelta(seconds=5),
            template=with_cell(tmp_path, "while True:\n    pass"),
        )
    assert_failed(out, "stopped after 5 seconds")
    left = [
        c for c in psutil.Process().children(recursive=True) if "ipykernel_launcher" in c.cmdline()
    ]
    assert not left


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(
    ("more", "kind", "word"),
    [
        ({"campaign": "c11"}, UsageError, "c11"),
        ({"messages": ["no such"]}, UsageError, "no such"),
    ],
)
def test_errors_found_in_the_data_keep_their_class(
    source: str, tmp_path: Path, more: dict[str, object], kind: type[Exception], word: str
) -> None:
    with pytest.raises(kind, match=word):
        run(source, tmp_path, **more)
    outside.assert_whole(tmp_path)
    assert not outside.finished(tmp_path)
    (folder,) = outside.failed(tmp_path)
    assert word in outside.reason(folder)


@pytest.mark.usefixtures("kernels")
def test_an_unreadable_source_is_a_failed_run(tmp_path: Path) -> None:
    broken = tmp_path / "events.parquet"
    broken.write_text("PAR1 this is no Parquet file PAR1", encoding="utf-8")
    out = tmp_path / "out"
    with pytest.raises(SourceError, match=r"events\.parquet") as caught:
        run(str(broken), out)
    assert caught.value.exit_code == 3
    assert_failed(out, "events.parquet")


# ── signals, a full disk, an almost empty environment ────────────────────────────────────


def command(source: str, out: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "campaign_live_widgets", "snapshot", source, "--campaign", "c1"),
        *("--at", AT.isoformat(), "--out", str(out), "--formats", "csv", *more),
    ]


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_and_its_kernel(
    source: str, tmp_path: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(  # noqa: S603 - our own command
        command(source, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert "starting the kernel" in process.stderr.readline()
    wait_for(lambda: bool(psutil.Process(process.pid).children(recursive=True)))
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert_failed(tmp_path, "interrupted")
    _, left = psutil.wait_procs(family, timeout=10)
    assert not left


@pytest.mark.usefixtures("kernels")
def test_a_file_size_limit_is_a_failed_run(source: str, tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - not on every system

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))

    done = subprocess.run(  # noqa: S603 - our own command
        command(source, tmp_path), capture_output=True, text=True, preexec_fn=limit, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "File too large" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert_failed(tmp_path, "File too large")


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("kilobytes", [64, 160])
def test_a_full_disk_is_a_failed_run(source: str, tmp_path: Path, kilobytes: int) -> None:
    mount = partial(subprocess.run, capture_output=True, check=False)
    out = tmp_path / "small"
    out.mkdir()
    size = f"size={kilobytes}k"
    if mount(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(out)]).returncode:
        pytest.skip("file systems may not be mounted here")
    try:
        filled = out / "filler.bin"
        filled.write_bytes(b"x" * (kilobytes // 2 * 1024))
        done = subprocess.run(  # noqa: S603 - our own command
            command(source, out), capture_output=True, text=True, check=False
        )
        filled.unlink()
        assert (done.returncode, done.stdout) == (1, "")
        assert "No space left on device" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
        assert_failed(out, "No space left")
    finally:
        mount(["umount", str(out)])


@pytest.mark.usefixtures("kernels")
def test_a_run_works_in_the_environment_of_cron(source: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    done = subprocess.run(  # noqa: S603 - our own command
        command(source, tmp_path / "out"),
        capture_output=True,
        text=True,
        check=False,
        env={
            "HOME": str(home),
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        },
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'out' / NAME}\n"
    assert not list(home.iterdir())


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
