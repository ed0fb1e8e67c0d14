"""Tables of generated events in each engine that runs in the tests, by the same names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from tests import oracle
from tests.support.servers import tables

if TYPE_CHECKING:
    from tests.support.servers.server import Postgres
    from tests.support.servers.spark_cluster import Cluster
    from tests.support.servers.tables import Row

_NUMBERS = count(1)


class Engine(Protocol):
    """A running engine, and tables of events in it.

    ``texts`` are columns that hold words, whatever the canonical table has there.
    """

    def url(self, table: str, **options: str) -> str: ...

    def create(self, columns: tuple[str, ...] = ..., *, texts: tuple[str, ...] = ()) -> str: ...

    def insert(self, name: str, rows: list[Row]) -> None: ...


def filled(engine: Engine, rows: list[Row], **how: Any) -> str:  # noqa: ANN401 - of `create`
    """Create a table of rows and return its name."""
    name = engine.create(tuple(dict.fromkeys(c for row in rows for c in row)), **how)
    engine.insert(name, rows)
    return name


class OnPostgres:
    """Tables in PostgreSQL."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self.url = server.url

    def create(
        self, columns: tuple[str, ...] = oracle.COLUMNS, *, texts: tuple[str, ...] = ()
    ) -> str:
        return tables.create(self._server, columns, types=dict.fromkeys(texts, "text"))

    def insert(self, name: str, rows: list[Row]) -> None:
        with self._server.connect() as con:
            tables.insert(con, name, rows)


class OnSpark:
    """Tables of Parquet files in Spark, with the time at which each row came."""

    mark = "ingested_at"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.url = cluster.url
        self._kinds: dict[str, pa.Schema] = {}
        self._came = count(1)

    def create(
        self,
        columns: tuple[str, ...] = oracle.COLUMNS,
        *,
        texts: tuple[str, ...] = (),
        marks: dict[str, pa.DataType] | None = None,
        using: str = "USING parquet",
    ) -> str:
        """Create an empty table; *marks* are the columns after those of the events."""
        name = f"events_{next(_NUMBERS)}"
        time = pa.timestamp("us", "UTC")
        kinds = {"timestamp": time, **dict.fromkeys(oracle.BOOLEANS, pa.bool_())}
        kinds |= dict.fromkeys(texts, pa.string())
        fields = {column: kinds.get(column, pa.string()) for column in columns}
        fields |= {self.mark: time} if marks is None else marks
        self._kinds[name] = pa.schema(list(fields.items()))
        listed = ", ".join(f"`{column}` {_SQL[kind]}" for column, kind in fields.items())
        self.cluster.sql(f"CREATE TABLE {name} ({listed}) {using}")
        return name

    def arrow(self, name: str, rows: list[Row]) -> pa.Table:
        """Return rows as the table has them, in the order in which they come."""
        now = datetime.now(UTC)
        marked = []
        for place, row in enumerate(rows):
            came = now + timedelta(microseconds=place)
            marks = {self.mark: came, "arrived_on": came.date(), "seq": next(self._came)}
            marked.append({**marks, **row})
        return pa.Table.from_pylist(marked, schema=self._kinds[name])

    def insert(self, name: str, rows: list[Row]) -> None:
        if rows:
            self.cluster.append(name, self.arrow(name, rows))


_SQL = {
    pa.string(): "STRING",
    pa.bool_(): "BOOLEAN",
    pa.int64(): "BIGINT",
    pa.date32(): "DATE",
    pa.timestamp("us", "UTC"): "TIMESTAMP",
    pa.timestamp("us"): "TIMESTAMP_NTZ",
}
