"""What Spark keeps of a campaign → counts, by one statement that scans its batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.engine.pushdown.connections.base import fetch_all, zoned_microseconds
from campaign_live_widgets.engine.pushdown.full_read import AHEAD
from campaign_live_widgets.engine.pushdown.full_reader import add_parts, arrow_schema, divided
from campaign_live_widgets.engine.pushdown.full_statement import PART
from campaign_live_widgets.engine.pushdown.kept.keeper import KeptRollup
from campaign_live_widgets.engine.pushdown.kept.spark.tables import (
    EXAMPLES,
    KINDS,
    MESSAGES,
    PARTS,
    PLACES,
    ROWS,
    text_literal,
)
from campaign_live_widgets.engine.pushdown.kept.state import refusal
from campaign_live_widgets.engine.pushdown.result_rows import RollupDelta
from campaign_live_widgets.snapshot import EPOCH, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from campaign_live_widgets.engine.batch_delta import CampaignDelta
    from campaign_live_widgets.engine.pushdown.kept.keeper import Keeper
    from campaign_live_widgets.engine.pushdown.kept.spark.tables import SparkTables
    from campaign_live_widgets.engine.pushdown.kept.state import State

DAMAGED: Final = "lacks counts: files of its batches are missing"


class SparkRollup(KeptRollup):
    """The counts of all rows before a watermark, in batches that never change."""

    def __init__(
        self,
        keeper: Keeper,
        state: State,
        tables: SparkTables,
        batches: tuple[str, ...],
        rows: int,
    ) -> None:
        super().__init__(keeper, state)
        self._counts, self._rows = tables.batches(batches), rows

    def newest_events(self, until: str) -> dict[str, int | None]:
        """Return the time of each campaign's last event up to *until*, an SQL literal."""
        rows, ahead, messages = (PLACES[part] for part in (ROWS, AHEAD, MESSAGES))
        time = f"CASE {PART} WHEN {messages} THEN last_past WHEN {ahead} THEN last_time END"
        statement = (
            f"SELECT campaign_id, max(CASE WHEN at <= {until} THEN at END) FROM"
            f" (SELECT campaign_id, {time} AS at FROM {self._counts} AS counts"
            f" WHERE {PART} IN ({ahead}, {messages}) OR {PART} = {rows} AND counted > 0) AS times"
            " GROUP BY campaign_id"
        )
        newest = fetch_all(self._connection.rows(statement))
        return {key: None if at is None else zoned_microseconds(at) for key, at in newest}

    def read(
        self,
        campaign: str,
        window: tuple[int, int] | None,
        now: int,  # noqa: ARG002 - times that have come are found when counts are merged
        add: Callable[[CampaignDelta], None],
    ) -> RollupDelta:
        """Pass what the campaign has to *add*, some at a time; return all but its cells.

        Of one *window*, in minutes, only cells and entries inside it are read.
        """
        import ibis

        of_all = ", ".join(str(PLACES[part]) for part in (ROWS, AHEAD, EXAMPLES))
        own = f"campaign_id = {text_literal(campaign)}"
        if window is not None:
            first, end = (self._connection.literal(EPOCH + number * MINUTE) for number in window)
            inside = f"minute >= {first} AND minute < {end}"
            own += f" AND ({PART} = {PLACES[MESSAGES]} OR {inside})"
        statement = (
            f"SELECT {', '.join(f'`{name}`' for name in KINDS)} FROM {self._counts} AS counts"
            f" WHERE {PART} IN ({of_all}) OR {own}"
        )
        schema = arrow_schema(ibis.schema(KINDS))
        schemas = {
            name: arrow_schema(ibis.schema({c: KINDS[c] for c in PARTS[name]})) for name in PARTS
        }
        delta, examples = RollupDelta(), []

        def parts() -> Iterator[tuple[str, pa.Table]]:
            for name, table in divided(self._connection.tables(statement, schema), schemas):
                if name == EXAMPLES:
                    examples.extend(table.to_pylist())
                else:
                    yield name, table

        add_parts(delta, parts(), campaign, window, add)
        if delta.rows != self._rows:
            raise refusal(self._connection, self._keeper.state_name, DAMAGED)
        examples.sort(key=lambda row: row["total"])
        delta.rejects = [(row["id"], row["cause"]) for row in examples]
        return delta
