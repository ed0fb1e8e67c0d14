"""The rollup as one Ibis expression: an engine counts, and what travels is the counts.

One statement answers everything, so that its parts are of one instant. Its rows are of
several kinds (:class:`What`) in the columns :data:`COLUMNS`; what a kind leaves unused is null.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import ENTRY_EVENTS
from campaign_live_widgets.engine.aggregates import event_kinds as kinds
from campaign_live_widgets.engine.dimensions import BY_VALUE, QUESTIONS, REASONED
from campaign_live_widgets.engine.pushdown.connections.base import near
from campaign_live_widgets.engine.pushdown.expressions import minute, one_if, packed, where
from campaign_live_widgets.engine.pushdown.placeholders import NOW, SINCE, UNTIL, apart, bound
from campaign_live_widgets.sources import EXAMPLES
from campaign_live_widgets.sources.tables.canonical import CAUSE, MARK, NO_EVENT, RAW_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.engine.pushdown.hashing import Hashes

    Table = Any
    Column = Any


class RowKind(IntEnum):
    """What a row of the answer is."""

    CELL = 0
    """Events of one question, key, part and minute; the first of as many as questions."""
    NAME = 4
    """Events of one campaign, message, execution and channel, with their names and times."""
    ENTRY = 5
    """An entry of a profile: hash, minute, whether a test, part."""
    ENTERED = 6
    """Distinct profiles of the one window: without tests, and with them."""
    ROWS = 7
    """Rows accepted, rows refused and rows that carry no event."""
    REJECT = 8
    """An example of a refused row: its id and the cause."""
    TIME = 9
    """When events happened: campaign, whether after now, the last, how many."""


_ROWS: Final = "clw_rows"
_FRESH: Final = "clw_fresh"
_OF_ALL: Final = ("campaign_id", "campaign_name", "timestamp", CAUSE, "open")
_OF_OWN: Final = ("message_id", "message_name", "execution_id", "channel", *BY_VALUE)
"""What is asked of the campaign's own rows alone."""
_IN_ORDER: Final = (
    *(MARK, "timestamp", "campaign_id", "message_id", "execution_id", "profile_id", "event_type"),
    *("channel", "bounce_type", *BY_VALUE, "is_test", "is_async"),
)
"""Which row of several with one id is the first: it came first, and then any lasting order."""
_TEXTS: Final = ("a", "b", "c", "d", "e", "f")
_NUMBERS: Final = ("kind", "minute", "high", "low", "n")
_TIMES: Final = ("first", "last")
COLUMNS: Final = ("what", "open", *_TEXTS, *_NUMBERS, *_TIMES)


@dataclass(frozen=True, slots=True)
class TableQuery:
    """What is asked of one table.

    Attributes
    ----------
    events : callable
        Turns the table, or some of its rows, into canonical events; see
        :func:`~campaign_live_widgets.sources.tables.canonical.canonical`.
    table : ibis table
        As it stands in the database.
    mark : str or None
        Its watermark.
    hashes : callable
        Returns two halves of a text's hash, as the engine computes them.
    distinct : bool
        The table itself vouches that no id stands there twice.
    window : tuple of int, optional
        The one window that will be asked for, in minutes, and *bucket*, the width of its points.
    ignores : bool
        Some rows carry no event; see
        :class:`~campaign_live_widgets.sources.tables.registry.RowFormat`.
    day : str or None
        The column that holds the watermark's day.
    by_index : bool
        Whether to read rows of the table again costs little, and finds the same.
    """

    events: Callable[[Table], Table]
    table: Table
    mark: str | None
    hashes: Hashes
    distinct: bool
    window: tuple[int, int] | None = None
    bucket: int = 1
    ignores: bool = False
    day: str | None = None
    by_index: bool = True


class StatementBuilder:
    """Builds the statement for one table, campaign and way of asking.

    *sql_of* writes an expression in the engine's own SQL, *keep* says in it that a named part
    of a statement, ``{}``, used several times, is to be worked out once.
    """

    def __init__(
        self, asked: TableQuery, sql_of: Callable[[Table], str], keep: str = "({})"
    ) -> None:
        self._asked, self._sql_of, self._keep = asked, sql_of, keep

    def newest(self) -> str:
        """Return the statement for each campaign's id and its newest event up to ``clw_now()``."""
        good = _accepted(self._asked.events(self._asked.table))
        past = good.timestamp <= bound(NOW, good.timestamp)
        newest = good.timestamp.max(where=past)
        return self._sql_of(good.group_by("campaign_id").aggregate(newest=newest))

    def arrived(self, campaign: str) -> str:
        """Return the statement for how many rows there are from ``clw_since()`` on.

        A vendor's row counts as often as it gives an event, and once where it gives none.
        """
        later = self._later(campaign)
        later = self._asked.events(later) if self._asked.ignores else later
        return self._sql_of(later.aggregate(n=later.count()))

    def rollup(self, campaign: str, *, since: bool, until: bool, follow: bool) -> str:
        """Return the statement for the whole rollup.

        Parameters
        ----------
        since : bool
            Of rows from ``clw_since()`` on, whose events have not been counted from rows before.
        until : bool
            Rows before ``clw_until()`` have settled, the others will be read again.
        follow : bool
            Where there is no *until*, whether all will be read again.
        """
        import ibis

        all_rows = self._rows(campaign, since=since, until=until, follow=follow)
        rows = ibis.table(all_rows.schema(), name=_ROWS)
        all_fresh = self._fresh(rows, campaign if since else None)
        fresh = ibis.table(all_fresh.schema(), name=_FRESH)
        own = fresh.filter(fresh.campaign_id == campaign)
        answer = ibis.union(
            *self._cells(own),
            self._names(fresh),
            _times(fresh, campaign),
            self._entries(own),
            _tally(rows, ignores=self._asked.ignores),
            _examples(rows, ignores=self._asked.ignores),
        )
        named = ", ".join(
            f"{name} AS {self._keep.format(self._sql_of(segment))}"
            for name, segment in ((_ROWS, all_rows), (_FRESH, all_fresh))
        )
        return f"WITH {named} SELECT * FROM ({self._sql_of(answer)}) AS answer"

    def _rows(self, campaign: str, *, since: bool, until: bool, follow: bool) -> Table:
        """Return the rows to look at, with what will be asked of them and no more.

        ``place`` is 0 for the first that came of the rows with one id.
        """
        import ibis

        table = self._asked.table
        if since:
            # Before rows become events: the engine then reads these rows alone, by an index.
            table = self._later(campaign)

        def rows_of(table: Table) -> Table:
            rows = self._asked.events(table)
            open_ = ibis.literal(follow)
            if until:
                settled = rows[MARK] < bound(apart(UNTIL, campaign), rows[MARK])
                open_ = rows[MARK].isnull() | ~settled
            return rows.mutate(open=open_)

        with_ids = since and not self._asked.distinct
        counted = partial(self._counted, campaign, with_ids=with_ids)
        rows = rows_of(table)
        if self._asked.distinct:
            return counted(rows, ibis.literal(0))
        if since or not self._asked.by_index:
            return counted(rows, _place_of(rows))
        # Few ids come twice: to put their rows alone in order spares a sort of the whole table.
        # Views, for what an expression uses twice is a part that engines keep aside whole.
        ids = self._asked.events(table.view()).select(RAW_ID)
        ids = ids.group_by(RAW_ID).aggregate(n=ids.count())
        repeated = ids.filter(ids.n > 1).select(RAW_ID)
        once = rows.anti_join(repeated, RAW_ID)
        several = rows_of(table.view()).semi_join(repeated, RAW_ID)
        return ibis.union(
            counted(once, ibis.literal(0, "int64")),
            counted(several, _place_of(several)),
        )

    def _counted(self, campaign: str, rows: Table, place: Column, *, with_ids: bool) -> Table:
        """Return what will be asked of rows, and their *place* among those with one id.

        Of other campaigns' rows it is little: what is null is neither worked out nor kept aside.
        *with_ids* asks for the ids of accepted rows, too.
        """
        high, low = self._asked.hashes(rows.profile_id)
        own = {name: rows[name] for name in _OF_OWN} | {
            "kind": packed(rows),
            "minute": minute(rows.timestamp),
            "is_test": rows.is_test.fill_null(False),  # noqa: FBT003 - the value that fills
        }
        enters = rows.event_type.isin(ENTRY_EVENTS)
        entry = {"high": high, "low": low}
        told = {RAW_ID: rows[RAW_ID], MARK: rows[MARK]}
        is_own = rows.campaign_id == campaign
        return rows.select(
            *_OF_ALL,
            place=place,
            **{name: _only(is_own, column) for name, column in own.items()},
            **{name: _only(is_own & enters, column) for name, column in entry.items()},
            **{
                name: column if with_ids else _only(rows[CAUSE].notnull(), column)
                for name, column in told.items()
            },
        )

    def _later(self, campaign: str) -> Table:
        """Return the table's rows from ``clw_since()`` on, and those without a watermark."""
        table = self._asked.table
        mark = table[self._asked.mark]
        first = bound(apart(SINCE, campaign), mark)
        later = mark >= first
        table = table.filter(later | mark.isnull() if mark.type().nullable else later)
        if self._asked.day:
            table = table.filter(near(table[self._asked.day], first.date()))
        return table

    def _fresh(self, rows: Table, since: str | None) -> Table:
        """Return the events to count: the first that came, and not before ``clw_since()``.

        *since* is the campaign, where rows from before that have been counted.
        """
        fresh = rows.filter(rows[CAUSE].isnull(), rows.place == 0)
        if since is not None and not self._asked.distinct:
            old = self._asked.table.view()
            mark = old[self._asked.mark]
            before = old.filter(mark < bound(apart(SINCE, since), mark))
            fresh = fresh.anti_join(_accepted(self._asked.events(before)), RAW_ID)
        # By name: what is dropped comes out in any order, and equal rollups in unequal SQL.
        helpers = ("place", CAUSE, RAW_ID, MARK)
        return fresh.select(*(name for name in fresh.columns if name not in helpers))

    def _cells(self, own: Table) -> list[Table]:
        """Return the cells of each question."""
        slot: dict[str, Column] = {"minute": own.minute}
        if self._asked.window is not None:
            start, end = self._asked.window
            own = own.filter(own.minute >= start, own.minute < end)
            first = (own.minute // self._asked.bucket * self._asked.bucket).cast("int64")
            slot = {"minute": first.clip(lower=start)}
        cells = []
        for number, question in enumerate(QUESTIONS):
            events, keys = own, {"kind": own.kind}
            segment = {"message_id": own.message_id, "execution_id": own.execution_id}
            if question == QUESTIONS[0]:
                keys |= {"a": own.message_id, "b": own.execution_id, **slot}
            else:
                if question == "reason":
                    events = own.filter(own.kind.isin(kinds.packed_kinds(REASONED)))
                keys |= {"a": own[question]}
                if self._asked.window is None:
                    keys |= {"b": segment["message_id"], "c": segment["execution_id"], **slot}
            counted = events.group_by("open", **keys).aggregate(n=events.count())
            cells.append(_shaped(counted, RowKind.CELL + number))
        return cells

    @staticmethod
    def _names(fresh: Table) -> Table:
        """Return who is who; of other campaigns only they themselves."""
        counted = fresh.group_by(
            "open",
            a=fresh.campaign_id,
            b=fresh.campaign_name,
            c=fresh.message_id,
            d=fresh.message_name,
            e=fresh.execution_id,
            f=fresh.channel,
        ).aggregate(n=fresh.count(), first=fresh.timestamp.min(), last=fresh.timestamp.max())
        return _shaped(counted, RowKind.NAME)

    def _entries(self, own: Table) -> Table:
        """Return the entries of profiles or, of one window, how many there are."""
        import ibis

        own = own.filter(own.high.notnull())
        if self._asked.window is None:
            entries = own.select(
                "open",
                "minute",
                "high",
                "low",
                a=own.message_id,
                b=own.execution_id,
                kind=one_if(own.is_test),
            ).distinct()
            return _shaped(entries, RowKind.ENTRY)
        start, end = self._asked.window
        inside = own.filter(own.minute >= start, own.minute < end)
        profiles = inside.group_by("high", "low").aggregate(all_tests=inside.is_test.min())
        entered = profiles.aggregate(
            n=profiles.count(where=~profiles.all_tests), high=profiles.count()
        )
        return _shaped(entered.mutate(open=ibis.literal(False)), RowKind.ENTERED)  # noqa: FBT003


def _times(fresh: Table, campaign: str) -> Table:
    """Return when events happened: after now each time, before it each minute or campaign.

    The minute is known of the campaign that is counted, and of no other.
    """
    is_ahead = fresh.timestamp > bound(apart(NOW, campaign), fresh.timestamp)
    counted = fresh.group_by(
        "open",
        a=fresh.campaign_id,
        kind=one_if(is_ahead),
        minute=_only(~is_ahead, fresh.minute),
        first=_only(is_ahead, fresh.timestamp),
    ).aggregate(n=fresh.count(), last=fresh.timestamp.max())
    return _shaped(counted, RowKind.TIME)


def _only(condition: Column, column: Column) -> Column:
    """Return a column's value where a condition holds, else null."""
    import ibis

    return where(condition, ibis.null(column.type().copy(nullable=True)), column)


def _place_of(rows: Table) -> Column:
    """Return the place of each row among those with one id, as they came."""
    import ibis

    order = [rows[column].asc(nulls_first=False) for column in _IN_ORDER]
    same = ibis.window(group_by=[rows[CAUSE].isnull(), rows.event_id], order_by=order)
    return ibis.row_number().over(same)


def _accepted(rows: Table) -> Table:
    return rows.filter(rows[CAUSE].isnull())


def _tally(rows: Table, *, ignores: bool) -> Table:
    """Return how many rows were accepted, refused and ignored."""
    accepted = rows[CAUSE].isnull()
    counts = {"n": rows.count(where=accepted), "high": rows.count(where=~accepted)}
    if ignores:
        counts["high"] = rows.count(where=rows[CAUSE] != NO_EVENT)
        counts["low"] = rows.count(where=rows[CAUSE] == NO_EVENT)
    return _shaped(rows.group_by("open").aggregate(**counts), RowKind.ROWS)


def _examples(rows: Table, *, ignores: bool) -> Table:
    """Return the first rows refused."""
    refused = rows.filter(rows[CAUSE] != NO_EVENT if ignores else rows[CAUSE].notnull())
    order = [refused[column].asc(nulls_first=False) for column in (MARK, RAW_ID)]
    first = refused.order_by(order).limit(EXAMPLES)
    return _shaped(
        first.select("open", a=first[RAW_ID].cast("string"), b=first[CAUSE]), RowKind.REJECT
    )


def _shaped(table: Table, what: int) -> Table:
    """Return a part of the answer with all its columns."""
    import ibis

    kinds = {
        "what": "int64",
        "open": "boolean",
        **dict.fromkeys(_TEXTS, "string"),
        **dict.fromkeys(_NUMBERS, "int64"),
        **dict.fromkeys(_TIMES, "timestamp('UTC')"),
    }
    made: dict[str, Column] = {}
    for name, kind in kinds.items():
        found = ibis.literal(int(what)) if name == "what" else ibis.null(kind)
        if name in table.columns:
            found = table[name]
        made[name] = found if found.type() == ibis.dtype(kind) else found.cast(kind)
    return table.select(**made)
