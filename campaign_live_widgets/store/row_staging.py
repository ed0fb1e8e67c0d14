"""Stage rows from a program as canonical events, with prepared statements."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.sources import DECODER, plain_json, schema_of_values, spelled_line
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.formats.times import add_time_function
from campaign_live_widgets.sources.sends import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from campaign_live_widgets.sources import FileSchema, Format
    from campaign_live_widgets.sources.mapping.format import MappedFormat

    Row = Mapping[str, Any]

_SAMPLE_ROWS: Final = 200
_SMALL_BATCH: Final = 10_000
"""Rows up to which the optimizer takes longer than it saves."""
_MAX_STATEMENTS: Final = 32
"""Prepared statements, one for each schema of rows; the least recently used one is dropped."""
_LINES_TABLE: Final = "appended_lines"
_EVENTS_TABLE: Final = "appended"


_ODD: Final = ("NaN", "Infinity", "\\ud")
"""What only Python's JSON may have: numbers that are none, halves of characters."""


class JsonRows:
    """The rows of one call as lines of JSON, with the schema of these lines."""

    __slots__ = ("format_name", "lines", "raw", "schema")

    def __init__(
        self,
        rows: Sequence[Row],
        format_name: str | None,
        mapped: MappedFormat | None = None,
        *,
        outcomes: bool = False,
    ) -> None:
        sample = _sample(rows, None if mapped else format_name)
        self.raw, self.format_name = rows, format_name
        schema = schema_of_values(sample, format_name, mapped)
        is_asked = outcomes or (mapped is not None and mapped.rule.sends == OUTCOMES)
        self.schema = replace(schema, outcomes=is_asked)
        known = self.schema.known if self.schema.lowercased else None
        self.lines = [_to_line(row, known) for row in rows]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.lines)


class RowStaging:
    """Stages rows as the relation ``batch`` of one connection.

    For some hundreds of rows, planning the statement that converts them to events takes longer
    than running it. So there is one prepared statement for each schema of rows, over tables that
    a transaction fills and its rollback empties; and the optimizer is off for small batches.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        add_time_function(con)
        self._prepared: dict[FileSchema, str] = {}
        self._numbers = count(1)
        con.execute("PRAGMA disable_optimizer")
        con.execute(f"CREATE TEMP TABLE {_LINES_TABLE} (line VARCHAR, file_index BIGINT)")
        events = _events(schema_of_values([], "canonical"))
        con.execute(f"CREATE TEMP TABLE {_EVENTS_TABLE} AS SELECT * FROM ({events}) LIMIT 0")
        con.execute(f"CREATE TEMP VIEW {BATCH} AS SELECT * FROM {_EVENTS_TABLE}")

    @contextmanager
    def staged(self, calls: Sequence[JsonRows]) -> Iterator[list[int]]:
        """Stage the rows of calls within this context.

        Column ``place`` of the relation contains the number of the call, above the bits of the
        row. Yields an offset for each call: the column ``row`` of its first row is one more.
        """
        groups: dict[FileSchema, list[int]] = {}
        for number, call in enumerate(calls):
            groups.setdefault(call.schema, []).append(number)
        offsets = [0] * len(calls)
        is_large = sum(map(len, calls)) > _SMALL_BATCH
        if is_large:
            self._con.execute("PRAGMA enable_optimizer")
        self._con.execute("BEGIN TRANSACTION")
        try:
            for index, (schema, numbers) in enumerate(groups.items()):
                lines: list[str] = []
                call_numbers: list[int] = []
                for number in numbers:
                    offsets[number] = len(lines)
                    lines += calls[number].lines
                    call_numbers += [number] * len(calls[number])
                if index:
                    self._con.execute(f"DELETE FROM {_LINES_TABLE}")
                self._con.execute(
                    f"INSERT INTO {_LINES_TABLE} SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[])",
                    [lines, call_numbers],
                )
                self._con.execute(f"EXECUTE {self._statement(schema)}")
            yield offsets
        finally:
            self._con.execute("ROLLBACK")
            if is_large:
                self._con.execute("PRAGMA disable_optimizer")

    def _statement(self, schema: FileSchema) -> str:
        """Return the name of the prepared statement that converts lines of a schema to events."""
        name = self._prepared.pop(schema, None)
        if name is None:
            name = f"events_{next(self._numbers)}"
            self._con.execute(
                f"PREPARE {name} AS INSERT INTO {_EVENTS_TABLE} BY NAME {_events(schema)}"
            )
            if len(self._prepared) >= _MAX_STATEMENTS:
                self._con.execute(f"DEALLOCATE {self._prepared.pop(next(iter(self._prepared)))}")
        self._prepared[schema] = name  # at the end of the dict: most recently used
        return name


def _sample(rows: Sequence[Row], format_name: str | None) -> list[Row]:
    """Return the rows from which the schema of all rows is detected."""
    sample: list[Row] = [row for row in rows[:_SAMPLE_ROWS] if isinstance(row, dict)]
    if format_name != "canonical":
        return sample
    # Canonical fields are at the top level, so one row for each set of names is enough.
    by_names: dict[tuple[str, ...], Row] = {}
    for row in sample:
        by_names.setdefault(tuple(name for name in row if not isinstance(row[name], dict)), row)
    return list(by_names.values())


def _events(schema: FileSchema) -> str:
    return schema.events_of(
        "(SELECT CASE WHEN json_valid(line) THEN line END AS json, file_index, "
        f"'' AS clw_file FROM {_LINES_TABLE})"
    )


def _to_line(row: object, known: Format | None) -> str:
    """Return a row as a line of JSON that every reader takes; names as in *known*."""
    if isinstance(row, dict):
        row = {str(name): value for name, value in row.items()}
    line = json.dumps(row, default=_to_text)
    if any(odd in line for odd in _ODD):
        line = plain_json(DECODER.decode(line))
    return line if known is None else spelled_line(line.encode(), known).decode()


def _to_text(value: object) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
