"""Spark, through Spark Connect: the thin client asks, a cluster counts."""

from __future__ import annotations

import os
import warnings
import weakref
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from campaign_live_widgets.engine.pushdown.connections.base import Connection
from campaign_live_widgets.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.engine.pushdown.connections.base import Row, Table

_ROWS: Final = 50_000
"""Rows of the client's answer that become Python's at once."""
_TRIES: Final = 3
"""How often a call that found no server is made again, within seconds; the client's own number
keeps it trying for ten minutes, and a look that fails is told and made anew in any case."""
_CHANNEL: Final = [("grpc.keepalive_time_ms", 360_000), ("grpc.keepalive_timeout_ms", 30_000)]
"""A machine that has gone without a word is found out; servers bear no rhythm below 300 s."""
_SETTINGS: Final = {
    "spark.sql.session.timeZone": "UTC",
    # What stands in quotes is text: a campaign may be called ${env:HOME}, or have a backslash.
    "spark.sql.variable.substitute": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
}
_NO_TABLE: Final = "TABLE_OR_VIEW_NOT_FOUND"
_DAY: Final = "arrived_on"
"""The column of a row's day of arrival where none is named."""
_PARTS: Final = 3
"""Catalog, database and table."""


class Spark(Connection, engine="spark"):
    """A table that a Spark cluster reads: Parquet, Delta, Iceberg, or a view of what it knows."""

    dialect = "pyspark"
    extra = "spark"
    # Spark evaluates a common table expression again at each use, unless it is not deterministic:
    # then it is evaluated once.
    keep = "(SELECT * FROM ({}) WHERE rand() >= 0)"
    times = ("TIMESTAMP", "TIMESTAMP_NTZ")
    by_index = False
    _stop: Any = None

    def _open(self) -> tuple[list[Table], bool]:
        _hush()
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
        self._names = [".".join(f"`{part.replace('`', '``')}`" for part in path) for path in paths]
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
            if _called(error, "getCondition") == _NO_TABLE:
                raise ibis.common.exceptions.TableNotFound(self.database.table) from error
            raise
        return [self._table(ibis, *both) for both in zip(paths, fields, strict=True)], False

    def _table(self, ibis: Any, path: tuple[str, ...], fields: Any) -> Table:  # noqa: ANN401
        """Return a table of these fields."""
        *place, name = path
        database, catalog = [*reversed(place), None, None][:2]
        columns = ibis.schema(_readable(ibis, fields))
        return ibis.table(columns, name=name, catalog=catalog, database=database)

    def _gathered(self, tables: list[Table]) -> tuple[Table, str | None]:
        """Find the watermark, and the column of its day: files of other days are not opened."""
        table, watermark = super()._gathered(tables)
        there = self.database
        wanted = _DAY if there.day is None and there.watermark is None else there.day
        if not wanted or watermark is None:
            return table, watermark
        found = {name.lower(): name for name in table.columns}.get(wanted.lower())
        time = table[watermark]
        if found and time.type().is_timestamp() and table[found].type().is_date():
            self.day = found
            # A row without a watermark came on its day, so that it settles as others do.
            came = time.coalesce(table[found].cast(time.type()))
            table = table.mutate(**{watermark: came})
        elif there.day:
            message = (
                f"{there.text}: day={there.day} must name a date column, "
                "beside a time as the watermark"
            )
            raise SourceError(message)
        return table, watermark

    def _address(self) -> str:
        """Return the address as Spark's client has it; the token is in it."""
        there = self.database
        given = {"user_id": there.user, "token": there.password, **there.options}
        options = "".join(f";{key}={quote(value, '')}" for key, value in given.items() if value)
        host = f"[{there.host}]" if there.host and ":" in there.host else there.host or "localhost"
        return f"sc://{host}{f':{there.port}' if there.port else ''}/{options}"

    def renew(self) -> None:
        """Make Spark list the files of the tables again: it caches the list of a folder."""
        for name in self._names:
            self._session.sql(f"REFRESH TABLE {name}").toArrow()

    def rows(self, statement: str) -> Iterator[list[Row]]:
        """Run a statement and yield its rows, some at a time."""
        for batch in self._session.sql(statement).toArrow().to_batches(max_chunksize=_ROWS):
            yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def statement(self, expression: Table) -> str:
        """Return an expression in Spark's SQL."""
        compiled = self._compiler.to_sqlglot(expression.unbind())
        return str(compiled.sql(dialect=self._compiler.dialect))

    def close(self) -> None:
        """Let go of the session, here and on the server."""
        if self._stop is not None:
            self._stop()

    @classmethod
    def words(cls, error: Exception) -> str:
        """Return the message of an error of Spark, without values that may come from a row."""
        status = _called(error, "getGrpcStatusCode") or _called(error, "code")
        condition = _called(error, "getCondition")
        name = getattr(status, "name", "")
        if condition is None and name == "UNAVAILABLE":
            return "no Spark Connect server answers at this address"
        if condition is None and name in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
            return (
                "the server rejected the credentials; "
                "give the token as USER:env:NAME@ in the address"
            )
        if condition is None:
            return f"Spark: {name}" if name else super().words(error)
        if type(error).__name__ == "AnalysisException":
            said = super().words(error).strip().partition("\n")[0]
            return said.removeprefix(f"[{condition}] ").partition(" SQLSTATE:")[0]
        return f"Spark: {condition} (SQLSTATE {_called(error, 'getSqlState')})"


def _called(error: Exception, name: str) -> Any:  # noqa: ANN401 - of Spark's and gRPC's errors
    asked = getattr(error, name, None)
    return asked() if callable(asked) else None


def _hush() -> None:
    """Keep client and transport from writing on the screen: what they say comes as an error."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    warnings.filterwarnings("ignore", module=r"pyspark\.")
    logger = import_module("pyspark.logger").PySparkLogger
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logger.getLogger(name).disabled = True


def _readable(ibis: Any, fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of Ibis and of Spark
    """Return the columns of a Spark schema whose types Ibis knows, by name."""
    types = import_module("ibis.backends.sql.datatypes").PySparkType
    kinds = {}
    for field in fields:
        with suppress(ibis.common.exceptions.IbisError, ValueError, KeyError, NotImplementedError):
            name = field.dataType.simpleString()
            kinds[field.name] = types.from_string(name, nullable=field.nullable)
    return kinds
