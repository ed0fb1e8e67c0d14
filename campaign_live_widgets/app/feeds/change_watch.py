"""A watch on the files of a source."""

from __future__ import annotations

import os
import platform
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from watchfiles import watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign_live_widgets.sources.address import SourceAddress
    from campaign_live_widgets.sources.files.file_changes import FileChanges

_DEBOUNCE: Final = 50
"""Milliseconds within which several changes of files count as one."""
_ENDED: Final = 1.0
"""Seconds to wait for the watcher thread to end."""


class ChangeWatch:
    """Watches the folder of a source, if it has one, in a thread.

    Parameters
    ----------
    location : SourceAddress
    on_change : callable
        Is called in that thread after files of the source may have changed.
    changes : FileChanges
        Gets the paths of what has changed.
    """

    def __init__(
        self, location: SourceAddress, on_change: Callable[[], object], changes: FileChanges
    ) -> None:
        self._location, self._on_change, self._changes = location, on_change, changes
        self._closing = Event()
        self._thread: Thread | None = None

    def start(self) -> bool:
        """Watch from now on, again if the folder was removed; return whether it is watched."""
        folder = self._location.watched
        if self._thread is not None and self._thread.is_alive():
            return True
        if folder is None or not folder.is_dir():
            return False
        self._closing = Event()
        self._thread = Thread(
            target=self._note_changes,
            args=(folder, self._closing),
            name="campaign-live-watch",
            daemon=True,
        )
        self._thread.start()
        return True

    def stop(self) -> None:
        """Stop watching."""
        self._closing.set()
        thread, self._thread = self._thread, None
        if thread is not None:  # a watcher that outlives the interpreter crashes it
            thread.join(_ENDED)

    def _note_changes(self, folder: Path, closing: Event) -> None:
        is_watched = False
        try:
            for changes in watch(
                folder,
                watch_filter=None,
                debounce=_DEBOUNCE,
                step=_DEBOUNCE // 2,
                stop_event=closing,
                rust_timeout=1000,
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                if not is_watched and _reported_by_system():
                    self._changes.begin(folder)
                is_watched = True
                paths = [path for _, path in changes]
                self._changes.add(paths)
                if any(map(self._concerns, paths)):
                    self._on_change()
        except (OSError, RuntimeError):
            return  # the folder cannot be watched; polling goes on
        finally:
            self._changes.end()

    def _concerns(self, path: str) -> bool:
        """Return whether a changed path may be a file of the source, or a folder with files."""
        return self._location.holds(path) or os.path.isdir(path)


def _reported_by_system() -> bool:
    """Return whether the operating system reports changes; else watchfiles polls."""
    is_wsl = "microsoft" in platform.uname().release.lower()
    return not is_wsl and not os.environ.get("WATCHFILES_FORCE_POLLING")
