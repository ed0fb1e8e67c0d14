"""A connection to PostgreSQL, or to a server that uses its protocol."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.engine.pushdown.connections.base import (
    Connection,
    fetch_all,
    first_time,
    not_found,
)
from campaign_live_widgets.engine.pushdown.connections.postgresql_catalog import read_table
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.tables.ajo_identity import (
    IDENTITIES,
    JSON_IDENTITY,
    OF_JSON,
    refuse_text,
)
from campaign_live_widgets.sources.tables.registry import ROW_FORMATS
from campaign_live_widgets.sources.tables.struct_paths import JSON_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from campaign_live_widgets.engine.pushdown.connections.base import (
        Arrival,
        Row,
        Table,
        Watermark,
    )
    from campaign_live_widgets.engine.pushdown.connections.postgresql_catalog import CatalogTable

_ROWS: Final = 50_000
"""Rows that are fetched from the client at once."""
_STREAMED: Final = 2_000
"""Rows that are fetched from the server at once, where they may be long."""
_OF_FULL_READS: Final = {"enable_sort": "off", "enable_nestloop": "off", "parallel_tuple_cost": "0"}
"""Settings where all rows are read: the planner takes sound rows for few, which they are not."""
_MEMORY: Final = (
    "SELECT set_config(name, '64MB', true) FROM pg_settings"
    " WHERE name = 'work_mem' AND setting::bigint < 65536"
)
"""More memory for them, unless there is more: each group that fits writes no temporary file."""
_BLOCK: Final = 2 << 20
"""Bytes of text that become one table of Arrow."""

_SETTINGS: Final = (
    "SET default_transaction_read_only = on; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD';"
    " SET standard_conforming_strings = on"
)
"""What a session needs, whatever its role or database sets."""
_WISHES: Final = (
    "SELECT set_config(name, wanted, false) FROM pg_settings JOIN (VALUES ('jit', 'off'),"
    " ('client_connection_check_interval', '10s')) AS wishes (name, wanted) USING (name)"
)
"""Not to compile statements, which takes longer than to run them; to end those of a lost client."""


class Postgres(Connection, engine="postgresql"):
    """PostgreSQL, and servers with its protocol, through psycopg."""

    dialect = "postgres"
    extra = "postgresql"
    _con: Any = None
    keep = "MATERIALIZED ({})"
    times = ("TIMESTAMPTZ", "TIMESTAMP")
    clock = "clock_timestamp()"
    reads_in_parts = True
    keeps_rollup = True

    def _open(self) -> tuple[list[Table], bool]:
        ibis, psycopg = import_module("ibis"), import_module("psycopg")
        self._compiler = import_module("ibis.backends.sql.compilers.postgres").compiler
        options = self.database.client_options()
        self._con = psycopg.connect(autocommit=True, client_encoding="utf8", **options)
        self._con.execute(_SETTINGS)
        self._con.execute(_WISHES)
        self.catalog = self.read_catalog()
        tables = [
            ibis.table(table.schema(), name=name, database=schema)
            for table, (schema, name) in zip(self.catalog, self.database.tables, strict=True)
        ]
        if len(tables) == 1:
            self.promises = self.catalog[0].promises()
        return tables, all(table.has_unique_ids for table in self.catalog)

    def _combined(self, tables: list[Table]) -> tuple[Table, str | None]:
        if self.row_format is ROW_FORMATS["ajo"]:
            refuse_text(tables, self.database.text)
        return super()._combined(tables)

    def read_catalog(self) -> tuple[CatalogTable, ...]:
        """Return how PostgreSQL's catalogue describes each table."""
        catalog = []
        for schema, name in self.database.tables:
            table = read_table(self._con, schema, name)
            if table is None:
                raise SourceError(not_found(self.database))
            if inexact := table.inexact_columns():
                message = (
                    f"{self.database.text}: the collation of {', '.join(inexact)} takes different "
                    'texts for equal; make a view that reads such columns with COLLATE "C"'
                )
                raise SourceError(message)
            catalog.append(table)
        return tuple(catalog)

    def newest_watermark(self, since: Watermark | None = None) -> Arrival:
        """Return the greatest watermark up to now, and what is beyond, on either side."""
        arrival = super().newest_watermark(since)
        if self.watermark is None:
            return arrival
        mark = self.table[self.watermark]
        if not mark.type().is_timestamp():
            return arrival
        ancient = self.table.filter(mark < first_time(mark)).aggregate(rows=mark.count())
        ((rows,),) = fetch_all(self.rows(self.statement(ancient)))
        return arrival._replace(ancient=rows)

    def rows(self, statement: str) -> Iterator[list[Row]]:
        """Run a statement and yield its rows, batch at a time."""
        with self._con.cursor() as cursor:
            cursor.execute(statement)
            while batch := cursor.fetchmany(_ROWS):
                yield batch

    def tables(self, statement: str, schema: pa.Schema) -> Iterator[pa.Table]:
        """Run a statement and yield its rows as tables of Arrow, some at a time.

        The server writes text: so all sorts of columns have one form, which Arrow reads.
        """
        import pyarrow as pa
        from pyarrow import csv

        copied = f"COPY ({statement}) TO STDOUT (FORMAT csv)"
        with self._con.cursor() as cursor, cursor.copy(copied) as copy:
            stream = _Stream(copy)
            if stream.is_empty:
                return
            reader = csv.open_csv(
                stream,
                csv.ReadOptions(column_names=schema.names, block_size=_BLOCK, use_threads=False),
                csv.ParseOptions(newlines_in_values=True),
                csv.ConvertOptions(
                    column_types=schema,
                    null_values=[""],
                    true_values=["t"],
                    false_values=["f"],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
            for batch in reader:
                yield pa.Table.from_batches([batch])

    def stream(self, statement: str) -> Iterator[Row]:
        """Run a statement and yield its rows, bytes as they are; numbers are not decimal."""
        with self._con.cursor(name="campaign_live") as cursor:
            cursor.itersize = _STREAMED
            cursor.execute(statement, binary=True)
            yield from cursor

    def numbers(self, values: Iterable[int]) -> str:
        """Return a query whose column ``id_hash`` has *values*."""
        return f"SELECT unnest('{{{','.join(map(str, values))}}}'::bigint[]) AS id_hash"

    @contextmanager
    def instant(self) -> Iterator[None]:
        """Run the statements inside in one transaction that sees one instant."""
        with self._con.transaction():
            self._con.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run the statements inside in one transaction that may write, at one instant."""
        with self._con.transaction():
            self._con.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ WRITE")
            yield

    def execute(self, statement: str) -> None:
        """Run a statement that has no answer."""
        self._con.execute(statement)

    @contextmanager
    def reading_all(self) -> Iterator[None]:
        """Plan the statements inside for many rows."""
        for setting, value in _OF_FULL_READS.items():
            self._con.execute(f"SET LOCAL {setting} = {value}")
        self._con.execute(_MEMORY)
        yield
        for setting in (*_OF_FULL_READS, "work_mem"):
            self._con.execute(f"SET LOCAL {setting} TO DEFAULT")

    def statement(self, expression: Table) -> str:
        """Return an expression in PostgreSQL's SQL."""
        tree = self._compiler.to_sqlglot(expression.unbind())
        if self.row_format is ROW_FORMATS["ajo"]:
            tree = tree.transform(_write_json)
        return str(tree.sql(dialect=self._compiler.dialect))

    def close(self) -> None:
        """Close the connection."""
        if self._con is not None:
            self._con.close()


def _write_json(call: Any) -> Any:  # noqa: ANN401 - of SQLGlot
    """Return a part of a statement; what reads JSON in PostgreSQL's own SQL."""
    sqlglot = import_module("sqlglot")
    exp = sqlglot.exp
    if not isinstance(call, exp.Func):
        return call
    name = (call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower()
    if name not in (JSON_IDENTITY, JSON_TEXT):
        return call
    column, *path = call.expressions
    json = exp.cast(column.copy(), "jsonb", dialect="postgres")
    if name == JSON_TEXT:
        names = map(exp.Literal.string, path[0].name.split("."))
        return exp.func("jsonb_extract_path_text", json, *names)
    query = sqlglot.parse_one(OF_JSON, dialect="postgres")
    for part in list(query.find_all(exp.Column)):
        if part.name == IDENTITIES:
            part.replace(json.copy())
    return query


class _Stream:
    """What a server copies, as a file to read from."""

    closed = False

    def __init__(self, copy: Any) -> None:  # noqa: ANN401 - of psycopg
        self._copy = copy
        self._first = bytes(copy.read())

    @property
    def is_empty(self) -> bool:
        """Return whether no row comes."""
        return not self._first

    def read(self, size: int) -> bytes:
        """Return at least *size* bytes, fewer at the end: whole rows."""
        parts, length = [self._first], len(self._first)
        self._first = b""
        while length < size and (row := self._copy.read()):
            parts.append(row)
            length += len(row)
        return b"".join(parts)
