"""What a tick of 1,000 new events costs over a long history: ``python tick.py``.

Each history is read in a separate process; then files of new events arrive, and each tick
reads what is new and makes one report, with distinct pairs of profiles and sends and without
(``uniques=False``). Printed are medians of processor time, as ratios to the first row (of a first
read to that with pairs), and by how much the process's own memory (USS) grows. A report is a
snapshot and the JSON of all tiles.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import psutil
from generate import END, generate, query, write

CAMPAIGN: Final = "campaign-1"
NEW: Final = 1_000
SETTLING: Final = 5
"""Ticks in which what the first read has left behind is given back."""


def uss() -> float:
    """Return this process's own memory, in MB."""
    return psutil.Process().memory_full_info().uss / 2**20


def measure(history: Path, events: int, ticks: int, *, uniques: bool) -> dict[str, Any]:
    """Read *history*, then follow *ticks* files of new events; return times and memory."""
    from campaign_live_widgets.engine import open_rollup  # noqa: PLC0415
    from campaign_live_widgets.report import to_json  # noqa: PLC0415

    at, window = datetime.fromisoformat(END), timedelta(hours=24)
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(history.glob("*.parquet")):
            (Path(folder) / path.name).symlink_to(path.resolve())
        started, cpu = perf_counter(), process_time()
        rollup = open_rollup(folder, campaign=CAMPAIGN, uniques=uniques)
        before = to_json(rollup.snapshot(at=at, window=window))["health"]
        first, first_cpu, memory = perf_counter() - started, process_time() - cpu, uss()
        reads, snapshots, reports, settled = [], [], [], memory
        for tick in range(ticks):
            if tick == SETTLING:
                settled = uss()
            low = events + tick * NEW
            sql = query(low, low + NEW, total=low + NEW, first=low)
            write(sql, Path(folder) / f"new-{tick:05}.parquet")
            started = process_time()
            rollup.refresh()
            read = process_time()
            snapshot = rollup.snapshot(at=at, window=window)
            taken = process_time()
            after = to_json(snapshot)["health"]
            reads.append(read - started)
            snapshots.append(taken - read)
            reports.append(process_time() - read)
        grown = sum(after.values()) - sum(before.values())
        assert grown == NEW * ticks, "every new event was met, once"
        return {
            "first": first,
            "first_cpu": first_cpu,
            "snapshot": statistics.median(snapshots),
            "read": statistics.median(reads),
            "report": statistics.median(reports),
            "worst": max(map(sum, zip(reads, reports, strict=True))),
            "uss": memory,
            "settled": settled,
            "growth": uss() - settled,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--ticks", type=int, default=50)
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--without-uniques", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        folder, uniques = options.data / f"day-{options.one}", not options.without_uniques
        print(json.dumps(measure(folder, options.one, options.ticks, uniques=uniques)))
        return
    heads = ("history", "pairs", "tick, ratio", "tick ms", "read ms", "snapshot ms", "report ms")
    heads += ("worst ms", "first read, ratio", "first read CPU s", "first read s")
    heads += ("USS after it MB", f"USS after {SETTLING} ticks MB")
    heads += (f"growth over {options.ticks - SETTLING} more MB",)
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    base = None
    for events in options.events:
        generate(options.data / f"day-{events}", events)
        first_cpu = None
        for uniques in (True, False):
            command = [sys.executable, __file__, "--one", str(events)]
            command += ["--ticks", str(options.ticks), "--data", str(options.data)]
            command += [] if uniques else ["--without-uniques"]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
            got = json.loads(done.stdout)
            tick = got["read"] + got["report"]
            base, first_cpu = base or tick, first_cpu or got["first_cpu"]
            cells = (f"{events:,}", "counted" if uniques else "not", f"{tick / base:.2f}")
            cells += (f"{tick * 1e3:.1f}",)
            names = ("read", "snapshot", "report", "worst")
            cells += tuple(f"{got[name] * 1e3:.1f}" for name in names)
            cells += (f"{got['first_cpu'] / first_cpu:.2f}", f"{got['first_cpu']:.2f}")
            cells += (f"{got['first']:.2f}", f"{got['uss']:,.0f}", f"{got['settled']:,.0f}")
            cells += (f"{got['growth']:+.1f}",)
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
