"""A connection to PostgreSQL, or to a server that uses its protocol."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.engine.pushdown.connections.base import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.engine.pushdown.connections.base import Row, Table

_ROWS: Final = 50_000
"""Rows that are fetched from the client at once."""


class Postgres(Connection, engine="postgresql"):
    """PostgreSQL, and servers with its protocol, through psycopg."""

    dialect = "postgres"
    extra = "postgresql"
    _con: Any = None
    keep = "MATERIALIZED ({})"
    times = ("TIMESTAMPTZ", "TIMESTAMP")

    def _open(self) -> tuple[Table, bool]:
        ibis, psycopg = import_module("ibis"), import_module("psycopg")
        address, options = self.database, dict(self.database.options)
        options.setdefault("application_name", "campaign-live")
        options.setdefault("connect_timeout", "10")
        self._con = psycopg.connect(
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password,
            dbname=address.name or None,
            autocommit=True,
            **options,
        )
        self._backend = ibis.postgres.from_connection(self._con)
        self._con.execute("SET default_transaction_read_only = on")
        tables = [
            self._backend.table(name, database=schema) if schema else self._backend.table(name)
            for schema, name in address.tables
        ]
        return tables, all(map(self._has_unique_ids, tables))

    def _has_unique_ids(self, table: Table) -> bool:
        """Return whether a unique index guarantees that each event id occurs once."""
        op = table.op()
        row = self._con.execute(
            "SELECT count(*) FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
            " WHERE n.nspname = %s AND c.relname = %s AND lower(a.attname) = 'event_id'"
            " AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL",
            (op.namespace.database or self._backend.current_database, op.name),
        ).fetchone()
        return bool(row and row[0])

    def rows(self, statement: str) -> Iterator[list[Row]]:
        """Run a statement and yield its rows, batch at a time."""
        with self._con.cursor() as cursor:
            cursor.execute(statement)
            while batch := cursor.fetchmany(_ROWS):
                yield batch

    def statement(self, expression: Table) -> str:
        """Return an expression in PostgreSQL's SQL."""
        return str(self._backend.compile(expression))

    def close(self) -> None:
        """Close the connection."""
        if self._con is not None:
            self._con.close()
