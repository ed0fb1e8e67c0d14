"""Where the last complete row of a growing file ends."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import BinaryIO

    from campaign_live_widgets.sources.files.location import DataFile

_BLOCK: Final = 1 << 16
_LONGEST_ROW: Final = 1 << 20
_CLOSING: Final = re.compile(rb'(?:[^"]|"")*"(?!")')
_QUOTED: Final = re.compile(rb'(?:^|[,;\t|])"(?:[^"]|"")*("(?!")|$)')
_DELIMITED: Final = (b"{", b"[")


def rows_end(file: DataFile, start: int, size: int, *, at_rest: bool, objects: bool) -> int:
    """Return where the last complete row ends; *start* if there is none.

    *objects* accepts a last line that is a JSON object or list: half of one is never valid JSON,
    while ``1`` may be half of ``12``.
    """
    if file.kind == "csv" and at_rest:
        return size  # the CSV reader decides about its end
    with open(file.path, "rb") as stream:
        if file.kind == "csv":
            return _csv_rows_end(stream, start, size)
        end = _line_end(stream, start, size)
        if end < size and (at_rest or objects):
            stream.seek(end)
            line = stream.read(size - end)
            if (at_rest or line.lstrip()[:1] in _DELIMITED) and _is_json(line):
                return size
        return end


def ends_row(path: str, end: int) -> bool:
    """Return whether a row ends at a position at which a file has grown."""
    with open(path, "rb") as stream:
        stream.seek(max(0, end - 1))
        around = stream.read(2)
    return b"\n" in around or b"\r" in around


def _line_end(stream: BinaryIO, start: int, size: int) -> int:
    """Return the position after the last newline between *start* and *size*."""
    position = size
    while position > start:
        begin = max(start, position - _BLOCK)
        stream.seek(begin)
        newline = stream.read(position - begin).rfind(b"\n")
        if newline >= 0:
            return begin + newline + 1
        position = begin
    return start


def _is_json(line: bytes) -> bool:
    """Return whether a last line without a newline is complete JSON."""
    try:
        return not line.strip() or json.loads(line) is not None
    except (ValueError, RecursionError):
        return False


def _csv_rows_end(stream: BinaryIO, start: int, size: int) -> int:
    """Return the position after the last line break that is not inside a quoted field."""
    stream.seek(start)
    position = end = start
    is_open = False
    while position < size:
        line = stream.readline(size - position)
        if not line.endswith(b"\n"):
            break
        position += len(line)
        is_open = _leaves_open(line, is_open=is_open)
        if not is_open:
            end = position
        elif position - end > _LONGEST_ROW:
            is_open, end = False, position  # a stray quote; the reader rejects the row
    return end


def _leaves_open(line: bytes, *, is_open: bool) -> bool:
    """Return whether a quoted field continues after this line."""
    if b'"' not in line:
        return is_open
    if is_open:
        closing = _CLOSING.match(line)
        if closing is None:
            return True
        line = line[closing.end() :]
    return any(field.group(1) == b"" for field in _QUOTED.finditer(line))
