"""The table a team should create, in the words of each engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.sources.formats.base import REQUIRED as _REQUIRED
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.tables.canonical import FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MARK: Final = "ingested_at"
_WIDTH: Final = max(map(len, COLUMNS))


def schema(engine: str, table: str) -> str:
    """Return the statements that create a table of events; ``UnknownNameError`` for an engine."""
    made = SCHEMAS.get(engine)
    if made is None:
        raise UnknownNameError("engine", engine, SCHEMAS)
    return made(table)


def _columns(text: str, time: str, flag: str, *, required: str = "") -> list[str]:
    """Return the canonical columns, one a line, with an engine's own types."""
    kinds = {"timestamp": time, **dict.fromkeys(FLAGS, flag)}
    return [
        f"{column.ljust(_WIDTH)} {kinds.get(column, text)}{required * (column in _REQUIRED)}"
        for column in COLUMNS
    ]


def _listed(columns: list[str]) -> str:
    return ",\n".join(f"    {column}" for column in columns)


def _quoted(table: str, mark: str) -> str:
    """Return the name of a table, each part of it quoted."""
    return ".".join(f"{mark}{part.replace(mark, mark * 2)}{mark}" for part in table.split("."))


def _postgresql(table: str) -> str:
    name, bare = _quoted(table, '"'), table.rpartition(".")[2]
    columns = _columns("text", "timestamptz", "boolean", required=" NOT NULL")
    columns.append(f"{_MARK.ljust(_WIDTH)} timestamptz NOT NULL DEFAULT clock_timestamp()")
    partition = _quoted(table + "_default", '"')

    def index(what: str) -> str:
        return _quoted(f"{bare}_{what}", '"')

    return f"""\
-- One row is one event. Rows that repeat an event_id count once, the first that came: writers
-- may send again what they are not sure to have sent.
CREATE TABLE {name} (
{_listed(columns)}
) PARTITION BY RANGE ({_MARK});

-- A month is one partition; make the next ones in time (pg_partman does), and drop old ones whole.
-- What no other partition takes stands here.
CREATE TABLE {partition} PARTITION OF {name} DEFAULT;

-- A look at the table reads what has come since the last one, by its time of arrival ...
CREATE INDEX {index("arrival")} ON {name} ({_MARK});
-- ... and asks for each of these few rows whether its event came before.
CREATE INDEX {index("event")} ON {name} (event_id);

-- The report needs this and no more:
-- GRANT SELECT ON {name} TO the_role_of_the_report;
"""


def _clickhouse(table: str) -> str:
    name = _quoted(table, "`")
    columns = _columns("String", "DateTime64(6, 'UTC')", "Nullable(Bool)")
    few = {"campaign_id", "channel", "event_type", "bounce_type", "domain", "platform", "reason"}
    listed = []
    for column, line in zip(COLUMNS, columns, strict=True):
        kind = line.split(maxsplit=1)[1]
        if kind == "String":
            kind = "String" if column in _REQUIRED else "Nullable(String)"
            kind = f"LowCardinality({kind})" if column in few else kind
        listed.append(f"{column.ljust(_WIDTH)} {kind}")
    listed.append(f"{_MARK.ljust(_WIDTH)} DateTime64(6, 'UTC') DEFAULT now64(6)")
    per_minute = _quoted(table + "_per_minute", "`")
    view = _quoted(table + "_to_per_minute", "`")
    return f"""\
-- One row is one event; rows that repeat an event_id count once.
CREATE TABLE {name} (
{_listed(listed)}
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (campaign_id, timestamp, event_id);

ALTER TABLE {name} ADD INDEX arrival {_MARK} TYPE minmax GRANULARITY 1;

-- The counts of each minute, kept as rows come. Repeats are in them: for a look at trends without
-- reading events, not for the report.
CREATE TABLE {per_minute} (
    minute         DateTime('UTC'),
    campaign_id    LowCardinality(String),
    message_id     String,
    channel        LowCardinality(String),
    event_type     LowCardinality(String),
    events         SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (campaign_id, minute, message_id, channel, event_type);

CREATE MATERIALIZED VIEW {view} TO {per_minute} AS
SELECT toStartOfMinute(timestamp) AS minute, campaign_id, message_id, channel, event_type,
       count() AS events
FROM {name}
GROUP BY minute, campaign_id, message_id, channel, event_type;
"""


def _spark(table: str) -> str:
    name = _quoted(table, "`")
    columns = _columns("STRING", "TIMESTAMP", "BOOLEAN")
    columns += [f"{_MARK.ljust(_WIDTH)} TIMESTAMP", f"{'arrived_on'.ljust(_WIDTH)} DATE"]
    return f"""\
-- One row is one event; rows that repeat an event_id count once. Writers set {_MARK} to the time
-- they write at, and arrived_on to its day: a look at what is new opens the files of the last days
-- alone. Delta and Iceberg tables take the same columns.
CREATE TABLE {name} (
{_listed(columns)}
)
USING parquet
PARTITIONED BY (arrived_on);
"""


SCHEMAS: Final[Mapping[str, Callable[[str], str]]] = {
    "postgresql": _postgresql,
    "clickhouse": _clickhouse,
    "spark": _spark,
}
"""Engine → what prints its table."""
