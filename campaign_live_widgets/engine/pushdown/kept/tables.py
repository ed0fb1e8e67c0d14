"""The tables of a rollup that PostgreSQL keeps beside a table of events.

Texts that an event does not have are empty in them, never null: so that rows have keys. Times are
``timestamptz``, minutes are counted from the epoch.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.sources.formats.sql import identifier

SUFFIX: Final = "_rollup"
"""Is appended to the name of the table of events: what the names of all its tables begin with."""
_LONGEST: Final = 63
"""Bytes of a name in PostgreSQL."""
_TOTALS: Final = """\
    total bigint NOT NULL,
    first_time timestamptz NOT NULL,
    last_time timestamptz NOT NULL
"""
STATE: Final = "state"
_STATE: Final = """\
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL,
    digest text NOT NULL,
    cubes text[] NOT NULL,
    source regclass NOT NULL,
    settled text NOT NULL,
    ancient bigint NOT NULL,
    past_until timestamptz NOT NULL,
    built text NOT NULL,
    run integer NOT NULL,
    refreshed_at timestamptz NOT NULL DEFAULT clock_timestamp()
"""


class Columns(NamedTuple):
    """The columns of a table of counts.

    Attributes
    ----------
    comment : str
        What the table has.
    columns : str
        As in SQL.
    key : str
        What no two rows have in common, as in SQL; empty if rows may be equal.
    found_by : str
        What rows are found by, where they have no key.
    """

    comment: str
    columns: str
    key: str
    found_by: str = ""


def _hash(column: str) -> str:
    """Return a column of a key that may be longer than an index allows."""
    return f"hashtextextended({column}, 0), hashtextextended({column}, 7)"


COUNTS: Final[dict[str, Columns]] = {
    "outcomes": Columns(
        "How many rows were counted, repeat an event, or were rejected or ignored.",
        """\
    outcome text NOT NULL,
    total bigint NOT NULL
""",
        "outcome",
    ),
    "examples": Columns(
        "The first rejected rows.",
        """\
    place integer NOT NULL,
    id text NOT NULL,
    cause text NOT NULL
""",
        "place",
    ),
    "campaigns": Columns(
        "Events of each campaign, by its name.",
        f"""\
    campaign_id text NOT NULL,
    campaign_name text NOT NULL,
{_TOTALS}""",
        f"campaign_id, {_hash('campaign_name')}",
    ),
    "times": Columns(
        "The last event of each minute.",
        """\
    campaign_id text NOT NULL,
    minute bigint NOT NULL,
    last_time timestamptz NOT NULL
""",
        "campaign_id, minute",
    ),
    "ahead": Columns(
        "Events dated after the time when they were counted; a later refresh moves them to times.",
        """\
    campaign_id text NOT NULL,
    at timestamptz NOT NULL,
    total bigint NOT NULL
""",
        "campaign_id, at",
    ),
    "names": Columns(
        "Events of each message, by its name and channel.",
        f"""\
    campaign_id text NOT NULL,
    message_id text NOT NULL,
    message_name text NOT NULL,
    channel text NOT NULL,
{_TOTALS}""",
        f"campaign_id, message_id, channel, {_hash('message_name')}",
    ),
    "segments": Columns(
        "Events of each message in each execution; the other tables have the segment's number.",
        f"""\
    segment integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    campaign_id text NOT NULL,
    message_id text NOT NULL,
    execution_id text NOT NULL,
{_TOTALS}""",
        "campaign_id, message_id, execution_id",
    ),
    "values": Columns(
        "Reasons, domains, platforms and details by number; 0 is none.",
        """\
    value integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL
""",
        _hash("text"),
    ),
    "cells": Columns(
        "Events by hour and kind of event; cube is a place in the state's list of cubes.\n"
        "-- counts: for each value and minute of the hour, the value (4 bytes), the minute (2)\n"
        "-- and events (8). It may be there several times: its events are added.",
        """\
    segment integer NOT NULL,
    cube smallint NOT NULL,
    hour bigint NOT NULL,
    event_kind smallint NOT NULL,
    counts bytea NOT NULL
""",
        "segment, cube, hour, event_kind",
    ),
    "links": Columns(
        "How many profiles entered in a minute, and in which minute they had entered before.\n"
        "-- tests: what entries by tests change. links: the minute before (8 bytes) and profiles\n"
        "-- (4 bytes). It may be there several times: its numbers are added.",
        """\
    campaign_id text NOT NULL,
    tests boolean NOT NULL,
    minute bigint NOT NULL,
    links bytea NOT NULL
""",
        "campaign_id, tests, minute",
    ),
    "entries": Columns(
        "The minutes in which profiles entered; hashes: 16 bytes for each profile.\n"
        "-- run: of the job that added them.",
        """\
    segment integer NOT NULL,
    minute bigint NOT NULL,
    is_test boolean NOT NULL,
    run integer NOT NULL,
    hashes bytea NOT NULL
""",
        "",
        "segment, minute",
    ),
    "profiles": Columns(
        "The same entries, by the hash of the profile.",
        """\
    high bigint NOT NULL,
    low bigint NOT NULL,
    minute bigint NOT NULL,
    segment integer NOT NULL,
    run integer NOT NULL,
    is_test boolean NOT NULL
""",
        "",
        "high",
    ),
}
"""Table of counts → what it has."""


class KeptTables(NamedTuple):
    """Where the tables of one rollup are.

    Attributes
    ----------
    schema : str
    prefix : str
        What their names begin with.
    """

    schema: str
    prefix: str

    def name(self, part: str) -> str:
        """Return the name of one table, for SQL."""
        return identifier(self.schema, f"{self.prefix}_{part}")

    @property
    def names(self) -> dict[str, str]:
        """Return the names of all tables, for SQL."""
        return {part: self.name(part) for part in (STATE, *COUNTS)}


def rollup_schema(table: str) -> str:
    """Return the statements that create the tables of a rollup beside a table of events.

    Raises
    ------
    UsageError
        If their names would be longer than PostgreSQL allows.
    """
    bare = table.rpartition(".")[2]
    longest = max(len(f"{bare}{SUFFIX}_{part}".encode()) for part in COUNTS)
    if longest > _LONGEST:
        message = (
            f"{table}: the name is too long: with what is appended for a rollup it has {longest} "
            f"bytes, and PostgreSQL allows {_LONGEST}; make a view with a shorter name"
        )
        raise UsageError(message)

    def name(part: str) -> str:
        return identifier(*f"{table}{SUFFIX}_{part}".split("."))

    created = "\n".join(
        f"-- {table.comment}\nCREATE TABLE {name(part)} (\n{table.columns});\n"
        + (f"CREATE UNIQUE INDEX ON {name(part)}\n    ({table.key});" if table.key else "")
        + (f"CREATE INDEX ON {name(part)} ({table.found_by});" if table.found_by else "")
        for part, table in COUNTS.items()
    )
    names = ",\n--     ".join(name(part) for part in (STATE, *COUNTS))
    return f"""\
-- A rollup that the database keeps beside {table}: reports read these counts, and
-- of the table of events only the rows that are newer. A job fills it, for example every minute:
--     campaign-live rollup 'postgresql://the_role_of_the_job@HOST/DATABASE?table={table}' \\
--         --refresh

-- What made the rollup, which cubes it has, and up to which watermark all rows are counted.
CREATE TABLE {name(STATE)} (
{_STATE});
{created}
ALTER TABLE {name("entries")} ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- The job needs SELECT on {table}, TEMPORARY on the database (by default, every role has
-- it), and:
-- GRANT SELECT, INSERT, UPDATE, DELETE ON
--     {names}
--     TO the_role_of_the_job;

-- The report needs SELECT on {table}, and the following. Without these permissions it
-- counts the rows of {table}:
-- GRANT SELECT ON
--     {names}
--     TO the_role_of_the_report;
"""


def temporary(prefix: str) -> tuple[KeptTables, list[str]]:
    """Return temporary tables of counts, and the statements that create them."""
    tables, statements = KeptTables("pg_temp", prefix), []
    for part, (_, columns, key, _) in COUNTS.items():
        created = f"CREATE TEMPORARY TABLE {identifier(f'{prefix}_{part}')} (\n{columns})"
        statements.append(f"{created} ON COMMIT DROP")
        if key:
            statements.append(f"CREATE UNIQUE INDEX ON {tables.name(part)} ({key})")
    return tables, statements
