"""The report as JSON and CSV, from the same frames as the tiles."""

from __future__ import annotations

import csv
import io
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import TILES, column_label
from campaign_live_widgets.report.frames import frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from campaign_live_widgets.snapshot import Snapshot

SCHEMA_VERSION: Final = 1
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def rfc3339(at: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC; seconds have a fraction only when needed."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _plain(value: object) -> object:
    """Return one cell of a frame as JSON knows it."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value


def rows(table: pd.DataFrame) -> list[list[object]]:
    """Return a frame's rows as plain Python values: int, float, str, RFC 3339 time or null."""
    columns = [[_plain(value) for value in table[name].tolist()] for name in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def to_json(snapshot: Snapshot, locale: str = "en") -> dict[str, Any]:
    """Return the whole report as one JSON object (schema version 1)."""
    window, health = snapshot.window, snapshot.health
    report: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "campaign_id": snapshot.campaign_id,
        "campaign_name": snapshot.campaign_name,
        "window": {
            "start": rfc3339(window.start),
            "end": rfc3339(window.end),
            "bucket_seconds": int(window.bucket.total_seconds()),
        },
        "newest_event": rfc3339(snapshot.newest_event) if snapshot.newest_event else None,
        "health": {
            "events": health.events,
            "duplicates": health.duplicates,
            "rejected": health.rejected,
            "ignored": health.ignored,
        },
        "widgets": {},
    }
    if health.rejects:
        report["rejects"] = [
            {"file": r.file, "row": r.row, "cause": r.cause} for r in health.rejects
        ]
    for tile in TILES.values():
        table = frame(tile, snapshot)
        report["widgets"][tile.id] = {
            "title": tile.title(locale),
            "columns": list(table.columns),
            "rows": rows(table),
        }
    return report


def csv_cell(value: object) -> object:
    """Return a cell that no spreadsheet runs: text that starts a formula gets a quote."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def frame_csv(
    table: pd.DataFrame, locale: str = "en", names: Mapping[str, str] | None = None
) -> str:
    """Return one tile's frame as CSV: a line of headings, then its rows.

    Where *names* are given, a column with the message's display name follows its id.
    """
    named = bool(names) and "message_id" in table.columns
    headings: list[object] = [column_label(name, locale) for name in table.columns]
    if named:
        headings.insert(1, {"en": "Name", "fr": "Nom"}.get(locale, "Name"))
    lines: list[list[object]] = [headings]
    for row in rows(table):
        if named and names is not None:
            row.insert(1, names.get(str(row[0])))
        lines.append(row)
    return _csv(lines)


def to_csv(snapshot: Snapshot, locale: str = "en") -> str:
    """Return the whole report as one CSV: per tile its id and title, headings, rows, a gap."""
    parts = []
    for tile in TILES.values():
        body = frame_csv(frame(tile, snapshot), locale, snapshot.message_names)
        parts.append(_csv([[tile.id, tile.title(locale)]]) + body)
    return "\r\n".join(parts)


def _csv(lines: Iterable[list[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)  # RFC 4180: quotes where needed, CRLF
    writer.writerows([csv_cell(cell) for cell in line] for line in lines)
    return text.getvalue()
