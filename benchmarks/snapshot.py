"""Where the time of one snapshot goes, and beside it a plain Papermill + nbconvert run.

    python benchmarks/snapshot.py SOURCE CAMPAIGN AT [RUNS]

Prints medians in seconds, sizes in kB, and the snapshot as a multiple of the plain run.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = """
import json, sys, tempfile, time
from pathlib import Path
t0 = time.perf_counter(); parts = {}
def lap(name):
    global t0
    now = time.perf_counter(); parts[name] = now - t0; t0 = now
from campaign_live_widgets import StillReport
lap("imports")
report = StillReport(sys.argv[1], sys.argv[2], at=sys.argv[3])
lap("reading and counting")
for tab in ("campaign", "email", "push"):
    report.tab(tab)._repr_mimebundle_()
lap("static forms in the notebook")
from campaign_live_widgets.snapshots import FORMATS, write_files
for form in FORMATS:
    with tempfile.TemporaryDirectory() as folder:
        write_files(report.view, Path(folder), [form])
    lap(form)
print(json.dumps(parts))
"""
KERNEL = """
import sys; sys.modules.setdefault("rfc3987_syntax", None)
import json, time
t0 = time.perf_counter()
import papermill
t1 = time.perf_counter()
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel()
t2 = time.perf_counter()
client.stop_channels(); manager.shutdown_kernel(now=True)
print(json.dumps({"importing Papermill": t1 - t0, "kernel start": t2 - t1}))
"""


def main() -> None:
    source, campaign, at, *more = sys.argv[1:]
    runs = int(more[0]) if more else 5
    parts: dict[str, list[float]] = {}
    for _ in range(runs):
        for code in (KERNEL, PARTS):
            done = subprocess.run(  # noqa: S603 - our own code
                [sys.executable, "-c", code, source, campaign, at],
                capture_output=True,
                check=True,
                cwd=ROOT,
            )
            for name, seconds in json.loads(done.stdout).items():
                parts.setdefault(name, []).append(seconds)
    whole, plain, sizes = [], [], {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs):
            out = Path(folder, str(number))
            whole.append(timed(snapshot(source, campaign, at, out)))
            plain.append(sum(map(timed, plainly(source, campaign, at, Path(folder)))))
        (made,) = (path for path in out.iterdir() if path.is_dir())
        sizes["whole folder"] = size(made)
        for name in ("report.html", "report.pdf", "notebook.ipynb", "report.csv"):
            sizes[name] = size(made / name)
        sizes["plain notebook"] = size(Path(folder, "plain.ipynb"))
        sizes["plain HTML"] = size(Path(folder, "plain.html"))
    for name, seconds in parts.items():
        print(f"{name:32} {statistics.median(seconds):7.2f} s")
    ours, theirs = statistics.median(whole), statistics.median(plain)
    print(f"{'campaign-live snapshot':32} {ours:7.2f} s  {ours / theirs:.2f} of plain")
    print(f"{'plain Papermill + nbconvert':32} {theirs:7.2f} s")
    for name, length in sizes.items():
        print(f"{name:32} {length / 1000:7.0f} kB")


def snapshot(source: str, campaign: str, at: str, out: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "campaign_live_widgets", "snapshot", source),
        *("--campaign", campaign, "--at", at, "--out", str(out)),
    ]


def plainly(source: str, campaign: str, at: str, folder: Path) -> list[list[str]]:
    """Return the two commands by which the same notebook becomes HTML without us."""
    done = folder / "plain.ipynb"
    papermill = [
        *(sys.executable, "-m", "papermill", "--no-progress-bar"),
        *(str(ROOT / "notebooks" / "campaign_snapshot.ipynb"), str(done)),
        *("-r", "source", source, "-r", "campaign", campaign, "-r", "at", at),
    ]
    return [papermill, [sys.executable, "-m", "nbconvert", "--to", "html", str(done)]]


def timed(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True, cwd=ROOT)  # noqa: S603 - our own
    return time.perf_counter() - begun


def size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


if __name__ == "__main__":
    main()
