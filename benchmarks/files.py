"""What a tick costs in folders of many files: ``python files.py``.

Two folders have the same events, in few and in many files. Then files of new events arrive in
both, by turns, and each tick of a live feed reads what is new and makes one snapshot. Printed are
medians of processor time, as ratios to the first folder; polls of all files are in the mean.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from time import process_time
from typing import Final

import duckdb
from generate import END, query, write

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.settings.query import Query

EVENTS: Final = 1_000_000
NEW: Final = 1_000
AT: Final = datetime.fromisoformat(END)


def fill(folder: Path, files: int) -> None:
    """Write a day of events into a number of files."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"CREATE TABLE event AS {query(0, EVENTS, total=EVENTS)}")
        rows = EVENTS // files
        for number in range(files):
            first = number * rows
            con.execute(
                f"COPY (FROM event WHERE rowid >= {first} AND rowid < {first + rows})"
                f" TO '{folder}/day-{number:05}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )


def tick(feed: RollupFeed, folder: Path, number: int) -> float:
    """Return the processor time of one tick, in ms."""
    low = EVENTS + number * NEW
    write(query(low, low + NEW, total=low + NEW, first=low), folder / f"new-{number:05}.parquet")
    assert feed.wait(10.0), "the new file was not reported"
    started = process_time()
    feed.refresh()
    feed.snapshot(AT)
    return (process_time() - started) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--ticks", type=int, default=60)
    options = parser.parse_args()
    times: dict[int, list[float]] = {count: [] for count in options.files}
    with ExitStack() as stack:
        feeds = {}
        for count in options.files:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            fill(folder, count)
            feed = stack.enter_context(
                closing(RollupFeed(str(folder), Query(campaign="campaign-1", at=AT)))
            )
            feed.refresh()
            feed.wait(1.5)  # the watcher starts
            feeds[count] = feed, folder
        for number in range(options.ticks):
            for count, (feed, folder) in feeds.items():
                times[count].append(tick(feed, folder, number))
        healths = [feed.snapshot(AT).health for feed, _ in feeds.values()]
        assert all(health == healths[0] for health in healths), "all have the same events"
    heads = ("files", "tick, ratio", "tick ms, median", "mean", "worst")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    base = statistics.median(times[options.files[0]])
    for count, spent in times.items():
        median = statistics.median(spent)
        cells = (f"{count:,}", f"{median / base:.2f}", f"{median:.1f}")
        cells += (f"{statistics.mean(spent):.1f}", f"{max(spent):.1f}")
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
