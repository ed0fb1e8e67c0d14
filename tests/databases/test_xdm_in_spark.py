"""Journey Optimizer's rows in a Spark cluster give the report that the oracle computes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.snapshot import Window
from tests.databases.test_every_engine import EVERY_CASE, report_of, wanted_xdm
from tests.support.events import files, xdm_tables
from tests.support.events.generate import AT, WINDOWS
from tests.support.events.xdm_tables import DATASETS
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
        assert report_of(rollup, window, tests=tests) == wanted_xdm(window, tests=tests)
    rollup.close()


def test_rollup_for_one_window_equals_the_oracle(lake: Cluster) -> None:
    span = Window.ending(AT, WINDOWS["7d"])
    rollup = open_rollup(lake.url("journey"), "c1", follow=False, window=span)
    for tests in (False, True):
        assert report_of(rollup, "7d", tests=tests) == wanted_xdm("7d", tests=tests)
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
    assert report_of(rollup, "30d", tests=True) == wanted_xdm("30d", tests=True)
    rollup.close()


@pytest.mark.parametrize("form", ["text", "struct"])
def test_identities_may_be_text_or_a_struct(lake: Cluster, form: str) -> None:
    rows = xdm_tables.rows()
    if form == "text":
        rows = [row | {"identityMap": json.dumps(row["identityMap"])} for row in rows]
    else:
        names = sorted({name for row in rows for name in row["identityMap"]})
        rows = [
            row | {"people": {name: row["identityMap"].get(name) for name in names}} for row in rows
        ]
        rows = [
            {"identityMap" if n == "people" else n: v for n, v in row.items() if n != "identityMap"}
            for row in rows
        ]
    name = f"identities_as_{form}"
    lake.sql(f"DROP TABLE IF EXISTS {name}")
    path = lake.folder / f"{name}.ndjson"
    path.write_text(files.ndjson_text(rows))
    schema = lake.session.createDataFrame(files.table(xdm_tables.rows())).schema
    kind = (
        "string"
        if form == "text"
        else "struct<"
        + ",".join(f"{n}:array<struct<id:string,primary:boolean>>" for n in names)
        + ">"
    )
    columns = ", ".join(
        f"`{f.name}` {kind if f.name == 'identityMap' else f.dataType.simpleString()}"
        for f in schema.fields
    )
    lake.session.read.schema(columns).json(str(path)).write.saveAsTable(name)
    rollup = open_rollup(lake.url(name), "c1")
    for tests in (False, True):
        assert report_of(rollup, "30d", tests=tests) == wanted_xdm("30d", tests=tests)
    rollup.close()
