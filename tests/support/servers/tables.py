"""Generated events as tables of a database, in plain SQL."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from tests import oracle

if TYPE_CHECKING:
    from tests.support.servers.server import Postgres

Row = dict[str, Any]

ALL, REQUIRED = oracle.COLUMNS, oracle.REQUIRED
_NUMBERS = count(1)
_TYPES = {"timestamp": "timestamptz", **dict.fromkeys(oracle.BOOLEANS, "boolean")}


def typed(rows: list[Row]) -> list[Row]:
    """Return the rows that a typed table can hold: those whose times and flags are some."""

    def fits(row: Row) -> bool:
        time = row.get("timestamp")
        flags = (row.get(name) for name in oracle.BOOLEANS)
        return not isinstance(time, str) and not any(isinstance(flag, str) for flag in flags)

    return [row for row in rows if fits(row)]


def create(
    postgres: Postgres,
    columns: tuple[str, ...] = oracle.COLUMNS,
    *,
    mark: str | None = "ingested_at timestamptz NOT NULL DEFAULT clock_timestamp()",
    types: dict[str, str] | None = None,
) -> str:
    """Create an empty table and return its name."""
    name = f"events_{next(_NUMBERS)}"
    own = [f'"{c}" {({**_TYPES, **(types or {})}).get(c, "text")}' for c in columns]
    if mark:
        own.append(mark)
    with postgres.connect() as con:
        con.execute(f"CREATE TABLE {name} ({', '.join(own)})")
        con.execute(f'CREATE INDEX ON {name} ("event_id")')
    return name


def insert(
    con: Any,  # noqa: ANN401 - a client's connection
    name: str,
    rows: list[Row],
    on_conflict: str = "",
) -> None:
    """Append rows, in their order."""
    if not rows:
        return
    columns = list(dict.fromkeys(c for row in rows for c in row))
    names = ", ".join(f'"{c}"' for c in columns)
    places = ", ".join(["%s"] * len(columns))
    with con.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {name} ({names}) VALUES ({places})"
            + (on_conflict and f" ON CONFLICT {on_conflict}"),
            [[row.get(c) for c in columns] for row in rows],
        )


def filled(postgres: Postgres, rows: list[Row], **how: Any) -> str:  # noqa: ANN401 - of `create`
    """Create a table of rows and return its name."""
    columns = tuple(dict.fromkeys(c for row in rows for c in row))
    name = create(postgres, columns, **how)
    with postgres.connect() as con:
        insert(con, name, rows)
    return name
