"""What *Data quality* shows of a table: its rows by outcome, and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.snapshot import Health, Reject
from campaign_live_widgets.sources import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from campaign_live_widgets.engine.pushdown.connections.base import Arrival, Connection
    from campaign_live_widgets.engine.pushdown.result_rows import RollupDelta


def health_of(
    deltas: Sequence[RollupDelta], events: int, table: str, notes: Sequence[str]
) -> Health:
    """Return the numbers of rows by outcome; *events* are the accepted ones, each once."""
    rejects = [reject for delta in deltas for reject in delta.rejects][:EXAMPLES]
    return Health(
        events=events,
        duplicates=sum(delta.accepted for delta in deltas) - events,
        rejected=sum(delta.rejected for delta in deltas),
        ignored=sum(delta.ignored for delta in deltas),
        rejects=tuple(Reject(f"{table} (event_id {key})", None, cause) for key, cause in rejects),
        notes=tuple(notes),
    )


def table_notes(connection: Connection | None, arrival: Arrival) -> Iterator[str]:
    """Yield the notes on a table."""
    if connection is None:
        return
    table = connection.database.table
    lines = ["event_id is unique"] if connection.distinct else []
    if lines := [*lines, *connection.promises.lines()]:
        yield f"{table}: checked by the table: {'; '.join(lines)}."
    if arrival.ahead:
        yield (
            f"{table}: rows whose {connection.watermark} is after the server's clock: "
            f"{arrival.ahead}. They are counted, and read again at each refresh."
        )
