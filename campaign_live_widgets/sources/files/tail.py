"""What is new in the files of a source since the last refresh.

A file that grows (CSV, NDJSON, not compressed) is read from where the last
refresh ended to its last complete line. Any other file is read when it is complete, and again only
if it changed.

What was read must still be there: a file that was deleted, cut or replaced is noticed
(:attr:`Tail.is_rewritten`), also if its new content is longer than the old one.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.file_status import FileStatus, status_of
from campaign_live_widgets.sources.files.file_state import (
    EXAMPLES,
    FileSlice,
    FileState,
    ReadPart,
    Tally,
)
from campaign_live_widgets.sources.files.json_documents import ends_whole, is_document
from campaign_live_widgets.sources.files.location import DataFile, ending_of, is_other
from campaign_live_widgets.sources.files.row_ends import ends_row, rows_end
from campaign_live_widgets.sources.files.zstd import is_whole

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources.files.location import Listing, Location

_BLOCK: Final = 1 << 16
_COVERED: Final = 2 * _BLOCK
"""Size of a file up to which its fingerprint covers all of it."""
_DAMAGED: Final = "it is damaged, or its content does not match its file extension"
_AT_REST: Final = 60.0
"""Seconds without a change after which a last line without a newline counts as complete."""


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
    totals: Tally = field(default_factory=Tally)
    """Rows of all files that exist, without examples."""
    is_rewritten: bool = False
    """Whether rows that were counted may be in no file any more, or may have changed."""
    has_polled_all: bool = False
    """Whether the last poll has polled all files."""
    _listing: Listing | None = None
    """Of the last poll of all files, with what later ones have found."""
    _open: dict[str, DataFile] = field(default_factory=dict)
    """Path → the files that are polled each time, because they are not settled."""

    def poll(self, changed: Collection[str] | None = None) -> list[FileSlice]:
        """Return what is new; :meth:`commit` marks it as read.

        Parameters
        ----------
        changed : collection of str, optional
            The files that may have changed since the last poll, relative to the watched folder:
            only these are polled, and those that were not settled then. By default, and if
            there is a folder among them, all files are polled.
        """
        files = None if changed is None else self._changed_files(changed)
        self.has_polled_all = files is None
        if files is None:
            files = self._all_files()
        return [part for file in files if (part := self._poll_file(file))]

    def restore(self, files: Mapping[str, FileState]) -> None:
        """Go on from where files were read."""
        self.files.update(files)
        for state in files.values():
            self._add_to_totals(state.tally, 1)

    def rejects(self) -> list[Reject]:
        """Return the first examples of rejected rows."""
        if not self.totals.rejected:
            return []
        every = (reject for state in self.files.values() for reject in state.tally.rejects)
        return list(islice(every, EXAMPLES))

    def _all_files(self) -> list[DataFile]:
        """Return all files that exist; remove the others."""
        self._listing = listing = self.location.listing()
        self.others = Counter(map(ending_of, listing.others))
        for path in self.files.keys() - {file.path for file in listing.files}:
            self._remove(path)
        return listing.files

    def _changed_files(self, changed: Collection[str]) -> list[DataFile] | None:
        """Return the files to look at; remove those that are gone. ``None``: look at all."""
        listing = self._listing
        if listing is None or listing.has_linked_folders or not self.location.finds_by_name:
            return None
        files, has_others = dict(self._open), False
        folder = self.location.watched
        for relative in filter(self.location.is_visible, changed):
            path = os.path.join(folder, relative)
            if os.path.isdir(path) or (not os.path.lexists(path) and self._was_folder(path)):
                return None
            entry = self.location.entry(relative)
            if isinstance(entry, DataFile):
                files[entry.path] = entry
                _keep(listing.links, entry.path, os.path.islink(path))
            elif entry is not None and is_other(entry):
                _keep(listing.others, entry, os.path.lexists(path))
                has_others = True
        if has_others:
            self.others = Counter(map(ending_of, listing.others))
        for path in [path for path in files if not os.path.lexists(path)]:
            del files[path]
            self._remove(path)
        return sorted(files.values(), key=lambda file: file.path)

    def _was_folder(self, path: str) -> bool:
        """Return whether something that is gone was, or may have been, a folder with files."""
        below = os.path.join(path, "")
        return any(known.startswith(below) for known in self.files)

    def _poll_file(self, file: DataFile) -> FileSlice | None:
        """Return what is new in a file; remember whether to look at it in the next poll, too."""
        new_part = self._new_in(file)
        if new_part or not self.files[file.path].is_settled:
            self._open[file.path] = file
        else:
            self._open.pop(file.path, None)
        return new_part

    def _remove(self, path: str) -> None:
        self._open.pop(path, None)
        state = self.files.pop(path, None)
        if state is not None:
            self.is_rewritten |= state.is_counted
            self._add_to_totals(state.tally, -1)

    def _add_to_totals(self, tally: Tally, sign: int) -> None:
        self.totals.duplicates += sign * tally.duplicates
        self.totals.rejected += sign * tally.rejected
        self.totals.ignored += sign * tally.ignored

    def counted(self) -> list[FileSlice]:
        """Return what was counted, each file as one slice from its start."""
        return [
            FileSlice(read.file, 0, read.end, read.state, mark=read.mark)
            for state in self.files.values()
            if state.is_counted and (read := state.read)
        ]

    def is_as_counted(self) -> bool:
        """Return whether all files still start with what was counted of them."""
        return all(
            self._is_as_read(state.read)
            for state in self.files.values()
            if state.is_counted and state.read
        )

    def _is_as_read(self, read: ReadPart) -> bool:
        status = status_of(read.file.path)
        if status == read.state:
            return True
        if status is None:
            return False
        if read.file.grows:
            return self._continues(read.file, read, status)
        return status.size == read.state.size and self._is_same(read.file, read)

    def commit(
        self,
        file_slice: FileSlice,
        lines: int,
        tally: Tally,
        repeats: NDArray[np.int64] | None = None,
    ) -> None:
        """Mark a slice with its number of *lines* as counted, and add its tally.

        *repeats* are the positions of rows that repeat another event; see :class:`FileState`.
        """
        state = self.files[file_slice.file.path]
        state.problem = None
        self._remember(state, file_slice, lines)
        state.is_counted = True
        state.tally.add(tally)
        self._add_to_totals(tally, 1)
        if repeats is not None and len(repeats):
            # Rows of text are numbered through all files of a scan.
            state.repeats = repeats if file_slice.file.kind == "parquet" else None

    def give_up(self, file_slice: FileSlice, why: str) -> None:
        """Store why a slice cannot be read; it is tried again when its file changes."""
        state = self.files[file_slice.file.path]
        state.problem = why
        self._remember(state, file_slice, 0)

    def _remember(self, state: FileState, file_slice: FileSlice, lines: int) -> None:
        state.idle_state = None
        if file_slice.whole:
            self._add_to_totals(state.tally, -1)
            state.tally = Tally()
            state.repeats = np.empty(0, np.int64)
        state.read = ReadPart(
            file_slice.file,
            file_slice.end,
            file_slice.first_line - 1 + lines,
            file_slice.state,
            file_slice.mark,
        )

    def _forget(self, known: FileState) -> None:
        """Read a file again from its start."""
        self.is_rewritten |= known.is_counted
        known.read, known.is_counted, known.idle_state = None, False, None
        known.problem = None

    @property
    def waiting(self) -> dict[str, str]:
        """Return the files that could not be read yet, and why."""
        return {path: text for path in self._open if (text := self.files[path].waiting)}

    @property
    def problems(self) -> dict[str, str]:
        """Return the files that could not be read, and why."""
        return {path: text for path in self._open if (text := self.files[path].problem)}

    def _new_in(self, file: DataFile) -> FileSlice | None:
        known = self.files.setdefault(file.path, FileState())
        try:
            status = os.stat(file.path)
            if not S_ISREG(status.st_mode):
                self._forget(known)
                return None
            state = FileStatus.of(status)
            links = self._listing.links if self._listing else ()
            known.is_linked = status.st_nlink > 1 or file.path in links
            file = self._with_detected_kind(file, known, state)
            new_part = self._grown if file.grows else self._whole
            return new_part(file, known, state)
        except FileNotFoundError:
            return None  # vanished between the listing and now
        except SourceError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                self._forget(known)
                why = getattr(error.__cause__, "strerror", None)
                known.problem = f"cannot be read: {why or _DAMAGED}"
            return None
        except OSError as error:
            self._forget(known)
            known.waiting = f"cannot be read: {error.strerror}"
            return None

    def _whole(self, file: DataFile, known: FileState, state: FileStatus) -> FileSlice | None:
        read = known.read
        if read:
            if read.state == state:
                return None
            if read.state.size == state.size and self._is_same(file, read):
                read.state = state  # touched, or copied over itself: its content is the same
                return None
            self._forget(known)
        if state.size == 0:
            return None
        known.waiting = _incomplete(file, state.size)
        if known.waiting:
            return None
        return FileSlice(file, 0, state.size, state, mark=self._mark(file, state.size))

    def _grown(self, file: DataFile, known: FileState, state: FileStatus) -> FileSlice | None:
        if known.read and not self._continues(file, known.read, state):
            if known.read.end == state.size > _COVERED and known.idle_state != state:
                known.idle_state = state  # perhaps it is growing now: the next poll decides
                return None
            self._forget(known)
        read = known.read
        start = read.end if read else 0
        rests_at = state.modified / 1e9 + _AT_REST
        at_rest = not (self.follow or self.keeps) or time.time() > rests_at
        if start == state.size or (known.idle_state == state and not at_rest):
            return None
        end = rows_end(file, start, state.size, at_rest=at_rest, objects=self.keeps)
        known.waiting = known.rests_at = None
        if end < state.size:
            known.waiting = (
                "the last line is incomplete; it will be read once it ends with a newline"
            )
            known.rests_at = None if at_rest else rests_at
        if end <= start:
            known.idle_state = state
            return None
        first_line = read.lines + 1 if read and start else 1
        return FileSlice(file, start, end, state, first_line, self._mark(file, end))

    def _continues(self, file: DataFile, read: ReadPart, state: FileStatus) -> bool:
        """Return whether a growing file still starts with what was read of it."""
        if state == read.state:
            return True
        if (state.size, state.modified) == (read.state.size, read.state.modified):
            # The file was copied with its time, or its file system gives it another inode.
            return read.mark == _fingerprint(file.path, read.end)
        if state.inode != read.state.inode or state.size < read.end:
            return False
        if state.size > read.end:
            return read.mark == _fingerprint(file.path, read.end) and ends_row(file.path, read.end)
        if not self._is_same(file, read):
            return False
        read.state = state
        return True

    def _is_same(self, file: DataFile, read: ReadPart) -> bool:
        """Return whether a file that has its old size has its old content."""
        if file.compression is None and file.kind != "parquet" and read.end > _COVERED:
            return False  # the fingerprint does not cover it, and it contains no checksum
        return read.mark == _fingerprint(file.path, read.end)

    def _mark(self, file: DataFile, end: int) -> bytes:
        """Return the fingerprint that the next poll compares; empty if there will be none."""
        return _fingerprint(file.path, end) if self.follow or self.keeps else b""

    def _with_detected_kind(self, file: DataFile, known: FileState, state: FileStatus) -> DataFile:
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
                self._forget(known)  # its content is read in another way now
            known.document, known.opened = document, state
        return replace(file, kind="json") if known.document else file


def _keep(paths: set[str], path: str, exists: bool) -> None:  # noqa: FBT001
    """Add a path, or remove it if it does not exist."""
    (paths.add if exists else paths.discard)(path)


def _incomplete(file: DataFile, size: int) -> str | None:
    """Return why a file that is read as a whole is not complete; ``None`` if it is."""
    if file.kind == "parquet" and not _has_footer(file.path, size):
        return "incomplete Parquet file: it has no footer (yet)"
    if file.compression == "zstd" and not is_whole(file.path):
        return "incomplete zstd file: its end is missing (yet)"
    if file.kind == "json" and not file.compression and not ends_whole(file.path, size):
        return "incomplete JSON document: its end is missing (yet)"
    return None


def _fingerprint(path: str, size: int) -> bytes:
    """Return a digest of the start and the end of the first *size* bytes of a file."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with open(path, "rb") as stream:
            digest.update(stream.read(min(_BLOCK, size)))
            last = max(0, size - _BLOCK)
            stream.seek(last)
            digest.update(stream.read(size - last))
    except OSError:
        return b""
    return digest.digest()


def _has_footer(path: str, size: int) -> bool:
    if size < 12:  # noqa: PLR2004 - two magic numbers and a length
        return False
    with open(path, "rb") as stream:
        stream.seek(size - 4)
        return stream.read(4) in {b"PAR1", b"PARE"}
