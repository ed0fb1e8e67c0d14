"""What is new in the files of a source since the last refresh.

A file that grows (CSV, NDJSON, not compressed) is read from where the last
refresh ended to its last complete line. Any other file is read when it is complete, and again only
if it changed.

What was read must still be there: a file that was deleted, cut or replaced is noticed
(:attr:`Tail.is_rewritten`), also if its new content is longer than the old one.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.file_status import FileStatus, status_of
from campaign_live_widgets.sources.files.completeness import COVERED, fingerprint, incomplete
from campaign_live_widgets.sources.files.file_kinds import FileKinds
from campaign_live_widgets.sources.files.file_state import (
    EXAMPLES,
    FileSlice,
    FileState,
    ReadPart,
    Tally,
)
from campaign_live_widgets.sources.files.location import DataFile, is_other
from campaign_live_widgets.sources.files.row_ends import ends_row, rows_end

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources.files.location import Listing, Location
    from campaign_live_widgets.sources.mapping.mapped_files import MappedFiles

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
    mapped: MappedFiles | None = None
    files: dict[str, FileState] = field(default_factory=dict)
    """Path → state of the file; files that no longer exist are removed."""
    others: Counter[str] = field(default_factory=Counter)
    """File extension → number of files whose name and content are not those of events."""
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
    _kinds: FileKinds = field(init=False)

    def __post_init__(self) -> None:
        """Prepare to look at files."""
        self._kinds = FileKinds(self.location, self.mapped)

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
        files = [*listing.files, *filter(None, map(self._kinds.unnamed, listing.others))]
        self.others = self._kinds.others(listing.others)
        for path in self.files.keys() - {file.path for file in files}:
            self._remove(path)
        return sorted(files, key=lambda file: file.path)

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
            entry: DataFile | str | None = self.location.entry(relative)
            if isinstance(entry, str):
                if not is_other(entry):
                    continue
                _keep(listing.others, entry, os.path.lexists(path))
                has_others = True
                entry = self._kinds.unnamed(entry)
                if entry is None and path in self.files:
                    self._remove(path)
            if isinstance(entry, DataFile):
                files[entry.path] = entry
                _keep(listing.links, entry.path, os.path.islink(path))
        if has_others:
            self.others = self._kinds.others(listing.others)
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
        known.problem = known.waiting = None

    @property
    def waiting(self) -> dict[str, str]:
        """Return the files that could not be read yet, and why."""
        return {path: text for path in self._open if (text := self.files[path].waiting)}

    @property
    def problems(self) -> dict[str, str]:
        """Return the files that could not be read, and why."""
        return {path: text for path in self._open if (text := self.files[path].problem)}

    @property
    def passed(self) -> dict[str, str]:
        """Return the files that are skipped, and why."""
        return {path: text for path in self._open if (text := self.files[path].passed)}

    @property
    def guesses(self) -> dict[str, str]:
        """Return the files of which something is not certain, and what."""
        schemas = ((path, state.schema) for path, state in self.files.items() if state.read)
        return {path: schema.guess for path, schema in schemas if schema and schema.guess}

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
            earlier = known.detected, known.passed
            file = self._kinds.detect(file, known, state)
            if earlier not in ((None, None), (known.detected, known.passed)):
                self._forget(known)  # its content is read in another way now
            if known.passed:
                return None
            new_part = self._grown if file.grows else self._whole
            return new_part(file, known, state)
        except FileNotFoundError:
            return None  # vanished between the listing and now
        except SourceError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                self._forget(known)
                known.problem = str(error).removeprefix(f"{file.path}: ")
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
        known.waiting = incomplete(file, state.size)
        if known.waiting:
            return None
        return FileSlice(file, 0, state.size, state, mark=self._mark(file, state.size))

    def _grown(self, file: DataFile, known: FileState, state: FileStatus) -> FileSlice | None:
        if known.read and not self._continues(file, known.read, state):
            if known.read.end == state.size > COVERED and known.idle_state != state:
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
            return read.mark == fingerprint(file.path, read.end)
        if state.inode != read.state.inode or state.size < read.end:
            return False
        if state.size > read.end:
            return read.mark == fingerprint(file.path, read.end) and ends_row(file.path, read.end)
        if not self._is_same(file, read):
            return False
        read.state = state
        return True

    def _is_same(self, file: DataFile, read: ReadPart) -> bool:
        """Return whether a file that has its old size has its old content."""
        if file.compression is None and file.kind != "parquet" and read.end > COVERED:
            return False  # the fingerprint does not cover it, and it contains no checksum
        return read.mark == fingerprint(file.path, read.end)

    def _mark(self, file: DataFile, end: int) -> bytes:
        """Return the fingerprint that the next poll compares; empty if there will be none."""
        return fingerprint(file.path, end) if self.follow or self.keeps else b""


def _keep(paths: set[str], path: str, exists: bool) -> None:  # noqa: FBT001
    """Add a path, or remove it if it does not exist."""
    (paths.add if exists else paths.discard)(path)
