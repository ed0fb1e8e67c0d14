"""The campaign of a table's newest event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.engine.aggregates.event_times import newest_campaign
from campaign_live_widgets.engine.pushdown.connections.base import fetch_all, zoned_microseconds
from campaign_live_widgets.engine.pushdown.placeholders import NOW, SINCE, fill

if TYPE_CHECKING:
    from campaign_live_widgets.engine.pushdown.connections.base import Connection
    from campaign_live_widgets.engine.pushdown.kept.keeper import KeptRollup
    from campaign_live_widgets.engine.pushdown.statement import StatementBuilder


def campaign_of_newest_event(
    connection: Connection,
    pushdown: StatementBuilder,
    until: str,
    kept_rollup: KeptRollup | None = None,
) -> str | None:
    """Return the campaign of the table's newest event that is not after *until*, a literal.

    With a kept rollup only the rows that it has not counted are read.
    """
    values, newest = {NOW: until}, {}
    if kept_rollup is not None:
        values[SINCE] = connection.literal(kept_rollup.settled)
        newest = kept_rollup.newest_events(until)
    statement = fill(pushdown.newest(since=kept_rollup is not None), "", values)
    for campaign, at in fetch_all(connection.rows(statement)):
        times = (newest.get(campaign), None if at is None else zoned_microseconds(at))
        newest[campaign] = max((time for time in times if time is not None), default=None)
    return newest_campaign(newest)
