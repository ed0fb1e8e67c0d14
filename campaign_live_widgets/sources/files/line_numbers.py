"""Line numbers of rejected rows, for people who look for them in a file."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator, Sequence

    from campaign_live_widgets.sources.files.file_state import FileSlice

_BLOCK: Final = 1 << 20


@dataclass(slots=True)
class ReadFile:
    """A file as DuckDB reads it: the file itself, or a copy of a slice."""

    path: str
    file_slice: FileSlice
    first_line: int
    """The line of the user's file at which the copy starts."""
    lines: array[int] | None = None
    """The line of the user's file that each row is from, where the copy has others."""


def line_numbers(read: ReadFile, ordinals: Sequence[int]) -> list[int]:
    """Return the line numbers in the user's file of rows given by their index in what was read."""
    file = read.file_slice.file
    if file.kind in ("parquet", "avro", "json"):
        return [ordinal + 1 for ordinal in ordinals]
    if read.lines is not None:
        return [read.lines[ordinal] for ordinal in ordinals]
    wanted, lines_found = set(ordinals), {}
    with open(read.path, "rb") as stream:
        ordinal = 0
        if file.kind == "csv":
            text = io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
            rows = csv.reader(text)
            width = len(next(rows, []))
            line = rows.line_num
            for row in _rows(rows):
                start, line = line + 1, rows.line_num
                if len(row) != width:
                    continue
                if ordinal in wanted:
                    lines_found[ordinal] = start
                ordinal += 1
        else:
            for number, line_read in enumerate(stream, 1):
                if not line_read.strip():  # of bytes: what the engine takes for blank too
                    continue
                if ordinal in wanted:
                    lines_found[ordinal] = number
                ordinal += 1
    return [lines_found.get(o, o + 1) + read.first_line - 1 for o in ordinals]


def lines_at(read: ReadFile, positions: Sequence[int]) -> list[int]:
    """Return the line numbers in the user's file of positions in what was read, in order.

    A position is that of a row's first byte, counted from 1, or of the line feed before it.
    """
    lines, line, place = [], read.first_line, 0
    with open(read.path, "rb") as stream:
        for position in positions:
            while place < position and (block := stream.read(min(position - place, _BLOCK))):
                line += block.count(b"\n")
                place += len(block)
            lines.append(line)
    return lines


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield the rows of a CSV up to one that cannot be parsed."""
    with suppress(csv.Error):
        yield from reader
