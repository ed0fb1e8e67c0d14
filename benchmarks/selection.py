"""What it costs to select a part of a campaign: ``python selection.py``.

A history is read once. Then one selection after the other is asked for, a first time and again,
beside the whole; and files of new events arrive while the whole alone is in use, and while a
selection is. Printed are medians, as ratios to the whole.
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
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import psutil
from generate import END, generate, query, write

if TYPE_CHECKING:
    from campaign_live_widgets.engine import FileRollup
    from campaign_live_widgets.snapshot import Selection

CAMPAIGN: Final = "campaign-1"
NEW: Final = 1_000
AGAIN: Final = 9


def uss() -> float:
    """Return this process's own memory, in MB."""
    return psutil.Process().memory_full_info().uss / 2**20


def selections() -> dict[str, Selection]:
    from campaign_live_widgets.snapshot import ALL, Selection  # noqa: PLC0415

    return {
        "whole": ALL,
        "one message": Selection(frozenset({"email-1"})),
        "half of the messages": Selection(
            frozenset(f"{channel}-{n}" for channel in ("email", "push") for n in range(3))
        ),
        "one execution": Selection(executions=frozenset({"run-4"})),
        "a message in two executions": Selection(
            frozenset({"email-2"}), frozenset({"run-3", "run-4"})
        ),
    }


def seconds_of_answer(rollup: FileRollup, selection: Selection) -> float:
    """Return the seconds one answer takes: the snapshot and its frames."""
    from campaign_live_widgets.report import to_json  # noqa: PLC0415

    started = perf_counter()
    at, day = datetime.fromisoformat(END), timedelta(hours=24)
    to_json(rollup.snapshot(at=at, window=day, selection=selection))
    return perf_counter() - started


def measure(history: Path, events: int, ticks: int) -> list[dict[str, Any]]:
    """Return for each selection the times of its first answer, later ones and ticks."""
    from campaign_live_widgets.engine import open_rollup  # noqa: PLC0415

    results = []
    number = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(history.glob("*.parquet")):
            (Path(folder) / path.name).symlink_to(path.resolve())
        rollup = open_rollup(folder, CAMPAIGN)
        for name, selection in selections().items():
            before = uss()
            first = seconds_of_answer(rollup, selection)
            later = statistics.median(seconds_of_answer(rollup, selection) for _ in range(AGAIN))
            memory = uss() - before
            times = []
            for _ in range(ticks):
                low = events + number * NEW
                sql = query(low, low + NEW, total=low + NEW, first=low)
                write(sql, Path(folder) / f"new-{number:05}.parquet")
                number += 1
                started = perf_counter()
                rollup.refresh()
                seconds_of_answer(rollup, selection)
                times.append(perf_counter() - started)
            tick = statistics.median(times)
            results.append(
                {"name": name, "first": first, "later": later, "tick": tick, "memory": memory}
            )
        rollup.close()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--ticks", type=int, default=9)
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        folder = options.data / f"day-{options.one}"
        print(json.dumps(measure(folder, options.one, options.ticks)))
        return
    heads = ("history", "selection", "first answer ms", "later answers ms", "ratio to the whole")
    heads += ("tick in use ms", "ratio to the whole", "memory MB")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for events in options.events:
        generate(options.data / f"day-{events}", events)
        command = [sys.executable, __file__, "--one", str(events)]
        command += ["--ticks", str(options.ticks), "--data", str(options.data)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
        whole, *others = json.loads(done.stdout)
        for got in (whole, *others):
            cells = (f"{events:,}", got["name"], f"{got['first'] * 1e3:.0f}")
            for what in ("later", "tick"):
                cells += (f"{got[what] * 1e3:.0f}", f"{got[what] / whole[what]:.2f}")
            print("| " + " | ".join((*cells, f"{got['memory']:+.0f}")) + " |", flush=True)


if __name__ == "__main__":
    main()
