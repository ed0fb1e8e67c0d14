"""A connection to a database: its table as an expression, and statements that are run as text."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, ClassVar, Final

from campaign_live_widgets.engine.pushdown.hashing import hashes
from campaign_live_widgets.errors import SourceError, UsageError
from campaign_live_widgets.snapshot import microseconds
from campaign_live_widgets.sources.tables.registry import detect_row_format
from campaign_live_widgets.sources.tables.struct_paths import at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign_live_widgets.engine.pushdown.hashing import Hashes
    from campaign_live_widgets.sources.tables.address import DatabaseAddress

    Table = Any
    Watermark = int | datetime
    Row = tuple[Any, ...]

CONNECTIONS: Final[dict[str, type[Connection]]] = {}


class Connection(ABC):
    """A connection to an engine; defining a subclass registers it.

    Attributes
    ----------
    table : ibis table
        The rows of all tables that were named.
    watermark : str or None
        Its column that grows with every insert.
    row_format : RowFormat
        The format of its rows.
    distinct : bool
        The engine guarantees that each event id occurs once in the table.
    day : str or None
        A column that holds the watermark's day, give or take one; by it an engine finds what is
        new without reading the rest.
    """

    dialect: ClassVar[str]
    extra: ClassVar[str]
    default_watermark: ClassVar[str] = "ingested_at"
    """The column that is the watermark where none is named."""
    keep: ClassVar[str] = "({})"
    """SQL that makes the engine evaluate a subquery ``{}`` once."""
    times: ClassVar[tuple[str, str]]
    """The engine's types of a time with a zone, and of one without."""
    by_index: ClassVar[bool] = True
    """Whether rows are found by an index; if not, the table is read as seldom as possible."""
    day: str | None = None

    def __init_subclass__(cls, *, engine: str) -> None:
        """Register the connection for databases of *engine*."""
        CONNECTIONS[engine] = cls

    def __init__(self, database: DatabaseAddress) -> None:
        self.database = database
        try:
            tables, distinct = self._open()
            self.row_format = detect_row_format(database.format, tables)
            self.distinct = distinct and len(tables) == 1
            self.table, self.watermark = self._combined(tables)
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def _open(self) -> tuple[list[Table], bool]:
        """Connect; return the tables, and whether the (only) one has each event once."""

    @abstractmethod
    def rows(self, statement: str) -> Iterator[list[Row]]:
        """Run a statement and yield its rows, some at a time."""

    @abstractmethod
    def statement(self, expression: Table) -> str:
        """Return an expression in the engine's own SQL."""

    def literal(self, value: Watermark) -> str:
        """Return a value of the watermark in the engine's own SQL."""
        if isinstance(value, int):
            return str(value)
        with_zone, without = self.times
        return f"{with_zone if value.tzinfo else without} '{value.isoformat(sep=' ')}'"

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    def invalidate_cache(self) -> None:  # noqa: B027 - most engines always see all changes
        """Drop what the engine has cached of the tables, before a refresh."""

    @classmethod
    def client_message(cls, error: Exception) -> str:
        """Return the message of an error of the engine's client."""
        return str(error)

    @property
    def hashes(self) -> Hashes:
        """Return how the engine hashes a text."""
        return hashes(self.dialect)

    def newest_watermark(self, since: Watermark | None = None) -> Watermark | None:
        """Return the greatest watermark; rows before *since* are not searched."""
        if self.watermark is None:
            return None
        table = self.table
        if self.day and isinstance(since, datetime):
            table = table.filter(near(table[self.day], since.date()))
        newest = table.aggregate(newest=table[self.watermark].max())
        rows = [row for batch in self.rows(self.statement(newest)) for row in batch]
        return rows[0][0] if rows else None

    def stable(self, newest: Watermark, before: Watermark | None) -> Watermark:
        """Return the watermark below which no row is expected; it never falls below *before*."""
        overlap = self.database.overlap
        until: Any = newest
        until -= timedelta(seconds=overlap) if isinstance(newest, datetime) else overlap
        stable: Watermark = until if before is None else max(before, until)
        return stable

    def _combined(self, tables: list[Table]) -> tuple[Table, str | None]:
        """Return the rows of all tables as those of one, and its watermark's column."""
        return self.row_format.gathered(tables, self._watermark_path(tables), self.database.text)

    def _watermark_path(self, tables: list[Table]) -> str | None:
        """Return the path of the watermark, as the tables spell it."""
        configured = self.database.watermark
        if configured == "":
            return None
        path = configured or self.default_watermark
        columns = [at(table, path) for table in tables]
        if any(column is None for column in columns):
            if configured is None:
                return None
            message = (
                f"{self.database.text}: no column {configured}, which is given as the watermark"
            )
            raise SourceError(message)
        for kind in (column.type() for column in columns):
            if not (kind.is_integer() or kind.is_timestamp()):
                message = (
                    f"{self.database.text}: the watermark {path} is {kind}; it must be a time or "
                    "a serial number that grows with every insert"
                )
                raise SourceError(message)
        return str(path)


def near(day: Any, first: Any) -> Any:  # noqa: ANN401 - columns or values
    """Return the condition that a day may hold watermarks from day *first* on.

    The writer's clock may use another time zone, so the day before is included.
    """
    return day.isnull() | (day >= first - timedelta(days=1))


def connect(database: DatabaseAddress) -> Connection:
    """Connect to a database.

    Raises
    ------
    SourceError
        If it does not answer, or has no such table.
    UsageError
        If the client of the engine is not installed.
    """
    connection_class = _connection_class(database)
    try:
        return connection_class(database)
    except ImportError as error:
        message = (
            f"{database.engine}:// needs {error.name or 'more packages'}: "
            f"pip install 'campaign-live-widgets[{connection_class.extra}]'"
        )
        raise UsageError(message) from error
    except failures() as error:
        raise SourceError(_connection_error(database, error)) from error


def _connection_class(database: DatabaseAddress) -> type[Connection]:
    """Return the connection class of an engine; importing a module registers its class."""
    if database.engine not in CONNECTIONS:
        for module in iter_modules(import_module(__package__).__path__):
            import_module(f"{__package__}.{module.name}")
    return CONNECTIONS[database.engine]


def failures() -> tuple[type[Exception], ...]:
    """Return the errors that a query may raise, for the clients that are installed."""
    errors: list[type[Exception]] = [OSError]
    for module, name in (
        ("ibis.common.exceptions", "IbisError"),
        ("ibis.common.exceptions", "TableNotFound"),
        ("psycopg", "Error"),
        ("pyspark.errors", "PySparkException"),
        ("grpc", "RpcError"),
    ):
        if sys.modules.get(module.partition(".")[0]):
            errors.append(getattr(import_module(module), name))
    return tuple(errors)


def error_line(database: DatabaseAddress, error: Exception) -> str:
    """Return the error of a query as one line."""
    message = _connection_class(database).client_message(error)
    return f"{database.text}: {database.error_message(message or type(error).__name__)}"


def _connection_error(database: DatabaseAddress, error: Exception) -> str:
    if type(error).__name__ == "TableNotFound":
        return f"{database.text}: table {database.table} not found, or no permission to read it"
    return error_line(database, error)


def zoned_microseconds(time: datetime) -> int:
    """Return a time, in UTC where it has no zone, as microseconds since the epoch."""
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return microseconds(time)


def fetch_all(batches: Iterable[list[Row]]) -> list[Row]:
    """Return the rows of a small result."""
    return [row for batch in batches for row in batch]
