"""Rows from a program → the relation of canonical events, by statements that are planned once."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.sources import lowercase_keys, schema_of_values
from campaign_live_widgets.sources.batch_relation import BATCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from campaign_live_widgets.sources import FileSchema

    Row = Mapping[str, Any]

_SAMPLE: Final = 200
_MOST: Final = 10_000
"""Rows up to which a statement runs as quickly as it is written: more are worth a better plan."""
_KEPT: Final = 32
"""Layouts whose statement is kept."""
_LINES: Final = "appended_lines"
_ROWS: Final = "appended"


class Lines:
    """The rows of one call as lines of JSON, and how these are laid out."""

    __slots__ = ("lines", "schema")

    def __init__(self, rows: Sequence[Row], wanted: str | None) -> None:
        self.schema = schema_of_values(_sampled(rows, wanted), wanted)
        self.lines = [_line(row, lowercased=self.schema.lowercased) for row in rows]

    def __len__(self) -> int:
        """Return how many rows they are."""
        return len(self.lines)


class Rows:
    """Lays rows out as the relation ``batch`` of one connection.

    To plan what makes events of rows takes longer than to run it for some hundred. So the
    statement of each layout is prepared, over tables that stay and that a transaction fills and
    its end empties; and a small batch is spared the optimizer.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._prepared: dict[FileSchema, str] = {}
        self._number = count(1)
        con.execute("PRAGMA disable_optimizer")
        con.execute(f"CREATE TEMP TABLE {_LINES} (line VARCHAR, file_index BIGINT)")
        events = _events(schema_of_values([], "canonical"))
        con.execute(f"CREATE TEMP TABLE {_ROWS} AS SELECT * FROM ({events}) LIMIT 0")
        con.execute(f"CREATE TEMP VIEW {BATCH} AS SELECT * FROM {_ROWS}")

    @contextmanager
    def laid_out(self, calls: Sequence[Lines]) -> Iterator[list[int]]:
        """Lay the rows of calls out, as long as this lasts.

        A call's number stands in ``place`` above the bits of the row. Given is, for each call,
        what precedes its first row in ``row``.
        """
        groups: dict[FileSchema, list[int]] = {}
        for number, call in enumerate(calls):
            groups.setdefault(call.schema, []).append(number)
        starts = [0] * len(calls)
        large = sum(map(len, calls)) > _MOST
        if large:
            self._con.execute("PRAGMA enable_optimizer")
        self._con.execute("BEGIN TRANSACTION")
        try:
            for place, (schema, numbers) in enumerate(groups.items()):
                lines: list[str] = []
                owners: list[int] = []
                for number in numbers:
                    starts[number] = len(lines)
                    lines += calls[number].lines
                    owners += [number] * len(calls[number])
                if place:
                    self._con.execute(f"DELETE FROM {_LINES}")
                self._con.execute(
                    f"INSERT INTO {_LINES} SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[])",
                    [lines, owners],
                )
                self._con.execute(f"EXECUTE {self._statement(schema)}")
            yield starts
        finally:
            self._con.execute("ROLLBACK")
            if large:
                self._con.execute("PRAGMA disable_optimizer")

    def _statement(self, schema: FileSchema) -> str:
        """Return the name of the statement that makes events of the lines of a layout."""
        name = self._prepared.pop(schema, None)
        if name is None:
            name = f"events_{next(self._number)}"
            self._con.execute(f"PREPARE {name} AS INSERT INTO {_ROWS} BY NAME {_events(schema)}")
            if len(self._prepared) >= _KEPT:
                self._con.execute(f"DEALLOCATE {self._prepared.pop(next(iter(self._prepared)))}")
        self._prepared[schema] = name  # the last one used is the last to go
        return name


def _sampled(rows: Sequence[Row], wanted: str | None) -> list[Row]:
    """Return rows that tell how all are laid out."""
    found: list[Row] = [row for row in rows[:_SAMPLE] if isinstance(row, dict)]
    if wanted != "canonical":
        return found
    # Its fields stand at the top, so that rows of the same names tell the same of where they are.
    named: dict[tuple[str, ...], Row] = {}
    for row in found:
        named.setdefault(tuple(name for name in row if not isinstance(row[name], dict)), row)
    return list(named.values())


def _events(schema: FileSchema) -> str:
    return schema.events_of(
        "(SELECT CASE WHEN json_valid(line) THEN line END AS json, file_index, "
        f"'' AS clw_file FROM {_LINES})"
    )


def _line(row: object, *, lowercased: bool) -> str:
    """Return a row as a line of JSON; what is no number is nothing."""
    if isinstance(row, dict):
        row = {
            str(name): None if isinstance(value, float) and value != value else value  # noqa: PLR0124
            for name, value in row.items()
        }
    line = json.dumps(row, default=_plain)
    return lowercase_keys(line.encode()).decode() if lowercased else line


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
