"""What the files of a location are by their content, each read once until it changes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.file_status import status_of
from campaign_live_widgets.sources.files.first_look import detected, in_known_format, looked_at
from campaign_live_widgets.sources.files.location import DataFile, ending_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from campaign_live_widgets.io.file_status import FileStatus
    from campaign_live_widgets.sources.files.file_state import FileState
    from campaign_live_widgets.sources.files.location import Location
    from campaign_live_widgets.sources.mapping.mapped_files import MappedFiles

_SURE: Final = 64
"""Bytes by which a file is known that goes on growing."""


class FileKinds:
    """Detects kinds; a format that a user or a *mapping* gives to one makes it a data file."""

    def __init__(self, location: Location, mapped: MappedFiles | None) -> None:
        self._location, self._mapped = location, mapped
        self._unnamed: dict[str, tuple[FileStatus, DataFile | None]] = {}
        """Path of a file whose name does not say its kind → its status, and what it is."""

    def unnamed(self, path: str) -> DataFile | None:
        """Return what a file is whose name does not say it; ``None`` if it has no events."""
        status = status_of(path)
        if status is None:
            return None
        earlier, file = self._unnamed.get(path, (None, None))
        is_same = earlier is not None and earlier.inode == status.inode
        if earlier != status and not (is_same and file is not None and file.grows):
            try:
                file = self._looked_at(path)
            except OSError:
                file = None
        self._unnamed[path] = status, file
        return file

    def _looked_at(self, path: str) -> DataFile | None:
        if self._is_mapped(path):
            return looked_at(path, DataFile(path, "csv"))
        try:
            file = looked_at(path, None)
            is_known = file is not None and (self._location.format or in_known_format(file))
        except SourceError:  # compressed and damaged: reading it will report that
            return DataFile(path, "ndjson")
        return file if is_known else None

    def others(self, paths: Collection[str]) -> Counter[str]:
        """Count the files that have no events by their extensions; forget those that are gone."""
        self._unnamed = {path: look for path, look in self._unnamed.items() if path in paths}
        unread = (path for path in paths if self._unnamed.get(path, (None, None))[1] is None)
        return Counter(map(ending_of, unread))

    def detect(self, file: DataFile, known: FileState, status: FileStatus) -> DataFile:
        """Return what a data file is by its content; *known* keeps it, and why it is skipped.

        Raises
        ------
        OSError, SourceError
            If it cannot be opened, or is damaged at its start.
        """
        if status.size == 0:
            return file
        if known.detected is not None and self._is_same(known, known.detected, status):
            return known.detected
        is_chosen = (
            self._location.scanned_folder is None
            or self._location.format is not None
            or self._is_mapped(file.path)
        )
        known.detected, known.passed = detected(file, is_chosen=is_chosen)
        known.opened = status
        return known.detected

    def _is_mapped(self, path: str) -> bool:
        return self._mapped is not None and self._mapped.format_of(path) is not None

    @staticmethod
    def _is_same(known: FileState, kind: DataFile, status: FileStatus) -> bool:
        """Return whether a file that was opened has not changed, or has only grown."""
        seen = known.opened
        if seen == status:
            return True
        is_growing = kind.grows and known.passed is None
        return (
            is_growing
            and seen is not None
            and seen.inode == status.inode
            and _SURE <= seen.size <= status.size
        )
