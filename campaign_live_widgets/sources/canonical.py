"""The canonical table: one row, one event."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.sources._format import (
    CHANNELS,
    EVENT_TYPES,
    REQUIRED,
    Format,
    flag,
    microseconds,
    missing,
    quoted,
    text,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Collection

COLUMNS: Final = (
    *REQUIRED,
    "reason",
    "bounce_type",
    "is_async",
    "domain",
    "platform",
    "execution_id",
    "variant",
    "url",
    "is_test",
    "is_machine",
    "campaign_name",
    "message_name",
)
_FLAGS: Final = ("is_async", "is_test", "is_machine")


class Canonical(Format, name="canonical"):
    """Rows that already are events."""

    fields: ClassVar = {column: (column,) for column in COLUMNS}

    def recognises(self, paths: Collection[str]) -> bool:
        """Tell whether the columns that only this format has are there."""
        return "event_type" in paths and ("event_id" in paths or "campaign_id" in paths)

    def events(self, raw: str) -> str:
        """Return SQL that checks the rows; see :meth:`Format.events`."""
        texts = [c for c in COLUMNS if c not in (*_FLAGS, "timestamp", "domain")]
        flags = ", ".join(f"{flag(c)} AS {c}" for c in _FLAGS)
        causes = ["WHEN broken IS NOT NULL THEN broken"]
        causes += [
            missing(c) if c != "timestamp" else missing(c, text("raw_timestamp"))
            for c in REQUIRED
        ]
        causes.append(
            "WHEN us IS NULL THEN 'timestamp ' || chr(39) || left(raw_timestamp::VARCHAR, 40)"
            " || chr(39) || ' is not a time'"
        )
        causes += [
            unknown("channel", CHANNELS),
            unknown("event_type", EVENT_TYPES),
            unknown("bounce_type", BOUNCE_TYPES),
        ]
        causes += [
            f"WHEN {c} IS NULL AND {text(f'raw_{c}')} IS NOT NULL "
            f"THEN {quoted(f'{c} is not true or false')}"
            for c in _FLAGS
        ]
        kept = ", ".join((*texts, "domain", *_FLAGS))
        raw_flags = ", ".join(f"{c} AS raw_{c}" for c in _FLAGS)
        return f"""
            SELECT file, row, 1 AS part, us, {kept}, CASE {" ".join(causes)} END AS cause
            FROM (
                SELECT file, row, broken, {", ".join(f"{text(c)} AS {c}" for c in texts)},
                       lower({text("domain")}) AS domain, {flags}, {raw_flags},
                       timestamp AS raw_timestamp, {microseconds("timestamp")} AS us
                FROM {raw}
            )"""
