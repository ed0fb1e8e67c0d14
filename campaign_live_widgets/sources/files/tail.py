"""What is new in the files of a source since the last refresh.

A file that grows (CSV, NDJSON, not compressed) is read from where the last
refresh ended to its last complete line. Any other file is read when it is complete, and again only
if it changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.files.json_documents import ends_whole, is_document
from campaign_live_widgets.sources.files.zstd import is_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources.files.location import DataFile, Location
    from campaign_live_widgets.sources.files.scan_sql import FileSchema

_BLOCK: Final = 1 << 16
_LONGEST_ROW: Final = 1 << 20
_CLOSING: Final = re.compile(rb'(?:[^"]|"")*"(?!")')
_QUOTED: Final = re.compile(rb'(?:^|[,;\t|])"(?:[^"]|"")*("(?!")|$)')
_DELIMITED: Final = (b"{", b"[")
_DAMAGED: Final = "it is damaged, or its content does not match its file extension"
EXAMPLES: Final = 100
"""Rejected rows that are kept as examples; all are counted."""
_AT_REST: Final = 60.0
"""Seconds without a change after which a last line without a newline counts as complete."""


@dataclass(frozen=True, slots=True)
class State:
    """State of a file in the file system; another inode is another file."""

    inode: int
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class FileSlice:
    """A new slice of a file: bytes ``start`` to ``end``, often the whole file."""

    file: DataFile
    start: int
    end: int
    state: State
    first_line: int = 1
    """The number of its first line in the file; the first line of a file is 1."""
    generation: int = 0
    """Which reading of the file it is part of: a file that is read again gets another number."""

    @property
    def whole(self) -> bool:
        """Return whether the file is read from its start."""
        return self.start == 0

    @property
    def headless(self) -> bool:
        """Return whether it is a slice of a CSV without the header."""
        return self.file.kind == "csv" and not self.whole


@dataclass(slots=True)
class Tally:
    """Duplicate, rejected and ignored rows of one file."""

    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0
    rejects: list[Reject] = field(default_factory=list)
    """The first rejected rows."""
    kept: int = EXAMPLES
    """How many of them are kept."""

    def add(self, other: Tally) -> None:
        """Add the tally of further rows."""
        self.duplicates += other.duplicates
        self.rejected += other.rejected
        self.ignored += other.ignored
        self.rejects = [*self.rejects, *other.rejects][: self.kept]


@dataclass(slots=True)
class _Read:
    """How far a file has been read, and its state then."""

    end: int
    lines: int
    state: State
    mark: bytes


@dataclass(slots=True)
class FileState:
    """State of one file of a source, as long as it exists."""

    generation: int = 0
    """The number of its last reading; 0 before the first."""
    schema: FileSchema | None = None
    waiting: str | None = None
    """Why it could not be read yet; not an error."""
    problem: str | None = None
    """Why it could not be read."""
    tally: Tally = field(default_factory=Tally)
    """Of its last reading."""
    read: _Read | None = None
    idle_state: State | None = None
    """Its state at the last poll that returned nothing."""
    document: bool = False
    """Whether it is one JSON document; detected from its first lines when its state was..."""
    opened: State | None = None
    """...like this."""
    rests_at: float | None = None
    """When an incomplete last line is read as it is (seconds since the epoch)."""


@dataclass(slots=True)
class Tail:
    """Follows the files of a location.

    ``follow``: more polls will come, so that a last line without its newline can
    wait for the next one. ``keeps``: what is read is stored permanently: then even one poll
    alone leaves a last line that may be the half of one, until its file is at rest.
    """

    location: Location
    follow: bool = True
    keeps: bool = False
    files: dict[str, FileState] = field(default_factory=dict)
    """Path → state of the file; files that no longer exist are removed."""
    others: Counter[str] = field(default_factory=Counter)
    """File extension → number of files that are not read because of it."""
    _generations: int = 0

    def poll(self) -> list[FileSlice]:
        """Return what is new; :meth:`commit` marks it as read."""
        listing = self.location.listing()
        self.others = listing.others
        for path in self.files.keys() - {file.path for file in listing.files}:
            del self.files[path]
        return [f for file in listing.files if (f := self._new_in(file))]

    def commit(self, file_slice: FileSlice, lines: int, tally: Tally) -> None:
        """Mark a slice with its number of *lines* as counted, and add its tally."""
        state = self.files[file_slice.file.path]
        state.problem = None
        self._remember(state, file_slice, lines)
        state.tally.add(tally)

    def give_up(self, file_slice: FileSlice, why: str) -> None:
        """Store why a slice cannot be read; it is tried again when its file changes."""
        state = self.files[file_slice.file.path]
        state.problem = why
        self._remember(state, file_slice, 0)

    def _remember(self, state: FileState, file_slice: FileSlice, lines: int) -> None:
        if file_slice.generation != state.generation:
            state.generation, state.tally = file_slice.generation, Tally()
        state.read = _Read(
            file_slice.end,
            file_slice.first_line - 1 + lines,
            file_slice.state,
            b""
            if file_slice.file.grows
            else _fingerprint(file_slice.file.path, file_slice.state.size),
        )

    def generations(self, slices: Iterable[FileSlice] = ()) -> set[int]:
        """Return the readings that count, but for those that *slices* replace."""
        replaced = {f.file.path for f in slices if f.whole}
        return {state.generation for path, state in self.files.items() if path not in replaced}

    @property
    def waiting(self) -> dict[str, str]:
        """Return the files that could not be read yet, and why."""
        return {path: state.waiting for path, state in self.files.items() if state.waiting}

    @property
    def problems(self) -> dict[str, str]:
        """Return the files that could not be read, and why."""
        return {path: state.problem for path, state in self.files.items() if state.problem}

    def _new_in(self, file: DataFile) -> FileSlice | None:
        known = self.files.setdefault(file.path, FileState())
        try:
            status = os.stat(file.path)
            if not S_ISREG(status.st_mode):
                return None
            state = State(status.st_ino, status.st_size, status.st_mtime_ns)
            file = _with_detected_kind(file, known, state)
            new_part = self._grown if file.grows else self._whole
            return new_part(file, known, state)
        except FileNotFoundError:
            return None  # vanished between the listing and now
        except SourceError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                why = getattr(error.__cause__, "strerror", None)
                known.problem = f"cannot be read: {why or _DAMAGED}"
            return None
        except OSError as error:
            known.waiting = f"cannot be read: {error.strerror}"
            return None

    def _whole(self, file: DataFile, known: FileState, state: State) -> FileSlice | None:
        read = known.read
        if (read and read.state == state) or state.size == 0:
            return None
        if (
            read
            and read.state.size == state.size
            and read.mark == _fingerprint(file.path, state.size)
        ):
            read.state = state  # touched, or copied over itself: its content is the same
            return None
        if file.kind == "parquet" and not _has_footer(file.path, state.size):
            known.waiting = "incomplete Parquet file: it has no footer (yet)"
            return None
        if file.compression == "zstd" and not is_whole(file.path):
            known.waiting = "incomplete zstd file: its end is missing (yet)"
            return None
        if file.kind == "json" and not file.compression and not ends_whole(file.path, state.size):
            known.waiting = "incomplete JSON document: its end is missing (yet)"
            return None
        known.waiting = None
        self._generations += 1
        return FileSlice(file, 0, state.size, state, generation=self._generations)

    def _grown(self, file: DataFile, known: FileState, state: State) -> FileSlice | None:
        read = known.read
        if read and (state.size < read.end or state.inode != read.state.inode):
            read = None  # truncated or replaced: all its content is new
        start = read.end if read else 0
        rests_at = state.modified / 1e9 + _AT_REST
        at_rest = not (self.follow or self.keeps) or time.time() > rests_at
        if start == state.size or (known.idle_state == state and not at_rest):
            return None
        end = _rows_end(file, start, state.size, at_rest=at_rest, objects=self.keeps)
        known.waiting = known.rests_at = None
        if end < state.size:
            known.waiting = (
                "the last line is incomplete; it will be read once it ends with a newline"
            )
            known.rests_at = None if at_rest else rests_at
        if end <= start:
            known.idle_state = state
            return None
        if read and start:
            return FileSlice(file, start, end, state, read.lines + 1, known.generation)
        self._generations += 1
        return FileSlice(file, start, end, state, generation=self._generations)


def _with_detected_kind(file: DataFile, known: FileState, state: State) -> DataFile:
    """Return a file with its kind detected: JSON lines, or one JSON document."""
    if file.kind != "ndjson" or state.size == 0:
        return file
    if file.compression == "zstd" and not is_whole(file.path):
        return file  # it waits
    checked = known.opened
    grown = checked and checked.inode == state.inode and checked.size <= state.size
    if checked != state and not (grown and not known.document):
        document = is_document(file)
        if document != known.document:
            known.read = None  # its content is read in another way now
        known.document, known.opened = document, state
    return replace(file, kind="json") if known.document else file


def _rows_end(file: DataFile, start: int, size: int, *, at_rest: bool, objects: bool) -> int:
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


def _fingerprint(path: str, size: int) -> bytes:
    """Return a digest of the start and end of a file: it differs if the content changed."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with open(path, "rb") as stream:
            digest.update(stream.read(_BLOCK))
            stream.seek(max(0, size - _BLOCK))
            digest.update(stream.read(_BLOCK))
    except OSError:
        return b""
    return digest.digest()


def _has_footer(path: str, size: int) -> bool:
    if size < 12:  # noqa: PLR2004 - two magic numbers and a length
        return False
    with open(path, "rb") as stream:
        stream.seek(size - 4)
        return stream.read(4) in {b"PAR1", b"PARE"}


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
