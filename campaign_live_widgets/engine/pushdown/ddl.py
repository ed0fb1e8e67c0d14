"""Statements that create a table of events, for each engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.sources.formats.base import REQUIRED as _REQUIRED
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.tables.canonical import FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WATERMARK: Final = "ingested_at"
_WIDTH: Final = max(map(len, COLUMNS))


def schema(engine: str, table: str) -> str:
    """Return the statements that create a table of events.

    Raises
    ------
    UnknownNameError
        If the engine is not known.
    """
    statements = SCHEMAS.get(engine)
    if statements is None:
        raise UnknownNameError("engine", engine, SCHEMAS)
    return statements(table)


def _columns(text: str, time: str, flag: str, *, required: str = "") -> list[str]:
    """Return the canonical columns, one a line, with an engine's own types."""
    kinds = {"timestamp": time, **dict.fromkeys(FLAGS, flag)}
    return [
        f"{column.ljust(_WIDTH)} {kinds.get(column, text)}{required * (column in _REQUIRED)}"
        for column in COLUMNS
    ]


def _listed(columns: list[str]) -> str:
    return ",\n".join(f"    {column}" for column in columns)


def _quoted(table: str, watermark: str) -> str:
    """Return the name of a table, each part of it quoted."""
    return ".".join(
        f"{watermark}{part.replace(watermark, watermark * 2)}{watermark}"
        for part in table.split(".")
    )


def _postgresql(table: str) -> str:
    name, bare = _quoted(table, '"'), table.rpartition(".")[2]
    columns = _columns("text", "timestamptz", "boolean", required=" NOT NULL")
    columns.append(f"{_WATERMARK.ljust(_WIDTH)} timestamptz NOT NULL DEFAULT clock_timestamp()")
    partition = _quoted(table + "_default", '"')

    def index(what: str) -> str:
        return _quoted(f"{bare}_{what}", '"')

    return f"""\
-- One row is one event. Of rows with the same event_id only the first to arrive is counted, so
-- writers may send an event again if they do not know whether it was stored.
CREATE TABLE {name} (
{_listed(columns)}
) PARTITION BY RANGE ({_WATERMARK});

-- Use one partition a month: create the next ones in time (pg_partman does), and drop old ones
-- whole. Rows that fit into no other partition go into this one.
CREATE TABLE {partition} PARTITION OF {name} DEFAULT;

-- Each refresh reads the rows that arrived since the last one, by their time of arrival ...
CREATE INDEX {index("arrival")} ON {name} ({_WATERMARK});
-- ... and checks for each of these few rows whether its event arrived before.
CREATE INDEX {index("event")} ON {name} (event_id);

-- The report needs only this permission:
-- GRANT SELECT ON {name} TO the_role_of_the_report;
"""


def _spark(table: str) -> str:
    name = _quoted(table, "`")
    columns = _columns("STRING", "TIMESTAMP", "BOOLEAN")
    columns += [f"{_WATERMARK.ljust(_WIDTH)} TIMESTAMP", f"{'arrived_on'.ljust(_WIDTH)} DATE"]
    return f"""\
-- One row is one event; rows that repeat an event_id count once. Writers set {_WATERMARK} to the
-- time of writing, and arrived_on to its day: a refresh opens only the files of the last days.
-- Delta and Iceberg tables have the same columns.
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
