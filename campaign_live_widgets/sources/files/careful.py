"""Copies of text files that DuckDB cannot read as they are, line by line in one plain form.

They are UTF-8. CSV has commas, quotes around each value and a last column with the reason why a
row cannot be read. JSON has one value a line, in the form of :mod:`.plain_json`. This takes several
times as long as DuckDB alone, so that only files that need it are copied.
"""

from __future__ import annotations

import csv
import io
from array import array
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.files.csv_rows import rows_of
from campaign_live_widgets.sources.files.plain_json import DECODER, is_decoded, plain_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from campaign_live_widgets.sources.files.scan_sql import FileSchema

_NO_JSON: Final = "not JSON\n"
_SEPARATORS: Final = " \t\r\n,\ufeff"


def copied(
    stream: BinaryIO, known: FileSchema, *, headless: bool, first_line: int
) -> Iterator[tuple[str, int]]:
    """Yield the lines of a copy, each with the number of the line that it is from.

    Parameters
    ----------
    stream : BinaryIO
        The bytes of a slice, decompressed; UTF-8, or Windows-1252 by ``known.encoding``.
    headless : bool
        Whether the slice starts below the header of the CSV.
    first_line : int
        The number of its first line in the file.
    """
    encoding = "cp1252" if known.encoding == "cp1252" else "utf-8"
    text = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")
    if known.kind == "csv":
        yield from _copied_csv(text, known, headless=headless, first_line=first_line)
        return
    for number, line in enumerate(_json_lines(text), first_line):
        if line.strip(_SEPARATORS):
            for value in _values_in(line):
                yield value, number


def _copied_csv(
    text: io.TextIOBase, known: FileSchema, *, headless: bool, first_line: int
) -> Iterator[tuple[str, int]]:
    out = io.StringIO(newline="")
    write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow

    def written(values: list[str]) -> str:
        out.seek(0)
        out.truncate()
        write(values)
        return out.getvalue()

    yield written([*known.columns]), 0
    skipped = 0 if headless else known.skipped + 1
    for number, row, broken in rows_of(text, known, skipped=skipped):
        yield written([*row, broken or ""]), number + first_line - 1


def _json_lines(text: io.TextIOBase) -> Iterator[str]:
    r"""Yield lines that end with a line feed: a lone carriage return is a blank in JSON."""
    waiting = ""
    for line in text:
        waiting += line
        if line.endswith("\n"):
            yield waiting
            waiting = ""
    if waiting:
        yield waiting


def _values_in(line: str) -> Iterator[str]:
    """Yield the JSON values in a line, one a line; the rest of it as one that is no JSON."""
    place, size = 0, len(line)
    if not is_decoded(line):
        yield _NO_JSON
        return
    while True:
        while place < size and line[place] in _SEPARATORS:
            place += 1
        if place == size:
            return
        try:
            value, place = DECODER.raw_decode(line, place)
        except (ValueError, RecursionError):
            yield _NO_JSON
            return
        yield plain_json(value) + "\n"


def is_readable(line: bytes) -> bool:
    """Return whether a careful copy of a line of JSON has a value that is an object or a list."""
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return any(value[0] in "{[" for value in _values_in(text))


def line_array() -> array[int]:
    """Return an empty list of line numbers."""
    return array("Q")
