"""Counted events that are in no file any more: their ids, which the pages of a server share.

A page counts what is in the files now. If a file was deleted, cut or replaced, its events are
counted again without what has gone, and the ids of those events are recorded here. They are never
removed: an id whose event is in a file again is not counted as gone.

The shared file has only hashes of ids: a mark of 16 bytes, then 16 bytes for each id. Another mark
means that a reader has had the source counted again: all pages do so, and start with no ids.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final

import numpy as np
from filelock import FileLock

from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
from campaign_live_widgets.io.atomic_files import write_over
from campaign_live_widgets.io.file_status import FileStatus, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

_MARK_BYTES: Final = 16
_PRIVATE: Final = 0o600
_LOCK_TIMEOUT: Final = 10.0


class GoneEvents:
    """Ids of events that were counted, and that a later reading of the source did not find.

    Parameters
    ----------
    file : Path, optional
        Shared by the pages of one server that show one source; by default nothing is shared.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._mark = bytes(_MARK_BYTES)
        self._status: FileStatus | None = None
        self.ids = SeenEvents()
        """All of them, also those that have returned."""
        self.version = 0
        """Changes with the ids."""
        self.poll()

    def poll(self) -> bool:
        """Read what other pages have written; return whether all pages must count again."""
        if self._file is None:
            return False
        status = status_of(self._file)
        if status is None or status == self._status:  # it is written once events are gone
            return False
        mark, high, low = _read(self._file)
        self._status = status
        self._replace(high, low)
        previous, self._mark = self._mark, mark
        return previous != mark

    def add(self, high: Hashes, low: Hashes) -> None:
        """Record ids of events that are in no file any more."""
        if not len(high):
            return
        with self._shared():
            if not self.poll():  # else they were counted before the source was counted again
                self._extend(high, low)

    def restore(self, ids: SeenEvents) -> None:
        """Record ids that an earlier process had, where no file shares them."""
        if self._file is None and len(ids) and not len(self.ids):
            self.ids = ids
            self.version += 1

    def clear(self) -> None:
        """Forget all ids, and have all pages count the source again."""
        with self._shared():
            self._mark = secrets.token_bytes(_MARK_BYTES)
            self._replace(np.empty(0, np.uint64), np.empty(0, np.uint64))

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """Hold the lock of the shared file, and write the file at the end.

        The numbers of a page do not depend on it: if it cannot be written, only this page has
        the change.
        """
        if self._file is None:
            yield
            return
        with ExitStack() as stack:
            with suppress(OSError):
                lock = FileLock(f"{self._file}.lock", timeout=_LOCK_TIMEOUT, mode=_PRIVATE)
                stack.enter_context(lock)
            yield
            with suppress(OSError):
                self._write(self._file)

    def _extend(self, high: Hashes, low: Hashes) -> None:
        is_new = ~self.ids.lookup(high, low)
        self.ids.add(high[is_new], low[is_new])
        self.version += 1

    def _replace(self, high: Hashes, low: Hashes) -> None:
        self.ids = SeenEvents()
        self.ids.add(high, low)
        self.version += 1

    def _write(self, file: Path) -> None:
        content = self._mark + np.stack(self.ids.columns(), axis=1).tobytes()
        write_over(file, content, durable=False, mode=_PRIVATE)
        self._status = status_of(file)


def _read(file: Path) -> tuple[bytes, Hashes, Hashes]:
    """Return the mark and the ids in a shared file."""
    content = file.read_bytes()
    ids = np.frombuffer(content, np.uint64, offset=_MARK_BYTES).reshape(-1, 2)
    return content[:_MARK_BYTES], ids[:, 0].copy(), ids[:, 1].copy()
