"""The rollup's SQL for engines other than PostgreSQL: as it was compiled and looked at.

``CLW_WRITE_SQL=1`` writes it again; review the difference.
"""

from __future__ import annotations

import os
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import pytest
import sqlglot

from campaign_live_widgets.engine.pushdown.connections.base import Connection
from campaign_live_widgets.engine.pushdown.connections.query_service import (
    IDENTITY_MAP,
    QueryService,
    documented,
    nested,
)
from campaign_live_widgets.engine.pushdown.connections.spark import Spark
from campaign_live_widgets.engine.pushdown.hashing import hashes
from campaign_live_widgets.engine.pushdown.statement import StatementBuilder, TableQuery
from campaign_live_widgets.sources.tables.ajo import FIELDS
from campaign_live_widgets.sources.tables.canonical import canonical
from campaign_live_widgets.sources.tables.registry import ROW_FORMATS
from tests import oracle

if TYPE_CHECKING:
    from ibis.expr.types import Table

HERE = Path(__file__).parent / "sql"
DIALECTS = {
    "bigquery": "bigquery",
    "clickhouse": "clickhouse",
    "pyspark": "spark",
    "snowflake": "snowflake",
    "trino": "trino",
}
KINDS = {"timestamp": "timestamp('UTC')", **dict.fromkeys(oracle.BOOLEANS, "boolean")}


def statement(dialect: str) -> str:
    """Return the statement of a look at what is new."""
    columns = {column: KINDS.get(column, "string") for column in oracle.COLUMNS}
    table = ibis.table({**columns, "ingested_at": "!timestamp('UTC')"}, name="events")
    compiler = import_module(f"ibis.backends.sql.compilers.{dialect}").compiler

    def sql_of(expression: Table) -> str:
        return compiler.to_sqlglot(expression.unbind()).sql(dialect=compiler.dialect)

    events = partial(canonical, mark="ingested_at", name="events")
    query = TableQuery(events, table, "ingested_at", hashes(dialect), distinct=False)
    keep = Spark.keep if dialect == Spark.dialect else Connection.keep
    text = StatementBuilder(query, sql_of, keep).rollup(
        "spring", since=True, until=True, follow=True
    )
    return sqlglot.parse_one(text, dialect=compiler.dialect).sql(compiler.dialect, pretty=True)


def assert_kept(got: str, name: str) -> None:
    stored = HERE / f"{name}.sql"
    if os.environ.get("CLW_WRITE_SQL"):
        stored.parent.mkdir(exist_ok=True)
        stored.write_bytes(got.encode())
    assert got == stored.read_bytes().decode()


def sent_to_query_service() -> str:
    """Return the statement of a look at a dataset of Journey Optimizer."""
    paths = [path for paths in FIELDS.values() for path in paths if "@" not in path]
    kinds = {tuple(path.split(".")): "string" for path in paths}
    kinds["timestamp",] = "timestamp('UTC')"
    kinds["identityMap",] = IDENTITY_MAP
    kinds["_acp_system_metadata", "ingestTime"] = "int64"
    schema = nested(kinds)
    ajo, mark = ROW_FORMATS["ajo"], "_acp_system_metadata.ingestTime"
    table, column = ajo.gathered([ibis.table(schema, name="feedback")], mark, "lake")
    events = partial(ajo.events, mark=column, name="lake")
    query = TableQuery(
        *(events, table, column, hashes("queryservice")),
        distinct=False,
        ignores=True,
        by_index=False,
    )
    pushdown = StatementBuilder(query, documented, QueryService.keep)
    text = pushdown.rollup("spring", since=True, until=True, follow=True)
    return sqlglot.parse_one(text, dialect="databricks").sql("databricks", pretty=True)


def test_query_service_is_sent_what_was_looked_at() -> None:
    got = sent_to_query_service() + "\n"
    assert_kept(got, "query_service")
    assert " ANTI " not in got
    assert " SEMI " not in got


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_sql_is_the_one_that_was_looked_at(dialect: str) -> None:
    got = statement(dialect) + "\n"
    assert_kept(got, DIALECTS[dialect])
    assert "profile_id" not in got[got.index("UNION ALL") :]
