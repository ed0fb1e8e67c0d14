"""What is compared of batches: counts without regard to how they are divided among batches."""

from __future__ import annotations

from typing import Final

from campaign_live_widgets.engine.pushdown.full_read import AHEAD, DOMAINS, ENTRIES
from campaign_live_widgets.engine.pushdown.full_statement import PART
from campaign_live_widgets.engine.pushdown.kept.spark.tables import (
    EXAMPLES,
    MESSAGES,
    PLACES,
    ROWS,
)

_SUM: Final = "sum(total), min(first_time), max(last_time)"
OF_PART: Final = {name: f"FROM {{counts}} AS c WHERE {PART} = {p}" for name, p in PLACES.items()}
COMPARED: Final = {
    "campaigns and their names": (
        "SELECT campaign_id, campaign_name, sum(counted), min(first_time), max(last_time)"
        f" {OF_PART[ROWS]} AND counted > 0 GROUP BY 1, 2"
    ),
    "messages and their names": (
        f"SELECT campaign_id, message_id, message_name, {_SUM} {OF_PART[MESSAGES]} GROUP BY 1, 2, 3"
    ),
    "executions": (
        f"SELECT campaign_id, message_id, execution_id, {_SUM} {OF_PART[MESSAGES]} GROUP BY 1, 2, 3"
    ),
    "minutes with their last events": (
        "SELECT campaign_id, date_trunc('minute', at), max(at) FROM ("
        f"SELECT campaign_id, last_past AS at {OF_PART[MESSAGES]} UNION ALL"
        f" SELECT campaign_id, last_time AS at {OF_PART[AHEAD]}"
        ") AS times WHERE at <= {past_until} GROUP BY 1, 2"
    ),
    "events that were dated ahead": (
        f"SELECT campaign_id, last_time, sum(total) {OF_PART[AHEAD]}"
        " AND last_time > {past_until} GROUP BY 1, 2"
    ),
    **{
        f"counts by {'message' if column == 'message_id' else column}": (
            "SELECT campaign_id, message_id, execution_id, event_kind, minute"
            f"{'' if column == 'message_id' else f', {column}'}, sum(total) {OF_PART[part]}"
            " GROUP BY ALL"
        )
        for column, part in (
            *((column, MESSAGES) for column in ("message_id", "reason", "platform")),
            *((column, DOMAINS) for column in ("domain", "detail")),
        )
    },
    "entries of profiles": (
        "SELECT campaign_id, message_id, execution_id, minute, is_test, high, low"
        f" {OF_PART[ENTRIES]}"
    ),
    "examples of rejected rows": f"SELECT '' AS campaign_id, id, cause {OF_PART[EXAMPLES]}",
}
"""What is compared → its query; the first column is the campaign."""
