"""The rollup as one Ibis expression: an engine counts, and what travels is the counts.

One statement answers everything, so that its parts are of one instant. Its rows are of
several kinds (:class:`What`) in the columns :data:`COLUMNS`; what a kind leaves unused is null.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import ENTRY_EVENTS
from campaign_live_widgets.engine.aggregates.event_kinds import packed_kinds
from campaign_live_widgets.engine.dimensions import BY_VALUE, QUESTIONS, REASONED
from campaign_live_widgets.engine.pushdown.answer import (
    ACCEPTED,
    COLUMN_TYPES,
    IGNORED,
    REJECTED,
    RowKind,
)
from campaign_live_widgets.engine.pushdown.connections.base import near
from campaign_live_widgets.engine.pushdown.expressions import minute, packed, where
from campaign_live_widgets.engine.pushdown.placeholders import (
    NOW,
    SINCE,
    UNTIL,
    placeholder,
    unique_name,
)
from campaign_live_widgets.sources import EXAMPLES
from campaign_live_widgets.sources.tables.canonical import CAUSE, NO_EVENT, RAW_ID, WATERMARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.engine.pushdown.hashing import Hashes

    Table = Any
    Column = Any


_ROWS: Final = "clw_rows"
_FRESH: Final = "clw_fresh"
_OF_EVERY_CAMPAIGN: Final = ("campaign_id", "campaign_name", "timestamp", CAUSE, "pending")
_OF_THIS_CAMPAIGN: Final = ("message_id", "message_name", "execution_id", "channel", *BY_VALUE)
"""Columns that are needed of the counted campaign only."""
_IN_ORDER: Final = (
    *(
        WATERMARK,
        "timestamp",
        "campaign_id",
        "message_id",
        "execution_id",
        "profile_id",
        "event_type",
    ),
    *("channel", "bounce_type", *BY_VALUE, "is_test", "is_async"),
)
"""The order of rows with the same id: by arrival, then any order that does not change."""


@dataclass(frozen=True, slots=True)
class TableQuery:
    """A table, and the questions that its statements answer.

    Attributes
    ----------
    events : callable
        Turns the table, or some of its rows, into canonical events; see
        :func:`~campaign_live_widgets.sources.tables.canonical.canonical`.
    table : ibis table
        As it is in the database.
    watermark : str or None
        Path of its watermark column.
    hashes : callable
        Returns two halves of a text's hash, as the engine computes them.
    distinct : bool
        Whether the database guarantees that each event id occurs once.
    window : tuple of int, optional
        The one window that will be asked for, in minutes; *bucket* is the width of its points.
    ignores : bool
        Whether some rows have no event; see
        :class:`~campaign_live_widgets.sources.tables.registry.RowFormat`.
    day : str or None
        The column that contains the day of the watermark.
    by_index : bool
        Whether rows can be read again at little cost, with the same result.
    """

    events: Callable[[Table], Table]
    table: Table
    watermark: str | None
    hashes: Hashes
    distinct: bool
    window: tuple[int, int] | None = None
    bucket: int = 1
    ignores: bool = False
    day: str | None = None
    by_index: bool = True


class StatementBuilder:
    """Builds the statements for one table.

    *sql_of* compiles an expression to the engine's SQL. *keep* is SQL that makes the engine
    evaluate a subquery ``{}`` once although it is used several times.
    """

    def __init__(
        self, query: TableQuery, sql_of: Callable[[Table], str], keep: str = "({})"
    ) -> None:
        self._query, self._sql_of, self._keep = query, sql_of, keep

    def newest(self) -> str:
        """Return the statement for each campaign's id and its newest event up to ``clw_now()``."""
        good = _accepted(self._query.events(self._query.table))
        past = good.timestamp <= placeholder(NOW, good.timestamp)
        newest = good.timestamp.max(where=past)
        return self._sql_of(good.group_by("campaign_id").aggregate(newest=newest))

    def row_count(self, campaign: str) -> str:
        """Return the statement for the number of rows from ``clw_since()`` on.

        A row counts once for each of its events, and once if it has none.
        """
        recent = self._recent(campaign)
        recent = self._query.events(recent) if self._query.ignores else recent
        return self._sql_of(recent.aggregate(n=recent.count()))

    def rollup(self, campaign: str, *, since: bool, until: bool, follow: bool) -> str:
        """Return the statement for the whole rollup.

        Parameters
        ----------
        since : bool
            Only of rows from ``clw_since()`` on whose events are not in earlier rows.
        until : bool
            Whether rows before ``clw_until()`` are stable, and the others pending.
        follow : bool
            Without *until*: whether all rows are pending.
        """
        import ibis

        all_rows = self._rows(campaign, since=since, until=until, follow=follow)
        rows = ibis.table(all_rows.schema(), name=_ROWS)
        all_fresh = self._new_events(rows, campaign if since else None)
        fresh = ibis.table(all_fresh.schema(), name=_FRESH)
        of_campaign = fresh.filter(fresh.campaign_id == campaign)
        answer = ibis.union(
            *self._cells(of_campaign),
            self._names(fresh),
            _times(fresh, campaign),
            self._entries(of_campaign),
            _tally(rows, ignores=self._query.ignores),
            _examples(rows, ignores=self._query.ignores),
        )
        named = ", ".join(
            f"{name} AS {self._keep.format(self._sql_of(segment))}"
            for name, segment in ((_ROWS, all_rows), (_FRESH, all_fresh))
        )
        return f"WITH {named} SELECT * FROM ({self._sql_of(answer)}) AS answer"

    def _rows(self, campaign: str, *, since: bool, until: bool, follow: bool) -> Table:
        """Return the rows to count, with the columns that are needed.

        ``rank`` is 0 for the first row of each event id.
        """
        import ibis

        table = self._query.table
        if since:
            # Filtered before rows become events, so that the engine can use an index.
            table = self._recent(campaign)

        def rows_of(table: Table) -> Table:
            rows = self._query.events(table)
            pending = ibis.literal(follow)
            if until:
                stable = rows[WATERMARK] < placeholder(
                    unique_name(UNTIL, campaign), rows[WATERMARK]
                )
                pending = rows[WATERMARK].isnull() | ~stable
            return rows.mutate(pending=pending)

        with_ids = since and not self._query.distinct
        counted = partial(self._counted, campaign, with_ids=with_ids)
        rows = rows_of(table)
        if self._query.distinct:
            return counted(rows, ibis.literal(0))
        if since or not self._query.by_index:
            return counted(rows, _rank(rows))
        # Few ids occur twice: sorting only their rows avoids a sort of the whole table. Views,
        # because engines materialize an expression that is used twice.
        ids = self._query.events(table.view()).select(RAW_ID)
        ids = ids.group_by(RAW_ID).aggregate(n=ids.count())
        repeated = ids.filter(ids.n > 1).select(RAW_ID)
        once = rows.anti_join(repeated, RAW_ID)
        several = rows_of(table.view()).semi_join(repeated, RAW_ID)
        return ibis.union(
            counted(once, ibis.literal(0, "int64")),
            counted(several, _rank(several)),
        )

    def _counted(self, campaign: str, rows: Table, rank: Column, *, with_ids: bool) -> Table:
        """Return the columns to count, and the *rank* of each row among those with the same id.

        Of other campaigns' rows most columns are null, so that engines neither compute nor
        store them. *with_ids* includes the ids of accepted rows.
        """
        high, low = self._query.hashes(rows.profile_id)
        of_campaign = {name: rows[name] for name in _OF_THIS_CAMPAIGN} | {
            "event_kind": packed(rows),
            "minute": minute(rows.timestamp),
            "is_test": rows.is_test.fill_null(False),  # noqa: FBT003 - the value that fills
        }
        enters = rows.event_type.isin(ENTRY_EVENTS)
        entry = {"high": high, "low": low}
        named = {RAW_ID: rows[RAW_ID], WATERMARK: rows[WATERMARK]}
        is_own = rows.campaign_id == campaign
        return rows.select(
            *_OF_EVERY_CAMPAIGN,
            rank=rank,
            **{name: _only(is_own, column) for name, column in of_campaign.items()},
            **{name: _only(is_own & enters, column) for name, column in entry.items()},
            **{
                name: column if with_ids else _only(rows[CAUSE].notnull(), column)
                for name, column in named.items()
            },
        )

    def _recent(self, campaign: str) -> Table:
        """Return the table's rows from ``clw_since()`` on, and those without a watermark."""
        table = self._query.table
        watermark = table[self._query.watermark]
        first = placeholder(unique_name(SINCE, campaign), watermark)
        recent = watermark >= first
        table = table.filter(recent | watermark.isnull() if watermark.type().nullable else recent)
        if self._query.day:
            table = table.filter(near(table[self._query.day], first.date()))
        return table

    def _new_events(self, rows: Table, since: str | None) -> Table:
        """Return the events to count: the first row of each id that no earlier row has.

        *since* is the campaign, if the rows before ``clw_since()`` have been counted.
        """
        fresh = rows.filter(rows[CAUSE].isnull(), rows.rank == 0)
        if since is not None and not self._query.distinct:
            old = self._query.table.view()
            watermark = old[self._query.watermark]
            before = old.filter(watermark < placeholder(unique_name(SINCE, since), watermark))
            fresh = fresh.anti_join(_accepted(self._query.events(before)), RAW_ID)
        # By name: ``drop`` has no fixed order, and equal rollups would compile to different SQL.
        helpers = ("rank", CAUSE, RAW_ID, WATERMARK)
        return fresh.select(*(name for name in fresh.columns if name not in helpers))

    def _cells(self, of_campaign: Table) -> list[Table]:
        """Return the cells of each dimension."""
        slot: dict[str, Column] = {"minute": of_campaign.minute}
        if self._query.window is not None:
            start, end = self._query.window
            of_campaign = of_campaign.filter(of_campaign.minute >= start, of_campaign.minute < end)
            first = (of_campaign.minute // self._query.bucket * self._query.bucket).cast("int64")
            slot = {"minute": first.clip(lower=start)}
        cells = []
        for number, dimension in enumerate(QUESTIONS):
            events, keys = of_campaign, {"event_kind": of_campaign.event_kind}
            segment = {
                "message_id": of_campaign.message_id,
                "execution_id": of_campaign.execution_id,
            }
            if dimension == QUESTIONS[0]:
                keys |= {**segment, **slot}
            else:
                if dimension == "reason":
                    events = of_campaign.filter(of_campaign.event_kind.isin(packed_kinds(REASONED)))
                keys |= {"value": of_campaign[dimension]}
                if self._query.window is None:
                    keys |= {**segment, **slot}
            counted = events.group_by("pending", **keys).aggregate(total=events.count())
            cells.append(_answer_rows(counted, RowKind.CELL + number))
        return cells

    @staticmethod
    def _names(fresh: Table) -> Table:
        """Return names and numbers of events; of other campaigns without their messages."""
        counted = fresh.group_by(
            "pending",
            "campaign_id",
            "campaign_name",
            "message_id",
            "message_name",
            "execution_id",
            "channel",
        ).aggregate(
            total=fresh.count(),
            first_time=fresh.timestamp.min(),
            last_time=fresh.timestamp.max(),
        )
        return _answer_rows(counted, RowKind.NAME)

    def _entries(self, of_campaign: Table) -> Table:
        """Return the entries of profiles or, for one window, the number of profiles."""
        import ibis

        of_campaign = of_campaign.filter(of_campaign.high.notnull())
        if self._query.window is None:
            entries = of_campaign.select(
                "pending",
                "minute",
                "high",
                "low",
                "message_id",
                "execution_id",
                flag=of_campaign.is_test,
            ).distinct()
            return _answer_rows(entries, RowKind.ENTRY)
        start, end = self._query.window
        inside = of_campaign.filter(of_campaign.minute >= start, of_campaign.minute < end)
        profiles = inside.group_by("high", "low").aggregate(all_tests=inside.is_test.min())
        entered = profiles.group_by(flag=profiles.all_tests).aggregate(total=profiles.count())
        entered = entered.mutate(pending=ibis.literal(False))  # noqa: FBT003
        return _answer_rows(entered, RowKind.ENTERED)


def _times(fresh: Table, campaign: str) -> Table:
    """Return when events happened: after now each time, before it each minute or campaign.

    The minute is known of the campaign that is counted, and of no other.
    """
    is_ahead = fresh.timestamp > placeholder(unique_name(NOW, campaign), fresh.timestamp)
    counted = fresh.group_by(
        "pending",
        "campaign_id",
        flag=is_ahead,
        minute=_only(~is_ahead, fresh.minute),
        first_time=_only(is_ahead, fresh.timestamp),
    ).aggregate(total=fresh.count(), last_time=fresh.timestamp.max())
    return _answer_rows(counted, RowKind.TIME)


def _only(condition: Column, column: Column) -> Column:
    """Return a column's value where a condition holds, else null."""
    import ibis

    return where(condition, ibis.null(column.type().copy(nullable=True)), column)


def _rank(rows: Table) -> Column:
    """Return the rank of each row among those with the same id, in order of arrival."""
    import ibis

    order = [rows[column].asc(nulls_first=False) for column in _IN_ORDER]
    same = ibis.window(group_by=[rows[CAUSE].isnull(), rows.event_id], order_by=order)
    return ibis.row_number().over(same)


def _accepted(rows: Table) -> Table:
    return rows.filter(rows[CAUSE].isnull())


def _tally(rows: Table, *, ignores: bool) -> Table:
    """Return how many rows are accepted, rejected and ignored."""
    import ibis

    branches = [(rows[CAUSE].isnull(), ACCEPTED)]
    if ignores:
        branches.append((rows[CAUSE] == NO_EVENT, IGNORED))
    status = ibis.cases(*branches, else_=REJECTED)
    counted = rows.group_by("pending", value=status).aggregate(total=rows.count())
    return _answer_rows(counted, RowKind.ROWS)


def _examples(rows: Table, *, ignores: bool) -> Table:
    """Return the first rejected rows."""
    rejected = rows.filter(rows[CAUSE] != NO_EVENT if ignores else rows[CAUSE].notnull())
    order = [rejected[column].asc(nulls_first=False) for column in (WATERMARK, RAW_ID)]
    first = rejected.order_by(order).limit(EXAMPLES)
    examples = first.select("pending", value=first[RAW_ID].cast("string"), cause=first[CAUSE])
    return _answer_rows(examples, RowKind.REJECT)


def _answer_rows(table: Table, row_kind: int) -> Table:
    """Return a table with all columns of :class:`~.answer.AnswerRow`, null where it has none."""
    import ibis

    table = table.mutate(row_kind=ibis.literal(int(row_kind)))
    columns: dict[str, Column] = {}
    for name, kind in COLUMN_TYPES.items():
        column = table[name] if name in table.columns else ibis.null(kind)
        columns[name] = column if column.type() == ibis.dtype(kind) else column.cast(kind)
    return table.select(**columns)
