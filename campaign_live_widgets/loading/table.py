"""The table that events are loaded into, as PostgreSQL's catalogue describes it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from campaign_live_widgets.engine.pushdown.connections.postgresql_catalog import read_table
from campaign_live_widgets.engine.pushdown.ddl import LOADED, loaded_schema
from campaign_live_widgets.errors import StoreError, UsageError
from campaign_live_widgets.sources.formats.canonical import ADDED, COLUMNS, FLAGS
from campaign_live_widgets.sources.formats.sql import identifier
from campaign_live_widgets.sources.store_log import Ingested

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign_live_widgets.engine.pushdown.connections.postgresql_catalog import CatalogTable
    from campaign_live_widgets.sources.tables.address import DatabaseAddress

_TYPES: Final = {"timestamp": "timestamp with time zone", **dict.fromkeys(FLAGS, "boolean")}


class Column(NamedTuple):
    """A column of the table: its name, its type without a length, and whether that is a text."""

    name: str
    type: str
    is_text: bool

    def value_of(self, canonical: str) -> str:
        """Return SQL for a canonical column of the relation ``staged`` as this one takes it.

        A text is assigned, and not cast: a cast would cut off what is too long.
        """
        value = f"staged.{identifier(canonical)}"
        if self.type == own_type(canonical) or self.is_text:
            return value
        return f"CAST({value} AS {self.type})"

    def has_type_of(self, canonical: str) -> bool:
        """Return whether it takes the values of a canonical column as they are copied."""
        return self.type == own_type(canonical) or (
            self.type == "character varying" and own_type(canonical) == "text"
        )


@dataclass(frozen=True, slots=True)
class EventTable:
    """A table of events.

    Attributes
    ----------
    schema : str or None
    table : str
        Its name, after that of its schema where the address gives one.
    columns : dict
        Canonical column → the table's own, without those of later versions that it lacks.
    has_unique_ids : bool
        Whether a unique index holds each event id once.
    """

    address: DatabaseAddress
    schema: str | None
    table: str
    columns: dict[str, Column]
    has_unique_ids: bool

    @property
    def name(self) -> str:
        """Return its whole name, quoted."""
        return identifier(self.schema, self.table)

    @property
    def loaded(self) -> str:
        """Return the quoted name of the table of what has been loaded."""
        return identifier(self.schema, f"{self.table}_{LOADED}")

    @property
    def has_own_types(self) -> bool:
        """Return whether rows can be copied into it as they are."""
        return all(column.has_type_of(name) for name, column in self.columns.items())


def own_type(column: str) -> str:
    """Return the type of a canonical column, as the catalogue names it."""
    return _TYPES.get(column, "text")


def conninfo(address: DatabaseAddress) -> str:
    """Return what PostgreSQL's client connects with; it contains the password."""
    from psycopg.conninfo import make_conninfo

    return make_conninfo(**address.client_options())


def open_table(address: DatabaseAddress) -> EventTable:
    """Return the table of an address; make the table of what has been loaded if it is missing.

    Raises
    ------
    StoreError
        If there is no such table, a column is missing, or the role may not insert.
    """
    if address.engine != "postgresql":
        message = f"{address.text}: --into takes a folder or the address of a PostgreSQL table"
        raise UsageError(message)
    if len(address.tables) != 1:
        message = f"{address.text}: --into takes one table"
        raise UsageError(message)
    ((schema, name),) = address.tables
    with _connected(address) as con:
        known = _oid(con, identifier(schema, name))
        described = None if known is None else read_table(con, schema, name)
        if described is None:
            message = (
                f"{address.text}: table {address.table} does not exist; "
                f"campaign-live schema --for postgresql --table {address.table} prints the "
                "statements that create it"
            )
            raise StoreError(message)
        columns = _columns(address, described)
        table = EventTable(address, schema, name, columns, described.refuses_repeats)
        _require(con, table, described.relation, address.table, ("INSERT", "SELECT"))
        loaded = _oid(con, table.loaded)
        if loaded is None:
            _create_loaded(con, table)
        else:
            rights = ("INSERT", "SELECT", "UPDATE")
            _require(con, table, loaded, f"{address.table}_{LOADED}", rights)
    return table


def ingested(table: EventTable) -> dict[str, Ingested]:
    """Return the files that have been loaded whole, by the key of their content."""
    with _connected(table.address) as con:
        rows = con.execute(f"SELECT content, source, bytes FROM {table.loaded} WHERE is_complete")
        return {key: Ingested(key, source, size) for key, source, size in rows}


@contextmanager
def _connected(address: DatabaseAddress) -> Iterator[Any]:
    """Connect, to read the catalogue and what has been loaded."""
    import psycopg

    try:
        with psycopg.connect(conninfo(address), autocommit=True) as con:
            yield con
    except psycopg.Error as error:
        message = f"{address.text}: {address.error_message(str(error))}"
        raise StoreError(message) from None


def _oid(con: Any, name: str) -> int | None:  # noqa: ANN401 - a client's connection
    """Return what the catalogue calls a table by; ``None`` if the role sees no such table."""
    from psycopg.errors import InsufficientPrivilege

    try:
        ((oid,),) = con.execute("SELECT to_regclass(%s)::oid", (name,)).fetchall()
    except InsufficientPrivilege:
        return None
    return None if oid is None else int(oid)


def _columns(address: DatabaseAddress, table: CatalogTable) -> dict[str, Column]:
    """Return the canonical columns of the table, whose names may be in any case."""
    own = table.own_columns()
    missing = [name for name in COLUMNS if name not in (*own, *ADDED)]
    if missing:
        message = (
            f"{address.text}: table {address.table} has no column {', '.join(missing)}; "
            "campaign-live schema --for postgresql prints the columns that it needs"
        )
        raise StoreError(message)
    chosen = ((name, own[name]) for name in COLUMNS if name in own)
    return {name: Column(c.name, c.declared, c.is_text) for name, c in chosen}


def _require(con: Any, table: EventTable, oid: int, name: str, rights: Sequence[str]) -> None:  # noqa: ANN401
    """Raise if the role lacks one of the rights on the table *name*."""
    for right in rights:
        ((has_right,),) = con.execute(
            "SELECT has_table_privilege(%s::oid, %s)", (oid, right)
        ).fetchall()
        if not has_right:
            message = (
                f"{table.address.text}: the role has no permission to {right} on {name}; "
                f"GRANT {', '.join(rights)} ON {name} TO it"
            )
            raise StoreError(message)


def _create_loaded(con: Any, table: EventTable) -> None:  # noqa: ANN401
    """Create the table of what has been loaded; another process may do so at the same time."""
    from psycopg import errors

    name = table.address.table
    try:
        con.execute(loaded_schema(name))
    except (errors.DuplicateTable, errors.UniqueViolation):
        return
    except errors.InsufficientPrivilege:
        message = (
            f"{table.address.text}: table {name}_{LOADED} does not exist, and the role may not "
            f"create it; campaign-live schema --for postgresql --table {name} prints its statement"
        )
        raise StoreError(message) from None
