"""Spark, through Spark Connect: the thin client sends queries, a cluster counts."""

from __future__ import annotations

import os
import sys
import warnings
import weakref
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from campaign_live_widgets.engine.pushdown.connections.base import (
    ARRIVAL,
    Arrival,
    Connection,
    fetch_all,
    near,
)
from campaign_live_widgets.engine.pushdown.placeholders import NOW, SINCE, fill, placeholder
from campaign_live_widgets.engine.pushdown.relations import COPIED, DIVIDED
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.sql import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from campaign_live_widgets.engine.pushdown.connections.base import Row, Table, Watermark
    from campaign_live_widgets.sources.tables.address import DatabaseAddress

_ROWS: Final = 50_000
"""Rows of the client's answer that become Python's at once."""
_TRIES: Final = 3
"""Retries of a call without a server, within seconds; the client's default retries for ten
minutes, but a failed refresh is reported and repeated in any case."""
_CHANNEL: Final = [("grpc.keepalive_time_ms", 360_000), ("grpc.keepalive_timeout_ms", 30_000)]
"""Detects a server that is gone without closing the connection; servers reject less than 300 s."""
_SETTINGS: Final = {
    "spark.sql.session.timeZone": "UTC",
    # Quoted strings are text: a campaign may be called ${env:HOME}, or have a backslash.
    "spark.sql.variable.substitute": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
    # Rows that are divided by the hashes of their ids are not divided again for a join.
    "spark.sql.requireAllClusterKeysForCoPartition": "false",
    "spark.sql.adaptive.enabled": "true",
}
_WAYS: Final = {COPIED: "BROADCAST", DIVIDED: "SHUFFLE_HASH"}
"""How the name of a relation begins → the hint for its joins."""
_NO_TABLE: Final = "TABLE_OR_VIEW_NOT_FOUND"
_DAY: Final = "arrived_on"
"""The default column of a row's day of arrival."""
_PARTS: Final = 3
"""Catalog, database and table."""


class Spark(Connection, engine="spark"):
    """A table that a Spark cluster reads: Parquet, Delta, Iceberg, or a view."""

    dialect = "pyspark"
    extra = "spark"
    # Spark evaluates a common table expression again at each use, unless it is not deterministic:
    # then it is evaluated once.
    keep = "(SELECT * FROM ({}) WHERE rand() >= 0)"
    keep_few = "(SELECT /*+ REPARTITION(1) */ * FROM ({}) WHERE rand() >= 0)"
    # So, too, where it numbers rows; the hint decides how they are divided.
    keep_rows = (
        "SELECT /*+ REPARTITION({by}) */ *, monotonically_increasing_id() AS {number} FROM ({rows})"
    )
    reads_in_parts = True
    keeps_rollup = True
    times = ("TIMESTAMP", "TIMESTAMP_NTZ")
    by_index = False
    copies_few = True
    _stop: Any = None

    def __init__(self, database: DatabaseAddress) -> None:
        self._arrivals: dict[bool, str] = {}
        super().__init__(database)

    def _open(self) -> tuple[list[Table], bool]:
        _silence_logging()
        with _named_program():
            client = import_module("pyspark.sql.connect.session")
        retries = import_module("pyspark.sql.connect.client.retries")
        ibis = import_module("ibis")
        self._compiler = import_module("ibis.backends.sql.compilers.pyspark").compiler
        paths = self.database.paths
        if max(map(len, paths)) > _PARTS:
            message = (
                f"{self.database.text}: too many parts in the table name; "
                "give at most catalog.database.table"
            )
            raise SourceError(message)
        self._names = [identifier(*path, mark="`") for path in paths]
        channel = import_module("pyspark.sql.connect.client").DefaultChannelBuilder
        self._session = client.SparkSession(connection=channel(self._address(), _CHANNEL))
        # Also if it is never closed: an open channel would keep the process alive.
        self._stop = weakref.finalize(self, self._session.stop)
        self._session.client.set_retry_policies([retries.DefaultPolicy(max_retries=_TRIES)])
        for name, value in _SETTINGS.items():
            self._session.conf.set(name, value)
        try:
            fields = [self._session.table(name).schema.fields for name in self._names]
        except Exception as error:
            if _call_if_present(error, "getCondition") == _NO_TABLE:
                raise ibis.common.exceptions.TableNotFound(self.database.table) from error
            raise
        return [self._table(ibis, *both) for both in zip(paths, fields, strict=True)], False

    def _table(self, ibis: Any, path: tuple[str, ...], fields: Any) -> Table:  # noqa: ANN401
        """Return a table of these fields."""
        *namespace, name = path
        database, catalog = [*reversed(namespace), None, None][:2]
        columns = ibis.schema(_supported_columns(ibis, fields))
        return ibis.table(columns, name=name, catalog=catalog, database=database)

    def _combined(self, tables: list[Table]) -> tuple[Table, str | None]:
        """Find the watermark, and the column of its day: files of other days are not opened."""
        table, watermark = super()._combined(tables)
        address = self.database
        day_column = _DAY if address.day is None and address.watermark is None else address.day
        if not day_column or watermark is None:
            return table, watermark
        column = {name.lower(): name for name in table.columns}.get(day_column.lower())
        time = table[watermark]
        if column and time.type().is_timestamp() and table[column].type().is_date():
            self.day = column
            # A row without a watermark gets its day of arrival, so that it becomes stable too.
            arrival = time.coalesce(table[column].cast(time.type()))
            table = table.mutate(**{watermark: arrival, ARRIVAL: time})
        elif address.day:
            message = (
                f"{address.text}: day={address.day} must name a date column, "
                "beside a time as the watermark"
            )
            raise SourceError(message)
        return table, watermark

    def _address(self) -> str:
        """Return the address as Spark's client has it; the token is in it."""
        address = self.database
        parameters = {"user_id": address.user, "token": address.password, **address.options}
        options = "".join(
            f";{key}={quote(value, '')}" for key, value in parameters.items() if value
        )
        host = (
            f"[{address.host}]"
            if address.host and ":" in address.host
            else address.host or "localhost"
        )
        return f"sc://{host}{f':{address.port}' if address.port else ''}/{options}"

    def invalidate_cache(self) -> None:
        """Make Spark list the files of the tables again: it caches the list of a folder."""
        for name in self._names:
            self._session.sql(f"REFRESH TABLE {name}").toArrow()

    def newest_watermark(self, since: Watermark | None = None) -> Arrival:
        """Return the greatest watermark up to now, and what is beyond, by one statement."""
        if self.watermark is None or not self.table[self.watermark].type().is_timestamp():
            return super().newest_watermark(since)
        has_since = since is not None
        if has_since not in self._arrivals:
            self._arrivals[has_since] = self._arrival(has_since=has_since)
        zone = self.table[self.watermark].type().timezone
        now = self.clock if zone else f"CAST({self.clock} AS TIMESTAMP_NTZ) + INTERVAL '14' HOUR"
        values = {NOW: f"({now})"}
        if since is not None:
            values[SINCE] = self.literal(since)
        ((newest, ahead),) = fetch_all(self.rows(fill(self._arrivals[has_since], "", values)))
        return Arrival(newest, ahead)

    def _arrival(self, *, has_since: bool) -> str:
        """Return the statement for it, from ``clw_since()`` on or of all rows."""
        table = self.table
        mark = table[self.watermark]
        if has_since:
            since = placeholder(SINCE, mark)
            table = table.filter(mark >= since)
            if self.day:
                table = near(table, self.day, since)
            mark = table[self.watermark]
        is_ahead = mark > placeholder(NOW, mark)
        return self.statement(
            table.aggregate(newest=mark.max(where=~is_ahead), ahead=table.count(where=is_ahead))
        )

    def execute(self, statement: str) -> None:
        """Run a statement that has no answer."""
        self._session.sql(statement)

    def rows(self, statement: str) -> Iterator[list[Row]]:
        """Run a statement and yield its rows, some at a time."""
        for block in self.blocks(statement):
            for batch in block.to_batches(max_chunksize=_ROWS):
                yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def tables(self, statement: str, schema: pa.Schema) -> Iterator[pa.Table]:
        """Run a statement and yield its rows as tables of Arrow, as they come."""
        import pyarrow as pa
        from pyarrow import compute

        for block in self.blocks(statement):
            columns = [
                compute.dictionary_encode(column) if pa.types.is_dictionary(kind) else column
                for column, kind in zip(block.columns, schema.types, strict=True)
            ]
            yield pa.table(columns, names=schema.names).cast(schema)

    def blocks(self, statement: str) -> Iterator[pa.Table]:
        """Run a statement and yield its rows as they come.

        Not by a data frame: that has the server plan the statement three times.
        """
        import pyarrow as pa

        client = self._session.client
        query = import_module("pyspark.sql.connect.plan").SQL(statement).to_proto(client)
        for block in client.to_table_as_iterator(query, {}):
            if isinstance(block, pa.Table):
                yield block

    def statement(self, expression: Table) -> str:
        """Return an expression in Spark's SQL."""
        tree = self._compiler.to_sqlglot(expression.unbind())
        _add_hints(tree)
        return str(tree.sql(dialect=self._compiler.dialect))

    def close(self) -> None:
        """Close the session, here and on the server."""
        if self._stop is not None:
            self._stop()

    @classmethod
    def client_message(cls, error: Exception) -> str:
        """Return the message of an error of Spark, without values that may come from a row."""
        status = _call_if_present(error, "getGrpcStatusCode") or _call_if_present(error, "code")
        condition = _call_if_present(error, "getCondition")
        name = getattr(status, "name", "")
        if condition is None and name == "UNAVAILABLE":
            return "no Spark Connect server answers at this address"
        if condition is None and name in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
            return (
                "the server rejected the credentials; "
                "give the token as USER:env:NAME@ in the address"
            )
        if condition is None:
            return f"Spark: {name}" if name else super().client_message(error)
        if type(error).__name__ == "AnalysisException":
            message = super().client_message(error).strip().partition("\n")[0]
            return message.removeprefix(f"[{condition}] ").partition(" SQLSTATE:")[0]
        return f"Spark: {condition} (SQLSTATE {_call_if_present(error, 'getSqlState')})"


def _add_hints(tree: Any) -> None:  # noqa: ANN401 - of SQLGlot
    """Have relations joined in the way that their names say, whatever Spark estimates."""
    exp = import_module("sqlglot").exp
    for join in tree.find_all(exp.Join):
        for begin, way in _WAYS.items():
            if join.this.name.startswith(begin):
                join.parent_select.hint(f"{way}({join.alias_or_name})", copy=False)


def _call_if_present(error: Exception, name: str) -> Any:  # noqa: ANN401 - of Spark's and gRPC's errors
    method = getattr(error, name, None)
    return method() if callable(method) else None


def _silence_logging() -> None:
    """Stop client and transport from writing to the terminal: their messages come as errors."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    warnings.filterwarnings("ignore", module=r"pyspark\.")
    logger = import_module("pyspark.logger").PySparkLogger
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logger.getLogger(name).disabled = True


@contextmanager
def _named_program() -> Iterator[None]:
    """Give a program that has no file, as of ``python -c``, the name that Spark's client expects.

    The client takes such a program for its own tests, and ends it where Spark is not installed.
    """
    program = sys.modules["__main__"]
    if hasattr(program, "__file__"):
        yield
        return
    program.__file__ = sys.executable
    try:
        yield
    finally:
        del program.__file__


def _supported_columns(ibis: Any, fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of Ibis and of Spark
    """Return the columns of a Spark schema whose types Ibis knows, by name."""
    types = import_module("ibis.backends.sql.datatypes").PySparkType
    kinds = {}
    for field in fields:
        with suppress(ibis.common.exceptions.IbisError, ValueError, KeyError, NotImplementedError):
            name = field.dataType.simpleString()
            kinds[field.name] = types.from_string(name, nullable=field.nullable)
    return kinds
