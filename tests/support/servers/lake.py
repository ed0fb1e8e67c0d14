"""Datasets of Journey Optimizer's events in a Spark cluster."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from tests.support.events import files, xdm_tables
from tests.support.events.xdm_tables import DATASETS, dataset

if TYPE_CHECKING:
    from tests.support.servers.spark_cluster import Cluster

Row = dict[str, Any]


def create(spark: Cluster, name: str, rows: list[Row]) -> None:
    """Create or replace a table of these rows.

    A server that has been stopped and started knows no table, whose files are still there.
    """
    spark.sql(f"DROP TABLE IF EXISTS {name}")
    shutil.rmtree(spark.folder / "warehouse" / name, ignore_errors=True)
    spark.session.createDataFrame(files.table(rows)).coalesce(1).write.saveAsTable(name)


def fill(spark: Cluster) -> None:
    """Put all rows into one dataset, ``journey``, and into the three that they come in."""
    create(spark, "journey", xdm_tables.rows())
    for name in DATASETS:
        create(spark, name, [row for row in xdm_tables.rows() if dataset(row) == name])
