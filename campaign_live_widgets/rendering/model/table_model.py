"""A tile's frame as a table for people: names, numbers as they are written, rates, a total."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from campaign_live_widgets.catalog import METRICS, TOTAL, Distinct, column_label
from campaign_live_widgets.io.clock import rfc3339
from campaign_live_widgets.rendering.language.labels import bucket_label, share_of
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.language.times import bucket_pattern, instant
from campaign_live_widgets.report import row_names, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.report import TileTable


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of one column: its id, its label, what its numbers mean."""

    id: str
    label: str
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One number: as it is, as it is written, and its rate with what that divides by."""

    value: float | None
    text: str
    rate: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its code in the frame, how that reads, its numbers.

    ``lines`` is the name that begins as another one does, for several lines: it is not cut off.
    """

    code: str
    name: str
    cells: tuple[Cell, ...]
    lines: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Headings (the first one is that of the names), rows in the frame's order, their sum.

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
    known = table_of(tile, frame)
    counted = [column for column in tile.columns[1:] if column != "share"]
    lines: dict[str, str] = {}
    if tile.by == "bucket":
        codes, labels = _buckets(known.moments(), locale, time_zone, unfinished)
    else:
        codes = known.codes()
        distinct_names = row_names(tile.columns[0], codes, locale, names)
        labels = [distinct_names[code] for code in codes]
        lines = {code: text for code in codes if (text := distinct_names.in_lines(code))}
    columns = [[None if n is None else int(n) for n in known.numbers(c)] for c in counted]
    shares = known.shares()
    rows = []
    for i, (code, label) in enumerate(zip(codes, labels, strict=True)):
        cells = _cells(tile, [column[i] for column in columns], counted, locale)
        if tile.share_of:
            cells = (*cells, Cell(shares[i], format_share(shares[i], locale)))
        rows.append(Row(code, label, cells, lines.get(code, "")))
    additive = not any(isinstance(METRICS[m].formula, Distinct) for m in tile.metrics)
    total = None
    if tile.by is not None and rows and additive:
        sums = [sum(n for n in column if n is not None) for column in columns]
        total = Row("", TOTAL(locale), _cells(tile, sums, counted, locale))
    return Table(_headings(tile, counted, locale), tuple(rows), total)


def _buckets(
    moments: Sequence[datetime], locale: str, time_zone: str, unfinished: datetime | None
) -> tuple[list[str], list[str]]:
    return [rfc3339(moment) for moment in moments], [
        bucket_label(
            instant(moment, time_zone, locale, pattern=bucket_pattern(locale)),
            locale,
            is_unfinished=unfinished is not None and moment >= unfinished,
        )
        for moment in moments
    ]


def _headings(tile: Tile, counted: Sequence[str], locale: str) -> tuple[Heading, ...]:
    headings = [Heading(tile.columns[0], column_label(tile.columns[0], locale))]
    for column in counted:
        metric = METRICS.get(column)
        definition = metric.definition(locale) if metric else ""
        headings.append(Heading(column, column_label(column, locale), definition))
    if tile.share_of:
        whole = share_of(tile.share_of)(locale)
        headings.append(Heading("share", f"{column_label('share', locale)} {whole}"))
    return tuple(headings)


def _cells(
    tile: Tile, numbers: Sequence[int | None], counted: Sequence[str], locale: str
) -> tuple[Cell, ...]:
    counts = dict(zip(counted, numbers, strict=True))
    return tuple(
        Cell(number, format_number(number, locale), _rate(tile, column, counts, locale))
        for column, number in counts.items()
    )


def _rate(tile: Tile, column: str, counts: Mapping[str, int | None], locale: str) -> str:
    """Return ``Bounces ÷ Sent: 1.2%``; empty where the row does not know the whole."""
    whole = tile.rate_of(column)
    number, divisor = counts.get(column), counts.get(whole or "")
    if whole is None or number is None or not divisor:
        return ""
    share = format_share(number / divisor, locale)
    label, of = column_label(column, locale), column_label(whole, locale)
    gap = "\N{NO-BREAK SPACE}" if locale == "fr" else ""
    return f"{label} ÷ {of}{gap}: {share}"
