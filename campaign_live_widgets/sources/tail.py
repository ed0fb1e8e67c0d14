"""What is new in the files of a source since the last look.

A file that grows (CSV, NDJSON, not compressed) is read from where the last look ended up to
its last whole line. Any other file is read when it is whole, and again only when it changed.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import BinaryIO

    from campaign_live_widgets.sources.location import DataFile, Location

_BLOCK: Final = 1 << 16
_AT_REST: Final = 60.0
"""Seconds without a change after which a last line without its newline is taken as whole."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A stretch of a file that is new: bytes ``start`` to ``end`` (the whole file, mostly)."""

    file: DataFile
    start: int
    end: int
    modified: int
    first_line: int = 1
    """The number of its first line in the file; the first line of a file is 1."""

    @property
    def whole(self) -> bool:
        """Tell whether the file is read from its start."""
        return self.start == 0


@dataclass(slots=True)
class _Read:
    """How far a file has been read."""

    end: int
    modified: int
    lines: int


@dataclass(slots=True)
class Tail:
    """Follows the files of a location.

    ``follow`` tells that more looks will come, so that a last line without its newline can
    wait for the next one.
    """

    location: Location
    follow: bool = True
    waiting: dict[str, str] = field(default_factory=dict)
    """Files that could not be read yet, and why; not an error."""
    _read: dict[str, _Read] = field(default_factory=dict)

    def poll(self) -> list[Fragment]:
        """Return what is new, without remembering it: see :meth:`commit`."""
        self.waiting.clear()
        return [f for file in self.location.files() if (f := self._new_in(file))]

    def commit(self, fragment: Fragment, lines: int) -> None:
        """Remember that a fragment of so many *lines* has been counted (or given up)."""
        self._read[fragment.file.path] = _Read(
            fragment.end, fragment.modified, fragment.first_line - 1 + lines
        )

    def _new_in(self, file: DataFile) -> Fragment | None:
        try:
            stat = os.stat(file.path)
            read = self._read.get(file.path)
            if read and read.end == stat.st_size and read.modified == stat.st_mtime_ns:
                return None
            if not file.grows:
                return self._whole(file, stat)
            if read and stat.st_size < read.end:
                read = None  # cut or replaced: what it holds now is new
            start = read.end if read else 0
            end = self._last_line_end(file, start, stat)
        except FileNotFoundError:
            return None  # vanished between the listing and now
        if end <= start:
            return None
        return Fragment(file, start, end, stat.st_mtime_ns, read.lines + 1 if read else 1)

    def _whole(self, file: DataFile, stat: os.stat_result) -> Fragment | None:
        if file.kind == "parquet" and not _has_footer(file.path, stat.st_size):
            self.waiting[file.path] = "is still being written (it has no Parquet footer yet)"
            return None
        if stat.st_size == 0:
            return None
        return Fragment(file, 0, stat.st_size, stat.st_mtime_ns)

    def _last_line_end(self, file: DataFile, start: int, stat: os.stat_result) -> int:
        """Return where the last whole line ends; *start* where there is none."""
        size = stat.st_size
        with open(file.path, "rb") as stream:
            end = _line_end(stream, start, size)
            at_rest = not self.follow or time.time() - stat.st_mtime > _AT_REST
            if end < size and at_rest:
                stream.seek(end)
                if _is_whole(file, stream.read(size - end)):
                    return size
            if file.kind == "csv":
                end = _outside_quotes(stream, start, end)
        if end < size:
            self.waiting[file.path] = "ends in a line that is not whole yet; it waits"
        return end


def _has_footer(path: str, size: int) -> bool:
    if size < 12:  # noqa: PLR2004 - two magic numbers and a length
        return False
    with open(path, "rb") as stream:
        stream.seek(size - 4)
        return stream.read(4) in (b"PAR1", b"PARE")


def _line_end(stream: BinaryIO, start: int, size: int) -> int:
    """Return the position after the last newline between *start* and *size*."""
    position = size
    while position > start:
        begin = max(start, position - _BLOCK)
        stream.seek(begin)
        block: bytes = stream.read(position - begin)
        found = block.rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        position = begin
    return start


def _is_whole(file: DataFile, line: bytes) -> bool:
    """Tell whether a last line without its newline is nevertheless complete."""
    if not line.strip():
        return True
    if file.kind == "csv":
        return line.count(b'"') % 2 == 0
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _outside_quotes(stream: BinaryIO, start: int, end: int) -> int:
    """Move *end* back to a line end that is not inside a quoted CSV field."""
    while end > start:
        stream.seek(start)
        quotes, left = 0, end - start
        while left:
            block: bytes = stream.read(min(left, _BLOCK))
            if not block:
                break
            quotes += block.count(b'"')
            left -= len(block)
        if quotes % 2 == 0:
            return end
        end = _line_end(stream, start, end - 1)
    return end
