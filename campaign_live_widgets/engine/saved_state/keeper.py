"""Keeps the state of one source: loads it once, and writes it now and then in a thread."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.engine.saved_state.folder import fits, make_private, state_path
from campaign_live_widgets.engine.saved_state.state_file import (
    UnusableStateError,
    read_state,
    remove_old,
    write_state,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

_PAUSE: Final = 60.0
"""Seconds between two writings, at least."""
_SHARE: Final = 300
"""How many times longer the pause is than writing took."""


class StateKeeper:
    """Loads and writes the state of one source.

    Parameters
    ----------
    folder : Path
        Of all states.
    source : str
        The address of the source.
    guard : mapping
        What a state must have in common with this process; see :mod:`.folder`.
    mapping : str
        The digest of what maps the source's rows, if anything does.
    """

    def __init__(
        self, folder: Path, source: str, guard: Mapping[str, object], mapping: str = ""
    ) -> None:
        self._folder, self._guard = folder, dict(guard)
        self._path = state_path(folder, source, mapping)
        self._thread: Thread | None = None
        self._next = 0.0
        self._is_written = False

    def load(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
        """Return the saved head and arrays, or ``None`` if there is no state that can be used."""
        try:
            head, arrays = read_state(self._path)
        except (OSError, UnusableStateError, ValueError, KeyError, TypeError):
            return None
        if not fits(head, self._guard):
            return None
        with suppress(OSError):
            os.utime(self._path)  # states that are not used for long are removed
        return head, arrays

    def is_due(self) -> bool:
        """Return whether it is time to write again."""
        return monotonic() >= self._next and not self._is_busy()

    def write(self, head: Mapping[str, Any], arrays: Arrays) -> None:
        """Write a state in a thread; its arrays must not be changed later."""
        self.wait()
        self._next = float("inf")
        self._thread = Thread(
            target=self._write,
            args=({**head, "guard": self._guard}, arrays),
            name="campaign-live-save",
            daemon=True,
        )
        self._thread.start()

    def wait(self) -> None:
        """Wait until nothing is being written."""
        if self._thread is not None:
            self._thread.join()

    def take_written(self) -> dict[str, NDArray[Any]] | None:
        """Return the mapped arrays of what was written since the last call."""
        if not self._is_written or self._is_busy():
            return None
        self._is_written = False
        loaded = self.load()
        return loaded[1] if loaded else None

    def _is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _write(self, head: Mapping[str, Any], arrays: Arrays) -> None:
        start = monotonic()
        try:
            make_private(self._folder)
            write_state(self._path, head, arrays)
            self._is_written = True
            remove_old(self._folder)
        except OSError:
            pass  # a full disk, or a folder of another user: the next start reads the source
        finally:
            end = monotonic()
            self._next = end + max(_PAUSE, _SHARE * (end - start))
