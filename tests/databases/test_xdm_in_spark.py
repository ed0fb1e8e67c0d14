"""Journey Optimizer's rows in a Spark cluster give the report that the oracle computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.snapshot import Window
from tests.databases.test_every_engine import EVERY_CASE, report_of
from tests.support.events import xdm_tables
from tests.support.events.generate import AT, WINDOWS
from tests.support.events.xdm_tables import DATASETS, wanted
from tests.support.servers.lake import create

if TYPE_CHECKING:
    from tests.support.servers.spark_cluster import Cluster


@pytest.mark.parametrize(
    ("prefix", "table"), [("ajo:", "journey"), ("", ",".join(DATASETS))], ids=["one", "three"]
)
def test_every_window_equals_the_oracle_with_and_without_tests(
    lake: Cluster, prefix: str, table: str
) -> None:
    rollup = open_rollup(prefix + lake.url(table), "c1")
    for window, tests in EVERY_CASE:
        assert report_of(rollup, window, tests=tests) == wanted(window, tests=tests)
    rollup.close()


def test_rollup_for_one_window_equals_the_oracle(lake: Cluster) -> None:
    span = Window.ending(AT, WINDOWS["7d"])
    rollup = open_rollup(lake.url("journey"), "c1", follow=False, window=span)
    for tests in (False, True):
        assert report_of(rollup, "7d", tests=tests) == wanted("7d", tests=tests)
    rollup.close()


def test_watermark_may_be_a_path_into_a_struct(lake: Cluster) -> None:
    numbered = [row | {"_meta": {"n": n}} for n, row in enumerate(xdm_tables.rows())]
    half = len(numbered) // 2
    create(lake, "numbered_all", numbered)
    lake.sql(f"CREATE TABLE numbered AS SELECT * FROM numbered_all WHERE _meta.n < {half}")
    rollup = new_rollup(lake.url("numbered", watermark="_meta.n", overlap="20"), "c1")
    assert rollup.refresh()
    lake.sql(f"INSERT INTO numbered SELECT * FROM numbered_all WHERE _meta.n >= {half}")
    assert rollup.refresh()
    assert report_of(rollup, "30d", tests=True) == wanted("30d", tests=True)
    rollup.close()
