"""A report read back from its JSON: rows of widgets, sums of rows, key figures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.io.clock import parse_rfc3339
from campaign_live_widgets.snapshots.paths import ADVICE, FAILURE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REPORT_JSON: Final = "report.json"
_VERSION: Final = 2
_WINDOW: Final = ("start", "end", "bucket_seconds")
HEALTH: Final = ("events", "duplicates", "rejected", "ignored")
"""The counts of data quality in every report."""
HEALTH_ADDED: Final = ("missing", "gone")
"""Those that older reports do not have: 0 there."""

Row = list[Any]


def read_report(path: Path) -> dict[str, Any]:
    """Return the report of a snapshot's folder, or of a file that ``report.json`` is.

    Raises
    ------
    ArchiveError
        If there is none, or its schema version is unknown.
    """
    if (path / FAILURE).exists():
        message = f"{path} is the folder of a failed run, not a snapshot; {ADVICE}"
        raise ArchiveError(message)
    file = path / REPORT_JSON if path.is_dir() else path
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path} is not a snapshot: {file.name}: {error.strerror}; {ADVICE}"
        raise ArchiveError(message) from None
    except (ValueError, RecursionError):
        message = f"{file} is not JSON; make the snapshot again"
        raise ArchiveError(message) from None
    if isinstance(values, dict) and isinstance(version := values.get("schema_version"), int):
        if version > _VERSION:
            message = (
                f"{file} is of schema version {version}; "
                f"this version of the package reads up to {_VERSION}; install a newer one"
            )
            raise ArchiveError(message)
        if _is_report(values):
            return values
    message = f"{file} is not the JSON of a report; {ADVICE}"
    raise ArchiveError(message)


class Numbers:
    """A report's numbers by widget, name of the row and column; each is looked up once."""

    def __init__(self, report: Mapping[str, Any]) -> None:
        self._widgets: Mapping[str, Any] = report["widgets"]
        self._rows: dict[str, dict[str, dict[str, Any]]] = {}
        self._totals: dict[str, dict[str, int]] = {}

    def __contains__(self, widget: str) -> bool:
        return widget in self._widgets

    def rows(self, widget: str) -> dict[str, dict[str, Any]]:
        """Return name → column → value; empty if the widget is absent.

        The name of a row that several columns identify is all of these, with a dot between them.
        """
        if widget not in self._rows:
            values = self._widgets.get(widget, {"columns": ["", ""], "rows": []})
            key = TILES[widget].key if widget in TILES else 1
            columns = values["columns"][1:]
            self._rows[widget] = {
                _name(row[:key]): dict(zip(columns, row[1:], strict=True)) for row in values["rows"]
            }
        return self._rows[widget]

    def columns(self, widget: str) -> list[str]:
        """Return the names of the columns after the first; empty if the widget is absent."""
        values = self._widgets.get(widget)
        return list(values["columns"][1:]) if values else []

    def totals(self, widget: str) -> dict[str, int]:
        """Return the sum of each of a widget's counts over its rows.

        Distinct counts are only in those of a widget that has a row for each metric.
        """
        if widget not in self._totals:
            tile, rows = TILES[widget], self.rows(widget)
            if tile.by is None:
                self._totals[widget] = {metric: row["count"] for metric, row in rows.items()}
            else:
                self._totals[widget] = {
                    metric: sum(row.get(metric) or 0 for row in rows.values())
                    for metric in tile.counts
                }
        return self._totals[widget]


def figures(report: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return the totals of each tab: tab → metric → count.

    The figures of the campaign, and for each channel the sums over its messages.
    """
    numbers = Numbers(report)
    return {
        tile.tab: numbers.totals(tile.id)
        for tile in TILES.values()
        if tile.id in numbers
        and (
            (tile.channel is None and tile.by is None)
            or (tile.by == "message_id" and "sent" in tile.metrics)
        )
    }


def _is_report(values: Mapping[str, Any]) -> bool:
    window, health, widgets = (values.get(name) for name in ("window", "health", "widgets"))
    try:
        for name in ("start", "end"):
            parse_rfc3339(window[name])  # type: ignore[index]
        return (
            isinstance(values["campaign_id"], str)
            and isinstance(values["campaign_name"], str | None)
            and isinstance(values["newest_event"], str | None)
            and all(isinstance(health[name], int) for name in HEALTH)  # type: ignore[index]
            and all(_is_widget(name, widget) for name, widget in widgets.items())  # type: ignore[union-attr]
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _is_widget(name: str, widget: Mapping[str, Any]) -> bool:
    columns = widget["columns"]
    tile = TILES.get(name)
    if tile is not None and tile.further is None and not set(columns) <= set(tile.columns):
        return False
    types = [_types(name, column) for column in columns[1:]]
    return len(columns) > 0 and all(
        isinstance(row, list)
        and len(row) == len(columns)
        and isinstance(row[0], str)
        and all(
            value is None or type(value) in known
            for value, known in zip(row[1:], types, strict=True)
        )
        for row in widget["rows"]
    )


def _types(widget: str, column: str) -> tuple[type, ...]:
    """Return the types that the cells of a column may have; any for an unknown widget."""
    if widget not in TILES:
        return (str, int, float)
    return (str,) if TILES[widget].column(column).kind == "text" else (int, float)


def _name(key: Row) -> str:
    return " · ".join(map(str, key))
