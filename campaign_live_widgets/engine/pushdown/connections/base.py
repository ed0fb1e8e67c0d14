"""A connection to a database: its table as an expression, and statements that are run as text."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, cast

from campaign_live_widgets.engine.pushdown.hashing import hashes
from campaign_live_widgets.errors import SourceError, UsageError
from campaign_live_widgets.snapshot import microseconds
from campaign_live_widgets.sources.mapping.load import load_mapping
from campaign_live_widgets.sources.tables.promises import NO_PROMISES
from campaign_live_widgets.sources.tables.registry import detect_row_format, mapped_row_format
from campaign_live_widgets.sources.tables.struct_paths import at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from campaign_live_widgets.engine.pushdown.connections.postgresql_catalog import CatalogTable
    from campaign_live_widgets.engine.pushdown.hashing import Hashes
    from campaign_live_widgets.sources.tables.address import DatabaseAddress
    from campaign_live_widgets.sources.tables.promises import Promises
    from campaign_live_widgets.sources.tables.registry import RowFormat

    Table = Any
    Watermark = int | datetime
    Catalog = tuple[CatalogTable, ...]
    Row = tuple[Any, ...]


class Arrival(NamedTuple):
    """The greatest watermark that is not after now, and the numbers of rows with unusual ones.

    Attributes
    ----------
    ahead : int
        Rows whose watermark is after now.
    ancient : int
        Rows whose watermark is before the year 1, such as ``-infinity``.
    """

    newest: Watermark | None
    ahead: int = 0
    ancient: int = 0


ARRIVAL: Final = "clw_arrival"
"""The watermark as it is in files, which may say what range of it they have; beside one that is
never null."""
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
    promises : Promises
        What else it guarantees of each row.
    catalog : tuple
        What :meth:`read_catalog` returned when the connection was made.
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
    keep_few: ClassVar[str | None] = None
    """The same for a subquery of few rows, where that is another."""
    clock: ClassVar[str] = "current_timestamp()"
    """SQL for the time now, by the server's clock."""
    times: ClassVar[tuple[str, str]]
    """The engine's types of a time with a zone, and of one without."""
    by_index: ClassVar[bool] = True
    """Whether rows are found by an index; if not, the table is read as seldom as possible."""
    copies_few: ClassVar[bool] = False
    """Whether few ids are found among many rows by copying the few to all workers."""
    reads_in_parts: ClassVar[bool] = False
    """Whether a whole table is read by several statements; see :mod:`..full_read`."""
    keeps_rollup: ClassVar[bool] = False
    """Whether tables of a rollup may be beside the table; see :mod:`..kept`."""
    keep_rows: ClassVar[str] = ""
    """Of an engine that reads a whole table by one statement: SQL that makes it evaluate a
    subquery ``{rows}`` once, divide its rows by ``{by}`` and number them in ``{number}``."""
    day: str | None = None
    promises: Promises = NO_PROMISES
    catalog: Catalog = ()

    def __init_subclass__(cls, *, engine: str) -> None:
        """Register the connection for databases of *engine*."""
        CONNECTIONS[engine] = cls

    def __init__(self, database: DatabaseAddress) -> None:
        self.database = database
        try:
            tables, distinct = self._open()
            detected = detect_row_format(database.format, tables)
            mapped = self._mapped(detected)
            self.row_format = mapped or detected
            self.distinct = distinct and len(tables) == 1 and mapped is None
            self.promises = NO_PROMISES if mapped else self.promises
            self.table, self.watermark = self._combined(tables)
        except BaseException:
            self.close()
            raise

    def _mapped(self, detected: RowFormat) -> RowFormat | None:
        """Return the format that the address's mapping gives to the tables, if it does."""
        database = self.database
        if database.mapping is None:
            return None
        mapping, tables = load_mapping(database.mapping), database.table.split(",")
        names = [table.strip() for table in tables]
        return mapped_row_format(mapping, names, database.engine, database.text, detected)

    @abstractmethod
    def _open(self) -> tuple[list[Table], bool]:
        """Connect; return the tables, and whether the (only) one has each event once."""

    @abstractmethod
    def rows(self, statement: str) -> Iterator[list[Row]]:
        """Run a statement and yield its rows, some at a time."""

    def read_catalog(self) -> Catalog:
        """Return how the engine's catalogue describes the tables, where that can change."""
        return ()

    def tables(self, statement: str, schema: pa.Schema) -> Iterator[pa.Table]:
        """Run a statement and yield its rows as tables of Arrow, some at a time.

        Texts are dictionaries. Only engines that :attr:`reads_in_parts` do.
        """
        raise NotImplementedError

    def stream(self, statement: str) -> Iterator[Row]:
        """Run a statement and yield its rows, bytes as they are; numbers are not decimal.

        Only engines that :attr:`keeps_rollup` do.
        """
        raise NotImplementedError

    def numbers(self, values: Iterable[int]) -> str:
        """Return a query whose column ``id_hash`` has *values*."""
        raise NotImplementedError

    @contextmanager
    def instant(self) -> Iterator[None]:
        """Run the statements inside on what is in the database at one instant, where it can."""
        yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run the statements inside in one transaction that may write, at one instant.

        Only engines that :attr:`keeps_rollup` do.
        """
        raise NotImplementedError
        yield

    def execute(self, statement: str) -> None:
        """Run a statement that has no answer; see :meth:`writing`."""
        raise NotImplementedError

    @contextmanager
    def reading_all(self) -> Iterator[None]:
        """Run the statements inside as such that read a whole table."""
        yield

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

    def newest_watermark(self, since: Watermark | None = None) -> Arrival:
        """Return the greatest watermark up to now, and what is beyond.

        Rows before *since* are not searched.
        """
        if self.watermark is None:
            return Arrival(None)
        table = self.table
        if self.day and isinstance(since, datetime):
            table = near(table, self.day, since)
        mark = table[self.watermark]
        if not mark.type().is_timestamp():
            ((newest,),) = fetch_all(self.rows(self.statement(table.aggregate(newest=mark.max()))))
            return Arrival(newest)
        now = self._clock(mark.type())
        first, last = first_time(mark), _ibis_literal(now, mark.type())
        past = table.filter(mark >= first, mark <= last).aggregate(newest=mark.max())
        ahead = table.filter(mark > last).aggregate(rows=mark.count())
        ((newest,),) = fetch_all(self.rows(self.statement(past)))
        ((rows,),) = fetch_all(self.rows(self.statement(ahead)))
        return Arrival(newest, rows)

    def server_time(self) -> datetime:
        """Return the time by the server's clock, in UTC."""
        ((now,),) = fetch_all(self.rows(f"SELECT {self.clock}"))
        now = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
        return cast("datetime", now)

    def _clock(self, kind: Any) -> datetime:  # noqa: ANN401 - a type of Ibis
        """Return the latest time that a row which has arrived may have, by the server's clock."""
        now = self.server_time()
        if kind.timezone is not None:
            return now
        # The writers' time zone is not known; no clock on Earth is further ahead of UTC.
        return now.replace(tzinfo=None) + timedelta(hours=14)

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


def first_time(mark: Any) -> Any:  # noqa: ANN401 - of Ibis
    """Return the first time that Python has, as a literal of a watermark's type."""
    return _ibis_literal(datetime(1, 1, 1), mark.type())  # noqa: DTZ001 - of either sort


def _ibis_literal(value: datetime, kind: Any) -> Any:  # noqa: ANN401 - of Ibis
    import ibis

    return ibis.literal(value, kind)


def near(table: Table, day: str, first: Any) -> Table:  # noqa: ANN401 - a column or a value
    """Return the rows whose *day* may hold watermarks from the time *first* on.

    The writer's clock may use another time zone, so the day before is included.
    """
    days = table[day]
    table = table.filter(days.isnull() | (days >= first.date() - timedelta(days=1)))
    if ARRIVAL in table.columns:
        table = table.filter(table[ARRIVAL].isnull() | (table[ARRIVAL] >= first))
    return table


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
        return not_found(database)
    return error_line(database, error)


def not_found(database: DatabaseAddress) -> str:
    """Return the error of a table that does not exist."""
    return f"{database.text}: table {database.table} not found, or no permission to read it"


def zoned_microseconds(time: datetime) -> int:
    """Return a time, in UTC where it has no zone, as microseconds since the epoch."""
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return microseconds(time)


def fetch_all(batches: Iterable[list[Row]]) -> list[Row]:
    """Return the rows of a small result."""
    return [row for batch in batches for row in batch]
