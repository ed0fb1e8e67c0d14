"""One report from every kind of source, side by side: ``python engines.py``.

The same events are in raw Parquet files, in a store, in PostgreSQL and in Spark (a master and two
workers). Of each the whole report of one campaign of four is made, by turns, each time in a
separate process; then files of 1,000 events arrive, and a live report is refreshed.
Every time is printed as a ratio to that of reading the bytes, and every answer has to be equal.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Final

import duckdb
import psutil
from generate import END, generate, query, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.spark_cluster import Cluster

sys.path.insert(0, str(Path(__file__).parent.parent))

CAMPAIGN: Final = "campaign-1"
NEW: Final = 1_000
TABLE: Final = "events"
BYTES: Final = "reading the bytes"
BY_HAND: Final = "PostgreSQL, SQL by hand"
FACTS: Final = ("events", "sent", "delivered", "entered_profiles")


_OWN: Final = (
    f"FROM {TABLE} WHERE campaign_id = '{CAMPAIGN}' AND timestamp < '{END}'"
    f" AND timestamp >= timestamptz '{END}' - interval '24 hours' AND is_test IS NOT TRUE"
)
_KIND: Final = "channel, event_type, bounce_type, is_async"
_HOUR: Final = "date_trunc('hour', timestamp)"
_CELLS_BY_HAND: Final = f"""
    SELECT {_KIND}, message_id, reason, lower(domain), platform, {_HOUR}, count(*) {_OWN}
    GROUP BY GROUPING SETS (({_KIND}, message_id), ({_KIND}, reason), ({_KIND}, lower(domain)),
                            ({_KIND}, platform), ({_KIND}, {_HOUR}))"""
_FACTS_BY_HAND: Final = f"""
    SELECT count(DISTINCT profile_id) FILTER
             (WHERE event_type IN ('targeted', 'sent', 'excluded', 'error')),
           count(*) FILTER (WHERE event_type = 'sent'),
           count(*) FILTER (WHERE event_type = 'delivered') {_OWN}"""
_CAMPAIGNS_BY_HAND: Final = (
    f"SELECT campaign_id, max(campaign_name), count(*), max(timestamp) FROM {TABLE} GROUP BY 1"
)


class Source(ABC):
    """A place where events are stored; making a subclass registers it under *name*."""

    known: ClassVar[dict[str, type[Source]]] = {}
    address: str

    def __init_subclass__(cls, *, name: str) -> None:
        cls.known[name] = cls

    @abstractmethod
    def __init__(self, history: Path, folder: Path, stack: ExitStack) -> None:
        """Take in the files of *history*; what is written goes below *folder*."""

    @abstractmethod
    def add(self, file: Path) -> None:
        """Take in a Parquet file of new events."""

    @abstractmethod
    def size(self) -> int:
        """Return the bytes that the events take."""


class Raw(Source, name="raw Parquet"):
    def __init__(self, history: Path, folder: Path, stack: ExitStack) -> None:  # noqa: ARG002
        self._folder = folder / "raw"
        self._folder.mkdir()
        for path in sorted(history.glob("*.parquet")):
            (self._folder / path.name).symlink_to(path.resolve())
        self.address = str(self._folder)

    def add(self, file: Path) -> None:
        file.rename(self._folder / file.name)

    def size(self) -> int:
        return sum(path.stat().st_size for path in self._folder.iterdir())


class Stored(Source, name="store"):
    def __init__(self, history: Path, folder: Path, stack: ExitStack) -> None:
        from campaign_live_widgets.store import Store  # noqa: PLC0415 - not in a child's time

        self.address = str(folder / "store")
        self._store = stack.enter_context(Store.open(self.address))
        self._store.ingest(history)
        self._store.compact()

    def add(self, file: Path) -> None:
        self._store.ingest(file)

    def size(self) -> int:
        return sum(path.stat().st_size for path in Path(self.address).rglob("*") if path.is_file())


class PostgreSQL(Source, name="PostgreSQL"):
    title = "PostgreSQL"

    def __init__(self, history: Path, folder: Path, stack: ExitStack) -> None:
        from campaign_live_widgets.engine.pushdown.ddl import schema  # noqa: PLC0415
        from tests.support.servers import server  # noqa: PLC0415 - only where it is asked for

        self._server, self._folder = stack.enter_context(server.running()), folder
        os.environ["CLW_TEST_PASSWORD"] = server.PASSWORD
        with self._server.connect() as con:
            con.execute(schema("postgresql", TABLE))
        self.add(history)
        with self._server.connect() as con:
            con.execute(f"VACUUM ANALYZE {TABLE}")
        self.address = self._server.url(TABLE, overlap="0")

    def add(self, file: Path) -> None:
        from campaign_live_widgets.loading import load  # noqa: PLC0415 - not in a child's time
        from campaign_live_widgets.sources.tables.address import DatabaseAddress  # noqa: PLC0415

        load(file, DatabaseAddress.parse(self._server.url(TABLE, user="postgres")))

    def by_hand(self) -> dict[str, Any]:
        """Ask for the same counts and exact distinct profiles, as one would by hand."""
        with self._server.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            started = perf_counter()
            con.execute(_CELLS_BY_HAND).fetchall()
            ((entered, sent, delivered),) = con.execute(_FACTS_BY_HAND).fetchall()
            rows = con.execute(_CAMPAIGNS_BY_HAND).fetchall()
        facts = {"events": sum(row[2] for row in rows), "sent": sent, "delivered": delivered}
        return {**facts, "entered_profiles": entered, "seconds": perf_counter() - started}

    def size(self) -> int:
        with self._server.connect() as con:
            row = con.execute("SELECT pg_total_relation_size(%s::regclass)", (TABLE,)).fetchone()
        return int(row[0]) if row else 0


class KeptRollup(PostgreSQL, name="PostgreSQL, kept rollup"):
    """The job counts the history once; what arrives later is read from the table of events."""

    def __init__(self, history: Path, folder: Path, stack: ExitStack) -> None:
        from campaign_live_widgets.engine.pushdown.kept.job import refresh  # noqa: PLC0415
        from campaign_live_widgets.engine.pushdown.kept.tables import rollup_schema  # noqa: PLC0415

        super().__init__(history, folder, stack)
        with self._server.connect() as con:
            con.execute(rollup_schema(TABLE))
        refresh(self._server.url(TABLE, user="postgres", overlap="0"))


class Spark(Source, name="Spark"):
    def __init__(self, history: Path, folder: Path, stack: ExitStack) -> None:
        from campaign_live_widgets.engine.pushdown.ddl import schema  # noqa: PLC0415

        self._folder = folder / "spark"
        self._cluster = large_cluster(self._folder, stack)
        self._cluster.sql(schema("spark", TABLE).rstrip().rstrip(";"))
        self._insert(f"{history}/*.parquet")
        self.address = self._cluster.url(TABLE, overlap="0")

    def _insert(self, files: str) -> None:
        con = duckdb.connect()
        names = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM '{files}'").fetchall()]
        listed = ", ".join(names)
        # The printed schema recommends it.
        self._cluster.sql("SET spark.sql.parquet.outputTimestampType = TIMESTAMP_MICROS")
        self._cluster.sql(
            f"INSERT INTO {TABLE} ({listed}, ingested_at, arrived_on) "
            f"SELECT {listed}, current_timestamp(), current_date() FROM parquet.`{files}`"
        )

    def add(self, file: Path) -> None:
        self._insert(str(file))

    def size(self) -> int:
        return sum(path.stat().st_size for path in self._folder.rglob("*.parquet"))


class SparkKeptRollup(Spark, name="Spark, kept rollup"):
    """The job counts the history once; what arrives later is read from the table of events."""

    def __init__(self, history: Path, folder: Path, stack: ExitStack) -> None:
        from campaign_live_widgets.engine.pushdown.kept.job import refresh  # noqa: PLC0415
        from campaign_live_widgets.engine.pushdown.kept.spark.tables import (  # noqa: PLC0415
            spark_rollup_schema,
        )

        super().__init__(history, folder / "spark_kept", stack)
        for statement in spark_rollup_schema(TABLE).rstrip().rstrip(";").split(";"):
            self._cluster.sql(statement)
        refresh(self.address)


class SparkView(Raw, name="Spark, a view of the raw files"):
    """Nothing is filled: the watermark is the time at which a file has come."""

    def __init__(self, history: Path, folder: Path, stack: ExitStack) -> None:
        below = folder / "view"
        cluster = large_cluster(below, stack)
        super().__init__(history, below, stack)
        cluster.sql(
            f"CREATE VIEW {TABLE} AS SELECT *, _metadata.file_modification_time AS ingested_at "
            f"FROM parquet.`{self._folder}`"
        )
        self.address = cluster.url(TABLE, overlap="0")


def large_cluster(folder: Path, stack: ExitStack) -> Cluster:
    """Start Spark in a new folder, and let reports have its token."""
    from tests.support.servers import spark_cluster  # noqa: PLC0415 - only where it is asked for

    folder.mkdir(parents=True)
    os.environ["CLW_TEST_TOKEN"] = spark_cluster.TOKEN
    return stack.enter_context(spark_cluster.running(folder, spark_cluster.LARGE))


class Child:
    """A process that makes reports of one address: at first one, then one for each ``tick``."""

    def __init__(self, address: str, *, follow: bool) -> None:
        command = [sys.executable, __file__, "--child", address, *["--follow"][: int(follow)]]
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.first = self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the report failed; see above"
        return json.loads(line)

    def tick(self) -> dict[str, Any]:
        """Refresh it."""
        assert self._process.stdin is not None
        self._process.stdin.write("tick\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait() == 0


def child(address: str, *, follow: bool) -> Iterator[dict[str, Any]]:
    """Make one report, then one for each line of input; yield the cost and the numbers of each."""
    from campaign_live_widgets.engine import open_rollup  # noqa: PLC0415 - imports are not timed
    from campaign_live_widgets.report import to_json  # noqa: PLC0415
    from campaign_live_widgets.snapshot import Window  # noqa: PLC0415

    at, day = datetime.fromisoformat(END), timedelta(hours=24)
    window = None if follow else Window.ending(at, day)

    def report() -> dict[str, Any]:
        snapshot = rollup.snapshot(at=at, window=day)
        health = to_json(snapshot)["health"]
        counts = snapshot.counts["message_id"]
        return {
            "events": health["events"],
            "sent": int(counts.column("sent").sum()),
            "delivered": int(counts.column("delivered").sum()),
            "entered_profiles": snapshot.entered_profiles,
            "seconds": perf_counter() - started,
            "peak_mb": psutil.Process().memory_info().rss / 2**20,
        }

    started = perf_counter()
    rollup = open_rollup(address, CAMPAIGN, follow=follow, window=window)
    yield report()
    for _ in sys.stdin:
        started = perf_counter()
        rollup.refresh()
        yield report()
    rollup.close()


def read_bytes(history: Path) -> dict[str, Any]:
    """Read, decode and hash every value of the raw files, and do no more."""
    con = duckdb.connect()
    started = perf_counter()
    con.execute(
        f"SELECT bit_xor(hash(COLUMNS(*))) FROM read_parquet('{history}/*.parquet')"
    ).fetchall()
    return {"seconds": perf_counter() - started}


def compare(history: Path, events: int, names: list[str], rounds: int, ticks: int) -> None:
    """Print a table row for each source."""
    with tempfile.TemporaryDirectory() as made, ExitStack() as stack:
        sources, filled = {}, {}
        for name in names:
            started = perf_counter()
            sources[name] = Source.known[name](history, Path(made), stack)
            filled[name] = perf_counter() - started
        sizes = {name: source.size() for name, source in sources.items()}
        hand = [BY_HAND] if PostgreSQL.title in names else []
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in (BYTES, *hand, *names)}
        for number in range(rounds):
            for name in random.Random(number).sample(list(runs), len(runs)):  # noqa: S311
                if name == BYTES:
                    runs[name].append(read_bytes(history))
                    continue
                if name == BY_HAND:
                    source = sources[PostgreSQL.title]
                    assert isinstance(source, PostgreSQL)
                    runs[name].append(source.by_hand())
                    continue
                one = Child(sources[name].address, follow=False)
                one.end()
                runs[name].append(one.first)
        require_equal({name: runs[name][0] for name in (*hand, *names)})
        refreshes = follow(sources, events, Path(made), ticks) if ticks else {}
        base = statistics.median(run["seconds"] for run in runs[BYTES])
        row(events, BYTES, base, base, Raw.size(Raw(history, new_folder(made), stack)), None, {})
        for name in hand:
            took = statistics.median(run["seconds"] for run in runs[name])
            row(events, name, took, base, sizes[PostgreSQL.title], None, {})
        for name in names:
            took = statistics.median(run["seconds"] for run in runs[name])
            row(events, name, took, base, sizes[name], filled[name], refreshes.get(name, {}))


def follow(
    sources: dict[str, Source], events: int, folder: Path, ticks: int
) -> dict[str, dict[str, float]]:
    """Let files of new events arrive in all sources, and refresh the reports that follow them."""
    children = {name: Child(source.address, follow=True) for name, source in sources.items()}
    took: dict[str, list[float]] = {name: [] for name in sources}
    for tick in range(ticks):
        low = events + tick * NEW
        answers = {}
        for name, source in sources.items():
            file = folder / f"new-{tick:05}.parquet"
            write(query(low, low + NEW, total=low + NEW, first=low), file)
            source.add(file)
            file.unlink(missing_ok=True)
            answers[name] = children[name].tick()
            took[name].append(answers[name]["seconds"])
        require_equal(answers)
    for one in children.values():
        one.end()
    return {
        name: {
            "first": children[name].first["seconds"],
            "tick": statistics.median(took[name]),
            "memory": answers[name]["peak_mb"],
        }
        for name in sources
    }


def require_equal(answers: dict[str, dict[str, Any]]) -> None:
    """Raise if two sources have unequal numbers."""
    facts = {name: [answer[fact] for fact in FACTS] for name, answer in answers.items()}
    assert len({tuple(each) for each in facts.values()}) <= 1, facts


def new_folder(below: str) -> Path:
    return Path(tempfile.mkdtemp(dir=below))


def row(  # noqa: PLR0913 - its cells
    events: int,
    name: str,
    took: float,
    base: float,
    size: int,
    filled: float | None,
    refreshes: dict[str, float],
) -> None:
    """Print one line of a Markdown table."""
    cells = [f"{events:,}", name, f"{took / base:.1f}", f"{took:.2f}", f"{size / events:.0f}"]
    cells.append("" if filled is None else f"{filled:,.0f}")
    if refreshes:
        cells += [f"{refreshes['first'] / base:.1f}", f"{refreshes['tick'] * 1e3:.0f}"]
        cells += [f"{refreshes['memory']:,.0f}"]
    else:
        cells += [""] * 3
    print("| " + " | ".join(cells) + " |", flush=True)


HEADS: Final = (
    *("events", "source", "report, ratio to reading the bytes", "report s", "bytes an event"),
    *("filling it s", "first read of a live report, ratio", "tick of 1,000 events ms"),
    "memory of the live report MB",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ticks", type=int, default=9, help="0: no live report")
    parser.add_argument("--only", nargs="+", choices=list(Source.known), default=[*Source.known])
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--follow", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        for answer in child(options.child, follow=options.follow):
            print(json.dumps(answer), flush=True)
        return
    print("| " + " | ".join(HEADS) + " |\n" + "|---" * len(HEADS) + "|")
    for events in options.events:
        history = generate(options.data / f"day-{events}", events)
        compare(history, events, options.only, options.rounds, options.ticks)


if __name__ == "__main__":
    main()
