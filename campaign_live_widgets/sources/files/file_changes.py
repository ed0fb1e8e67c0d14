"""What a watcher has reported since the last poll, as long as it can be trusted.

Polling all files of a source costs some microseconds for each, whether there is a change or not.
A watcher knows which files have changed. But it may miss some: on a network drive, in a folder
that was just created, where changes come faster than they can be taken, or by a fault.
So all files are polled again after each of these, and from time to time in any case.
"""

from __future__ import annotations

import os
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.io.mounts import is_on_local_disks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MOST: Final = 1000
"""Changes between two polls above which some may be missing."""
_NEW_FOLDER: Final = 2.0
"""Seconds after which the watcher surely watches a new folder, too."""
_SHARE: Final = 200.0
_BETWEEN: Final = (5.0, 60.0)
"""Seconds between two polls of all files: a multiple of the time of one, within these limits."""


class FileChanges:
    """Changes that one watcher reports and one reader takes, each in its own thread.

    Parameters
    ----------
    clock : callable
        Returns seconds of a monotonic clock.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._paths: set[str] = set()
        self._folder: tuple[str, tuple[int, int]] | None = None
        self._next_full = 0.0
        self._is_open = False

    def begin(self, folder: str | os.PathLike[str]) -> None:
        """Note that all changes below *folder* are reported from now on."""
        path = os.path.abspath(folder)
        identity = _identity(path) if is_on_local_disks(path) else None
        with self._lock:
            self._paths.clear()
            self._folder = None if identity is None else (path, identity)
            self._next_full = 0.0

    def add(self, paths: Iterable[str]) -> None:
        """Note changes, by absolute paths."""
        with self._lock:
            if self._folder is None:
                return
            prefixes = {self._folder[0] + os.sep, os.path.realpath(self._folder[0]) + os.sep}
            for path in paths:
                prefix = next((prefix for prefix in prefixes if path.startswith(prefix)), None)
                if prefix is None or len(self._paths) >= _MOST:
                    self._next_full = 0.0
                    return
                self._paths.add(path[len(prefix) :])

    def end(self) -> None:
        """Note that changes are no longer reported."""
        with self._lock:
            self._folder = None
            self._paths.clear()

    def poll_all(self) -> None:
        """Have the next poll look at all files."""
        with self._lock:
            self._next_full = 0.0

    def take(self) -> set[str] | None:
        """Return the paths that have changed, relative to the folder; ``None`` for any.

        Call :meth:`polled` once they are polled: else the next poll looks at all files.
        """
        with self._lock:
            paths, self._paths = self._paths, set()
            was_open, self._is_open = self._is_open, True
            if self._folder is None or was_open or self._clock() >= self._next_full:
                return None
            path, identity = self._folder
            return paths if _identity(path) == identity else None

    def polled(self, seconds: float | None) -> None:
        """Note that what was taken is polled; *seconds*: all files were, in that time.

        If all files were polled because of a folder among the changes, they are again once the
        folder is watched.
        """
        with self._lock:
            self._is_open = False
            if seconds is not None:
                least, most = _BETWEEN
                self._next_full = self._clock() + min(max(_SHARE * seconds, least), most)

    def expect_more(self) -> None:
        """Have all files polled again soon: a folder has come that was not watched yet."""
        with self._lock:
            self._next_full = min(self._next_full, self._clock() + _NEW_FOLDER)


def _identity(path: str) -> tuple[int, int] | None:
    """Return what distinguishes a folder from another one that takes its place."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
