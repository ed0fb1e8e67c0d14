"""How the job adds the entries of profiles, and their links, to a kept rollup.

An entry that comes between two others of its profile takes their link away and adds two. So of
each profile that entered, what the earlier entries give is compared with what all give, and the
difference is added; see :mod:`~campaign_live_widgets.engine.aggregates.unique_profiles`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.engine.aggregates.links import NEVER

if TYPE_CHECKING:
    from campaign_live_widgets.engine.pushdown.kept.tables import KeptTables

ENTERED: Final = "clw_entered"
"""The temporary table of the entries of new rows."""
HASH_BYTES: Final = 16
"""Bytes of the hash of one profile in the table of entries."""
_CHUNK: Final = 100_000
"""Entries that are in one row at most."""


def entered(tables: KeptTables, entries: str) -> str:
    """Return the query for :data:`ENTERED`; *entries* is one of entries, without segments."""
    return (
        "SELECT s.campaign, s.segment, c.high, c.low, c.minute, c.is_test"
        f" FROM ({entries}) AS c JOIN ({_numbered(tables)}) AS s ON s.campaign_id = c.campaign_id"
        " AND s.message_id = c.message_id AND s.execution_id = coalesce(c.execution_id, '')"
    )


def _numbered(tables: KeptTables) -> str:
    """Return the query for the segments, with a number of the campaign."""
    number = "dense_rank() OVER (ORDER BY campaign_id) AS campaign"
    return f"SELECT *, {number} FROM {tables.name('segments')}"


def more_entries(tables: KeptTables, run: int, *, are_first: bool) -> list[str]:
    """Return the statements that add :data:`ENTERED`, by the run of that number."""
    name, group = tables.name, "segment, minute, is_test"
    return [
        _more_links(tables, are_first=are_first),
        (
            f"INSERT INTO {name('entries')} SELECT {group}, {run},"
            " string_agg(int8send(high) || int8send(low), ''::bytea) FROM"
            f" (SELECT {group}, high, low,"
            f" (row_number() OVER (PARTITION BY {group}) - 1) / {_CHUNK} AS chunk"
            f" FROM pg_temp.{ENTERED}) AS one"
            f" GROUP BY {group}, chunk ORDER BY {group}"
        ),
        (
            f"INSERT INTO {name('profiles')} SELECT DISTINCT high, low, minute, segment, {run},"
            f" is_test FROM pg_temp.{ENTERED} ORDER BY high, low, minute, segment, is_test"
        ),
    ]


def _more_links(tables: KeptTables, *, are_first: bool) -> str:
    """Return the statement that adds what the links change; earlier entries are without the new."""
    numbered, columns = _numbered(tables), "campaign, high, low, minute, is_test"
    # One profile after the other by the index, whatever the planner knows of the table.
    earlier = (
        " UNION ALL SELECT one.campaign, one.high, one.low, p.minute, p.is_test, true"
        f" FROM (SELECT DISTINCT campaign, high, low FROM pg_temp.{ENTERED}) AS one"
        f" CROSS JOIN LATERAL (SELECT segment, minute, is_test FROM {tables.name('profiles')} AS k"
        " WHERE k.high = one.high AND k.low = one.low OFFSET 0) AS p"
        f" JOIN ({numbered}) AS s ON s.segment = p.segment AND s.campaign = one.campaign"
    )
    return (
        f"WITH every AS (SELECT {columns}, false AS is_old FROM pg_temp.{ENTERED}"
        f"{'' if are_first else earlier}),"
        # was: before this run; own: not only by tests.
        " minutes AS (SELECT campaign, high, low, minute, bool_or(is_old) AS was,"
        " bool_or(NOT is_test) AS own, bool_or(is_old AND NOT is_test) AS was_own"
        " FROM every GROUP BY campaign, high, low, minute),"
        " linked AS (SELECT campaign, minute, was, own, was_own, max(minute) OVER w AS before,"
        " max(minute) FILTER (WHERE own) OVER w AS own_before,"
        " max(minute) FILTER (WHERE was) OVER w AS was_before,"
        " max(minute) FILTER (WHERE was_own) OVER w AS was_own_before FROM minutes"
        " WINDOW w AS (PARTITION BY campaign, high, low ORDER BY minute"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),"
        " alike AS (SELECT *, count(*) AS number FROM linked GROUP BY"
        " campaign, minute, was, own, was_own, before, own_before, was_before, was_own_before),"
        f" changes AS (SELECT campaign, tests, minute, coalesce(previous, {NEVER}) AS previous,"
        " sum(sign * number)::integer AS total FROM alike CROSS JOIN LATERAL (VALUES"
        " (false, own_before, 1, own), (false, was_own_before, -1, was_own),"
        " (true, before, 1, true), (true, own_before, -1, own),"
        " (true, was_before, -1, was), (true, was_own_before, 1, was_own))"
        " AS link (tests, previous, sign, is_there) WHERE is_there"
        " GROUP BY campaign, tests, minute, previous HAVING sum(sign * number) <> 0)"
        f" INSERT INTO {tables.name('links')} AS k SELECT s.campaign_id, tests, minute,"
        " string_agg(int8send(previous) || int4send(total), ''::bytea ORDER BY previous)"
        f" FROM changes JOIN (SELECT DISTINCT campaign, campaign_id FROM ({numbered}) AS one) AS s"
        " USING (campaign) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        " ON CONFLICT (campaign_id, tests, minute) DO UPDATE SET links = k.links || excluded.links"
    )
