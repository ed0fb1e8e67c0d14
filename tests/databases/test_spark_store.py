"""The events of a store, read by Spark without the store's log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.store import Store
from tests.store import workers
from tests.store.damaging import cut
from tests.support.cli import call

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.servers.spark_cluster import Cluster

DAYS, EVENTS = 3, 10


def store_of(folder: Path) -> list[Path]:
    """Write a store with one file for each day; return the files."""
    with Store.open(folder) as store:
        for day in range(DAYS):
            store.append([workers.row(f"d{day}-{n}", day=day) for n in range(EVENTS)])
    return sorted((folder / "events").rglob("*.parquet"))


def count(spark: Cluster, folder: Path) -> int:
    return int(spark.session.read.parquet(str(folder / "events")).count())


def test_spark_reads_the_events_of_an_intact_store(spark: Cluster, tmp_path: Path) -> None:
    assert len(store_of(tmp_path)) == DAYS
    assert count(spark, tmp_path) == DAYS * EVENTS


def test_spark_does_not_notice_a_missing_file_and_check_does(
    spark: Cluster, tmp_path: Path
) -> None:
    store_of(tmp_path)[1].unlink()
    assert count(spark, tmp_path) == (DAYS - 1) * EVENTS
    assert call("check", str(tmp_path)).code == 1


def test_spark_fails_on_a_truncated_file(spark: Cluster, tmp_path: Path) -> None:
    cut(store_of(tmp_path)[1])
    with pytest.raises(Exception, match=r"Parquet|parquet"):
        count(spark, tmp_path)
    assert call("check", str(tmp_path)).code == 1
