"""Query Service of Adobe Experience Platform: PostgreSQL's protocol before Spark's SQL.

What it does is taken from its documentation ("SQL syntax in Query Service", "Spark SQL functions",
"General guidance for query execution", "Query Service SSL options", "Troubleshooting guide"):
statements go as text by the simple query protocol, over TLS; fields of structs by dot notation;
functions are those of its list; an answer ends after 50,000 rows, unless ``LIMIT 0`` ends the
statement.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.engine.pushdown.connections.base import Connection, fetch_all
from campaign_live_widgets.engine.pushdown.connections.postgresql import Postgres
from campaign_live_widgets.engine.pushdown.connections.spark import Spark
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.tables.ajo import FIELDS, OF_COPIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from campaign_live_widgets.engine.pushdown.connections.base import Row, Table, Watermark

_PORT: Final = 80
_ARRIVAL: Final = "_acp_system_metadata.ingestTime"
"""When a row came into the data lake, in milliseconds since the epoch."""
_TLS: Final = ("require", "verify-ca", "verify-full")
_TYPES: Final = {
    **dict.fromkeys((20, 21, 23), "int64"),
    16: "boolean",
    1082: "date",
    **dict.fromkeys((1114, 1184), "timestamp('UTC')"),
    **dict.fromkeys((18, 25, 1042, 1043), "string"),
}
"""What PostgreSQL's numbers of types are; any other is a struct, whose fields are tested."""
_IDENTITIES: Final = "identityMap"
IDENTITY_MAP: Final = "map<string, array<struct<id: string, primary: boolean>>>"
"""The type of the identity map as the XDM schema publishes it: the protocol has none for it."""
_ONE_IDENTITY: Final = f"{_IDENTITIES}['ECID'][0].primary"
_MISSING: Final = re.compile(
    r"cannot (be )?resolve|unresolved_column|field_not_found|no such struct field|"
    r"does not exist|can't extract|invalid_extract",
    re.IGNORECASE,
)
"""Error messages about a field that does not exist."""
_VALUE: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_TOTAL: Final = "clw_total"


class QueryService(Postgres, engine="queryservice"):
    """Query Service, through psycopg; the statements are Spark's."""

    dialect = "queryservice"
    keep = Spark.keep
    by_index = False
    reads_in_parts = False
    keeps_rollup = False
    default_watermark = _ARRIVAL
    instant = Connection.instant
    newest_watermark = Connection.newest_watermark
    read_catalog = Connection.read_catalog

    def _open(self) -> tuple[list[Table], bool]:
        self._con = self._connect()
        with suppress(
            import_module("psycopg").DatabaseError
        ):  # without them, everything is read again
            self._send("SET drop_system_columns=false")  # among them the time of arrival
        self._unlimited = " LIMIT 0" if self._send("SELECT 1 AS one LIMIT 0")[1] else ""
        return [self._table(schema, name) for schema, name in self.database.tables], False

    def _connect(self) -> Any:  # noqa: ANN401 - of a client that may not be installed
        psycopg, address = import_module("psycopg"), self.database
        # A session may have to be made first.
        options = address.client_options(connect_timeout="60", sslmode=_TLS[0])
        options["port"] = address.port or _PORT
        if options["sslmode"] not in _TLS:
            message = (
                f"{address.text}: sslmode={options['sslmode']} may send the credential in the "
                f"clear; give one of {', '.join(_TLS)}"
            )
            raise SourceError(message)
        return psycopg.connect(
            autocommit=True,
            prepare_threshold=None,
            cursor_factory=psycopg.ClientCursor,
            **options,
        )

    def rows(self, statement: str) -> Iterator[list[Row]]:
        """Run a statement and yield its rows; raise :class:`SourceError` if some are missing.

        Each row has the total number of rows, so that a limit of the service is detected.
        """
        counted = (
            f"SELECT *, COUNT(*) OVER () AS {_TOTAL} FROM ({statement}) AS every_row"
            f"{self._unlimited}"
        )
        received = total = 0
        for batch in super().rows(counted):
            received, total = received + len(batch), batch[0][-1]
            yield [row[:-1] for row in batch]
        if received != total:
            message = (
                f"{self.database.text}: the service returned {received:,} of {total:,} rows of the "
                "answer; it limits answers. Read one window (report, snapshot), whose answer is "
                "small, or a view with fewer rows"
            )
            raise SourceError(message)

    @classmethod
    def client_message(cls, error: Exception) -> str:
        """Return the message of an error of the service, without values that may come from a row.

        Messages about the statement (class 42 of SQLSTATE) name only columns and tables.
        """
        message, code = super().client_message(error), getattr(error, "sqlstate", None)
        return (
            message if code is None or code.startswith(("42", "28")) else _VALUE.sub("…", message)
        )

    def statement(self, expression: Table) -> str:
        """Return an expression in Spark's SQL, of which Query Service documents the most."""
        return documented(expression)

    def literal(self, value: Watermark) -> str:
        """Return a value of the watermark in Spark's SQL."""
        if isinstance(value, int):
            return str(value)
        return f"TIMESTAMP '{value.replace(tzinfo=None).isoformat(sep=' ')}'"

    def stable(self, newest: Watermark, before: Watermark | None) -> Watermark:
        """Return the watermark below which no row is expected; that of arrival is in milliseconds.

        See :meth:`~campaign_live_widgets.engine.pushdown.connections.base.Connection.stable`.
        """
        if isinstance(newest, datetime) or self.database.watermark not in (None, _ARRIVAL):
            return super().stable(newest, before)
        until = newest - self.database.overlap * 1000
        return until if before is None else max(int(before), until)  # type: ignore[arg-type]

    def _table(self, schema: str | None, name: str) -> Table:
        """Return a table with those of its columns and fields that may be asked for.

        The protocol returns the names and types of columns, but not the fields of structs:
        which fields of the published schema exist is tested by selecting them.
        """
        ibis = import_module("ibis")
        parts = filter(None, (*(schema or "").split("."), name))
        quoted_table = ".".join(f"`{part.replace('`', '``')}`" for part in parts)
        columns = self._column_types(["*"], quoted_table)
        types: dict[tuple[str, ...], str] = {
            (column,): kind for column, kind in columns.items() if kind is not None
        }
        structs = {column.lower() for column, kind in columns.items() if kind is None}
        watermarks = [self.database.watermark or self.default_watermark]
        candidates = [path for paths in (*FIELDS.values(), OF_COPIES, watermarks) for path in paths]
        # Only exports spell names with @; selecting such a field would only cost time.
        dotted = {path for path in candidates if "." in path and "@" not in path}
        paths = sorted(path for path in dotted if path.split(".")[0].lower() in structs)
        types |= {
            tuple(path.split(".")): kind for path, kind in self._existing_paths(paths, quoted_table)
        }
        if _IDENTITIES.lower() in structs and list(
            self._existing_paths([_ONE_IDENTITY], quoted_table)
        ):
            types[_IDENTITIES,] = IDENTITY_MAP
        if not types:
            message = f"{self.database.text}: no readable column"
            raise SourceError(message)
        database = tuple(schema.split(".")) if schema and "." in schema else schema
        return ibis.table(nested(types), name=name, database=database)

    def _existing_paths(self, paths: Sequence[str], quoted_table: str) -> Iterator[tuple[str, str]]:
        """Yield the paths that a table has, with their types; if a query fails, try each half."""
        if not paths:
            return
        error = import_module("psycopg").Error
        try:
            kinds = self._column_types([_quoted(path) for path in paths], quoted_table).values()
        except error as rejected:
            if self._con.closed or not _MISSING.search(str(rejected)):
                raise
            if len(paths) > 1:
                half = len(paths) // 2
                yield from self._existing_paths(paths[:half], quoted_table)
                yield from self._existing_paths(paths[half:], quoted_table)
            return
        yield from ((path, kind or "string") for path, kind in zip(paths, kinds, strict=True))

    def _column_types(self, expressions: Iterable[str], quoted_table: str) -> dict[str, str | None]:
        """Return names and types of expressions over a table, without reading rows.

        Not by ``LIMIT 0``: with it the service returns all rows.
        """
        selected = list(expressions)
        if selected != ["*"]:
            selected = [f"{path} AS c{number}" for number, path in enumerate(selected)]
        columns, _ = self._send(f"SELECT {', '.join(selected)} FROM {quoted_table} WHERE 1 = 0")
        return {name: _TYPES.get(code) for name, code in columns}

    def _send(self, statement: str) -> tuple[list[tuple[str, int]], list[Row]]:
        """Run a statement; return names and types of its columns, and its rows."""
        with self._con.cursor() as cursor:
            cursor.execute(statement)
            if cursor.description is None:
                return [], []
            columns = [(column.name, column.type_code) for column in cursor.description]
            return columns, fetch_all([cursor.fetchall()])


def documented(expression: Table) -> str:
    """Return an expression in Spark's SQL, without the joins that Query Service does not list."""
    compiler = import_module("ibis.backends.sql.compilers.pyspark").compiler
    exp = import_module("sqlglot").exp
    tree = compiler.to_sqlglot(expression.unbind())
    for join in [join for join in tree.find_all(exp.Join) if join.kind == "ANTI"]:
        _no_anti_join(join, exp)
    return str(tree.sql(dialect=compiler.dialect))


def _quoted(path: str) -> str:
    """Return a path with back quotes around names that are not identifiers."""
    if path == _ONE_IDENTITY:
        return path
    return ".".join(part if part.isidentifier() else f"`{part}`" for part in path.split("."))


def nested(paths: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
    """Return the columns of a table that has these paths, as types of Ibis."""
    ibis = import_module("ibis")
    children: dict[str, dict[tuple[str, ...], str]] = {}
    columns: dict[str, Any] = {}
    for (first, *rest), kind in paths.items():
        if rest:
            children.setdefault(first, {})[tuple(rest)] = kind
        else:
            columns[first] = ibis.dtype(kind)
    dt = import_module("ibis.expr.datatypes")
    return columns | {name: dt.Struct(nested(inner)) for name, inner in children.items()}


def _no_anti_join(join: Any, exp: Any) -> None:  # noqa: ANN401 - of SQLGlot
    """Write an anti join, which Query Service does not document, as an outer one.

    Rows without a match stay: those whose columns of the other side are null.
    """
    join.set("kind", None)
    join.set("side", "LEFT")
    keys = join.args["on"].find_all(exp.Column)
    partner = next(column for column in keys if column.table == join.alias_or_name)
    join.parent_select.where(exp.Is(this=partner.copy(), expression=exp.Null()), copy=False)
