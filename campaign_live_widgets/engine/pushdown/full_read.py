"""The statements that count a whole table, each in one pass that an engine can do in parallel.

A refresh reads few rows, and one statement answers everything (:mod:`.statement`). A first look
reads all rows, and there a statement with several parts makes an engine store them several times.
So each part is a separate statement; the connection runs them in one transaction, at one instant.

=============  ===================================================================================
part           a row for each
=============  ===================================================================================
``rows``       campaign and its name, also of rows that are rejected: how many rows have each
               :class:`Outcome`; of those counted ``first_time`` and ``last_time`` and, of those
               not after now, how many are ``past`` and their ``last_past``
``ahead``      campaign and time of an event after now: ``total``
``messages``   of the campaign: message, its name, execution, kind of event, minute, reason,
               platform: ``total``, and the times of ``rows``
``domains``    of the campaign: domain, detail, kind of event and, but for one window, message,
               execution and minute: ``total``
``entries``    of the campaign: an event by which a profile enters: two halves of the profile's
               hash, minute, whether a test, message, execution
``entered``    in place of ``entries`` for one window: whether by tests only: ``total`` profiles
``examples``   one of the first rejected rows: its id and the cause
=============  ===================================================================================
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from campaign_live_widgets.catalog import ENTRY_EVENTS
from campaign_live_widgets.engine.aggregates.event_kinds import REASONED
from campaign_live_widgets.engine.pushdown.details import detail
from campaign_live_widgets.engine.pushdown.expressions import only, packed
from campaign_live_widgets.engine.pushdown.order import first_rejected, rank
from campaign_live_widgets.engine.pushdown.placeholders import (
    NOW,
    UNTIL,
    placeholder,
    unique_name,
)
from campaign_live_widgets.snapshot import EPOCH, MINUTE
from campaign_live_widgets.sources.tables.canonical import CAUSE, NO_EVENT, RAW_ID

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign_live_widgets.engine.pushdown.table_query import TableQuery

    Table = Any
    Column = Any

REPEATED: Final = "clw_repeated"
"""The relation of the hashes of ids that occur more than once."""
ID_HASH: Final = "id_hash"
RANK: Final = "rank"
"""The column that is 0 for the first row of each id."""
DOMAINS: Final = "domains"
ENTRIES: Final = "entries"


AHEAD: Final = "ahead"
"""The part that is empty unless one of the others has events that are not past."""


class Outcome(StrEnum):
    """The status of a row."""

    COUNTED = "counted"
    REPEATED = "repeated"
    REJECTED = "rejected"
    IGNORED = "ignored"


class Statement(NamedTuple):
    """A statement, and the columns of its answer, as an Ibis schema."""

    sql: str
    schema: Any


class FullReadBuilder:
    """Builds the statements for one table and one campaign.

    Parameters
    ----------
    query : TableQuery
        The table, and what is asked.
    sql_of : callable
        Compiles an expression to the engine's SQL.
    campaign : str
        The campaign that is counted.
    until : bool
        Only rows before ``clw_until()``.
    """

    _apart: tuple[str, ...] = ()
    """Further columns by which the parts of what is counted are divided."""

    def __init__(
        self, query: TableQuery, sql_of: Callable[[Table], str], campaign: str, *, until: bool
    ) -> None:
        self._query, self._sql_of, self._campaign, self._until = query, sql_of, campaign, until

    def repeated_ids(self) -> str:
        """Return the statement for the hashes of ids that occur more than once.

        Two ids may have one hash: the exact rule is applied to the rows of these hashes.
        """
        hashed = self._hashed(self._events())
        hashed = hashed.filter(hashed[ID_HASH].notnull())  # rows without an id are rejected
        counted = hashed.group_by(ID_HASH).aggregate(n=hashed.count())
        return self._sql_of(counted.filter(counted.n > 1).select(ID_HASH))

    def statements(self, *, repeated: bool) -> dict[str, Statement]:
        """Return the statement of each part.

        Parameters
        ----------
        repeated : bool
            Whether the relation :data:`REPEATED` is not empty. Only its rows are put in order;
            the others are known to be the only ones of their ids.
        """
        parts = self.parts_of(self._rows(repeated=repeated))
        return {name: self._statement(part) for name, part in parts.items()}

    def parts_of(self, rows: Table) -> dict[str, Table]:
        """Return each part, counted from all rows; ``rank`` is 0 for the first of each id."""
        counted = counted_events(rows)
        own = counted.filter(self._is_own(counted))
        parts = {
            "rows": self._outcomes(rows),
            AHEAD: self._ahead(counted),
            "messages": self._messages(own),
            DOMAINS: self._domains(own),
        }
        return parts | self._profiles(own)

    def examples(self) -> Statement:
        """Return the statement for the first rejected rows."""
        first = first_rejected(self._events(), ignores=self._query.ignores)
        return self._statement(first.select(id=first[RAW_ID].cast("string"), cause=first[CAUSE]))

    def _statement(self, answer: Table) -> Statement:
        return Statement(self._sql_of(answer), answer.schema())

    def _events(self) -> Table:
        return self._events_of(self._query.table)

    def _events_of(self, table: Table) -> Table:
        if self._until:
            watermark = table[self._query.watermark]
            bound = placeholder(unique_name(UNTIL, self._campaign), watermark)
            table = table.filter(watermark < bound)
        return self._query.events(table)

    def _hashed(self, rows: Table) -> Table:
        high, _ = self._query.hashes(rows[RAW_ID].cast("string"))
        return rows.mutate(**{ID_HASH: high})

    def _rows(self, *, repeated: bool) -> Table:
        """Return all rows; ``rank`` is 0 for the first of each id."""
        import ibis

        rows = self._events()
        alone = ibis.literal(0, "int64")
        if not repeated:
            return rows.mutate(**{RANK: alone})
        hashes = ibis.table({ID_HASH: "int64"}, name=REPEATED)
        once = self._hashed(rows).anti_join(hashes, ID_HASH)
        # Of a view: engines store an expression that is used twice.
        again = self._events_of(self._query.table.view())
        several = self._hashed(again).semi_join(hashes, ID_HASH)
        return ibis.union(
            once.mutate(**{RANK: alone}),
            several.mutate(**{RANK: rank(several).cast("int64")}),
        )

    def _is_own(self, rows: Table) -> Column:
        return rows.campaign_id == self._campaign

    def _now(self, time: Column) -> Column:
        return placeholder(unique_name(NOW, self._campaign), time)

    @staticmethod
    def _outcome(rows: Table) -> Column:
        import ibis

        return ibis.cases(
            (is_counted(rows), Outcome.COUNTED),
            (rows[CAUSE].isnull(), Outcome.REPEATED),
            (rows[CAUSE] == NO_EVENT, Outcome.IGNORED),
            else_=Outcome.REJECTED,
        )

    def _outcomes(self, rows: Table) -> Table:
        # By columns as they are: with what is worked out of ids as a key, planners expect as many
        # groups as rows.
        outcome = self._outcome(rows)
        keyed = rows.select("campaign_id", "campaign_name", outcome=outcome, time=rows.timestamp)
        counts = {kind: keyed.count(where=keyed.outcome == kind) for kind in Outcome}
        numbers = self._numbers(keyed, keyed.outcome == Outcome.COUNTED)
        return keyed.group_by("campaign_id", "campaign_name").aggregate(**counts, **numbers)

    def _ahead(self, counted: Table) -> Table:
        ahead = counted.filter(counted.timestamp > self._now(counted.timestamp))
        ahead = ahead.select("campaign_id", last_time=ahead.timestamp)
        return ahead.group_by("campaign_id", "last_time").aggregate(total=ahead.count())

    def _messages(self, own: Table) -> Table:
        keyed = own.select(
            *self._apart,
            "message_id",
            "message_name",
            "execution_id",
            event_kind=packed(own),
            minute=_minute(own),
            reason=only(own.event_type.isin(REASONED), own.reason),
            platform=own.platform,
            time=own.timestamp,
        )
        keys = [name for name in keyed.columns if name != "time"]
        return keyed.group_by(keys).aggregate(total=keyed.count(), **self._numbers(keyed))

    def _numbers(self, keyed: Table, of: Column | None = None) -> dict[str, Column]:
        """Return the first and last ``time`` *of* some rows, and how many are not after now."""
        time = keyed.time
        is_past = time <= self._now(time)
        if of is not None:
            is_past = is_past & of
        return {
            "first_time": time.min(where=of),
            "last_time": time.max(where=of),
            "past": keyed.count(where=is_past),
            "last_past": time.max(where=is_past),
        }

    def _inside(self, own: Table) -> Table:
        """Return the rows in the one window, or all."""
        if self._query.window is None:
            return own
        start, end = (
            _literal(EPOCH + number * MINUTE, own.timestamp) for number in self._query.window
        )
        return own.filter(own.timestamp >= start, own.timestamp < end)

    def _domains(self, own: Table) -> Table:
        own = self._inside(own)
        keyed = own.select(
            *self._apart,
            "domain",
            "message_id",
            "execution_id",
            detail=detail(own),
            event_kind=packed(own),
            minute=_minute(own),
        )
        keys = [*self._apart, "domain", "detail", "event_kind"]
        if self._query.window is None:
            keys += ["message_id", "execution_id", "minute"]
        return keyed.group_by(keys).aggregate(total=keyed.count())

    def _profiles(self, own: Table) -> dict[str, Table]:
        own = self._inside(own.filter(own.event_type.isin(ENTRY_EVENTS)))
        high, low = self._query.hashes(own.profile_id)
        entries = own.select(
            *self._apart,
            high=high,
            low=low,
            minute=_minute(own),
            is_test=own.is_test.fill_null(False),  # noqa: FBT003 - the value that fills
            message_id=own.message_id,
            execution_id=own.execution_id,
        )
        if self._query.window is None:
            return {ENTRIES: entries}
        profiles = entries.group_by("high", "low").aggregate(by_tests=entries.is_test.min())
        return {"entered": profiles.group_by("by_tests").aggregate(total=profiles.count())}


def is_counted(rows: Table) -> Column:
    """Return whether each row is an event, and the first of its id."""
    return rows[CAUSE].isnull() & (rows[RANK] == 0)


def counted_events(rows: Table) -> Table:
    """Return the rows that are counted."""
    return rows.filter(rows[CAUSE].isnull(), rows[RANK] == 0)


def _minute(rows: Table) -> Column:
    """Return the start of each event's minute; its number is worked out of it at the client."""
    return rows.timestamp.truncate("m").cast(rows.timestamp.type())  # Ibis forgets the zone


def _literal(time: datetime, column: Column) -> Column:
    """Return a time as a literal of a column's type; a column without a zone has times in UTC."""
    import ibis

    kind = column.type()
    return ibis.literal(time if kind.timezone else time.replace(tzinfo=None), kind)
