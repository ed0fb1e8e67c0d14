"""Whether the files of a snapshot show the numbers of its report, cell for cell."""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import TILES, tiles_of
from campaign_live_widgets.report import csv_cell, heading, plain
from campaign_live_widgets.report.tile_table import ROWS_SHOWN
from campaign_live_widgets.snapshots.exporters import (
    REPORT_CSV,
    REPORT_HTML,
    widget_csv,
    widget_parquet,
)
from campaign_live_widgets.snapshots.report_reader import Numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from campaign_live_widgets.catalog import Kind, Tile

    Report = Mapping[str, Any]
    Lines = list[list[str]]

_DATA: Final = "clw-report-data"
"""The element of the page that holds the report as JSON."""
_LOST: Final = (OSError, ValueError, csv.Error, RecursionError)
"""What reading a broken file raises; a decoding error is a ValueError."""


def disagreeing(folder: Path, report: Report, files: Collection[str], locale: str) -> Iterator[str]:
    """Yield where a file of *files* shows another number than the report, in words."""
    if REPORT_CSV in files:
        yield from _whole_csv(folder, report, locale)
    for tile_id, widget in report["widgets"].items():
        path = widget_csv(tile_id)
        if path in files:
            try:
                lines = _lines(folder / path)
            except _LOST as error:
                yield _unreadable(path, error)
                continue
            yield from _table(path, lines, widget, locale, TILES.get(tile_id))
        path = widget_parquet(tile_id)
        if path in files:
            yield from _parquet(folder, path, widget)
    if REPORT_HTML in files:
        yield from _page(folder, report)


def reads_parquet() -> bool:
    """Return whether Parquet files can be looked into here."""
    try:
        import pyarrow.parquet  # noqa: F401 - of the extra, and heavy
    except ImportError:
        return False
    return True


def _whole_csv(folder: Path, report: Report, locale: str) -> Iterator[str]:
    try:
        lines = _lines(folder / REPORT_CSV)
    except _LOST as error:
        yield _unreadable(REPORT_CSV, error)
        return
    parts: dict[str, Lines] = {}
    part: Lines | None = None
    for line in lines:
        if not line:
            part = None
        elif part is None:
            part = parts.setdefault(line[0], [])
        else:
            part.append(line)
    tiles = tiles_of(report.get("basis", "default"))
    for tile_id, widget in report["widgets"].items():
        if tile_id in parts:
            where = f"{REPORT_CSV}: {tile_id}"
            yield from _table(where, parts[tile_id], widget, locale, tiles.get(tile_id))
        else:
            yield f"{REPORT_CSV}: {tile_id} is missing"


def _table(
    where: str, lines: Lines, widget: Mapping[str, Any], locale: str, tile: Tile | None
) -> Iterator[str]:
    """Compare a table of CSV; the display name, where there is one, is not in the report."""
    heads = [heading(column, locale, tile) for column in widget["columns"]]
    head = lines[0] if lines else []
    named = len(head) == len(heads) + 1
    if [*head[:1], *head[2:]] != heads if named else head != heads:
        yield f"{where}: the headings are not those of the report"
        return
    cells = [[*line[:1], *line[2:]] if named else line for line in lines[1:]]
    expected = [[str(csv_cell(value)) for value in row] for row in widget["rows"]]
    yield from _cells(where, cells, expected)


def _parquet(folder: Path, path: str, widget: Mapping[str, Any]) -> Iterator[str]:
    if not reads_parquet():
        return
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(folder / path, partitioning=None)
        columns = [[plain(v) for v in column.to_pylist()] for column in table.columns]
    except (*_LOST, pa.ArrowException) as error:
        yield _unreadable(path, error)
        return
    if table.column_names != widget["columns"]:
        yield f"{path}: the columns are not those of the report"
        return
    yield from _cells(path, [list(row) for row in zip(*columns, strict=True)], widget["rows"])


def _page(folder: Path, report: Report) -> Iterator[str]:
    page = _Page()
    try:
        page.feed((folder / REPORT_HTML).read_text(encoding="utf-8"))
        page.close()
        data = json.loads(page.data)
    except _LOST as error:
        yield _unreadable(REPORT_HTML, error)
        return
    if data != report:
        yield f"{REPORT_HTML}: the numbers in it are not those of the report"
    for tile_id, lines in page.tables.items():
        widget = report["widgets"].get(tile_id)
        if widget is None:
            yield f"{REPORT_HTML}: {tile_id} is not in the report"
            continue
        yield from _rows(f"{REPORT_HTML}: {tile_id}", lines, widget, TILES[tile_id])
    for tile_id, totals in page.totals.items():
        if tile_id not in report["widgets"]:
            continue
        sums, columns = Numbers(report).totals(tile_id), report["widgets"][tile_id]["columns"]
        names = [columns[i] for i, _ in _columns(TILES[tile_id], columns)]
        # Only counts are sums; ratios are of the sums.
        cells = [of for of, name in zip(totals, names, strict=False) if name in sums]
        expected = [[str(count) for count in sums.values()]]
        yield from _cells(f"{REPORT_HTML}: {tile_id}: total", [cells], expected)
    for tile_id, cards in page.cards.items():
        sums = Numbers(report).totals(tile_id)
        expected = [[str(sums.get(metric)) for metric in TILES[tile_id].metrics]]
        yield from _cells(f"{REPORT_HTML}: {tile_id}: figures", [cards], expected)


def _rows(where: str, lines: Lines, widget: Mapping[str, Any], tile: Tile) -> Iterator[str]:
    """Compare the rows of a table of the page, of which the last may be that of all others."""
    drawn, rows = _columns(tile, widget["columns"]), widget["rows"]
    if tile.by not in {None, "bucket"} and len(rows) > ROWS_SHOWN:
        *lines, sums = lines or [[]]
        rows, others = rows[:ROWS_SHOWN], rows[ROWS_SHOWN:]
        counts = [n for n, (_, kind) in enumerate(drawn) if kind == "count"]
        added = [str(sum(row[drawn[n][0]] or 0 for row in others)) for n in counts]
        in_page = [sums[n] for n in counts if n < len(sums)]
        yield from _cells(f"{where}: others", [in_page], [added])
    expected = [
        ["" if kind == "text" or row[i] is None else str(row[i]) for i, kind in drawn]
        for row in rows
    ]
    yield from _cells(where, lines, expected)


def _columns(tile: Tile, columns: Sequence[str]) -> list[tuple[int, Kind]]:
    """Return place and kind of the columns that the page has cells of; the first names the rows.

    The ends of an interval are a hint of their rate.
    """
    typed = [tile.column(name) for name in columns]
    ends = {end for column in typed for end in column.ends or ()}
    return [(i, of.kind) for i, of in enumerate(typed) if i and of.id not in ends]


class _Page(HTMLParser):
    """The report's page: its data, and the numbers that each tile shows in figures and rows."""

    def __init__(self) -> None:
        super().__init__()
        self.data = ""
        self.cards: dict[str, list[str]] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self.totals: dict[str, list[str]] = {}
        self._tile = self._part = ""
        self._in_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._in_data = tag == "script" and given.get("id") == _DATA
        self._tile = given.get("data-tile") or self._tile
        if self._tile not in TILES:
            return
        value = given.get("data-value") or ""
        if tag in {"thead", "tbody"}:
            self._part = tag
            if tag == "tbody":
                self.tables[self._tile] = []
        elif tag == "tr" and self._part == "tbody":
            self.tables[self._tile].append([])
        elif tag == "td" and self._part == "tbody":
            self.tables[self._tile][-1].append(value)
        elif tag == "td" and self._part == "thead":
            self.totals.setdefault(self._tile, []).append(value)
        elif "clw-kpi-value" in (given.get("class") or "").split():
            self.cards.setdefault(self._tile, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        self._in_data = False
        if tag == self._part:
            self._part = ""
        if tag == "article":
            self._tile = ""

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data += data


def _cells(where: str, lines: list[list[Any]], expected: list[list[Any]]) -> Iterator[str]:
    """Yield the first cell that differs."""
    if len(lines) != len(expected):
        yield f"{where}: {len(lines)} rows, the report has {len(expected)}"
        return
    for number, (line, row) in enumerate(zip(lines, expected, strict=True), start=1):
        for value, right in zip(line, row, strict=False):
            if value != right:
                yield f"{where}: row {number}: {_short(value)} is not {_short(right)}"
                return
        if len(line) != len(row):
            yield f"{where}: row {number} has {len(line)} cells, the report {len(row)}"
            return


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004 - a sentence


def _lines(path: Path) -> Lines:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def _unreadable(path: str, error: BaseException) -> str:
    message = error.strerror if isinstance(error, OSError) else None
    return f"{path} cannot be read: {' '.join((message or str(error)).split())[:200]}"
