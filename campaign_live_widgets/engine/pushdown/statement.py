"""The rollup as one Ibis expression: an engine counts, and what travels is the counts.

One statement answers everything, so that its parts are of one instant. Its rows are of
several kinds (:class:`What`) in the columns :data:`COLUMNS`; what a kind leaves unused is null.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import ENTRY_EVENTS
from campaign_live_widgets.engine.aggregates.event_kinds import COUNTED_BY
from campaign_live_widgets.engine.dimensions import BY_VALUE, QUESTIONS
from campaign_live_widgets.engine.pushdown.answer import (
    ACCEPTED,
    COLUMN_TYPES,
    IGNORED,
    REJECTED,
    RowKind,
)
from campaign_live_widgets.engine.pushdown.connections.base import near
from campaign_live_widgets.engine.pushdown.details import DETAIL, detail
from campaign_live_widgets.engine.pushdown.expressions import minute, only, packed
from campaign_live_widgets.engine.pushdown.order import first_rejected, id_columns, rank
from campaign_live_widgets.engine.pushdown.placeholders import (
    NOW,
    SINCE,
    UNTIL,
    placeholder,
    unique_name,
)
from campaign_live_widgets.engine.pushdown.relations import COPIED
from campaign_live_widgets.sources.tables.canonical import CAUSE, NO_EVENT, RAW_ID, WATERMARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.engine.pushdown.connections.base import Connection
    from campaign_live_widgets.engine.pushdown.table_query import TableQuery

    Table = Any
    Column = Any


_ROWS: Final = "clw_rows"
_FRESH: Final = "clw_fresh"
_NEW: Final = f"{COPIED}new"
_KNOWN: Final = f"{COPIED}known"
_OF_EVERY_CAMPAIGN: Final = ("campaign_id", "campaign_name", "timestamp", CAUSE, "pending")
_OF_THIS_CAMPAIGN: Final = (
    *("message_id", "message_name", "execution_id", "channel"),
    *(name for name in BY_VALUE if name != DETAIL),
)
"""Columns that are needed of the counted campaign only."""


class Size(Enum):
    """How many rows a refresh reads, of an engine without an index."""

    FEW = 50_000
    """Up to this number, one worker counts them quicker than many do."""
    SOME = 2_000_000
    """Up to this number, their ids are copied to all workers."""
    MANY = None
    """More, or an unknown number."""

    @classmethod
    def of(cls, rows: int | None) -> Size:
        """Return the size of a number of rows."""
        fits = (size for size in (cls.FEW, cls.SOME) if rows is not None and rows <= size.value)
        return next(fits, cls.MANY)


class StatementBuilder:
    """Builds the statements for one table.

    *sql_of* compiles an expression to the engine's SQL. *keep* is SQL that makes the engine
    evaluate a subquery ``{}`` once although it is used several times; *keep_few* is the same where
    few rows are read.
    """

    def __init__(
        self,
        query: TableQuery,
        sql_of: Callable[[Table], str],
        keep: str = "({})",
        keep_few: str | None = None,
    ) -> None:
        self.query, self._sql_of = query, sql_of
        self._keeps = (keep, keep_few or keep)
        self._id = id_columns(query)

    @classmethod
    def of(cls, connection: Connection, query: TableQuery) -> StatementBuilder:
        """Return a builder for the table of a connection."""
        return cls(query, connection.statement, connection.keep, connection.keep_few)

    def newest(self, *, since: bool = False) -> str:
        """Return the statement for each campaign's id and its newest event up to ``clw_now()``.

        *since*: only of rows from ``clw_since()`` on.
        """
        good = _accepted(self.query.events(self._recent("") if since else self.query.table))
        past = good.timestamp <= placeholder(NOW, good.timestamp)
        newest = good.timestamp.max(where=past)
        return self._sql_of(good.group_by("campaign_id").aggregate(newest=newest))

    def row_count(self, campaign: str) -> str:
        """Return the statement for the number of rows from ``clw_since()`` on.

        A row counts once for each of its events, and once if it has none.
        """
        recent = self._recent(campaign)
        recent = self.query.events(recent) if self.query.ignores else recent
        return self._sql_of(recent.aggregate(n=recent.count()))

    def rollup(
        self, campaign: str, *, since: bool, until: bool, follow: bool, size: Size | None = None
    ) -> str:
        """Return the statement for the whole rollup.

        Parameters
        ----------
        since : bool
            Only of rows from ``clw_since()`` on whose events are not in earlier rows.
        until : bool
            Whether rows before ``clw_until()`` are stable, and the others pending.
        follow : bool
            Without *until*: whether all rows are pending.
        size : Size
            How many rows there are.
        """
        import ibis

        size = size or Size.MANY
        keep = self._keeps[size == Size.FEW]
        all_rows = self._rows(campaign, since=since, until=until, follow=follow)
        rows = ibis.table(all_rows.schema(), name=_ROWS)
        relations = {_ROWS: keep.format(self._sql_of(all_rows))}
        copies = since and size != Size.MANY and self.query.copies_few and not self.query.distinct
        if copies:
            relations |= self._known_ids(rows, campaign)
        all_fresh = self._new_events(rows, campaign if since else None, copies=copies)
        relations[_FRESH] = keep.format(self._sql_of(all_fresh))
        fresh = ibis.table(all_fresh.schema(), name=_FRESH)
        of_campaign = fresh.filter(fresh.campaign_id == campaign)
        answer = ibis.union(
            *self._cells(of_campaign),
            self._names(fresh),
            _times(fresh, campaign),
            self._entries(of_campaign),
            _tally(rows, ignores=self.query.ignores),
            _examples(rows, ignores=self.query.ignores),
        )
        named = ", ".join(f"{name} AS {relation}" for name, relation in relations.items())
        return f"WITH {named} SELECT * FROM ({self._sql_of(answer)}) AS answer"

    def _rows(self, campaign: str, *, since: bool, until: bool, follow: bool) -> Table:
        """Return the rows to count, with the columns that are needed.

        ``rank`` is 0 for the first row of each event id.
        """
        import ibis

        table = self.query.table
        if since:
            # Filtered before rows become events, so that the engine can use an index.
            table = self._recent(campaign)

        def rows_of(table: Table) -> Table:
            rows = self.query.events(table)
            pending = ibis.literal(follow)
            if until:
                stable = rows[WATERMARK] < placeholder(
                    unique_name(UNTIL, campaign), rows[WATERMARK]
                )
                pending = rows[WATERMARK].isnull() | ~stable
            return rows.mutate(pending=pending)

        with_ids = since and not self.query.distinct
        counted = partial(self._counted, campaign, with_ids=with_ids)
        rows = rows_of(table)
        if self.query.distinct:
            return counted(rows, ibis.literal(0))
        if since or not self.query.by_index:
            return counted(rows, rank(rows))
        # Few ids occur twice: sorting only their rows avoids a sort of the whole table. Views,
        # because engines materialize an expression that is used twice.
        ids = self.query.events(table.view()).select(RAW_ID)
        ids = ids.group_by(RAW_ID).aggregate(n=ids.count())
        repeated = ids.filter(ids.n > 1).select(RAW_ID)
        once = rows.anti_join(repeated, RAW_ID)
        several = rows_of(table.view()).semi_join(repeated, RAW_ID)
        return ibis.union(
            counted(once, ibis.literal(0, "int64")),
            counted(several, rank(several)),
        )

    def _counted(self, campaign: str, rows: Table, rank: Column, *, with_ids: bool) -> Table:
        """Return the columns to count, and the *rank* of each row among those with the same id.

        Of other campaigns' rows most columns are null, so that engines neither compute nor
        store them. *with_ids* includes the ids of accepted rows.
        """
        high, low = self.query.hashes(rows.profile_id)
        of_campaign = {name: rows[name] for name in _OF_THIS_CAMPAIGN} | {
            "event_kind": packed(rows),
            DETAIL: detail(rows),
            "minute": only(rows[CAUSE].isnull(), minute(rows.timestamp)),  # infinity has none
            "is_test": rows.is_test.fill_null(False),  # noqa: FBT003 - the value that fills
        }
        enters = rows.event_type.isin(ENTRY_EVENTS)
        entry = {"high": high, "low": low}
        named = {name: rows[name] for name in (*self._id, WATERMARK)}
        is_own = rows.campaign_id == campaign
        return rows.select(
            *_OF_EVERY_CAMPAIGN,
            rank=rank,
            **{name: only(is_own, column) for name, column in of_campaign.items()},
            **{name: only(is_own & enters, column) for name, column in entry.items()},
            **{
                name: column if with_ids else only(rows[CAUSE].notnull(), column)
                for name, column in named.items()
            },
        )

    def _recent(self, campaign: str) -> Table:
        """Return the table's rows from ``clw_since()`` on, and those without a watermark."""
        table = self.query.table
        watermark = table[self.query.watermark]
        first = placeholder(unique_name(SINCE, campaign), watermark)
        recent = watermark >= first
        table = table.filter(recent | watermark.isnull() if watermark.type().nullable else recent)
        if self.query.day:
            table = near(table, self.query.day, first)
        return table

    def _new_events(self, rows: Table, since: str | None, *, copies: bool) -> Table:
        """Return the events to count: the first row of each id that no earlier row has.

        *since* is the campaign, if the rows before ``clw_since()`` have been counted; *copies* if
        there is a relation of the ids that they have.
        """
        import ibis

        fresh = rows.filter(rows[CAUSE].isnull(), rows.rank == 0)
        if since is not None and not self.query.distinct:
            known = _accepted(self._older(since))
            if copies:
                known = ibis.table(known.select(*self._id).schema(), name=_KNOWN)
            fresh = fresh.anti_join(known, self._id)
        # By name: ``drop`` has no fixed order, and equal rollups would compile to different SQL.
        helpers = ("rank", CAUSE, "event_id", RAW_ID, WATERMARK)
        return fresh.select(*(name for name in fresh.columns if name not in helpers))

    def _older(self, campaign: str) -> Table:
        """Return the events of the rows before ``clw_since()``."""
        old = self.query.table.view()
        watermark = old[self.query.watermark]
        first = placeholder(unique_name(SINCE, campaign), watermark)
        return self.query.events(old.filter(watermark < first))

    def _known_ids(self, rows: Table, campaign: str) -> dict[str, str]:
        """Return relations of the ids of new events, and of those that older rows have."""
        import ibis

        events = rows.filter(rows[CAUSE].isnull(), rows.rank == 0)
        new = events.select(id_hash=self._id_hash(events))
        older = self._older(campaign)
        older = older.mutate(id_hash=self._id_hash(older))
        older = older.semi_join(ibis.table(new.schema(), name=_NEW), "id_hash")
        # By chance, so that engines look for the ids first, and examine only rows that have one.
        is_event = ibis.ifelse(ibis.random() >= 0, older[CAUSE].isnull(), False)  # noqa: FBT003
        known = older.filter(is_event).select(*self._id)
        return {name: f"({self._sql_of(some)})" for name, some in ((_NEW, new), (_KNOWN, known))}

    def _id_hash(self, rows: Table) -> Column:
        high, _ = self.query.hashes(rows[RAW_ID].cast("string"))
        return high

    def _cells(self, of_campaign: Table) -> list[Table]:
        """Return the cells of each dimension."""
        slot: dict[str, Column] = {"minute": of_campaign.minute}
        if self.query.window is not None:
            start, end = self.query.window
            of_campaign = of_campaign.filter(of_campaign.minute >= start, of_campaign.minute < end)
            first = (of_campaign.minute // self.query.bucket * self.query.bucket).cast("int64")
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
                if dimension in COUNTED_BY:
                    kinds = COUNTED_BY[dimension]
                    events = of_campaign.filter(of_campaign.event_kind.isin(kinds))
                keys |= {"value": of_campaign[dimension]}
                if self.query.window is None:
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
        if self.query.window is None:
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
        start, end = self.query.window
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
        minute=only(~is_ahead, fresh.minute),
        first_time=only(is_ahead, fresh.timestamp),
    ).aggregate(total=fresh.count(), last_time=fresh.timestamp.max())
    return _answer_rows(counted, RowKind.TIME)


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
    first = first_rejected(rows, ignores=ignores)
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
