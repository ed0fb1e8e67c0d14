"""A watch on the files of a source."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from watchfiles import watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from watchfiles import Change

    from campaign_live_widgets.sources.address import SourceAddress

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
    """

    def __init__(self, location: SourceAddress, on_change: Callable[[], object]) -> None:
        self._location, self._on_change = location, on_change
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
        try:
            for _ in watch(
                folder,
                watch_filter=self._concerns,
                debounce=_DEBOUNCE,
                step=_DEBOUNCE // 2,
                stop_event=closing,
                rust_timeout=1000,
                raise_interrupt=False,
            ):
                self._on_change()
        except OSError:
            return  # the folder cannot be watched; polling goes on

    def _concerns(self, _change: Change, path: str) -> bool:
        return self._location.holds(path)
