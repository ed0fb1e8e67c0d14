"""The tiles of the report on paper: figures, charts, tables, each as plain data for its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import (
    TOTAL,
    Text,
    column_label,
    notes,
    rate,
    tile_of,
    value_label,
)
from campaign_live_widgets.rendering.charts import KINDS, specification
from campaign_live_widgets.rendering.charts.bars import natural_height
from campaign_live_widgets.rendering.charts.chart import drawable, text_width
from campaign_live_widgets.rendering.charts.donut import MOST_SLICES
from campaign_live_widgets.rendering.charts.export import svg
from campaign_live_widgets.rendering.language.advice import advice
from campaign_live_widgets.rendering.language.counted import is_empty, nothing_in
from campaign_live_widgets.rendering.language.labels import NO_DATA
from campaign_live_widgets.rendering.language.numbers import format_share
from campaign_live_widgets.rendering.language.sentence import rates_in_words
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.rendering.model.columns import bar_metrics, unfolds
from campaign_live_widgets.rendering.model.figures import figures
from campaign_live_widgets.rendering.model.table_model import table
from campaign_live_widgets.report import names_of, tile_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.rendering.model.report_view import ReportView
    from campaign_live_widgets.rendering.model.table_model import Table
    from campaign_live_widgets.report import TileTable

WIDTH_PT: Final = 510.2
"""Width between the margins of a page."""
GUTTER_PT: Final = 14.0

_SCALE: Final = 0.68
"""Points on paper for each px of a chart: its letters are as large as the tables'."""
_LETTERS_PT: Final = 8.0
_NAME_PT: Final = 96.0
"""Room that the first column of a table keeps."""
_CELL_PT: Final = 8.0
_BOLD: Final = 1.12
"""How much wider bold numbers are."""
_HEAD_PT: Final = 40.0
_ROW_PT: Final = 14.0
_MOST_BARS: Final = 25
_LONG_WORD: Final = 24
_LONGEST_NAME: Final = 120
_ALSO: Final = Text("; ", "\N{NO-BREAK SPACE}; ")
_RATE: Final = Text("Rate", "Taux")
_RATES: Final = Text("Rates: {}.", "Taux\N{NO-BREAK SPACE}: {}.")


def tile_parts(report: ReportView, place: Place, width: float, *, alone: bool) -> dict[str, Any]:
    """Return a tile as the template knows it, *width* pt wide.

    A chart that cannot show all its rows is followed by the table of them.
    """
    tile = tile_of(place.tile_id, report.snapshot.basis)
    rows = tile_table(tile, report.snapshot)
    kind = place.view or tile.views[0]
    remarks = list(notes(tile, report.locale))
    if is_empty(tile, rows):
        word = NO_DATA if tile.by == "bucket" else nothing_in(tile)
        parts, remarks = [{"kind": "nothing", "text": word(report.locale)}], []
    elif kind == "kpi":
        parts = [_figures(report, tile, rows, width)]
    elif kind in KINDS:
        parts = [_chart(report, tile, rows, kind, width)]
        if leaves_out(kind, len(rows)):
            parts.append(_numbers(report, tile, rows, width))
    else:
        parts = [_numbers(report, tile, rows, width)]
        remarks += () if tile.rates else _rates_note(report, tile)
        remarks += _advice(report, rows) if unfolds(tile) else ()
    if tile.rates and not is_empty(tile, rows):
        remarks = [f"{line}." for line in rates_in_words(tile, rows, report.locale)]
    is_long = alone and any(part["kind"] == "numbers" for part in parts)
    return {
        "title": tile.title(report.locale),
        "parts": parts,
        "notes": remarks,
        "breaks": is_long,
        "height": _HEAD_PT + sum(_height_pt(part) for part in parts),
    }


def leaves_out(kind: str, rows: int) -> bool:
    """Return whether a chart of this kind does not draw each of its rows."""
    most = {"donut": MOST_SLICES, "bars": _MOST_BARS, "intervals": _MOST_BARS}
    return rows > most.get(kind, rows)


def _height_pt(part: Mapping[str, Any]) -> float:
    """Return the approximate height of a part on the page."""
    if part["kind"] == "chart":
        return float(part["height"]) * _SCALE
    return _ROW_PT * (2 + len(part.get("rows", ())))


def _figures(report: ReportView, tile: Tile, rows: TileTable, width: float) -> dict[str, Any]:
    cards = [
        {
            "label": figure.label,
            "count": figure.text,
            "share": figure.share_text,
            "part": figure.bar,
            "color": palette.color(figure.metric, "light"),
        }
        for figure in figures(tile, rows, report.locale)
    ]
    room = (width - GUTTER_PT * (len(cards) - 1)) / len(cards) - 84
    longest = max(text_width(str(figure["count"]), 1.0) for figure in cards) * 1.06
    return {"kind": "figures", "figures": cards, "size": min(19.0, room / longest)}


def _chart(
    report: ReportView, tile: Tile, rows: TileTable, kind: str, width: float
) -> dict[str, Any]:
    spec = specification(
        tile,
        rows,
        locale=report.locale,
        names=names_of(tile, report.snapshot, report.locale),
        time_zone=report.time_zone,
        kind=kind,
        theme="light",
        width=round(width / _SCALE),
        height=_height(tile, rows, kind),
        most=_MOST_BARS,
        unfinished=report.snapshot.unfinished,
    )
    drawn = {"svg": svg(spec), "alt": spec["description"], "height": spec["height"]}
    return {"kind": "chart", **drawn}


def _height(tile: Tile, rows: TileTable, kind: str) -> float:
    if kind == "lines":
        return 230
    if kind == "donut":
        return max(120, 20 * (min(len(rows), MOST_SLICES) + 1))
    if kind == "intervals":
        return 0  # as high as its rows
    return min(420, natural_height(min(len(rows), _MOST_BARS), len(bar_metrics(tile))))


def _numbers(report: ReportView, tile: Tile, rows: TileTable, width: float) -> dict[str, Any]:
    """Return a table: headings, the total and the rates on top, and every row."""
    names = names_of(tile, report.snapshot, report.locale)
    model = table(
        tile,
        rows,
        locale=report.locale,
        names=names,
        time_zone=report.time_zone,
        unfinished=report.snapshot.unfinished,
    )
    name, *headings = [heading.label for heading in model.headings]
    cells = [[cell.text for cell in row.cells] for row in model.rows]
    total = [cell.text for cell in model.total.cells] if model.total else []
    rates = _rates(report, tile, model)
    widths = [
        _column_width(head, [*(row[j] for row in cells), *rates[j : j + 1]], total[j : j + 1])
        for j, head in enumerate(headings)
    ]
    fit = min(1.0, (width - _NAME_PT) / sum(widths))
    return {
        "kind": "numbers",
        "size": _LETTERS_PT * fit,
        "widths": [column * fit for column in widths],
        "columns": [name, *headings],
        "texts": [heading.is_text for heading in model.headings],
        "tints": [[cell.tint for cell in row.cells] for row in model.rows],
        "total": [TOTAL(report.locale), *total] if total else [],
        "rates": [_RATE(report.locale), *rates] if any(rates) else [],
        "rows": [
            [
                _breakable(names.short(row.code, _LONGEST_NAME) if row.code in names else row.name),
                *texts,
            ]
            for row, texts in zip(model.rows, cells, strict=True)
        ],
    }


def _rates(report: ReportView, tile: Tile, model: Table) -> list[str]:
    """Return the rate of each total, where its divisor is a column of the table."""
    if model.total is None:
        return []
    ids = [heading.id for heading in model.headings[1:]]
    totals = dict(zip(ids, (cell.value for cell in model.total.cells), strict=True))
    rates = []
    for metric, count in totals.items():
        of = tile.rate_of(metric)
        whole = totals.get(of or "")
        share = rate(metric, _whole_number(count), of, _whole_number(whole))
        rates.append(format_share(share, report.locale) if of and (count or whole) else "")
    return rates


def _whole_number(count: float | None) -> int | None:
    return None if count is None else int(count)


def _rates_note(report: ReportView, tile: Tile) -> list[str]:
    """Return which rates there are, and for each what it divides by."""
    parts: dict[str, list[str]] = {}
    for metric in tile.metrics if tile.by is not None else ():
        whole = tile.rate_of(metric)
        if whole is not None:
            parts.setdefault(whole, []).append(column_label(metric, report.locale))
    rates = [
        f"{', '.join(labels)} ÷ {column_label(whole, report.locale)}"
        for whole, labels in parts.items()
    ]
    return [_RATES(report.locale).format(_ALSO(report.locale).join(rates))] if rates else []


def _advice(report: ReportView, rows: TileTable) -> list[str]:
    """Return what to do about each row, in one sentence."""
    return [
        f"{value_label('class', code, report.locale)}. "
        + " ".join(f"{term} {text.rstrip('.')}." for term, text in advice(code, report.locale))
        for code in rows.codes()
    ]


def _breakable(name: str) -> str:
    cards = drawable(name)
    return " ".join(
        "\N{ZERO WIDTH SPACE}".join(
            word[i : i + _LONG_WORD] for i in range(0, len(word), _LONG_WORD)
        )
        for word in cards.split(" ")
    )


def _column_width(head: str, cells: Sequence[str], bold: Sequence[str]) -> float:
    """Return the room a column needs: its numbers in one line, its heading in two."""
    size = _LETTERS_PT
    widest = max((text_width(cell, size) for cell in cells), default=0.0)
    boldest = max((_BOLD * text_width(cell, size) for cell in bold), default=0.0)
    words = max(text_width(word, size) for word in head.split())
    return max(widest, boldest, words, text_width(head, size) / 2 + 4) + _CELL_PT
