"""Tables of the text form where a terminal has fewer columns than they would like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text as Line

from campaign_live_widgets.report import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

_NAME: Final = 12
"""Columns that a name keeps at the least."""
_TREND: Final = 4
"""Columns of a trend that is worth showing."""


def fitting(part: RenderableType, width: int) -> RenderableType:
    """Return a part of the text form for *width* columns, such that no number is cut.

    Names give way first; where that is not enough, each row becomes a block of lines. The
    end of a trend, its newest part, is what stays of it.
    """
    if not isinstance(part, Table) or not part.columns:
        return part
    heads = [_text(column.header) for column in part.columns]
    rows = [[_text(cell) for cell in row] for row in zip(*_cells(part), strict=True)]
    wide = [max(map(cell_len, texts)) + 2 for texts in zip(heads, *rows, strict=True)]
    if sum(wide) <= width:
        return part
    if not part.show_header:
        return Group(*(Line(" ".join(filter(None, row)), style="") for row in rows))
    room = width - sum(wide[:-1]) - 2
    if not heads[0] and room >= _TREND:
        return _shorter_trends(part, room)
    if not heads[0]:
        heads, rows = heads[:2], [row[:2] for row in rows]
    if heads[0] and min(wide[0], _NAME + 2) + sum(wide[1:]) <= width:
        return _shorter_names(part, width - sum(wide[1:]) - 2)
    return Group(*_blocks(heads, rows, width))


def _shorter_names(table: Table, room: int) -> Table:
    """Return a table with names of at most *room* columns, none of which look alike."""
    made = Table(box=None, header_style="dim", pad_edge=True)
    for column in table.columns:
        made.add_column(column.header, justify=column.justify, no_wrap=True, overflow="ellipsis")
    made.columns[0].max_width = room
    names, *others = _cells(table)
    texts = _distinct([_text(name) for name in names], room)
    for row, *cells in zip(table.rows, texts, *others, strict=True):
        made.add_row(Line(str(cells[0])), *cells[1:], style=row.style)
    return made


def _distinct(names: Sequence[str], room: int) -> list[str]:
    return list(shortened({str(i): name for i, name in enumerate(names)}, room, cell_len).values())


def _shorter_trends(table: Table, room: int) -> Table:
    made = Table(box=None, header_style="dim", pad_edge=True)
    made.add_column("")
    made.add_column(table.columns[1].header, justify="right", no_wrap=True)
    made.add_column(table.columns[2].header, no_wrap=True, overflow="crop")
    for label, total, trend in zip(*_cells(table), strict=True):
        made.add_row(label, total, _text(trend)[-room:])
    return made


def _blocks(
    heads: Sequence[str], rows: Sequence[Sequence[str]], width: int
) -> Iterator[RenderableType]:
    names = _distinct([row[0] for row in rows], width - 1)
    for name, (_, *counts) in zip(names, rows, strict=True):
        yield Line(f" {name}", style="bold", no_wrap=True, overflow="ellipsis")
        for head, text in zip(heads[1:], counts, strict=True):
            room = max(1, width - cell_len(text) - 4)
            yield Line(f"   {head[:room].ljust(min(room, max(map(len, heads[1:]))))} {text:>8}")


def _cells(table: Table) -> list[list[RenderableType]]:
    return [list(column.cells) for column in table.columns]


def _text(cell: object) -> str:
    return cell.plain if isinstance(cell, Line) else str(cell)
