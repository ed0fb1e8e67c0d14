"""Statements that create a table of events, for each engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.engine.pushdown.connections.postgresql_catalog import CHECKS
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.sources.formats.base import REQUIRED
from campaign_live_widgets.sources.formats.canonical import COLUMNS, FLAGS
from campaign_live_widgets.sources.formats.sql import identifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WATERMARK: Final = "ingested_at"
_WIDTH: Final = max(map(len, COLUMNS))
LOADED: Final = "loaded"
"""The end of the name of the table that records what ``ingest`` has loaded into another."""


def schema(engine: str, table: str, *, partitioned: bool = False) -> str:
    """Return the statements that create a table of events.

    Of PostgreSQL, one whose event ids are unique, or one that is *partitioned* by time of arrival;
    that of Spark always is.

    Raises
    ------
    UnknownNameError
        If the engine is not known.
    """
    statements = SCHEMAS.get(engine)
    if statements is None:
        raise UnknownNameError("engine", engine, SCHEMAS)
    if partitioned and statements is _postgresql:
        statements = _partitioned_postgresql
    return statements(table)


def _columns(text: str, time: str, flag: str, *, required: str = "") -> dict[str, str]:
    """Return the canonical columns, each with an engine's own type."""
    kinds = {"timestamp": time, **dict.fromkeys(FLAGS, flag)}
    return {
        column: f"{kinds.get(column, text)}{required * (column in REQUIRED)}" for column in COLUMNS
    }


def _listed(columns: Mapping[str, str]) -> str:
    """Return columns, one a line."""
    return ",\n".join(f"    {name.ljust(_WIDTH)} {kind}" for name, kind in columns.items())


def _quoted(table: str, mark: str = '"') -> str:
    """Return the name of a table, each part of it quoted."""
    return identifier(*table.split("."), mark=mark)


def _postgresql(table: str) -> str:
    name = _quoted(table)
    return f"""\
-- One row is one event. Writers use INSERT ... ON CONFLICT (event_id) DO NOTHING, so that they may
-- send an event again if they do not know whether it was stored.
CREATE TABLE {name} (
{_listed(_postgresql_columns())}
);

-- Each event is stored once: the report does not search for duplicates.
CREATE UNIQUE INDEX {_index(table, "event")} ON {name} (event_id);
{_READING.format(arrival=_index(table, "arrival"), name=name)}
{_loading(table)}"""


def _partitioned_postgresql(table: str) -> str:
    name, partition = _quoted(table), _quoted(table + "_default")
    return f"""\
-- One row is one event. Of rows with the same event_id only the first to arrive is counted, so
-- writers may send an event again if they do not know whether it was stored.
CREATE TABLE {name} (
{_listed(_postgresql_columns())}
) PARTITION BY RANGE ({_WATERMARK});

-- Use one partition a month: create the next ones in time (pg_partman does), and drop old ones
-- whole. Rows that fit into no other partition go into this one.
CREATE TABLE {partition} PARTITION OF {name} DEFAULT;

-- Each refresh checks for each new event whether it arrived before.
CREATE INDEX {_index(table, "event")} ON {name} (event_id);
{_READING.format(arrival=_index(table, "arrival"), name=name)}
{_loading(table)}"""


_READING: Final = f"""\
-- Each refresh reads the rows that arrived since the last one, by their time of arrival.
CREATE INDEX {{arrival}} ON {{name}} ({_WATERMARK});

-- The report needs only this permission:
-- GRANT SELECT ON {{name}} TO the_role_of_the_report;
"""


def _postgresql_columns() -> dict[str, str]:
    """Return the columns of PostgreSQL's table; it refuses rows that a report would reject."""
    columns = _columns("text", "timestamptz", "boolean", required=" NOT NULL")
    for column, check in CHECKS.items():
        columns[column] += f" CHECK ({check.condition})"
    return columns | {_WATERMARK: "timestamptz NOT NULL DEFAULT clock_timestamp()"}


def _index(table: str, what: str) -> str:
    """Return the name of an index, quoted."""
    return _quoted(f"{table.rpartition('.')[2]}_{what}")


def _loading(table: str) -> str:
    """Return what only a role needs that loads files."""
    loaded = f"{table}_{LOADED}"
    return f"""\
-- campaign-live ingest --into records in this table which files it has loaded, and how far.
{loaded_schema(table)}
-- It needs these permissions:
-- GRANT SELECT, INSERT ON {_quoted(table)} TO the_role_that_loads;
-- GRANT SELECT, INSERT, UPDATE ON {_quoted(loaded)} TO the_role_that_loads;
"""


def loaded_schema(table: str) -> str:
    """Return the statement that creates the table of what has been loaded into *table*."""
    return f"""\
CREATE TABLE {_quoted(f"{table}_{LOADED}")} (
    content     text PRIMARY KEY,
    source      text NOT NULL,
    bytes       bigint NOT NULL,
    rows        bigint NOT NULL DEFAULT 0,
    is_complete boolean NOT NULL DEFAULT false,
    rejected    bigint NOT NULL,
    ignored     bigint NOT NULL,
    loaded_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


def _spark(table: str) -> str:
    name = _quoted(table, "`")
    columns = _columns("STRING", "TIMESTAMP", "BOOLEAN")
    columns |= {_WATERMARK: "TIMESTAMP", "arrived_on": "DATE"}
    return f"""\
-- One row is one event; rows that repeat an event_id count once. Writers set {_WATERMARK} to the
-- time of writing, and arrived_on to its day: a refresh opens only the files of the last days, and
-- of these only new ones if sessions that write to Parquet have this setting:
-- SET spark.sql.parquet.outputTimestampType = TIMESTAMP_MICROS;
-- Delta and Iceberg tables have the same columns, and need no setting.
CREATE TABLE {name} (
{_listed(columns)}
)
USING parquet
PARTITIONED BY (arrived_on);
"""


SCHEMAS: Final[Mapping[str, Callable[[str], str]]] = {
    "postgresql": _postgresql,
    "spark": _spark,
}
"""Engine → the function that returns the statements for a table."""
