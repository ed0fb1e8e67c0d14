"""One connection that loads units: binary COPY, one transaction for each unit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.loading.table import conninfo, own_type
from campaign_live_widgets.loading.units import PLACE
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.formats.sql import identifier, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from campaign_live_widgets.loading.table import EventTable
    from campaign_live_widgets.loading.units import Part, Unit
    from campaign_live_widgets.sources.store_log import Ingested

_STAGED: Final = "clw_staged"
_TRIES: Final = 6
_REPEATED: Final = "23505"
"""SQLSTATE of a row that a unique index refuses."""
_NOT_A_TEXT: Final = "22021"
_RETRIED: Final = ("40001", "40P01")
"""SQLSTATE of what another writer may cause: a failed serialization, a deadlock."""
_MESSAGE: Final = re.compile(r"(?:ERROR|FATAL): +(.*)")
_VALUE: Final = re.compile(r': ".*')
"""The end of a message that shows a value."""


class Loaded(NamedTuple):
    """What one unit has added.

    ``parts`` are those that this connection has loaded; another process may have loaded others.
    ``unstorable`` are the parts of the rows that a text of PostgreSQL cannot hold.
    """

    events: int
    duplicates: int
    parts: Sequence[Part]
    unstorable: Sequence[Part]


class UnitWriter:
    """Loads units into a table, each in one transaction, which also records it.

    Rows are copied into the table itself where they are of its types and a unique index would
    refuse a known event. Once one is refused, that unit and all later ones are copied into a
    temporary table, and what is new is inserted from there, which takes twice as long.

    Parameters
    ----------
    table : EventTable
    """

    def __init__(self, table: EventTable) -> None:
        from adbc_driver_postgresql import dbapi

        self._table = table
        self._is_direct = table.has_unique_ids and table.has_own_types
        self._con: Any = None
        try:
            self._con = dbapi.connect(conninfo(table.address), autocommit=True)
            self._cursor: Any = self._con.cursor()
            self._run("SET TimeZone = 'UTC'")
            columns = ", ".join(f"{name} {own_type(name)}" for name in COLUMNS)
            self._run(f"CREATE TEMPORARY TABLE {_STAGED} ({columns})")
        except dbapi.Error as error:
            self.close()
            raise self._failure(error) from None

    def close(self) -> None:
        """Close the connection; what is not committed is undone."""
        if self._con is not None:
            self._con.close()

    def cancel(self) -> None:
        """Cancel what another thread runs on this connection."""
        self._con.adbc_cancel()

    def load(self, unit: Unit, counts: Mapping[str, Ingested]) -> Loaded:
        """Load a unit, and record how far its files are loaded.

        Parameters
        ----------
        counts : mapping
            Path of a file → its content and its counts.

        Raises
        ------
        StoreError
            If the table cannot be written; nothing of the unit is in it.
        """
        from adbc_driver_postgresql import dbapi

        unstorable: list[Part] = []
        for _ in range(_TRIES):
            try:
                self._run("BEGIN")
                loaded = self._load(unit, counts)
                self._run("COMMIT")
            except dbapi.Error as error:
                self._roll_back()
                if error.sqlstate == _REPEATED and self._is_direct:
                    self._is_direct = False
                elif error.sqlstate == _NOT_A_TEXT and not unstorable:
                    unit, unstorable = _without_nul(unit)
                elif error.sqlstate not in _RETRIED:
                    raise self._failure(error) from None
                failure = error
            except BaseException:
                self._roll_back()
                raise
            else:
                return loaded._replace(unstorable=unstorable)
        raise self._failure(failure) from None

    def _load(self, unit: Unit, counts: Mapping[str, Ingested]) -> Loaded:
        """Load what no other process has loaded before; see :meth:`load`."""
        if not self._table.has_unique_ids:  # then loaders of the table take turns
            self._run(f"LOCK TABLE {self._table.loaded} IN SHARE ROW EXCLUSIVE MODE")
        done = self._lock([counts[part.file_slice.file.path] for part in unit.parts])
        parts, wanted = [], []
        for part in unit.parts:
            rows, is_complete = done[counts[part.file_slice.file.path].key]
            if not is_complete and (part.rows > rows or part.is_last):
                parts.append(part)
                wanted.append((max(part.start, part.first + rows), part.end))
        events, repeated = unit.events, unit.repeated
        if wanted != [(part.start, part.end) for part in unit.parts]:
            events, repeated = _of_places(events, wanted), 0
        inserted = self._insert(events.drop_columns([PLACE])) if len(events) else 0
        if parts:
            self._record(parts, counts)
        return Loaded(inserted, len(events) + repeated - inserted, parts, ())

    def _insert(self, events: pa.Table) -> int:
        """Insert rows whose events the table does not have; return how many."""
        if self._is_direct:
            own = self._table.columns
            self._cursor.adbc_ingest(
                self._table.table,
                events.select(list(own)).rename_columns([column.name for column in own.values()]),
                mode="append",
                db_schema_name=self._table.schema,
            )
            return len(events)
        self._run(f"TRUNCATE {_STAGED}")
        self._cursor.adbc_ingest(_STAGED, events, mode="append", temporary=True)
        return self._insert_staged()

    def _lock(self, files: Sequence[Ingested]) -> dict[str, tuple[int, bool]]:
        """Lock the records of files; return how many rows are loaded, and whether that is all."""
        values = ", ".join(
            f"({quoted(file.key)}, {quoted(file.name)}, {file.size}, {file.rejected}, "
            f"{file.ignored})"
            for file in files
        )
        self._run(
            f"INSERT INTO {self._table.loaded} AS known "
            f"(content, source, bytes, rejected, ignored) VALUES {values} "
            "ON CONFLICT (content) DO UPDATE SET source = known.source "
            "RETURNING content, rows, is_complete"
        )
        return {key: (rows, is_complete) for key, rows, is_complete in self._cursor.fetchall()}

    def _insert_staged(self) -> int:
        """Insert the staged rows whose events the table does not have; return how many."""
        columns = self._table.columns
        names = ", ".join(identifier(column.name) for column in columns.values())
        values = {name: column.value_of(name) for name, column in columns.items()}
        insert = (
            f"INSERT INTO {self._table.name} ({names}) SELECT {', '.join(values.values())} "
            f"FROM {_STAGED} AS staged"
        )
        if self._table.has_unique_ids:
            self._run(f"{insert} ON CONFLICT DO NOTHING")
        else:
            self._run(f"ANALYZE {_STAGED}")
            self._run(
                f"{insert} WHERE NOT EXISTS (SELECT FROM {self._table.name} AS known "
                f"WHERE known.{identifier(columns['event_id'].name)} = {values['event_id']})"
            )
        return int(self._cursor.rowcount)

    def _record(self, parts: Sequence[Part], counts: Mapping[str, Ingested]) -> None:
        """Record how far files are loaded."""
        values = ", ".join(
            f"({quoted(counts[part.file_slice.file.path].key)}, {part.rows}, {part.is_last})"
            for part in parts
        )
        self._run(
            f"UPDATE {self._table.loaded} AS known SET rows = part.rows, "
            "is_complete = part.is_last, loaded_at = clock_timestamp() "
            f"FROM (VALUES {values}) AS part (content, rows, is_last) "
            "WHERE known.content = part.content"
        )

    def _run(self, statement: str) -> None:
        self._cursor.execute(statement)

    def _roll_back(self) -> None:
        from adbc_driver_postgresql import dbapi

        try:
            self._run("ROLLBACK")
        except dbapi.Error:  # the connection is lost
            return

    def _failure(self, error: Exception) -> StoreError:
        """Return the error of a statement as one line, without values of the rows."""
        address = self._table.address
        match = _MESSAGE.search(str(error))
        text = match[1] if match else str(error)
        return StoreError(f"{address.text}: {address.error_message(_VALUE.sub('', text))}")


def _of_places(events: pa.Table, ranges: Sequence[tuple[int, int]]) -> pa.Table:
    """Return the rows whose places are in one of the ranges."""
    import numpy as np
    import pyarrow as pa

    places = events.column(PLACE).to_numpy()
    is_wanted = np.zeros(len(places), dtype=bool)
    for start, end in ranges:
        is_wanted |= (places >= start) & (places < end)
    return events.filter(pa.array(is_wanted))


def _without_nul(unit: Unit) -> tuple[Unit, list[Part]]:
    """Return a unit without rows that have a NUL character, and the parts that these are of."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import compute

    has_nul = np.zeros(len(unit.events), dtype=bool)
    for column in unit.events.columns:
        if pa.types.is_string(column.type):
            matches = compute.match_substring(column, "\0")
            has_nul |= compute.fill_null(matches, False).to_numpy()  # noqa: FBT003
    places = unit.events.column(PLACE).to_numpy()[has_nul]
    parts = [
        part for place in np.sort(places) for part in unit.parts if part.start <= place < part.end
    ]
    return replace(unit, events=unit.events.filter(pa.array(~has_nul))), parts
