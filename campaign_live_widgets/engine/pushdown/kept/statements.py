"""What the tables of a kept rollup are filled with, as statements of PostgreSQL.

The rows of all campaigns are counted, from one watermark to another, by the same expressions as
in :mod:`..full_read`. The counts of these rows go into temporary tables first, by all that rows
are counted by, and from there into the tables that are kept, where they are added up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import ENTRY_EVENTS
from campaign_live_widgets.engine.aggregates.event_kinds import COUNTED_BY, REASONED
from campaign_live_widgets.engine.pushdown.details import detail
from campaign_live_widgets.engine.pushdown.expressions import minute, only, packed
from campaign_live_widgets.engine.pushdown.full_read import (
    RANK,
    FullReadBuilder,
    Outcome,
    counted_events,
    is_counted,
)
from campaign_live_widgets.engine.pushdown.kept.state import CUBES
from campaign_live_widgets.engine.pushdown.kept.tables import COUNTS, KeptTables
from campaign_live_widgets.engine.pushdown.order import id_columns, rank
from campaign_live_widgets.engine.pushdown.placeholders import SINCE, placeholder
from campaign_live_widgets.sources import EXAMPLES
from campaign_live_widgets.sources.tables.canonical import CAUSE

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.engine.pushdown.table_query import TableQuery

    Table = Any

COUNTED: Final = "clw_counted"
DOMAINS: Final = "clw_domains"
"""Temporary tables of the counts of new rows: by domain and detail, and by all else."""
_VALUES: Final[dict[str, tuple[str, str]]] = {
    "message_id": (COUNTED, "NULL::text"),
    "reason": (COUNTED, "c.reason"),
    "domain": (DOMAINS, "c.domain"),
    "platform": (COUNTED, "c.platform"),
    "detail": (DOMAINS, "c.detail"),
}
"""Cube → the temporary table it comes from, and its value."""
_KINDS: Final = {
    cube: f" WHERE c.event_kind IN ({', '.join(map(str, kinds))})"
    for cube, kinds in COUNTED_BY.items()
}
"""Cube → the condition for the kinds of events that it counts, if it does not count all."""


class KeptRows(FullReadBuilder):
    """Builds the queries for rows of all campaigns before ``clw_until()``.

    Parameters
    ----------
    query : TableQuery
        The table, and what is asked.
    sql_of : callable
        Compiles an expression to the engine's SQL.
    since : bool
        Only rows from ``clw_since()`` on; an event that an earlier row has is not counted again.
    """

    def __init__(
        self, query: TableQuery, sql_of: Callable[[Table], str], *, since: bool = False
    ) -> None:
        super().__init__(query, sql_of, "", until=True)
        self._since = since

    def counted(self, *, repeated: bool) -> str:
        """Return the query for the counts of rows by all but domain and detail."""
        rows = self._rows(repeated=repeated)
        time = only(is_counted(rows), rows.timestamp)
        texts = ("campaign_id", "campaign_name", "message_id", "message_name", "execution_id")
        own = {name: rows[name] for name in (*texts, "channel", "platform")} | {
            "event_kind": packed(rows),
            "minute": minute(rows.timestamp),
            "reason": only(rows.event_type.isin(REASONED), rows.reason),
            "ahead": only(rows.timestamp > self._now(rows.timestamp), rows.timestamp),
        }
        keyed = rows.select(
            outcome=self._outcome(rows),
            **{name: only(is_counted(rows), column) for name, column in own.items()},
            time=time,
        )
        keys = [name for name in keyed.columns if name != "time"]
        return self._sql_of(
            keyed.group_by(keys).aggregate(
                total=keyed.count(), first_time=keyed.time.min(), last_time=keyed.time.max()
            )
        )

    def domains(self, *, repeated: bool) -> str:
        """Return the query for the counts of events by domain and detail."""
        events = counted_events(self._rows(repeated=repeated))
        keyed = events.select(
            *("campaign_id", "message_id", "execution_id", "domain"),
            detail=detail(events),
            event_kind=packed(events),
            minute=minute(events.timestamp),
        )
        return self._sql_of(keyed.group_by(keyed.columns).aggregate(total=keyed.count()))

    def entries(self, *, repeated: bool) -> str:
        """Return the query for the events by which profiles entered."""
        events = counted_events(self._rows(repeated=repeated))
        events = events.filter(events.event_type.isin(ENTRY_EVENTS))
        high, low = self._query.hashes(events.profile_id)
        return self._sql_of(
            events.select(
                *("campaign_id", "message_id", "execution_id"),
                minute=minute(events.timestamp),
                high=high,
                low=low,
                is_test=events.is_test.fill_null(False),  # noqa: FBT003 - the value that fills
            )
        )

    def _events(self) -> Table:
        return self._events_from(self._query.table) if self._since else super()._events()

    def _events_from(self, table: Table) -> Table:
        watermark = table[self._query.watermark]
        return self._events_of(table.filter(watermark >= placeholder(SINCE, watermark)))

    def _rows(self, *, repeated: bool) -> Table:
        if not self._since:
            return super()._rows(repeated=repeated)
        import ibis

        first = ibis.literal(0, "int64")
        if self._query.distinct:
            return self._events().mutate(**{RANK: first})
        # Each use has views of the table: engines store an expression that is used twice.
        same_id = id_columns(self._query)
        new = self._events()
        again = self._events_from(self._query.table.view())
        return ibis.union(
            new.mutate(**{RANK: rank(new).cast("int64")}).anti_join(self._older(), same_id),
            again.mutate(**{RANK: first + 1}).semi_join(self._older(), same_id),
        )

    def _older(self) -> Table:
        """Return the ids of the events before ``clw_since()``."""
        table = self._query.table.view()
        watermark = table[self._query.watermark]
        events = self._query.events(table.filter(watermark < placeholder(SINCE, watermark)))
        return events.filter(events[CAUSE].isnull()).select(*id_columns(self._query))


def additions(tables: KeptTables) -> list[str]:
    """Return the statements that add what is counted to the tables that are kept."""
    name = tables.name
    counted, is_event = f"pg_temp.{COUNTED} AS c", f"c.outcome = '{Outcome.COUNTED}'"
    statements = [
        (
            f"INSERT INTO {name('outcomes')} AS k SELECT c.outcome, sum(c.total) FROM {counted}"
            f" GROUP BY 1 ON CONFLICT ({COUNTS['outcomes'].key})"
            " DO UPDATE SET total = k.total + excluded.total"
        ),
        *_entities(tables, "campaigns", "campaign_id", "campaign_name"),
        *_entities(tables, "names", "campaign_id", "message_id", "message_name", "channel"),
        *_entities(tables, "segments", "campaign_id", "message_id", "execution_id"),
        (
            f"INSERT INTO {name('times')} AS k SELECT c.campaign_id, c.minute, max(c.last_time)"
            f" FROM {counted} WHERE {is_event} AND c.ahead IS NULL GROUP BY 1, 2"
            f" ON CONFLICT ({COUNTS['times'].key}) DO UPDATE"
            " SET last_time = greatest(k.last_time, excluded.last_time)"
        ),
        (
            f"INSERT INTO {name('ahead')} AS k SELECT c.campaign_id, c.ahead, sum(c.total)"
            f" FROM {counted} WHERE {is_event} AND c.ahead IS NOT NULL GROUP BY 1, 2"
            f" ON CONFLICT ({COUNTS['ahead'].key}) DO UPDATE SET total = k.total + excluded.total"
        ),
    ]
    for number, cube in enumerate(CUBES, start=1):
        statements += _cells(tables, number, cube)
    return statements


def _entities(tables: KeptTables, part: str, *keys: str) -> tuple[str, str]:
    """Return the statements that add events by *keys*: to rows that are there, and new ones.

    Not one statement with ``ON CONFLICT``: that would use up a number of a segment each time.
    """
    listed = ", ".join(keys)
    values = ", ".join(_text(key) for key in keys)
    more = (
        f"(SELECT {', '.join(f'{_text(key)} AS {key}' for key in keys)}, sum(c.total) AS total,"
        " min(c.first_time) AS first_time, max(c.last_time) AS last_time"
        f" FROM pg_temp.{COUNTED} AS c WHERE c.outcome = '{Outcome.COUNTED}'"
        f" GROUP BY {values}) AS more"
    )
    name, same = tables.name(part), " AND ".join(f"k.{key} = more.{key}" for key in keys)
    return (
        (
            f"UPDATE {name} AS k SET total = k.total + more.total,"
            " first_time = least(k.first_time, more.first_time),"
            f" last_time = greatest(k.last_time, more.last_time) FROM {more} WHERE {same}"
        ),
        (
            f"INSERT INTO {name} ({listed}, total, first_time, last_time)"
            f" SELECT {listed}, total, first_time, last_time FROM {more}"
            f" WHERE NOT EXISTS (SELECT FROM {name} AS k WHERE {same})"
        ),
    )


def _text(column: str) -> str:
    return f"coalesce(c.{column}, '')"


def _with_segments(tables: KeptTables, rows: str) -> str:
    """Return rows, and the segment *s* of each."""
    return (
        f"{rows} AS c JOIN {tables.name('segments')} AS s ON s.campaign_id = c.campaign_id"
        f" AND s.message_id = c.message_id AND s.execution_id = {_text('execution_id')}"
    )


def _cells(tables: KeptTables, number: int, cube: str) -> tuple[str, str]:
    """Return the statements that add the values and the cells of one cube."""
    source, value = _VALUES[cube]
    values = tables.name("values")
    rows = _with_segments(tables, f"pg_temp.{source}")
    counts = (
        "SELECT s.segment, floor(c.minute / 60.0)::bigint AS hour, c.event_kind,"
        " coalesce(v.value, 0) AS value, c.minute, sum(c.total)::bigint AS total"
        f" FROM {rows} LEFT JOIN {values} AS v ON v.text = {value}"
        f"{_KINDS.get(cube, '')} GROUP BY 1, 2, 3, 4, 5"
    )
    packed_counts = (
        "string_agg(int4send(value) || int2send((minute - hour * 60)::smallint) || int8send(total),"
        " ''::bytea ORDER BY value, minute)"
    )
    return (
        (
            f"INSERT INTO {values} (text) SELECT DISTINCT {value} FROM pg_temp.{source} AS c"
            f" WHERE {value} IS NOT NULL AND NOT EXISTS"
            f" (SELECT FROM {values} AS v WHERE v.text = {value})"
        ),
        (
            f"INSERT INTO {tables.name('cells')} AS k"
            f" SELECT segment, {number}, hour, event_kind, {packed_counts}"
            f" FROM ({counts}) AS one GROUP BY segment, hour, event_kind"
            " ORDER BY segment, hour, event_kind"
            f" ON CONFLICT ({COUNTS['cells'].key})"
            " DO UPDATE SET counts = k.counts || excluded.counts"
        ),
    )


def more_examples(tables: KeptTables, rejected: str) -> str:
    """Return the statement that adds rejected rows as long as there are few."""
    examples = tables.name("examples")
    return (
        f"INSERT INTO {examples} SELECT place, id, cause FROM"
        f" (SELECT (SELECT count(*) FROM {examples}) + row_number() OVER () AS place,"
        f" coalesce(id, '') AS id, cause FROM ({rejected}) AS first) AS more"
        f" WHERE place <= {EXAMPLES}"
    )


def end_of_future(tables: KeptTables, now: str) -> str:
    """Return the statement that moves events that are no longer ahead of *now* to the others."""
    name = tables.name
    return (
        f"WITH past AS (DELETE FROM {name('ahead')} WHERE at <= {now} RETURNING campaign_id, at)"
        f" INSERT INTO {name('times')} AS k"
        " SELECT campaign_id, floor(extract(epoch FROM at) / 60)::bigint, max(at)"
        " FROM past GROUP BY 1, 2 ON CONFLICT (campaign_id, minute) DO UPDATE"
        " SET last_time = greatest(k.last_time, excluded.last_time)"
    )
