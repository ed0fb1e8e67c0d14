"""Properties of the rollup's SQL for each engine, without a server."""

from __future__ import annotations

from functools import partial
from importlib import import_module
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
from campaign_live_widgets.engine.pushdown.statement import StatementBuilder
from campaign_live_widgets.engine.pushdown.table_query import TableQuery
from campaign_live_widgets.sources.tables.ajo import FIELDS
from campaign_live_widgets.sources.tables.canonical import canonical
from campaign_live_widgets.sources.tables.registry import ROW_FORMATS
from tests import oracle

if TYPE_CHECKING:
    from ibis.expr.types import Table

DIALECTS = ("postgres", "pyspark")
TYPES = {"timestamp": "timestamp('UTC')", **dict.fromkeys(oracle.BOOLEANS, "boolean")}


def statement(dialect: str) -> str:
    """Return the statement of a refresh that reads new rows."""
    columns = {column: TYPES.get(column, "string") for column in oracle.COLUMNS}
    table = ibis.table({**columns, "ingested_at": "!timestamp('UTC')"}, name="events")
    compiler = import_module(f"ibis.backends.sql.compilers.{dialect}").compiler

    def sql_of(expression: Table) -> str:
        return compiler.to_sqlglot(expression.unbind()).sql(dialect=compiler.dialect)

    events = partial(canonical, watermark="ingested_at", name="events")
    query = TableQuery(events, table, "ingested_at", hashes(dialect), distinct=False)
    keep = Spark.keep if dialect == Spark.dialect else Connection.keep
    text = StatementBuilder(query, sql_of, keep).rollup(
        "spring", since=True, until=True, follow=True
    )
    return sqlglot.parse_one(text, dialect=compiler.dialect).sql(compiler.dialect, pretty=True)


def sent_to_query_service() -> str:
    """Return the statement of a refresh from a dataset of Journey Optimizer."""
    paths = [path for paths in FIELDS.values() for path in paths if "@" not in path]
    kinds = {tuple(path.split(".")): "string" for path in paths}
    kinds["timestamp",] = "timestamp('UTC')"
    kinds["identityMap",] = IDENTITY_MAP
    kinds["_acp_system_metadata", "ingestTime"] = "int64"
    schema = nested(kinds)
    ajo, mark = ROW_FORMATS["ajo"], "_acp_system_metadata.ingestTime"
    table, column = ajo.gathered([ibis.table(schema, name="feedback")], mark, "lake")
    events = partial(ajo.events, watermark=column, name="lake")
    query = TableQuery(
        *(events, table, column, hashes("queryservice")),
        distinct=False,
        ignores=True,
        by_index=False,
    )
    pushdown = StatementBuilder(query, documented, QueryService.keep)
    text = pushdown.rollup("spring", since=True, until=True, follow=True)
    return sqlglot.parse_one(text, dialect="databricks").sql("databricks", pretty=True)


def test_query_service_gets_only_joins_that_it_documents() -> None:
    sql = sent_to_query_service()
    assert " ANTI " not in sql
    assert " SEMI " not in sql


@pytest.mark.parametrize("dialect", DIALECTS)
def test_profile_ids_are_not_in_the_answer(dialect: str) -> None:
    sql = statement(dialect)
    assert "profile_id" not in sql[sql.index("UNION ALL") :]
