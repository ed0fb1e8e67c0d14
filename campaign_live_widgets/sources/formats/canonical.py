"""The canonical table: one row, one event."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.sources.formats.base import CHANNELS, EVENT_TYPES, REQUIRED, Format
from campaign_live_widgets.sources.formats.sql import (
    flag,
    microseconds,
    missing,
    no_time,
    one_of,
    quoted,
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
_WORDS: Final = {
    "channel": CHANNELS,
    "event_type": EVENT_TYPES,
    "bounce_type": BOUNCE_TYPES,
}
"""The values that columns may have."""
_FLAGS: Final = ("is_async", "is_test", "is_machine")


class Canonical(Format, name="canonical"):
    """Rows that already are events."""

    fields: ClassVar = {column: (column,) for column in COLUMNS}
    natives: ClassVar = {"timestamp": "time", **dict.fromkeys(_FLAGS, "flag")}

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether there are columns that only this format has."""
        return "event_type" in paths and ("event_id" in paths or "campaign_id" in paths)

    def events(self, raw: str, *, complete: Collection[str], native: Collection[str]) -> str:
        """Return SQL that checks the rows; see :meth:`Format.events`."""
        parsed = [c for c in _FLAGS if c not in native]
        texts = [c for c in COLUMNS if c not in (*_FLAGS, "timestamp", "domain")]
        unchanged = ", ".join((*texts, "domain", *_FLAGS))
        flags = ", ".join(f"{flag(c)} AS {c}" for c in _FLAGS)
        raw_flags = "".join(f", {c} AS raw_{c}" for c in parsed)
        time = microseconds("timestamp", native="timestamp" in native)
        return f"""
            SELECT file, row, place, 1 AS part, us, {unchanged},
                   CASE {" ".join(_causes(complete, native))} END AS cause
            FROM (
                SELECT file, row, place, broken,
                       {", ".join(texts)}, lower(domain) AS domain, {flags},
                       timestamp AS raw_timestamp, {time} AS us{raw_flags}
                FROM {raw}
            )"""

    def faults(
        self, *, complete: Collection[str], native: Collection[str]
    ) -> tuple[str, ...] | None:
        """Return conditions of rejected rows; see :meth:`Format.faults`."""
        if not set(REQUIRED) <= set(complete) or not {"timestamp", *_FLAGS} <= set(native):
            return None
        return ("us IS NULL", *(f"{name} NOT IN {one_of(words)}" for name, words in _WORDS.items()))


def _causes(complete: Collection[str], native: Collection[str]) -> list[str]:
    """Return the branches that reject a row, the most basic one first."""
    raw = {"timestamp": "raw_timestamp"}
    return [
        "WHEN broken IS NOT NULL THEN broken",
        *(missing(c, raw.get(c, c)) for c in REQUIRED if c not in complete),
        no_time(),
        *(unknown(name, words) for name, words in _WORDS.items()),
        *(
            f"WHEN {c} IS NULL AND raw_{c} IS NOT NULL THEN {quoted(f'{c} is not true or false')}"
            for c in _FLAGS
            if c not in native
        ),
    ]
