"""The table of states of a rollup that PostgreSQL keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.engine.pushdown.connections.base import fetch_all
from campaign_live_widgets.engine.pushdown.kept.state import State, parsed_watermark
from campaign_live_widgets.engine.pushdown.kept.tables import STATE
from campaign_live_widgets.sources.formats.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campaign_live_widgets.engine.pushdown.connections.base import Connection
    from campaign_live_widgets.engine.pushdown.kept.tables import KeptTables


def are_readable(connection: Connection, names: Iterable[str]) -> bool:
    """Return whether all tables of these names, as in SQL, are there, and may be read."""
    listed = ", ".join(map(quoted, names))
    statement = (
        f"SELECT coalesce(bool_and(to_regclass(name) IS NOT NULL"
        f" AND coalesce(has_table_privilege(to_regclass(name), 'SELECT'), false)), false)"
        f" FROM unnest(ARRAY[{listed}]) AS name"
    )
    ((are_all,),) = fetch_all(connection.rows(statement))
    return bool(are_all)


def read_state(connection: Connection, tables: KeptTables) -> State | None:
    """Return the state of a rollup, also one of another version; None if it was never filled."""
    rows = fetch_all(
        connection.rows(
            "SELECT version, digest, cubes, source::oid::bigint, settled, ancient, past_until,"
            " coalesce(to_jsonb(s) ->> 'built', ''), coalesce(to_jsonb(s) ->> 'run', '0')::integer"
            f" FROM {tables.name(STATE)} AS s"
        )
    )
    for version, digest, cubes, source, settled, *others in rows:
        return State(version, digest, tuple(cubes), source, parsed_watermark(settled), *others)
    return None


def write_state(connection: Connection, tables: KeptTables, state: State, *, is_new: bool) -> None:
    """Write the state of a rollup; *is_new* if there is none."""
    cubes = ", ".join(f"'{cube}'" for cube in state.cubes)
    settled = state.settled if isinstance(state.settled, int) else state.settled.isoformat()
    columns = {
        "version": str(state.version),
        "digest": f"'{state.digest}'",
        "cubes": f"ARRAY[{cubes}]",
        "source": f"{state.source}::oid::regclass",
        "settled": f"'{settled}'",
        "ancient": str(state.ancient),
        "past_until": connection.literal(state.past_until),
        "built": f"'{state.built}'",
        "run": str(state.run),
        "refreshed_at": "clock_timestamp()",
    }
    name = tables.name(STATE)
    if is_new:
        connection.execute(
            f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"
        )
    else:
        assigned = ", ".join(f"{column} = {value}" for column, value in columns.items())
        connection.execute(f"UPDATE {name} SET {assigned}")
