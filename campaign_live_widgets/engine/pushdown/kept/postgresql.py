"""The rollup that PostgreSQL keeps: tables that one transaction changes.

A transaction that is killed leaves the tables unchanged, and the row of the state is updated in
it: a row of events is counted exactly once, however often the job runs or is killed. An advisory
lock lets one job run at a time; if another one has finished since this transaction began, the
update of the state fails, and with it the transaction.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from campaign_live_widgets.engine.pushdown.connections.base import fetch_all
from campaign_live_widgets.engine.pushdown.full_read import REPEATED
from campaign_live_widgets.engine.pushdown.kept.entries import (
    ENTERED,
    HASH_BYTES,
    entered,
    more_entries,
)
from campaign_live_widgets.engine.pushdown.kept.keeper import Keeper
from campaign_live_widgets.engine.pushdown.kept.postgresql_state import (
    are_readable,
    read_state,
    write_state,
)
from campaign_live_widgets.engine.pushdown.kept.reader import PostgresRollup
from campaign_live_widgets.engine.pushdown.kept.state import CUBES, VERSION
from campaign_live_widgets.engine.pushdown.kept.statements import (
    COUNTED,
    DOMAINS,
    KeptRows,
    additions,
    end_of_future,
    more_examples,
)
from campaign_live_widgets.engine.pushdown.kept.tables import (
    COUNTS,
    STATE,
    SUFFIX,
    KeptTables,
    temporary,
)
from campaign_live_widgets.engine.pushdown.placeholders import NOW, SINCE, UNTIL, fill
from campaign_live_widgets.engine.pushdown.table_query import TableQuery
from campaign_live_widgets.errors import CampaignLiveError, SourceError
from campaign_live_widgets.sources.formats.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from campaign_live_widgets.engine.pushdown.connections.base import Connection, Watermark
    from campaign_live_widgets.engine.pushdown.kept.keeper import Names
    from campaign_live_widgets.engine.pushdown.kept.state import State

_PREFIX: Final = "clw_check"
_COUNTED: Final = "total, first_time, last_time"
_SEGMENTS: Final = "JOIN {segments} AS s USING (segment)"


def _whole(part: str, packed: str, inside: str = "true") -> str:
    """Return the query for a table whose *packed* bytes are read once for each row."""
    columns = {
        "cells": "segment, hour, event_kind",
        "links": "campaign_id, tests, minute",
        "entries": "segment, minute, is_test",
    }
    return (
        f"SELECT {columns[part]}, {packed} || ''::bytea AS {packed} FROM {{{part}}}"
        f" WHERE {inside} OFFSET 0"
    )


_QUERIES: Final = {
    "campaigns and their names": (
        f"SELECT campaign_id, campaign_name, {_COUNTED} FROM {{campaigns}}"
    ),
    "messages and their names": (
        f"SELECT campaign_id, message_id, message_name, channel, {_COUNTED} FROM {{names}}"
    ),
    "executions": (f"SELECT campaign_id, message_id, execution_id, {_COUNTED} FROM {{segments}}"),
    "minutes with their last events": "SELECT campaign_id, minute, last_time FROM {times}",
    "events that were dated ahead": "SELECT campaign_id, at, total FROM {ahead}",
    **{
        f"counts by {'message' if cube == 'message_id' else cube}": (
            "SELECT campaign_id, message_id, execution_id, hour, minute, event_kind, v.text,"
            " sum(one.total) FROM (SELECT k.*,"
            " get_byte(counts, 14 * i + 4) * 256 + get_byte(counts, 14 * i + 5) AS minute,"
            " ('x' || encode(substr(counts, 14 * i + 1, 4), 'hex'))::bit(32)::integer"
            " AS value, ('x' || encode(substr(counts, 14 * i + 7, 8), 'hex'))::bit(64)::bigint"
            f" AS total FROM ({_whole('cells', 'counts', f'cube = {number}')}) AS k,"
            f" generate_series(0, length(counts) / 14 - 1) AS i) AS one {_SEGMENTS}"
            " LEFT JOIN {values} AS v USING (value) GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
        for number, cube in enumerate(CUBES, start=1)
    },
    "entries of profiles": (
        "SELECT campaign_id, message_id, execution_id, minute, is_test,"
        f" substr(hashes, {HASH_BYTES} * i + 1, {HASH_BYTES})"
        f" FROM ({_whole('entries', 'hashes')}) AS k {_SEGMENTS},"
        f" generate_series(0, length(hashes) / {HASH_BYTES} - 1) AS i"
    ),
    "entries by profile": (
        "SELECT campaign_id, message_id, execution_id, high, low, k.minute, is_test"
        f" FROM {{profiles}} AS k {_SEGMENTS}"
    ),
    "links of entries": (
        "SELECT campaign_id, tests, minute, previous, sum(total) AS total FROM"
        " (SELECT *, substr(links, 12 * i + 1, 8) AS previous,"
        " ('x' || encode(substr(links, 12 * i + 9, 4), 'hex'))::bit(32)::integer AS total"
        f" FROM ({_whole('links', 'links')}) AS k,"
        " generate_series(0, length(links) / 12 - 1) AS i) AS one"
        " GROUP BY 1, 2, 3, 4 HAVING sum(total) <> 0"
    ),
    "examples of rejected rows": "SELECT ''::text AS campaign_id, id, cause FROM {examples}",
}
"""What is compared → its query; the first column is the campaign."""


class PostgresKeeper(Keeper):
    """The rollup beside a table of PostgreSQL."""

    compared = _QUERIES

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._tables = _tables_of(connection)
        self.state_name = f"{self._tables.schema}.{self._tables.prefix}_{STATE}"
        self._built, self._run = "", 0

    @property
    def names(self) -> Names:
        """Return the names of all tables."""
        return self._tables.names

    def require_tables(self) -> None:
        """Raise :class:`SourceError` if one of its tables does not exist."""
        names = (f"to_regclass({quoted(name)})::oid::bigint" for name in self.names.values())
        (numbers,) = fetch_all(self.connection.rows(f"SELECT {', '.join(names)}"))
        missing = [part for part, oid in zip(self.names, numbers, strict=True) if oid is None]
        if not missing:
            return
        database, tables = self.connection.database, self._tables
        printed = (
            "campaign-live schema --for postgresql --rollup "
            f"--table {database.table} prints the tables to create"
        )
        version = self.version()
        if version is None or version >= VERSION:
            what = f"the table {tables.schema}.{tables.prefix}_{missing[0]} of its rollup does not"
            msg = f"{database.text}: {what} exist; {printed}"
            raise SourceError(msg)
        message = (
            f"{database.text}: its rollup, {self.state_name}, has the format {version}, and this "
            f"version of campaign-live uses {VERSION}: drop the tables "
            f"{tables.schema}.{tables.prefix}_…; {printed}"
        )
        raise SourceError(message)

    def is_readable(self) -> bool:
        """Return whether all of its tables are there, and may be read."""
        return are_readable(self.connection, self.names.values())

    def version(self) -> int | None:
        """Return the version of its tables; None if that cannot be read, or it was never filled."""
        if not are_readable(self.connection, [self._tables.name(STATE)]):
            return None
        state = read_state(self.connection, self._tables)
        return None if state is None else state.version

    def read_state(self) -> State | None:
        """Return its state; None if it was never filled."""
        state = read_state(self.connection, self._tables)
        if state is not None:
            self._built, self._run = state.built, state.run
        return state

    def source(self) -> tuple[int, str]:
        """Return the number of the table of events, and its text if it is a view."""
        number = self.connection.catalog[0].relation
        ((view,),) = fetch_all(
            self.connection.rows(
                "SELECT CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END FROM pg_class"
                f" WHERE oid = {number}"
            )
        )
        return number, view or ""

    def rollup(self, state: State) -> PostgresRollup:
        """Return what reads its counts."""
        return PostgresRollup(self, state, self._tables)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run the statements inside in one transaction, without another job beside."""
        with self.connection.writing():
            _lock(self.connection, self._tables)
            yield

    def clear(self) -> None:
        """Delete all that is counted."""
        for part in (STATE, *COUNTS):
            self.connection.execute(f"DELETE FROM {self._tables.name(part)}")

    def count(self, since: Watermark | None, until: Watermark, past_until: datetime) -> int:
        """Add the rows from one watermark to another; return how many there are."""
        connection = self.connection
        self._run += 1
        if since is None:
            self._built, self._run = uuid4().hex, 1
        else:
            connection.execute(end_of_future(self._tables, connection.literal(past_until)))
        return self._count(self._tables, since, until, past_until)

    def commit(self, state: State | None, *, is_new: bool) -> None:
        """Write the state; the transaction makes all of it count."""
        if state is not None:
            state = state._replace(built=self._built, run=self._run)
            write_state(self.connection, self._tables, state, is_new=is_new)

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Run the statements inside in one transaction; only temporary tables are written."""
        with self.connection.writing():
            yield

    def recount(self, state: State) -> tuple[int, Names]:
        """Count the rows of a state again, into temporary tables."""
        connection = self.connection
        recounted, created = temporary(_PREFIX)
        for statement in created:
            connection.execute(statement)
        rows = self._count(recounted, None, state.settled, state.past_until)
        return rows, recounted.names

    def _count(
        self,
        tables: KeptTables,
        since: Watermark | None,
        until: Watermark,
        past_until: datetime,
    ) -> int:
        query = TableQuery.of(self.connection, None)
        places = (self.connection, query, tables)
        return count(*places, run=self._run, since=since, until=until, past_until=past_until)


def _tables_of(connection: Connection) -> KeptTables:
    """Return where the rollup of the connection's table is."""
    address = connection.database
    number = connection.catalog[0].relation
    ((schema,),) = fetch_all(
        connection.rows(
            "SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            f" WHERE c.oid = {number}"
        )
    )
    own_schema, _, prefix = (address.rollup or f"{address.tables[0][1]}{SUFFIX}").rpartition(".")
    return KeptTables(own_schema or schema, prefix)


def _lock(connection: Connection, tables: KeptTables) -> None:
    """Let no other job run until the end of the transaction."""
    # A server that does not notice that the client was killed would go on, and hold the lock.
    setting = "client_connection_check_interval"
    connection.execute(
        f"SELECT set_config('{setting}', '2s', true) FROM pg_settings WHERE name = '{setting}'"
    )
    ((is_locked,),) = fetch_all(
        connection.rows(
            "SELECT pg_try_advisory_xact_lock(hashtextextended("
            f"'campaign-live rollup', {quoted(tables.name(STATE))}::regclass::oid::bigint))"
        )
    )
    if not is_locked:
        message = (
            f"{connection.database.text}: another job refreshes its rollup now; nothing was done"
        )
        raise CampaignLiveError(message)


def count(  # noqa: PLR0913 - all but three by name
    connection: Connection,
    query: TableQuery,
    tables: KeptTables,
    *,
    run: int,
    since: Watermark | None = None,
    until: Watermark,
    past_until: datetime,
) -> int:
    """Add the rows from one watermark to another to the tables; return how many there are.

    *run* is the number of the job that adds them.
    """
    values = {UNTIL: connection.literal(until), NOW: connection.literal(past_until)}
    if since is not None:
        values[SINCE] = connection.literal(since)
    filled = partial(fill, campaign="", values=values)
    with connection.reading_all() if since is None else nullcontext():
        rows = _count_rows(connection, query, tables, filled, is_first=since is None)
    if rows:  # by statements that sort
        for statement in more_entries(tables, run, are_first=since is None):
            connection.execute(statement)
    return rows


def _count_rows(
    connection: Connection,
    query: TableQuery,
    tables: KeptTables,
    filled: Callable[[str], str],
    *,
    is_first: bool,
) -> int:
    """Add all but entries, which are stored in a temporary table; return how many rows there are.

    *filled* gives a statement its values.
    """
    builder = KeptRows(query, connection.statement, since=not is_first)
    has_repeated = False
    if is_first and not query.distinct:
        _store(connection, REPEATED, filled(builder.repeated_ids()))
        has_repeated = _sum(connection, REPEATED, "count(*)") > 0
    _store(connection, COUNTED, filled(builder.counted(repeated=has_repeated)))
    rows = _sum(connection, COUNTED, "sum(total)")
    if rows:
        _store(connection, DOMAINS, filled(builder.domains(repeated=has_repeated)))
        for statement in additions(tables):
            connection.execute(statement)
        entries = filled(builder.entries(repeated=has_repeated))
        _store(connection, ENTERED, entered(tables, entries))
        if _sum(connection, COUNTED, "sum(total) FILTER (WHERE outcome = 'rejected')"):
            connection.execute(more_examples(tables, filled(builder.examples().sql)))
    return rows


def _store(connection: Connection, name: str, query: str) -> None:
    """Store the answer of a query in a temporary table, and let the planner know its size."""
    connection.execute(f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {query}")
    connection.execute(f"ANALYZE pg_temp.{name}")


def _sum(connection: Connection, name: str, what: str) -> int:
    ((number,),) = fetch_all(connection.rows(f"SELECT {what} FROM pg_temp.{name}"))
    return int(number or 0)
