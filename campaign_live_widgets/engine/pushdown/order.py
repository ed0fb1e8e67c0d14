"""Which rows have one id, which of these is the event, and which rejected rows are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.engine.pushdown.details import DETAILED
from campaign_live_widgets.sources import EXAMPLES
from campaign_live_widgets.sources.tables.canonical import CAUSE, NO_EVENT, RAW_ID, WATERMARK

if TYPE_CHECKING:
    from campaign_live_widgets.engine.pushdown.table_query import TableQuery

    Table = Any
    Column = Any

IN_ORDER: Final = (
    *(
        WATERMARK,
        "timestamp",
        "campaign_id",
        "message_id",
        "execution_id",
        "profile_id",
        "event_type",
    ),
    *("channel", "bounce_type", "reason", "domain", "platform", "is_test", "is_async"),
    *DETAILED,
)
"""The order of rows with the same id: by arrival, then any order that does not change."""


def id_columns(query: TableQuery) -> tuple[str, ...]:
    """Return the columns that are equal in two rows of the same event."""
    # Of the column's own type, so that an index is used, and as a text where values of that
    # type may be equal although their texts are not: A and a in citext, 1.0 and 1.00.
    kind = query.events(query.table)[RAW_ID].type()
    is_exact = not (kind.is_unknown() or kind.is_decimal() or kind.is_floating())
    return (RAW_ID,) if is_exact else (RAW_ID, "event_id")


def rank(rows: Table) -> Column:
    """Return the rank of each row among those with the same id, in order of arrival."""
    import ibis

    order = [rows[column].asc(nulls_first=False) for column in IN_ORDER]
    same = ibis.window(group_by=[rows[CAUSE].isnull(), rows.event_id], order_by=order)
    return ibis.row_number().over(same)


def first_rejected(rows: Table, *, ignores: bool) -> Table:
    """Return the first rejected rows."""
    rejected = rows.filter(rows[CAUSE] != NO_EVENT if ignores else rows[CAUSE].notnull())
    order = [rejected[column].asc(nulls_first=False) for column in (WATERMARK, RAW_ID)]
    return rejected.order_by(order).limit(EXAMPLES)
