"""Columns of a pushed-down rollup, as expressions that mean the same to every engine."""

from __future__ import annotations

from typing import Any

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.engine.aggregates.event_kinds import JUDGED, SLOTS
from campaign_live_widgets.sources import CHANNELS, EVENT_TYPES

Table = Any
Column = Any


def where(condition: Column, other: Column, value: Column) -> Column:
    """Return *value* where a condition holds, else *other*."""
    import ibis

    return ibis.ifelse(condition, value, other)


def only(condition: Column, column: Column) -> Column:
    """Return a column's value where a condition holds, else null."""
    import ibis

    return where(condition, ibis.null(column.type().copy(nullable=True)), column)


def one_if(condition: Column) -> Column:
    """Return 1 where a condition holds, else 0: engines differ in what a cast would do."""
    import ibis

    return ibis.ifelse(condition, 1, 0).cast("int64")


def minute(time: Column) -> Column:
    """Return a time's minute since the epoch."""
    # Cut first: engines round the seconds that they make of a time, each in its own way.
    return (time.truncate("m").epoch_seconds() // 60).cast("int64")


def _place(column: Column, values: tuple[str, ...], *, none: int = 0) -> Column:
    """Return the place of a column's value among *values*, counted from *none* + 1 or 0."""
    import ibis

    first = 1 if none else 0
    branches = ((column == value, number + first) for number, value in enumerate(values))
    return ibis.cases(*branches, else_=0).cast("int64")


def packed(events: Table) -> Column:
    """Return the number of a row's kind; see :mod:`.aggregates.event_kinds`."""
    import ibis

    bounce = events.event_type == "bounce"
    kind = _place(events.channel, CHANNELS) * len(EVENT_TYPES) + _place(
        events.event_type, EVENT_TYPES
    )
    is_machine = ibis.cases((events.is_machine, 2), (events.is_machine.notnull(), 1), else_=0)
    slot = ibis.cases(
        (bounce, _place(events.bounce_type, BOUNCE_TYPES, none=1)),
        (events.event_type.isin(JUDGED), is_machine.cast("int64")),
        else_=0,
    )
    late = ibis.ifelse(bounce & events.is_async, 2, 0)
    test = ibis.ifelse(events.is_test, 1, 0)
    return ((kind * SLOTS + slot) * 4 + late + test).cast("int64")
