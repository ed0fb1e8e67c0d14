"""What it costs to keep events in a store: ``python ingest.py --events 1000000``.

A million generated events, as Parquet, CSV and NDJSON, are ingested; beside it the same bytes are
read by bare DuckDB, and copied by it into a folder per campaign and day, without reading what
is there already and without a wait for the disk. Then calls of ``append``, each on the disk when
it returns. Every contender is a separate process; they take turns.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

import duckdb
from generate import generate, query
from report import _peak_rss

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS: Final = ("parquet", "csv", "ndjson")
_DAY: Final = "strftime(timestamp, '%Y-%m-%d') AS day"
_WRITES: Final = {
    "csv": "FORMAT csv, HEADER",
    "ndjson": "FORMAT json, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ'",
}


def source(data: Path, events: int, form: str) -> Path:
    """Return a folder of the events in a form, made on first use."""
    day = generate(data / f"day-{events}", events)
    folder = data / f"day-{events}-{form}"
    if form == "parquet":
        return day
    if not folder.exists():
        hidden = folder.with_suffix(".part")
        shutil.rmtree(hidden, ignore_errors=True)
        hidden.mkdir()
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            for path in sorted(day.glob("*.parquet")):
                con.execute(
                    f"COPY (FROM '{path}') TO '{hidden / path.stem}.{form}' ({_WRITES[form]})"
                )
        hidden.rename(folder)
    return folder


def scan(folder: Path, form: str) -> str:
    """Return SQL that reads the events of a folder with their types."""
    types = (
        "{event_id: 'VARCHAR', timestamp: 'TIMESTAMPTZ', campaign_id: 'VARCHAR', "
        "message_id: 'VARCHAR', channel: 'VARCHAR', profile_id: 'VARCHAR', event_type: 'VARCHAR', "
        "reason: 'VARCHAR', bounce_type: 'VARCHAR', is_async: 'BOOLEAN', domain: 'VARCHAR', "
        "platform: 'VARCHAR', execution_id: 'VARCHAR', variant: 'VARCHAR', url: 'VARCHAR', "
        "is_test: 'BOOLEAN', is_machine: 'BOOLEAN', campaign_name: 'VARCHAR', "
        "message_name: 'VARCHAR'}"
    )
    reads = {
        "parquet": f"read_parquet('{folder}/*.parquet')",
        "csv": f"read_csv('{folder}/*.csv', columns = {types}, header = true)",
        "ndjson": f"read_ndjson('{folder}/*.ndjson', columns = {types})",
    }
    return reads[form]


def bare_read(folder: Path, form: str, _into: Path) -> dict[str, Any]:
    """Read every value of every row, and keep nothing."""
    sql = f"SELECT count(*), bit_xor(hash(COLUMNS(*))) FROM {scan(folder, form)}"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        row = con.execute(sql).fetchone()
    return {"rows": row[0] if row else 0}


def plain_copy(folder: Path, form: str, into: Path) -> dict[str, Any]:
    """Copy the rows into a folder for each campaign and day: with duplicates, without `fsync`."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        row = con.execute(
            f"COPY (SELECT *, {_DAY} FROM {scan(folder, form)}) TO '{into}' "
            "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (campaign_id, day))"
        ).fetchone()
    return {"rows": row[0] if row else 0, "bytes": size_of(into)}


def ours(folder: Path, _form: str, into: Path) -> dict[str, Any]:
    """Ingest: every row checked, every event once, on the disk at the end."""
    from campaign_live_widgets.store import Store  # noqa: PLC0415 - imports are not timed

    with Store.open(into) as store:
        done = store.ingest(folder)
    return {"rows": done.events + done.duplicates, "events": done.events, "bytes": size_of(into)}


def again(folder: Path, _form: str, into: Path) -> dict[str, Any]:
    """Ingest what is known already: files are read for their digests alone."""
    from campaign_live_widgets.store import Store  # noqa: PLC0415

    with Store.open(into) as store:
        done = store.ingest(folder)
    assert (done.events, done.files) == (0, 0)
    return {"rows": 0}


CONTENDERS: Final[dict[str, Callable[[Path, str, Path], dict[str, Any]]]] = {
    "ours": ours,
    "again": again,
    "plain_copy": plain_copy,
    "bare_read": bare_read,
}


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def live_bytes(store: Path) -> int:
    """Return the bytes of the files that are part of a store now, index and log included."""
    from campaign_live_widgets.sources.store_log import Log  # noqa: PLC0415

    state = Log(store).state()
    files = sum(one.size for one in (*state.files.values(), *state.runs.values()))
    return files + size_of(store / "_log")


def timed(name: str, folder: Path, form: str, into: Path) -> dict[str, Any]:
    """Run one contender here; return its answer, times and peak memory."""
    import campaign_live_widgets.store  # noqa: F401, PLC0415 - imports are not timed

    started = (perf_counter(), process_time())
    answer = CONTENDERS[name](folder, form, into)
    spent = {"seconds": perf_counter() - started[0], "cpu": process_time() - started[1]}
    return answer | spent | {"peak_mb": _peak_rss() / 2**20}


def run(name: str, folder: Path, form: str, into: Path) -> dict[str, Any]:
    """Run one contender in a fresh process."""
    command = [sys.executable, __file__, "--one", name, "--folder", str(folder)]
    command += ["--form", form, "--into", str(into)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return json.loads(done.stdout)


def compare(data: Path, events: int, form: str, rounds: int) -> dict[str, list[dict[str, Any]]]:
    """Let the contenders take turns; check that all read the same rows."""
    folder = source(data, events, form)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in CONTENDERS}
    for number in range(rounds):
        with tempfile.TemporaryDirectory(dir=data) as made:
            turns = [("ours", "again"), ("plain_copy",), ("bare_read",)]
            for turn in random.Random(number).sample(turns, len(turns)):  # noqa: S311 - an order
                for name in turn:
                    into = Path(made) / ("store" if name in turns[0] else name)
                    runs[name].append(run(name, folder, form, into))
    rows = {one["rows"] for name, done in runs.items() if name != "again" for one in done}
    assert rows == {events}, rows
    return runs


def show(events: int, form: str, runs: dict[str, list[dict[str, Any]]], source_bytes: int) -> None:
    """Print a line of a Markdown table for each contender."""
    base = statistics.median(one["seconds"] for one in runs["ours"])
    for name, done in runs.items():
        seconds = [one["seconds"] for one in done]
        median = statistics.median(seconds)
        cells = (
            f"{events:,}",
            form,
            name,
            f"{median / base:.2f}",
            f"{median:.2f} ({min(seconds):.2f} to {max(seconds):.2f})",
            f"{statistics.median(one['cpu'] for one in done):.2f}",
            f"{max(one['peak_mb'] for one in done):,.0f}",
            f"{source_bytes / events:.1f}",
            f"{done[0]['bytes'] / events:.1f}" if "bytes" in done[0] else "",
        )
        print("| " + " | ".join(cells) + " |", flush=True)


def appends(data: Path, threads: int, rows: int, seconds: float) -> dict[str, float]:
    """Append from *threads* for *seconds*; return the counts and times."""
    from campaign_live_widgets.sources.store_log import Log  # noqa: PLC0415
    from campaign_live_widgets.store import Store  # noqa: PLC0415

    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        cursor = con.execute(query(0, 20_000, total=20_000, first=sys.maxsize))
        names = [column[0] for column in cursor.description or ()]
        events = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    times: list[float] = []

    def call(store: Store, thread: int, until: float) -> None:
        number = 0
        while perf_counter() < until:
            given = [
                events[(number * rows + place) % len(events)]
                | {"event_id": f"{thread}-{number}-{place}"}
                for place in range(rows)
            ]
            started = perf_counter()
            store.append(given)
            times.append(perf_counter() - started)
            number += 1

    with tempfile.TemporaryDirectory(dir=data) as folder, Store.open(folder) as store:
        store.append(events[:1])
        started = perf_counter()
        work = partial(call, store, until=started + seconds)
        running = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        took = perf_counter() - started
        before, commits = live_bytes(Path(folder)), Log(folder).state().number
        stored = sum(file.rows for file in Log(folder).state().files.values())
        store.compact()
        return {
            "events": (stored - 1) / took,
            "calls": len(times) / commits,
            "median": statistics.median(times) * 1e3,
            "worst": max(times) * 1e3,
            "before": before / stored,
            "after": live_bytes(Path(folder)) / stored,
        }


def show_appends(data: Path, seconds: float, rounds: int) -> None:
    """Print a line for each number of threads and rows."""
    heads = ("threads", "rows a call", "events/s", "calls a commit", "median ms", "worst ms")
    heads += ("bytes/event", "after compaction")
    print("\n| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for threads, rows in ((1, 1), (1, 50), (1, 500), (16, 1), (16, 50), (64, 50)):
        done = [appends(data, threads, rows, seconds) for _ in range(rounds)]
        medians = {name: statistics.median(one[name] for one in done) for name in done[0]}
        cells = (str(threads), str(rows), f"{medians['events']:,.0f}", f"{medians['calls']:.1f}")
        cells += tuple(f"{medians[name]:,.1f}" for name in ("median", "worst"))
        cells += tuple(f"{medians[name]:,.0f}" for name in ("before", "after"))
        print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of appending, each")
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--only", choices=("ingest", "append"))
    parser.add_argument("--one", choices=list(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--form", choices=FORMS, help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(timed(options.one, options.folder, options.form, options.into)))
        return
    options.data.mkdir(parents=True, exist_ok=True)
    if options.only != "append":
        heads = ("events", "form", "contender", "time, ratio to ours", "median s (range)")
        heads += ("median CPU s", "peak memory MB", "bytes/event of source", "of what is written")
        print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
        for events in options.events:
            for form in FORMS:
                runs = compare(options.data, events, form, options.rounds)
                show(events, form, runs, size_of(source(options.data, events, form)))
    if options.only != "ingest":
        show_appends(options.data, options.seconds, options.rounds)


if __name__ == "__main__":
    main()
