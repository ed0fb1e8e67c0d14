"""What a batch is filled with, as statements of Spark.

The rows of all campaigns are counted by the same expressions as in :mod:`...full_statement`; what
an earlier row has is found as a refresh finds it, in :mod:`...statement`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.engine.pushdown.connections.base import near
from campaign_live_widgets.engine.pushdown.full_read import AHEAD, ID_HASH
from campaign_live_widgets.engine.pushdown.full_statement import (
    LATER,
    PART,
    FullStatementBuilder,
    numbered,
)
from campaign_live_widgets.engine.pushdown.kept.spark.tables import (
    BATCH,
    COUNTS,
    EXAMPLES,
    KINDS,
    PLACES,
    SQL,
    SparkTables,
)
from campaign_live_widgets.engine.pushdown.order import first_rejected
from campaign_live_widgets.engine.pushdown.placeholders import SINCE, UNTIL, placeholder
from campaign_live_widgets.engine.pushdown.relations import COPIED
from campaign_live_widgets.engine.pushdown.statement import Size
from campaign_live_widgets.sources import EXAMPLES as FEW
from campaign_live_widgets.sources.tables.canonical import CAUSE, RAW_ID, WATERMARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.engine.pushdown.table_query import TableQuery

    Table = Any
    Column = Any

_SUMS: Final = ("counted", "repeated", "rejected", "ignored", "past", "total")
_FIRST: Final = ("first_time",)
_LAST: Final = ("last_time", "last_past")


class BatchBuilder(FullStatementBuilder):
    """Builds the statements for rows of all campaigns before ``clw_until()``.

    Parameters
    ----------
    query : TableQuery
        The table, and what is asked.
    sql_of : callable
        Compiles an expression to the engine's SQL.
    size : Size or None
        Only rows from ``clw_since()`` on, of which there are this many; an event that an earlier
        row has is not counted again. None: all rows.
    """

    _apart = ("campaign_id",)

    def __init__(
        self, query: TableQuery, sql_of: Callable[[Table], str], size: Size | None
    ) -> None:
        super().__init__(query, sql_of, "", until=True)
        self._since = size is not None
        self._way = "clw_" if size in (None, Size.MANY) else COPIED

    def rows_since(self) -> str:
        """Return the statement for the number of rows from ``clw_since()`` to ``clw_until()``."""
        table = self._new(self._query.table)
        watermark = table[self._query.watermark]
        table = table.filter(watermark < placeholder(UNTIL, watermark))
        return self._sql_of(table.aggregate(n=table.count()))

    def numbered_examples(self) -> str:
        """Return the statement for the first rejected rows, and their places."""
        import ibis

        rows = self._events()
        first = first_rejected(rows, ignores=self._query.ignores)
        order = [first[column].asc(nulls_first=False) for column in (WATERMARK, RAW_ID)]
        place = (ibis.row_number() + 1).over(ibis.window(order_by=order))
        return self._sql_of(
            first.select(id=first[RAW_ID].cast("string"), cause=first[CAUSE], place=place)
        )

    def _is_own(self, rows: Table) -> Column:  # noqa: ARG002 - every row is
        import ibis

        return ibis.literal(True)  # noqa: FBT003 - the condition

    def _events(self) -> Table:
        table = self._query.table
        return self._events_of(self._new(table) if self._since else table)

    def _new(self, table: Table) -> Table:
        watermark = table[self._query.watermark]
        since = placeholder(SINCE, watermark)
        table = table.filter(watermark >= since)
        return near(table, self._query.day, since) if self._query.day else table

    def _later(self, rows: Table) -> dict[str, Table]:
        relations = super()._later(rows)
        if not self._since or self._query.distinct:
            return relations
        import ibis

        events = rows.filter(rows[CAUSE].isnull())
        new = events.select(ID_HASH)
        old = self._query.table.view()
        watermark = old[self._query.watermark]
        older = self._hashed(
            self._query.events(old.filter(watermark < placeholder(SINCE, watermark)))
        )
        names = [f"{self._way}{name}" for name in ("new", "known")]
        older = older.semi_join(ibis.table(new.schema(), name=names[0]), ID_HASH)
        # By chance, so that engines look for the ids first, and examine only rows that have one.
        is_event = ibis.ifelse(ibis.random() >= 0, older[CAUSE].isnull(), False)  # noqa: FBT003
        known = older.filter(is_event).select(ID_HASH, "event_id")
        known_ids = ibis.table(known.schema(), name=names[1])
        again = numbered(events.semi_join(known_ids, [ID_HASH, "event_id"]))
        later = ibis.union(relations.pop(LATER), again, distinct=True)
        return {**relations, **dict(zip(names, (new, known), strict=True)), LATER: later}


def insertion(tables: SparkTables, batch: str, answer: str, columns: list[str]) -> str:
    """Return the statement that writes an *answer*, with some of the columns, as a batch."""
    listed = ", ".join(
        f"`{name}`" if name in columns else f"CAST(NULL AS {SQL[kind]}) AS `{name}`"
        for name, kind in KINDS.items()
    )
    return (
        f"INSERT OVERWRITE {tables.name(COUNTS)} PARTITION ({BATCH})"
        f" SELECT /*+ REBALANCE */ {listed}, '{batch}' AS {BATCH} FROM ({answer}) AS answer"
        " SORT BY part, campaign_id"
    )


def merger(tables: SparkTables, batch: str, old: tuple[str, ...]) -> str:
    """Return the statement that writes the counts of *old* batches as one batch."""
    alone = {
        # What is not added up, because rows differ in it.
        "last_time": f"CASE WHEN {PART} = {PLACES[AHEAD]} THEN last_time END",
        "total": f"CASE WHEN {PART} = {PLACES[EXAMPLES]} THEN total END",
    }
    functions = {
        **dict.fromkeys(_SUMS, "sum"),
        **dict.fromkeys(_FIRST, "min"),
        **dict.fromkeys(_LAST, "max"),
    }
    keys = [f"`{name}`" for name in KINDS if name not in functions]
    listed = ", ".join(
        f"{functions[name]}(`{name}`) AS `{name}`" if name in functions else f"`{name}`"
        for name in KINDS
    )
    grouped = ", ".join([*keys, *alone.values()])
    answer = f"SELECT {listed} FROM {tables.batches(old)} AS old GROUP BY {grouped}"
    return insertion(tables, batch, answer, list(KINDS))


def more_examples(tables: SparkTables, batch: str, counted: tuple[str, ...], rejected: str) -> str:
    """Return the statement that writes rejected rows as a batch, as long as there are few."""
    earlier = (
        f"(SELECT count(*) FROM {tables.batches(counted)} AS earlier"
        f" WHERE {PART} = {PLACES[EXAMPLES]})"
    )
    answer = (
        f"SELECT {PLACES[EXAMPLES]} AS {PART}, coalesce(id, '') AS id, cause,"
        f" place + {earlier} AS total FROM ({rejected}) AS first"
    )
    limited = f"SELECT * FROM ({answer}) AS more WHERE total <= {FEW}"
    return insertion(tables, batch, limited, [PART, "id", "cause", "total"])
