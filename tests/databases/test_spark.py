"""What is Spark's own: files that come into a table's folder, days, servers that go away."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.engine.pushdown.connections.spark import Spark
from campaign_live_widgets.errors import SourceError
from tests.databases.test_every_engine import report_of, wanted
from tests.databases.test_ticks import tick_by_tick
from tests.support.events import generate
from tests.support.servers import engines, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.servers.spark_cluster import Cluster

TIME = pa.timestamp("us", "UTC")
BY_DAY = "USING parquet PARTITIONED BY (arrived_on)"


@pytest.fixture
def on(spark: Cluster) -> engines.OnSpark:
    return engines.OnSpark(spark)


@pytest.mark.parametrize(
    ("marks", "using", "options"),
    [
        ({"ingested_at": TIME, "arrived_on": pa.date32()}, BY_DAY, {"overlap": "0s"}),
        ({"seq": pa.int64()}, "USING parquet", {"watermark": "SEQ", "overlap": "50"}),
        ({"ingested_at": pa.timestamp("us")}, "USING parquet", {}),
        ({}, "USING parquet", {}),
    ],
)
def test_every_refresh_equals_the_oracle(
    on: engines.OnSpark, marks: dict[str, pa.DataType], using: str, options: dict[str, str]
) -> None:
    name = on.create(marks=marks, using=using)
    tick_by_tick(partial(on.insert, name), on.url(name, **options), ticks=3)


def test_late_commits_within_the_overlap_are_counted(on: engines.OnSpark) -> None:
    """Rows of one id may differ in all else; the one with the smallest number is the event."""
    rng = random.Random(5)  # noqa: S311 - test data
    rows = tables.typed(generate.events(5, 90))
    for row in rng.sample(rows, 12):
        row["event_id"] = rng.choice(rows)["event_id"]
    numbered = [{**row, "seq": number} for number, row in enumerate(rows)]
    late = sorted(numbered, key=lambda row: row["seq"] + rng.randrange(30))
    name = on.create(marks={"seq": pa.int64()})
    rollup = new_rollup(on.url(name, watermark="seq", overlap="31"), "c1")
    for first in range(0, len(late), 40):
        on.insert(name, late[first : first + 40])
        rollup.refresh()
    in_order = [{c: row[c] for c in tables.ALL} for row in reversed(numbered)]
    for window in ("24h", "30d"):
        assert report_of(rollup, window)["widgets"] == wanted(in_order, window)["widgets"]
    rollup.close()


@pytest.fixture
def folder(on: engines.OnSpark) -> Iterator[tuple[str, Any]]:
    """Return a table over a folder of Parquet, and what puts a file of rows into it."""
    place = on.cluster.data / "arrivals"
    place.mkdir()
    name = on.create(using=over(place))

    def put(rows: list[tables.Row]) -> None:
        part = place / f"part-{len(list(place.iterdir()))}"
        pq.write_table(on.arrow(name, rows), part)
        part.rename(f"{part}.parquet")

    yield name, put
    for file in place.iterdir():
        file.unlink()
    place.rmdir()


def over(place: Any) -> str:  # noqa: ANN401 - a folder
    return f"USING parquet LOCATION '{place}'"


def test_files_added_to_the_folder_are_counted(folder: tuple[str, Any], spark: Cluster) -> None:
    name, put = folder
    rows = tables.typed(generate.events(11, 120))
    rollup = new_rollup(spark.url(name), "c1")
    for first in range(0, len(rows), 50):
        put(rows[first : first + 50])
        assert rollup.refresh()
        assert report_of(rollup, "7d") == wanted(rows[: first + 50], "7d")
    rollup.close()


def scans(cluster: Cluster, of: Callable[[], object]) -> list[list[int]]:
    """Return of each statement that *of* runs how many rows each scan of files gave."""
    before = cluster.statements()
    of()
    return cluster.scans(before)


def test_first_look_reads_each_row_once(on: engines.OnSpark) -> None:
    """Also where many ids occur more than once, and in every campaign."""
    rows = tables.typed(generate.events(15, 150, faults=False))
    rng = random.Random(15)  # noqa: S311 - test data
    rows += [rng.choice(rows) for _ in range(200)]
    name = engines.filled(on, rows)
    rollup = new_rollup(on.url(name), "c1", follow=False)
    assert scans(on.cluster, rollup.refresh) == [[len(rows)]]
    for window in ("24h", "30d"):
        assert report_of(rollup, window, tests=True) == wanted(rows, window, tests=True)
    rollup.close()


def test_refresh_reads_new_rows_once_and_only_of_the_last_days(on: engines.OnSpark) -> None:
    """It reads older ids once, to find duplicates; without new rows it reads nothing else."""
    name = on.create(marks={"ingested_at": TIME, "arrived_on": pa.date32()}, using=BY_DAY)
    now = datetime.now(UTC)
    rows = generate.events(12, 60, faults=False)
    for days, part in ((40, rows[:50]), (3, rows[50:90])):
        came = now - timedelta(days=days)
        on.insert(name, [{**row, "ingested_at": came, "arrived_on": came.date()} for row in part])
    on.insert(name, rows[90:])
    rollup = new_rollup(on.url(name, overlap="0"), "c1")
    rollup.refresh()
    on.insert(name, rows[:10])

    new = len(rows) - 90 + 10
    read_rows = [sorted(read) for read in scans(on.cluster, rollup.refresh)]
    assert read_rows == [[new], [new], [new, len(rows) + 10]]
    assert scans(on.cluster, rollup.refresh) == [[new]]
    assert report_of(rollup, "24h") == wanted(rows + rows[:10], "24h")
    rollup.close()


def test_only_counts_and_hashes_are_transferred(
    on: engines.OnSpark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a first look nor a refresh fetches a profile's id."""
    fetched: list[Any] = []
    original = Spark.blocks

    def recorded(connection: Spark, statement: str) -> Iterator[pa.Table]:
        for block in original(connection, statement):
            fetched.extend(value for column in block.columns for value in column.to_pylist())
            yield block

    monkeypatch.setattr(Spark, "blocks", recorded)
    rows = tables.typed(generate.events(13, 200))
    for row in rows:
        if row["profile_id"]:
            row["profile_id"] = f"someone-{row['profile_id']}@example.com"
    name = engines.filled(on, rows[:150])
    rollup = new_rollup(on.url(name, overlap="0"), "c1")
    for more in (rows[150:], []):
        rollup.refresh()
        on.insert(name, more)
    assert "c1" in fetched
    assert not [value for value in fetched if isinstance(value, str) and "someone" in value]
    rollup.close()


def test_stopped_server_is_reported_in_one_line_and_retried(
    folder: tuple[str, Any], on: engines.OnSpark
) -> None:
    name, put = folder
    rows = tables.typed(generate.events(14, 100))
    put(rows[:50])
    rollup = new_rollup(on.url(name), "c1")
    rollup.refresh()
    (place,) = on.cluster.data.iterdir()
    on.cluster.stop_server()
    put(rows[50:])
    for _ in range(2):
        with pytest.raises(SourceError, match="no Spark Connect server answers") as refused:
            rollup.refresh()
        assert len(str(refused.value).splitlines()) == 1
        assert report_of(rollup, "24h")["widgets"] == wanted(rows[:50], "24h")["widgets"]
    on.cluster.start_server()
    with pytest.raises(SourceError, match="not found"):
        rollup.refresh()
    on.cluster.sql(f"CREATE TABLE {name} {over(place)}")
    assert rollup.refresh()
    assert report_of(rollup, "24h") == wanted(rows, "24h")
    rollup.close()
