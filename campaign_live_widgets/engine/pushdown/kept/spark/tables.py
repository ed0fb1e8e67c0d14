"""The two tables of a rollup that Spark keeps beside a table of events.

A table of Parquet has no transactions, but a new folder appears in it at once. So each job writes
its counts as a new *batch*, in one folder, and then a state, in another, that lists the batches
which count. The last state counts, and neither is ever changed.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from campaign_live_widgets.engine.pushdown.full_read import AHEAD, DOMAINS, ENTRIES, Outcome
from campaign_live_widgets.engine.pushdown.kept.tables import STATE, SUFFIX
from campaign_live_widgets.sources.formats.sql import identifier

COUNTS: Final = "counts"
BATCH: Final = "batch"
COMMIT: Final = "commit_id"
"""The columns by which the tables are partitioned: each value is written once."""
ROWS: Final = "rows"
MESSAGES: Final = "messages"
EXAMPLES: Final = "examples"
ADDED: Final = "detail"
"""The column that tables of version 2 do not have: it is the last one."""
_TIMES: Final = ("first_time", "last_time", "past", "last_past")
_OF_MESSAGES: Final = ("campaign_id", "message_id", "execution_id", "event_kind", "minute")
PARTS: Final[dict[str, tuple[str, ...]]] = {
    ROWS: ("campaign_id", "campaign_name", *Outcome, *_TIMES),
    AHEAD: ("campaign_id", "last_time", "total"),
    MESSAGES: (*_OF_MESSAGES, "message_name", "reason", "platform", "total", *_TIMES),
    DOMAINS: (*_OF_MESSAGES, "domain", ADDED, "total"),
    ENTRIES: ("campaign_id", "message_id", "execution_id", "minute", "high", "low", "is_test"),
    EXAMPLES: ("id", "cause", "total"),
}
"""The parts of a batch → their columns, as :mod:`...full_read` has them, and the campaign.

The column ``part`` is a part's place in this list. Of an example ``total`` is its place among them.
"""
PLACES: Final = {name: place for place, name in enumerate(PARTS)}
KINDS: Final[dict[str, str]] = {
    "part": "int64",
    **dict.fromkeys(
        (name for columns in PARTS.values() for name in columns if name != ADDED), "string"
    ),
    **dict.fromkeys((*Outcome, "past", "total", "event_kind", "high", "low"), "int64"),
    **dict.fromkeys(("first_time", "last_time", "last_past", "minute"), "timestamp('UTC', 6)"),
    "is_test": "boolean",
    ADDED: "string",
}
"""Column of the table of counts → its type in Ibis."""
SQL: Final = {
    "int64": "BIGINT",
    "string": "STRING",
    "timestamp('UTC', 6)": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
_STATE: Final = {
    "version": "INT",
    "digest": "STRING",
    "cubes": "ARRAY<STRING>",
    "source": "STRING",
    "settled": "STRING",
    "ancient": "BIGINT",
    "past_until": "TIMESTAMP",
    "batches": "ARRAY<STRING>",
    "counted_rows": "BIGINT",
    "refreshed_at": "TIMESTAMP",
}


class SparkTables(NamedTuple):
    """Where the tables of one rollup are.

    Attributes
    ----------
    path : tuple of str
        Catalog and database, as far as they are given, and what the names of the tables begin with.
    """

    path: tuple[str, ...]

    def text(self, part: str) -> str:
        """Return the name of one table, for people."""
        return ".".join(self._name(part))

    def name(self, part: str) -> str:
        """Return the name of one table, for SQL."""
        return identifier(*self._name(part), mark="`")

    def _name(self, part: str) -> tuple[str, ...]:
        return (*self.path[:-1], f"{self.path[-1]}_{part}")

    def batches(self, names: tuple[str, ...]) -> str:
        """Return the counts of some batches, as a relation."""
        listed = ", ".join(map(text_literal, names)) or "''"
        return f"(SELECT * FROM {self.name(COUNTS)} WHERE {BATCH} IN ({listed}))"


def text_literal(text: str) -> str:
    """Return a text as a literal of Spark, where a backslash escapes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def spark_rollup_schema(table: str) -> str:
    """Return the statements that create the tables of a rollup beside a table of events."""
    tables = SparkTables(tuple(f"{table}{SUFFIX}".split(".")))
    parts = ", ".join(f"{place} {name}" for name, place in PLACES.items())
    return f"""\
-- A rollup that Spark keeps beside {table}: reports read these counts, and of the table
-- of events only the rows that are newer. A job fills it, for example every ten minutes:
--     campaign-live rollup 'spark://the_job:env:SPARK_TOKEN@HOST:15002/DATABASE?table={table}' \\
--         --refresh
-- The job reads {table}, and inserts into these tables and drops partitions of them.
-- The report only reads. Without permission for these tables it counts the rows of {table}.

-- What made the rollup, which cubes it has, up to which watermark all rows are counted, and which
-- batches have these counts. The row with the greatest {COMMIT} counts.
CREATE TABLE {tables.name(STATE)} (
{_listed({**_STATE, COMMIT: "STRING"})}
)
USING parquet
PARTITIONED BY ({COMMIT});

-- Counts, and for each entry of a profile the minute and a hash. A row has the columns of its part:
-- {parts}.
CREATE TABLE {tables.name(COUNTS)} (
{_listed({**{name: SQL[kind] for name, kind in KINDS.items()}, BATCH: "STRING"})}
)
USING parquet
PARTITIONED BY ({BATCH});
"""


def _listed(columns: dict[str, str]) -> str:
    width = max(map(len, columns))
    return ",\n".join(f"    {name.ljust(width)} {kind}" for name, kind in columns.items())
