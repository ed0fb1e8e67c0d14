"""The status of a file: it differs once the file was changed, and costs no reading."""

from __future__ import annotations

import os
from typing import NamedTuple, Self


class FileStatus(NamedTuple):
    """Status of a file in the file system; a file that is written to gets another one.

    Another inode is another file; ``modified`` is in nanoseconds since the epoch.
    """

    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Return the part of a result of :func:`os.stat` that changes with the content."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


def status_of(path: str | os.PathLike[str]) -> FileStatus | None:
    """Return the status of a file, ``None`` if it cannot be found."""
    try:
        return FileStatus.of(os.stat(path))
    except OSError:
        return None
