"""What one reader costs, and how soon it is back after a kill: ``python reader.py``.

For each history a reader is started; when it has saved its state, it is killed again and again, and
each new process must give the same numbers. Then 1,000 events a second arrive, a file each second,
and pages with three windows follow them. Imports are part of each time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from generate import generate, query, write

from campaign_live_widgets.app.reader.connection import ReaderConnection
from campaign_live_widgets.app.reader.shared_feed import SharedFeed
from campaign_live_widgets.app.settings.query import EVERYTHING, Query
from campaign_live_widgets.errors import SourceError

NEW: Final = 1_000
WINDOWS: Final = (EVERYTHING, timedelta(hours=24), timedelta(hours=6))
KILLS: Final = 7
PAGES: Final = 8


class Reader:
    """A reader as a process, and a connection to it."""

    def __init__(self, folder: Path, source: Path) -> None:
        self._path, self._source = folder / "reader.sock", source
        self._environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}
        self.states = folder / "cache" / "campaign-live" / "state"
        self.connection = ReaderConnection(self._path)
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "campaign_live_widgets", "reader", str(self._source)]
        command += ["--socket", str(self._path)]
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            command, env=self._environment, stdout=subprocess.DEVNULL
        )

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.connection.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def memory(self) -> tuple[int, int]:
        """Return the process's share of memory in MB: its own, and mapped from files."""
        values = {}
        for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, value = line.split(":")
            values[name] = int(value.split()[0]) // 1024
        return values["Pss_Anon"], values["Pss_File"]

    def seconds(self) -> float:
        """Return the processor time of the process."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rows(feed: SharedFeed) -> int:
    """Return how many rows the reader has read."""
    health = feed.snapshot().health
    return health.events + health.duplicates


def refresh(feed: SharedFeed) -> None:
    """Refresh until there is a reader."""
    while True:
        with suppress(SourceError):
            feed.refresh()
            return
        time.sleep(0.005)


def follow(feed: SharedFeed, end: threading.Event) -> None:
    """Do what a page does."""
    while not end.is_set():
        if feed.wait(0.5):
            feed.refresh()
            feed.snapshot()
            end.wait(0.5)


def measure(reader: Reader, source: Path, events: int, seconds: int) -> dict[str, Any]:
    started = time.perf_counter()
    feed = SharedFeed(reader.connection, Query())
    refresh(feed)
    wanted = rows(feed)
    values: dict[str, Any] = {"first": time.perf_counter() - started}
    while not list(reader.states.glob("*.state")):
        feed.wait(2.0)
        feed.refresh()
    backs = []
    for _ in range(KILLS):
        reader.kill()
        started = time.perf_counter()
        reader.start()
        refresh(feed)
        assert rows(feed) == wanted
        backs.append(time.perf_counter() - started)
    values["back"], values["memory"] = statistics.median(backs), reader.memory()
    end = threading.Event()
    feeds = [
        SharedFeed(reader.connection, Query(window=WINDOWS[number % len(WINDOWS)]))
        for number in range(PAGES - 1)
    ]
    for other in feeds:
        other.refresh()
    threads = [threading.Thread(target=follow, args=(other, end)) for other in feeds]
    for thread in threads:
        thread.start()
    delays, began, used = [], time.perf_counter(), reader.seconds()
    for number in range(seconds):
        low, before = events + number * NEW, rows(feed)
        write(query(low, low + NEW, total=low + NEW, first=low), source / f"new-{number}.parquet")
        arrived = time.perf_counter()
        while rows(feed) == before:
            feed.wait(2.0)
            feed.refresh()
        delays.append(time.perf_counter() - arrived)
        time.sleep(max(0.0, began + number + 1 - time.perf_counter()))
    lasted = time.perf_counter() - began
    values["cpu"] = (reader.seconds() - used) / lasted * 60
    values["delay"], values["grown"] = statistics.median(delays), reader.memory()
    end.set()
    for thread in threads:
        thread.join()
    return values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / "data")
    options = parser.parse_args()
    heads = ("history", "first numbers s", "killed, right again s", "own MB", "mapped MB")
    heads += (f"after {options.seconds} s own MB", "CPU s a minute", "event to answer ms")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for events in options.events:
        history = generate(options.data / f"day-{events}", events)
        with tempfile.TemporaryDirectory(prefix="clw-") as folder:
            source = Path(folder) / "events"
            source.mkdir()
            for path in sorted(history.glob("*.parquet")):
                shutil.copy(path, source)
            reader = Reader(Path(folder), source)
            with closing(reader.connection):
                got = measure(reader, source, events, options.seconds)
                reader.end()
        cells = (f"{events:,}", f"{got['first']:.2f}", f"{got['back']:.2f}")
        cells += tuple(f"{part:,}" for part in (*got["memory"], got["grown"][0]))
        cells += (f"{got['cpu']:.2f}", f"{got['delay'] * 1e3:.0f}")
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
