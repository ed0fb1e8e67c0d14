"""A first look at a table: its whole settled part, counted by several statements at one instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from campaign_live_widgets.engine.pushdown import full_counts
from campaign_live_widgets.engine.pushdown.answer import REJECTED
from campaign_live_widgets.engine.pushdown.connections.base import fetch_all
from campaign_live_widgets.engine.pushdown.full_read import (
    AHEAD,
    DOMAINS,
    ENTRIES,
    REPEATED,
    FullReadBuilder,
    Statement,
)
from campaign_live_widgets.engine.pushdown.full_statement import PART, FullStatementBuilder
from campaign_live_widgets.engine.pushdown.placeholders import fill
from campaign_live_widgets.engine.pushdown.result_rows import RollupDelta
from campaign_live_widgets.io.memory import give_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    import pyarrow as pa

    from campaign_live_widgets.engine.batch_delta import CampaignDelta
    from campaign_live_widgets.engine.pushdown.connections.base import Connection
    from campaign_live_widgets.engine.pushdown.table_query import TableQuery


_IN_BLOCKS: Final = ("messages", DOMAINS, ENTRIES)
"""Parts that are large: they are counted some rows at a time."""

_BETWEEN: Final = 32
"""Blocks after which free memory is given back."""
_Builder = TypeVar("_Builder", bound=FullReadBuilder)


class FullReader:
    """Counts a whole table, or what is before a watermark.

    Parameters
    ----------
    connection : Connection
        It reads in parts, and all statements see one instant.
    query : TableQuery
        The table, and what is asked.
    campaign : str
        The campaign that is counted.
    values : mapping
        Placeholder → SQL literal; with ``clw_until`` only rows before it are counted.
    """

    def __init__(
        self, connection: Connection, query: TableQuery, campaign: str, values: Mapping[str, str]
    ) -> None:
        self._connection, self._query = connection, query
        self._campaign, self._values = campaign, values
        self._until = len(values) > 1
        self._repeated: list[int] = []

    def read(self, add: Callable[[CampaignDelta], None]) -> RollupDelta:
        """Pass what the campaign has to *add*, some at a time; return all but its cells."""
        delta, window = RollupDelta(), self._query.window
        parts = self._together() if self._connection.keep_rows else self._in_turn()
        add_parts(delta, parts, self._campaign, window, add)
        if delta.statuses[REJECTED]:
            examples = self._whole(self._builder(FullReadBuilder).examples()).to_pylist()
            delta.rejects = [(row["id"] or "", row["cause"]) for row in examples]
        give_back()
        return delta

    def _in_turn(self) -> Iterator[tuple[str, pa.Table]]:
        """Yield the parts by a statement each, large ones some rows at a time."""
        builder = self._builder(FullReadBuilder)
        if not self._query.distinct:
            rows = fetch_all(self._connection.rows(self._filled(builder.repeated_ids())))
            self._repeated = [number for (number,) in rows]
        may_be_ahead = True
        for name, statement in builder.statements(repeated=bool(self._repeated)).items():
            if name in _IN_BLOCKS:
                yield from ((name, block) for block in self._blocks(statement))
            elif name != AHEAD or may_be_ahead:
                table = self._whole(statement)
                if name == "rows":
                    may_be_ahead = full_counts.has_events_ahead(table)
                yield name, table

    def _together(self) -> Iterator[tuple[str, pa.Table]]:
        """Yield the parts by one statement, large ones some rows at a time."""
        answer = self._builder(FullStatementBuilder).together(self._connection.keep_rows)
        schemas = {name: arrow_schema(schema) for name, schema in answer.parts.items()}
        yield from divided(self._blocks(Statement(answer.sql, answer.schema)), schemas)

    def _builder(self, kind: type[_Builder]) -> _Builder:
        return kind(self._query, self._connection.statement, self._campaign, until=self._until)

    def _whole(self, statement: Statement) -> pa.Table:
        return _joined(self._blocks(statement), arrow_schema(statement.schema))

    def _blocks(self, statement: Statement) -> Iterator[pa.Table]:
        schema = arrow_schema(statement.schema)
        blocks = self._connection.tables(self._filled(statement.sql), schema)
        for number, block in enumerate(blocks, start=1):
            yield block
            if number % _BETWEEN == 0:
                give_back()  # what is kept lies between what was needed to work it out

    def _filled(self, sql: str) -> str:
        sql = fill(sql, self._campaign, self._values)
        if not self._repeated:
            return sql
        hashes = self._connection.numbers(self._repeated)
        return f"WITH {REPEATED} AS ({hashes}) SELECT * FROM ({sql}) AS answer"


def add_parts(
    delta: RollupDelta,
    parts: Iterable[tuple[str, pa.Table]],
    campaign: str,
    window: tuple[int, int] | None,
    add: Callable[[CampaignDelta], None],
) -> None:
    """Add the parts of an answer to a delta, and pass what the campaign has to *add*."""
    untimed = window[0] if window else 0
    for name, table in parts:
        if name == "rows":
            full_counts.count_outcomes(delta, table, campaign)
        elif name == AHEAD:
            full_counts.count_ahead(delta, table)
        elif name == "messages":
            add(full_counts.count_messages(delta, table, campaign, window))
        elif name == DOMAINS:
            add(full_counts.domains_of(table, untimed))
        elif name == ENTRIES:
            add(full_counts.entries_of(table))
        else:
            delta.entered = full_counts.entered_in_window(table)


def divided(
    blocks: Iterable[pa.Table], schemas: Mapping[str, pa.Schema]
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the parts of one answer, large ones some rows at a time; *schemas* are of each."""
    from pyarrow import compute

    parts: dict[str, list[pa.Table]] = {name: [] for name in schemas}
    for block in blocks:
        for place, (name, schema) in enumerate(schemas.items()):
            part = block.filter(compute.equal(block[PART], place)).select(schema.names)
            if name in _IN_BLOCKS and part.num_rows:
                yield name, part
            elif part.num_rows:
                parts[name].append(part)
    for name, schema in schemas.items():
        if name not in _IN_BLOCKS:
            yield name, _joined(parts[name], schema)


def _joined(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    """Return the rows of all tables; a column has one dictionary."""
    import pyarrow as pa

    none = pa.Table.from_batches([], schema)  # `empty_table` imports pandas
    return pa.concat_tables([none, *tables]).unify_dictionaries()


def arrow_schema(columns: Any) -> pa.Schema:  # noqa: ANN401 - a schema of Ibis
    """Return the columns of an answer; texts are dictionaries.

    Not by Ibis: its own way needs one package more.
    """
    import pyarrow as pa

    def kind_of(kind: Any) -> pa.DataType:  # noqa: ANN401 - a type of Ibis
        if kind.is_timestamp():
            return pa.timestamp("us", kind.timezone)
        if kind.is_string():
            return pa.dictionary(pa.int32(), pa.string())
        return pa.bool_() if kind.is_boolean() else pa.int64()

    return pa.schema([(name, kind_of(kind)) for name, kind in columns.items()])
