"""The Spark that the tests ask is a cluster: what it is asked is worked out by two workers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.support.servers import spark_cluster

if TYPE_CHECKING:
    from tests.support.servers.spark_cluster import Cluster


def test_both_workers_run_tasks(spark: Cluster) -> None:
    before = spark.tasks()
    assert len(before) == 2
    assert spark.sql("SELECT sum(id) AS s FROM range(0, 1000, 1, 16)") == [{"s": 499_500}]
    until = time.monotonic() + spark_cluster.PATIENCE
    while time.monotonic() < until:  # the driver counts what is done after it has answered
        if all(done > before[executor] for executor, done in spark.tasks().items()):
            return
        time.sleep(0.2)
    message = f"{before} at first, {spark.tasks()} in the end"
    raise AssertionError(message)
