"""The one statement that counts a whole table, for engines without transactions.

There the statements of :mod:`.full_read` would each see another list of files. So their parts
become one answer, over relations that the engine evaluates once:

=============  ===================================================================================
relation       its rows
=============  ===================================================================================
``_ROWS``      all rows, with the columns that are counted; of other campaigns' rows and of rejected
               ones only those for names and health. They are divided by the hashes of their ids
``_AGAIN``     hashes of ids that occur more than once
``LATER``      numbers of the rows whose event is in an earlier row: the exact rule is applied to
               the few rows of these hashes
=============  ===================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from campaign_live_widgets.engine.pushdown.expressions import only
from campaign_live_widgets.engine.pushdown.full_read import ID_HASH, RANK, FullReadBuilder
from campaign_live_widgets.engine.pushdown.order import IN_ORDER, rank
from campaign_live_widgets.engine.pushdown.relations import DIVIDED
from campaign_live_widgets.sources.tables.canonical import CAUSE, WATERMARK

if TYPE_CHECKING:
    Table = Any

PART: Final = "part"
"""The column of the answer that holds the place of a row's part."""
_ROWS: Final = "clw_rows"
_AGAIN: Final = f"{DIVIDED}again"
LATER: Final = f"{DIVIDED}later"
NUMBER: Final = "row_number"
_OWN: Final = "own"
_OF_ALL: Final = ("event_id", "timestamp", "campaign_id", "campaign_name", CAUSE)
"""Columns that are needed of all campaigns, and the watermark."""


class FullStatement(NamedTuple):
    """A statement, the columns of its answer, and those of each part, as Ibis schemas."""

    sql: str
    schema: Any
    parts: dict[str, Any]


class FullStatementBuilder(FullReadBuilder):
    """Builds the one statement; see :class:`FullReadBuilder`."""

    def together(self, keep: str) -> FullStatement:
        """Return the statement for all parts.

        *keep* is SQL that makes the engine evaluate the subquery ``{rows}`` once, divide its rows
        by the column ``{by}`` and number them in a column ``{number}``.
        """
        import ibis

        narrow = self._narrow()
        rows = ibis.table({**narrow.schema(), NUMBER: "int64"}, name=_ROWS)
        relations = {_ROWS: keep.format(rows=self._sql_of(narrow), by=ID_HASH, number=NUMBER)}
        for name, relation in self._later(rows).items():
            relations[name] = self._sql_of(relation)
        numbers = ibis.table({"later_hash": "int64", "later": "int64"}, name=LATER)
        is_later = [rows[ID_HASH] == numbers.later_hash, rows[NUMBER] == numbers.later]
        ranked = rows.left_join(numbers, is_later).unpack(_OWN)
        ranked = ranked.mutate(**{RANK: ibis.ifelse(ranked.later.isnull(), 0, 1)})
        parts = self.parts_of(ranked)
        answer = _united(list(parts.values()))
        named = ", ".join(f"{name} AS ({sql})" for name, sql in relations.items())
        sql = f"WITH {named} SELECT * FROM ({self._sql_of(answer)}) AS answer"
        schemas = {name: part.schema() for name, part in parts.items()}
        return FullStatement(sql, answer.schema(), schemas)

    def _later(self, rows: Table) -> dict[str, Table]:
        """Return the relation of the rows whose event is in an earlier one, and what it needs."""
        import ibis

        events = rows.filter(rows[CAUSE].isnull())
        ids = events.group_by(ID_HASH).aggregate(n=events.count())
        again = ids.filter(ids.n > 1).select(ID_HASH)
        several = events.semi_join(ibis.table(again.schema(), name=_AGAIN), ID_HASH).unpack(_OWN)
        several = several.mutate(**{RANK: rank(several)})
        later = several.filter(several[RANK] > 0)
        return {_AGAIN: again, LATER: numbered(later)}

    def _narrow(self) -> Table:
        """Return all rows with what is counted of them; ``own`` is null for other campaigns."""
        import ibis

        rows = self._hashed(self._events())
        own = {name: rows[name] for name in (*IN_ORDER, "message_name") if name not in _OF_ALL}
        mark = own.pop(WATERMARK)
        is_own = rows[CAUSE].isnull() & self._is_own(rows)
        return rows.select(
            ID_HASH,
            *_OF_ALL,
            **{WATERMARK: mark, _OWN: only(is_own, ibis.struct(own))},
        )


def numbered(rows: Table) -> Table:
    """Return the hash and the number of each row, as :data:`LATER` has them."""
    return rows.select(later_hash=rows[ID_HASH], later=rows[NUMBER])


def _united(parts: list[Table]) -> Table:
    """Return the rows of all parts with the columns of all, null where a part has none."""
    import ibis

    kinds = {
        name: kind.copy(nullable=True) for part in parts for name, kind in part.schema().items()
    }
    return ibis.union(
        *(
            part.select(
                **{PART: ibis.literal(place, "int64")},
                **{
                    name: part[name].cast(kind) if name in part.columns else ibis.null(kind)
                    for name, kind in kinds.items()
                },
            )
            for place, part in enumerate(parts)
        )
    )
