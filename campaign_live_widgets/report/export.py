"""The report as JSON and CSV, from the same tables as the tiles."""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import METRICS, Text, column_label, tile_of, tiles_of
from campaign_live_widgets.io.clock import rfc3339
from campaign_live_widgets.report.shown_names import names_of, row_names
from campaign_live_widgets.report.states import denominators, state
from campaign_live_widgets.report.tile_table import TileTable
from campaign_live_widgets.report.tile_tables import tile_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.snapshot import Snapshot

SCHEMA_VERSION: Final = 2
_FORMULA: Final = re.compile(
    r"""
    ^(?=[\t\r\n])                               # a cell that starts with a control character
    | ^(?=[\s\u180e\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff\0]*  # invisible characters
        [=+\-@\uff1d\uff0b\uff0d\uff20])         # followed by a formula, in any width
    | (?<=[;\t\r\n])(?=[=+\-@])                 # where another separator splits the cell
    """,
    re.VERBOSE,
)
"""Positions at which a spreadsheet with any separator would parse a formula."""
_NAME: Final = Text("Name", "Nom")
_LABELLED: Final = (
    *("metric", "reason", "bounce_type", "platform", "channel"),
    *("provider", "class", "machine_reason"),
)
"""Dimensions whose values have labels on the page."""


def plain(value: object) -> object:
    """Return one cell of a table as a JSON value: int, float, str, RFC 3339 time or null."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value


def rows(frame: TileTable | pd.DataFrame) -> list[list[object]]:
    """Return the rows of a tile as JSON values."""
    table = TileTable.of(frame)
    columns = [_cells(table, name) for name in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _cells(table: TileTable, name: str) -> Sequence[object]:
    """Return the cells of a column as JSON values."""
    if name == "bucket":
        return _times(tuple(table.moments()))
    if table.is_text(name):
        return [plain(value) for value in table.values(name)]
    return table.numbers(name)


@lru_cache(maxsize=16)
def _times(moments: tuple[datetime, ...]) -> tuple[str, ...]:
    """Return times as JSON values; many tiles, and many reports after each other, have the same."""
    return tuple(map(rfc3339, moments))


def to_json(snapshot: Snapshot, locale: str = "en") -> dict[str, Any]:
    """Return the whole report as one JSON object (schema version 2)."""
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
            "missing": health.missing,
            "gone": health.gone,
        },
        "freshness": None,
        "alerts": [],
        "notes": [],
        "widgets": {},
    }
    if snapshot.machines != "include":
        report["machines"] = snapshot.machines
    if snapshot.basis != "default":
        report["basis"] = snapshot.basis
    if snapshot.small_cells:
        report["small_cells"] = snapshot.small_cells
    if health.rejects:
        report["rejects"] = [
            {"file": r.file, "row": r.row, "cause": r.cause} for r in health.rejects
        ]
    for tile in tiles_of(snapshot.basis).values():
        table = tile_table(tile, snapshot)
        report["widgets"][tile.id] = {
            "title": tile.title(locale),
            "columns": list(table.columns),
            "rows": rows(table),
            "state": state(tile, table),
            "of": denominators(tile, table, locale),
        }
    return report


def csv_cell(value: object) -> object:
    """Return a cell that no spreadsheet evaluates: a quote is put before a formula."""
    if value is None:
        return ""
    return _FORMULA.sub("'", value) if isinstance(value, str) else value


def frame_csv(
    frame: TileTable | pd.DataFrame,
    locale: str = "en",
    names: Mapping[str, str] | None = None,
    *,
    labels: bool = False,
    tile: Tile | None = None,
) -> str:
    """Return one tile's frame as CSV: a line of headings, then its rows.

    Headings that are values of a dimension are only known with the *tile*.

    With *names*, a column with the message's display name follows its id. With *labels*, a column
    with the label on the page follows every code; *names* is then what
    :func:`~campaign_live_widgets.report.names_of` returns.
    """
    table = TileTable.of(frame)
    first = table.columns[0]
    headings: list[object] = [heading(name, locale, tile) for name in table.columns]
    words: Callable[[str], str | None] | None = None
    if (first == "message_id" and names) or (first in _LABELLED and labels):
        known = row_names(first, table.codes(), locale, names) if labels else names or {}
        words = known.get
    if words is not None:
        headings.insert(1, _NAME(locale))
    lines: list[list[object]] = [headings]
    for row in rows(table):
        if words is not None:
            row.insert(1, words(str(row[0])))
        lines.append(row)
    return _csv(lines)


def heading(name: str, locale: str, tile: Tile | None) -> str:
    """Return the heading of a column; of shares, with the divisor unless it is the tile's own."""
    label = column_label(name, locale, tile)
    of = tile.share_of if tile is not None and name == "share" else None
    if tile is None or of is None or of == tile_of(tile.id).share_of:
        return label
    return f"{label} ÷ {METRICS[of].label(locale)}"


def to_csv(snapshot: Snapshot, locale: str = "en", *, labels: bool = False, about: str = "") -> str:
    """Return the whole report as one CSV: per tile its id and title, headings, rows, a blank line.

    *about*, the scope of the numbers, is written first, after the word ``report``.
    """
    parts = [_csv([["report", about]])] if about else []
    for tile in tiles_of(snapshot.basis).values():
        names = names_of(tile, snapshot, locale) if labels else snapshot.message_names
        body = frame_csv(tile_table(tile, snapshot), locale, names, labels=labels, tile=tile)
        parts.append(_csv([[tile.id, tile.title(locale)]]) + body)
    return "\r\n".join(parts)


def _csv(lines: Iterable[list[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)  # RFC 4180: quotes where needed, CRLF
    writer.writerows([csv_cell(cell) for cell in line] for line in lines)
    return text.getvalue()
