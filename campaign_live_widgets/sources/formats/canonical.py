"""The canonical table: one row, one event."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.sources.formats.base import (
    CHANNELS,
    EVENT_TYPES,
    LATER_EVENT_TYPES,
    REQUIRED,
    Format,
)
from campaign_live_widgets.sources.formats.sql import (
    NO_EVENT,
    WORDS,
    domain,
    flag,
    missing,
    one_of,
    quoted,
    unknown,
    word,
)
from campaign_live_widgets.sources.formats.times import microseconds, no_time

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
    "status_code",
    "machine_reason",
)
ADDED: Final = ("status_code", "machine_reason")
"""Columns that tables made by earlier versions do not have."""
_WORDS: Final = {
    "channel": CHANNELS,
    "event_type": (*EVENT_TYPES, *LATER_EVENT_TYPES),
    "bounce_type": BOUNCE_TYPES,
}
"""The values that columns may have."""
FLAGS: Final = ("is_async", "is_test", "is_machine")


class Canonical(Format, name="canonical"):
    """Rows that already are events."""

    fields: ClassVar = {column: (column,) for column in COLUMNS}
    natives: ClassVar = {"timestamp": "time", **dict.fromkeys(FLAGS, "flag")}
    given: ClassVar = {"campaign_id": "campaign_id"}

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether there are columns that only this format has."""
        return "event_type" in paths and (
            "event_id" in paths or {"campaign_id", "timestamp"} <= set(paths)
        )

    def events(self, raw: str, *, complete: Collection[str], native: Collection[str]) -> str:
        """Return SQL that checks the rows; see :meth:`Format.events`."""
        return checked(raw, complete=complete, native=native)

    def faults(
        self, *, complete: Collection[str], native: Collection[str]
    ) -> tuple[str, ...] | None:
        """Return conditions of rejected rows; see :meth:`Format.faults`."""
        if not set(REQUIRED) <= set(complete) or not {"timestamp", *FLAGS} <= set(native):
            return None
        words = {**_WORDS, "event_type": EVENT_TYPES}
        return ("us IS NULL", *(f"{name} NOT IN {one_of(own)}" for name, own in words.items()))


def checked(
    raw: str, *, complete: Collection[str], native: Collection[str], has_parts: bool = False
) -> str:
    """Return SQL that checks canonical rows; see :meth:`Format.events`.

    With *has_parts*, the rows say in ``part`` which event of a raw row they are, 0 for none.
    """
    parsed = [c for c in FLAGS if c not in native]
    texts = [c for c in COLUMNS if c not in (*FLAGS, *WORDS, "timestamp", "domain")]
    names = ", ".join((*texts, *WORDS, "domain", *FLAGS))
    words = ", ".join(f"{word(c, c)} AS {c}" for c in WORDS)
    flags = ", ".join(f"{flag(c)} AS {c}" for c in FLAGS)
    raw_flags = "".join(f", {c} AS raw_{c}" for c in parsed)
    time = microseconds("timestamp", native="timestamp" in native)
    cause = f"CASE {' '.join(_causes(complete, native))} END"
    part, parts = ("part", ", part") if has_parts else ("1", "")
    cause = f"CASE WHEN part > 0 THEN {cause} END" if has_parts else cause
    return f"""
        SELECT file, row, place, {part} AS part, us, {names},
               {cause} AS cause
        FROM (
            SELECT file, row, place, broken{parts},
                   {", ".join(texts)}, {words}, {domain("domain")} AS domain, {flags},
                   timestamp AS raw_timestamp, {time} AS us{raw_flags}
            FROM {raw}
        )"""


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
            for c in FLAGS
            if c not in native
        ),
        f"WHEN event_type IN {one_of(LATER_EVENT_TYPES)} THEN {quoted(NO_EVENT)}",
    ]
