"""A snapshot that is being written: a hidden folder that becomes visible in a single step."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from filelock import FileLock, Timeout

from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.io.atomic_files import sync, write_once
from campaign_live_widgets.io.clock import rfc3339, utc_now
from campaign_live_widgets.rendering.language.phrases import one_line
from campaign_live_widgets.snapshots.paths import (
    FAILED,
    FAILURE,
    LOCK,
    MAKING,
    MANIFEST,
    OWNER,
    REMOVING,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from types import TracebackType

    from campaign_live_widgets.snapshots.manifest import Manifest

_PATIENCE: Final = 60.0
"""Seconds to wait for another run that publishes or writes the index."""
_TAKEN: Final = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
"""Error numbers of a rename whose target another run has just created."""
_KEPT: Final = (".ipynb", ".log", ".txt")
"""Files of a failed run that help to find out why."""
_LONGEST_REASON: Final = 1000


class Draft:
    """The folder of one run; use it as a context manager, and publish it or let it fail.

    A run that leaves the context with an error has failed; one that leaves it without either
    is removed. The folder of a killed run is removed by the next run.

    Parameters
    ----------
    out : Path
        Folder of snapshots; created if it is missing.
    name : str
        Name of the snapshot; see :func:`snapshot_name`.
    parameters : mapping
        Parameters of the run; written if it fails.
    clock : callable
        Returns the time now (aware).

    Raises
    ------
    ArchiveError
        If nothing can be written into *out*.
    """

    def __init__(
        self,
        out: Path,
        name: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._out = Path(out)
        self._name = name
        self._parameters = dict(parameters or {})
        self._clock = clock
        self._left = False
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            sweep(self._out)
            with locked(self._out):
                self.folder = self._out / f"{MAKING}{name}-{secrets.token_hex(4)}"
                self.folder.mkdir()
                self._owner = FileLock(self.folder / OWNER, thread_local=False)
                self._owner.acquire(blocking=False)
        except (OSError, Timeout) as error:
            message = f"{out}: no snapshot can be written there: {_cause(error)}"
            raise ArchiveError(message) from None

    folder: Path
    """Where the run writes; hidden, and on the same file system as the archive."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._left:
            return
        if error is None:
            self._left = True
            self._leave()
            _remove(self._out, self.folder)
        else:
            self.fail(one_line(error) if isinstance(error, Exception) else "interrupted")

    def publish(self, manifest: Manifest) -> Path:
        """Turn the draft into a complete, durable snapshot; return its folder.

        It is ``out/name``, or ``out/name-2`` and so on where that name is taken: an existing
        folder is never overwritten.

        Raises
        ------
        OSError
            If the disk is full, or the files cannot be made durable for another reason; the
            draft is then unchanged, and may fail.
        """
        for path in self._files():
            sync(path)
        text = json.dumps(manifest.with_files(self.folder).to_json(), ensure_ascii=False)
        write_once(self.folder / MANIFEST, f"{text}\n".encode(), durable=True)
        for path in (*(p for p in self.folder.rglob("*") if p.is_dir()), self.folder):
            sync(path)
        return self._rename(self._name)

    def fail(self, reason: str) -> Path:
        """Turn the draft into the folder of a failed run; return it.

        It is ``out/name.failed``, or ``out/name.failed-2`` and so on; it contains
        ``failed.json`` with the reason, and the notebook up to the error. This also works on a
        full disk.
        """
        for path in self._files():
            if path.suffix not in _KEPT or path.parent != self.folder:
                path.unlink(missing_ok=True)
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
        failure = {
            "schema_version": 1,
            "failed_at": rfc3339(self._clock().replace(microsecond=0)),
            "reason": " ".join(reason.split())[:_LONGEST_REASON],
            "parameters": self._parameters,
        }
        text = json.dumps(failure, ensure_ascii=False, default=str) + "\n"
        failure_file = self.folder / FAILURE
        try:
            failure_file.write_text(text, encoding="utf-8")
        except OSError:  # a full disk: the reason is worth more than the notebook
            for path in self._files():
                path.unlink(missing_ok=True)
            with suppress(OSError):
                failure_file.write_text(text, encoding="utf-8")
        return self._rename(self._name + FAILED)

    def _files(self) -> list[Path]:
        """Return the files of the draft without its lock."""
        owner = self.folder / OWNER
        return [p for p in self.folder.rglob("*") if p != owner and not p.is_dir()]

    def _rename(self, name: str) -> Path:
        """Give the folder the first name like *name* that is free."""
        with locked(self._out):
            self._leave()
            for number in count(1):
                target = self._out / (name if number == 1 else f"{name}-{number}")
                if os.path.lexists(target):
                    continue
                try:
                    self.folder.rename(target)
                except OSError as error:
                    if error.errno in _TAKEN:
                        continue
                    raise
                break
            self._left = True
        sync(self._out)
        self.folder = target
        return target

    def _leave(self) -> None:
        """Release the folder's lock."""
        self._owner.release()
        (self.folder / OWNER).unlink(missing_ok=True)


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Lock a folder of snapshots, for a rename or for writing the index.

    Raises
    ------
    ArchiveError
        If the folder does not exist, or another run still holds the lock after a minute.
    """
    if not out.is_dir():
        message = f"{out} is not a folder of snapshots: there is no such folder"
        raise ArchiveError(message)
    lock = FileLock(out / LOCK)
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        message = f"{out}: another run is still writing there; try again later"
        raise ArchiveError(message) from None
    try:
        yield
    finally:
        lock.release()


def sweep(out: Path) -> list[Path]:
    """Remove what killed runs have left behind; return the removed folders."""
    gone = []
    with locked(out):
        for path in sorted(out.iterdir()):
            if path.name.startswith(REMOVING):
                gone.append(path)
            elif path.name.startswith(MAKING) and path.is_dir() and _is_left(path):
                hidden = out / f"{REMOVING}{secrets.token_hex(4)}"
                path.rename(hidden)
                gone.append(hidden)
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return gone


def _is_left(folder: Path) -> bool:
    """Return whether no living process writes this folder; *out* is locked."""
    owner = FileLock(folder / OWNER)
    try:
        owner.acquire(blocking=False)
    except (Timeout, OSError):
        return False
    owner.release()
    return True


def _remove(out: Path, folder: Path) -> None:
    """Hide a folder at once, then delete it."""
    hidden = out / f"{REMOVING}{secrets.token_hex(4)}"
    folder.rename(hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def _cause(error: BaseException) -> str:
    message = error.strerror if isinstance(error, OSError) else None
    return message or str(error) or type(error).__name__
