"""A tile's frame as a table for people: names, cells as they are written, rates, a total."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from campaign_live_widgets.catalog import METRICS, TOTAL, column_label
from campaign_live_widgets.io.clock import rfc3339
from campaign_live_widgets.rendering.language.advice import advice
from campaign_live_widgets.rendering.language.labels import (
    INTERVAL,
    bucket_label,
    others,
    share_of,
    why_no_rate,
)
from campaign_live_widgets.rendering.language.numbers import format_share
from campaign_live_widgets.rendering.language.times import are_utc_days, bucket_pattern, bucket_time
from campaign_live_widgets.rendering.language.verdicts import word
from campaign_live_widgets.rendering.model.columns import (
    cell_text,
    has_total,
    is_blind,
    is_tinted,
    rate_of_count,
    shown_columns,
    unfolds,
)
from campaign_live_widgets.rendering.model.intervals import interval_text
from campaign_live_widgets.report import row_names, table_of
from campaign_live_widgets.report.totals import VERDICT, cells, totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from campaign_live_widgets.catalog import Column, Tile
    from campaign_live_widgets.report import TileTable


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of one column: its id, its label, what its cells mean, whether they are texts."""

    id: str
    label: str
    definition: str = ""
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its number, how it is written, and its rate or interval for a tooltip.

    A text has no number; ``verdict`` is the code of a verdict. ``tint`` is how strong the ground
    of the cell is, from 0 to 1.
    """

    value: float | None
    text: str
    rate: str = ""
    is_text: bool = False
    verdict: str = ""
    tint: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its code in the frame, how that reads, its cells.

    ``lines`` is the name that begins as another one does, for several lines: it is not cut off.
    ``advice`` is what the row unfolds to: labels and texts.
    """

    code: str
    name: str
    cells: tuple[Cell, ...]
    lines: str = ""
    advice: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Headings (the first one is that of the names), rows in the frame's order, their sum.

    Of many rows the first ones are there, and one, without a code, for all others.

    ``total`` is ``None`` where there is nothing to add up: no rows, or rows that are different
    metrics.
    """

    headings: tuple[Heading, ...]
    rows: tuple[Row, ...]
    total: Row | None


def table(  # noqa: PLR0913 - all but two by name
    tile: Tile,
    frame: TileTable | pd.DataFrame,
    *,
    locale: str = "en",
    names: Mapping[str, str] = MappingProxyType({}),
    time_zone: str = "UTC",
    unfinished: datetime | None = None,
) -> Table:
    """Return *frame*, the rows of *tile*, as a table.

    Parameters
    ----------
    tile : Tile
    frame : TileTable or DataFrame
        With the columns ``tile.columns``.
    locale : str
    names : mapping
        What :func:`~campaign_live_widgets.report.names_of` returns for the tile.
    time_zone : str
        IANA name of the zone in which times are shown.
    unfinished : datetime, optional
        Start of the first bucket that is not over yet.
    """
    whole = table_of(tile, frame)
    known, further = whole.first_rows(tile.by)
    columns = shown_columns(tile, whole)
    lines: dict[str, str] = {}
    if tile.by == "bucket":
        codes, labels = _buckets(known.moments(), locale, time_zone, unfinished)
    else:
        codes = known.codes()
        distinct_names = row_names(tile.columns[0], codes, locale, names)
        labels = [distinct_names[code] for code in codes]
        lines = {code: text for code in codes if (text := distinct_names.in_lines(code))}
    shares = known.shares() if tile.share_of else []
    rows = []
    for i, (code, label) in enumerate(zip(codes, labels, strict=True)):
        row = _cells(tile, columns, _values(tile, known, i), locale, code=code)
        if tile.share_of:
            row = (*row, Cell(shares[i], format_share(shares[i], locale)))
        words = advice(code, locale) if unfolds(tile) else ()
        rows.append(Row(code, label, row, lines.get(code, ""), words))
    total = None
    if further is not None:
        sums = totals(tile, further, is_campaign=False)
        row = _cells(tile, columns, sums, locale, is_sum=True)
        rows.append(Row("", others(len(further), locale), row))
    if has_total(tile, whole):
        row = _cells(tile, columns, totals(tile, whole), locale, is_sum=True)
        total = Row("", TOTAL(locale), row)
    return Table(_headings(tile, columns, locale), tuple(rows), total)


def _values(tile: Tile, table: TileTable, row: int) -> dict[str, Any]:
    """Return the cells of one row by column."""
    columns = table.once("cells by column", lambda: _all_cells(tile, table))
    return {name: column[row] for name, column in columns.items()}


def _all_cells(tile: Tile, table: TileTable) -> dict[str, list[Any]]:
    return {name: cells(table, tile.column(name)) for name in table.columns[1:]}


def _buckets(
    moments: Sequence[datetime], locale: str, time_zone: str, unfinished: datetime | None
) -> tuple[list[str], list[str]]:
    is_utc, pattern = are_utc_days(moments, time_zone), bucket_pattern(locale)
    return [rfc3339(moment) for moment in moments], [
        bucket_label(
            bucket_time(moment, time_zone, locale, pattern, is_utc=is_utc),
            locale,
            is_unfinished=unfinished is not None and moment >= unfinished,
        )
        for moment in moments
    ]


def _headings(tile: Tile, columns: Sequence[Column], locale: str) -> tuple[Heading, ...]:
    headings = [Heading(tile.columns[0], column_label(tile.columns[0], locale), is_text=True)]
    for column in columns:
        metric = METRICS.get(column.id) if column.dimension is None else None
        definition = metric.definition(locale) if metric else ""
        label = column_label(column.id, locale, tile)
        headings.append(Heading(column.id, label, definition, column.kind == "text"))
    if tile.share_of:
        whole = share_of(tile.share_of)(locale)
        headings.append(Heading("share", f"{column_label('share', locale)} {whole}"))
    return tuple(headings)


def _cells(  # noqa: PLR0913 - the parts of one row
    tile: Tile,
    columns: Sequence[Column],
    values: Mapping[str, Any],
    locale: str,
    *,
    code: str = "",
    is_sum: bool = False,
) -> tuple[Cell, ...]:
    """Return one row; a sum has no texts but the verdict, and no tint."""
    whole = sum(values[c.id] or 0 for c in columns) if is_tinted(tile) and not is_sum else 0
    made = []
    for column in columns:
        value = values[column.id]
        is_text = column.kind == "text"
        if is_text and is_sum and column.id != VERDICT:
            made.append(Cell(None, "", is_text=True))
            continue
        made.append(
            Cell(
                value=None if is_text else value,
                text=cell_text(column, value, locale),
                rate=word("blind", locale)
                if is_blind(tile, column, code)
                else _rate(tile, column, values, locale),
                is_text=is_text,
                verdict=str(value) if column.id == VERDICT and value else "",
                tint=(value or 0) / whole if whole > 0 else 0.0,
            )
        )
    return tuple(made)


def _rate(tile: Tile, column: Column, values: Mapping[str, Any], locale: str) -> str:
    """Return ``Bounces ÷ Sent: 1.2%``, or the interval of a rate; empty if there is neither."""
    gap = "\N{NO-BREAK SPACE}" if locale == "fr" else ""
    if column.ends:
        low, high = column.ends
        span = interval_text(values[low], values[high], locale)
        return f"{INTERVAL(locale)}{gap}: {span}" if span else ""
    share_of_whole = rate_of_count(tile, column.id, values)
    if share_of_whole is None:
        return ""
    whole, share = share_of_whole
    text = format_share(share, locale)
    if share is None:
        text = f"{text} ({why_no_rate(values[column.id], whole, locale)})"
    label, of = column_label(column.id, locale), column_label(whole, locale)
    return f"{label} ÷ {of}{gap}: {text}"
