"""A full report of one campaign of four from raw Parquet, side by side: ``python report.py``.

Every contender runs in every round, each time in another order, each run in a separate
process; what is printed are medians as ratios to ours.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

import contenders
import psutil
from generate import END, generate

if TYPE_CHECKING:
    from collections.abc import Callable

CAMPAIGN: Final = "campaign-1"
COUNTED: Final = ("sent", "delivered", "bounce", "error", "open", "click", "action")


def since(started: tuple[float, float]) -> dict[str, float]:
    """Return seconds by the clock and of all processors since *started*."""
    return {"seconds": perf_counter() - started[0], "cpu": process_time() - started[1]}


def ours(folder: Path, campaign: str) -> dict[str, Any]:
    """Return the whole report of this package: 19 frames, names and health."""
    from datetime import datetime, timedelta  # noqa: PLC0415 - imports are not timed

    from campaign_live_widgets.engine import open_rollup  # noqa: PLC0415
    from campaign_live_widgets.report import to_json  # noqa: PLC0415
    from campaign_live_widgets.snapshot import Window  # noqa: PLC0415

    started = (perf_counter(), process_time())
    at, day = datetime.fromisoformat(END), timedelta(hours=24)
    rollup = open_rollup(str(folder), campaign, follow=False, window=Window.ending(at, day))
    snapshot = rollup.snapshot(at=at, window=day)
    report = to_json(snapshot)
    spent = since(started)
    table = snapshot.counts["message_id"]
    totals = {name: int(table.column(name).sum()) for name in COUNTED}
    return {
        **spent,
        "totals": totals,
        "entered_profiles": snapshot.entered_profiles,
        "events": report["health"]["events"],
        "duplicates": report["health"]["duplicates"],
    }


def theirs(contender: Callable[[Path, str], contenders.Answer]) -> Callable[..., dict[str, Any]]:
    """Return a contender as a function that also measures its time."""

    def timed(folder: Path, campaign: str) -> dict[str, Any]:
        started = (perf_counter(), process_time())
        answer = contender(folder, campaign)
        spent = since(started)
        totals = answer.totals()
        return {
            **spent,
            "totals": {name: totals.get(name, 0) for name in COUNTED},
            "entered_profiles": answer.entered_profiles,
            "events": answer.events,
            "duplicates": answer.duplicates,
        }

    return timed


CONTENDERS: Final = {
    "ours": ours,
    "sql_exact": theirs(contenders.sql_exact),
    "sql_campaign_exact": theirs(contenders.sql_campaign_exact),
    "sql_without_dedup": theirs(contenders.sql_without_dedup),
    "pandas": theirs(contenders.plain_pandas),
}
EXACT: Final = ("ours", "sql_exact", "pandas")
"""Those whose answers have to be equal to the last digit."""


def run(name: str, folder: Path) -> dict[str, Any]:
    """Run one contender in a fresh process; return its answer, time and peak memory."""
    command = [sys.executable, __file__, "--one", name, "--folder", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return json.loads(done.stdout)


def compare(folder: Path, names: list[str], rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Run every contender *rounds* times, interleaved, and check that the answers agree."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number in range(rounds):
        for name in random.Random(number).sample(names, len(names)):  # noqa: S311 - an order
            runs[name].append(run(name, folder))
    facts = ("totals", "entered_profiles", "events", "duplicates")
    answers = {name: {fact: runs[name][0][fact] for fact in facts} for name in names}
    exact = [answers[name] for name in names if name in EXACT]
    assert all(answer == exact[0] for answer in exact), answers
    return runs


def show(events: int, runs: dict[str, list[dict[str, Any]]]) -> None:
    """Print one line of a Markdown table for each contender."""

    def median(name: str, what: str) -> float:
        return statistics.median(result[what] for result in runs[name])

    for name, results in runs.items():
        times = [result["seconds"] for result in results]
        cells = (
            f"{events:,}",
            name,
            f"{median(name, 'seconds') / median('ours', 'seconds'):.2f}",
            f"{median(name, 'cpu') / median('ours', 'cpu'):.2f}",
            f"{median(name, 'seconds'):.2f} ({min(times):.2f} to {max(times):.2f})",
            f"{median(name, 'cpu'):.2f}",
            f"{max(result['peak_mb'] for result in results):,.0f}",
        )
        print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--one", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        result = CONTENDERS[options.one](options.folder, CAMPAIGN)
        memory = psutil.Process().memory_info()
        result["peak_mb"] = getattr(memory, "peak_wset", _peak_rss()) / 2**20
        print(json.dumps(result))
        return
    heads = ("events", "contender", "time, ratio to ours", "CPU, ratio to ours")
    heads += ("median s (range)", "median CPU s", "peak memory MB")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for events in options.events:
        folder = generate(options.data / f"day-{events}", events)
        show(events, compare(folder, options.only, options.rounds))


def _peak_rss() -> int:
    """Return the most memory this process has held, in bytes."""
    import resource  # noqa: PLC0415 - not on every system

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
