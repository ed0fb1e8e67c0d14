"""Which files of a store can be counted, and what those that cannot be read have lost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.io.file_status import FileStatus, status_of
from campaign_live_widgets.sources.store_log import LOG
from campaign_live_widgets.sources.stored_files import has_digest

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from pathlib import Path

    from campaign_live_widgets.sources.store_log import StoredFile

_FILES_PER_POLL: Final = 1024
"""Files whose status is compared in one poll, about 3 ms; of more files, the next ones follow."""


class FileChecks:
    """The status of each file of a store, and whether it is intact.

    Every file must exist and have its size; the files of the counted campaign, which are read,
    must have their digest, too.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.clear()

    def clear(self) -> None:
        """Forget all files."""
        self._status: dict[str, FileStatus | None] = {}
        self._read: set[str] = set()
        """Paths of the files whose digest was compared."""
        self._damaged: set[str] = set()
        self._next = 0
        self._log: dict[str, FileStatus | None] = self._status_of_log()

    def plain(self) -> dict[str, Any]:
        """Return what is known as plain values, for :meth:`restore`."""
        return {
            "status": dict(self._status),
            "read": list(self._read),
            "damaged": list(self._damaged),
            "log": dict(self._log),
        }

    def restore(self, plain: dict[str, Any]) -> bool:
        """Set what is known, if all files are as they were; return whether.

        The log may have new commits since.
        """
        status = {path: value and FileStatus(*value) for path, value in plain["status"].items()}
        if any(status_of(self._folder / path) != value for path, value in status.items()):
            return False
        self._status, self._read = status, set(plain["read"])
        self._damaged = set(plain["damaged"])
        self._log = {name: value and FileStatus(*value) for name, value in plain["log"].items()}
        return True

    def check(self, file: StoredFile, *, content: bool) -> bool:
        """Return whether a file is intact; *content* compares its digest, too."""
        path = self._folder / file.path
        status = self._status[file.path] = status_of(path)
        is_intact = status is not None and status.size == file.size
        if is_intact and content and status is not None:
            self._read.add(file.path)
            try:
                is_intact = has_digest(str(path), status, file.digest)
            except OSError:
                is_intact = False
                self._status[file.path] = status_of(path)  # it may have been removed meanwhile
        if is_intact:
            self._damaged.discard(file.path)
        else:
            self._damaged.add(file.path)
        return is_intact

    def reject(self, file: StoredFile) -> None:
        """Count a file as damaged that could not be read."""
        self._damaged.add(file.path)

    def is_intact(self, file: StoredFile) -> bool:
        """Return whether a file was intact when it was checked."""
        return file.path not in self._damaged

    def any_damaged(self, paths: Iterable[str]) -> bool:
        """Return whether some of *paths* are files that were not intact."""
        return not self._damaged.isdisjoint(paths)

    def is_missing(self, file: StoredFile) -> bool:
        """Return whether a file did not exist when it was checked."""
        return self._status.get(file.path) is None

    def compare(self, files: Mapping[str, StoredFile], removed: Container[str]) -> bool:
        """Return whether a file was damaged or repaired since it was checked.

        Parameters
        ----------
        files : mapping
            The files of the store, by path.
        removed : container of str
            Paths of files that are not part of the store any more.
        """
        paths = list(self._status)
        if self._next >= len(paths):
            self._next = 0
        start, self._next = self._next, self._next + _FILES_PER_POLL
        changed = False
        for path in paths[start : self._next]:
            file = files.get(path)
            if file is None or path in removed:
                del self._status[path]
                self._damaged.discard(path)
            elif status_of(self._folder / path) != self._status[path]:
                was_intact = self.is_intact(file)
                changed |= self.check(file, content=path in self._read) != was_intact
        return changed

    def compare_log(self, *, has_new_commits: bool) -> bool:
        """Return whether the files of the log were changed, other than by new commits."""
        before, self._log = self._log, self._status_of_log()
        if has_new_commits:
            return any(self._log.get(name) != status for name, status in before.items())
        return self._log != before

    def _status_of_log(self) -> dict[str, FileStatus | None]:
        folder = self._folder / LOG
        try:
            names = os.listdir(folder)
        except OSError:
            return {}
        return {name: status_of(folder / name) for name in names if not name.startswith(".")}

    def lost(self, files: Mapping[str, StoredFile]) -> list[StoredFile]:
        """Return the damaged files of a store."""
        return [files[path] for path in sorted(self._damaged) if path in files]
