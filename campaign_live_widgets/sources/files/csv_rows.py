"""The rows of a CSV, read with care: what is no row costs only itself, never its neighbours.

A quote that nothing closes would take all lines below it into one value. So a row that goes on
over several lines and has not as many values as the header is no row: its first line is rejected,
and reading goes on with the second one.
"""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.files.plain_json import is_decoded
from campaign_live_widgets.sources.files.scan_sql import NOT_UTF8

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from campaign_live_widgets.sources.files.scan_sql import FileSchema

_LONGEST: Final = 1 << 20
"""Characters up to which a row may go on."""
_NO_ROW: Final = "is not a row of this CSV ({})"


class _Lines:
    """Lines of a text that can be given again."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = iter(text)
        self._again: deque[str] = deque()
        self._given: list[str] = []
        self._size = 0
        self.line = 1
        """The number of the row's first line."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > _LONGEST:
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._text)
        self._given.append(line)
        self._size += len(line)
        return line

    def begin(self) -> None:
        """Begin a row after the last one."""
        self.line += len(self._given)
        self._given, self._size = [], 0

    def give_back(self) -> None:
        """Have all lines of the row but the first one given again."""
        self._again.extendleft(reversed(self._given[1:]))
        del self._given[1:]

    @property
    def count(self) -> int:
        """Return how many lines the row has so far."""
        return len(self._given)


def rows_of(
    text: io.TextIOBase, known: FileSchema, *, skipped: int
) -> Iterator[tuple[int, list[str], str | None]]:
    """Yield each row: the number of its first line, its values, and why it is broken, or ``None``.

    Blank lines are skipped, and lines that repeat the header, as where files were concatenated.
    Values beyond the header's are left out if they are blank.
    """
    lines = _Lines(text)
    width = len(known.columns) - 1  # the last column is that of the cause
    names = [name.lower() for name in known.columns[:-1]]
    least = next((n for n in range(width, 0, -1) if not names[n - 1].startswith("column_")), width)
    for _ in range(skipped):
        next(lines, None)
    reader = csv.reader(
        lines,
        delimiter=known.delimiter,
        doublequote=known.escape != "\\",
        escapechar="\\" if known.escape == "\\" else None,
        strict=True,
    )
    csv.field_size_limit(max(csv.field_size_limit(), 2 * _LONGEST))
    while True:
        lines.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = []
            cause: str | None = "stray quote"
        else:
            if not row:
                continue
            cause = _misfit(row, least, width)
        if cause is not None:
            lines.give_back()
        elif not is_decoded("".join(row)):
            yield lines.line, [""] * width, NOT_UTF8
            continue
        elif [cell.strip("\ufeff \t").lower() for cell in row[:width]] == names:
            continue
        broken = None if cause is None else _NO_ROW.format(cause)
        values = [""] * width if broken else (row[:width] + [""] * (width - len(row)))
        yield lines.line, values, broken


def _misfit(row: list[str], least: int, width: int) -> str | None:
    """Return how the number of values differs from the header's; blank ones do not count."""
    if len(row) < least:
        return "missing columns"
    return "too many columns" if any(value.strip() for value in row[width:]) else None
