"""Atomic, durable writes: a file appears whole, and an fsync makes it outlive a power loss.

Content is written to a hidden file beside the target, synced, and then renamed or linked to its
name. A reader sees the old content or the new one, never a part of it.
"""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

_MAX_THREADS: Final = 8
_ANYONE: Final = 0o666
"""Permissions before the process's umask, as :func:`open` uses them."""


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder, and writes its names without being asked
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(paths: Collection[Path]) -> None:
    """Sync files and folders in parallel, so that the disk can combine the work."""
    if len(paths) < 2:  # noqa: PLR2004 - a single one needs no threads
        for path in paths:
            sync(path)
        return
    with ThreadPoolExecutor(min(len(paths), _MAX_THREADS)) as threads:
        list(threads.map(sync, paths))


def make_folders(root: Path, folders: Iterable[Path], *, durable: bool) -> None:
    """Create the folders below *root* that are missing, and sync their parents."""
    touched: set[Path] = set()
    for folder in folders:
        missing = folder
        while missing != root and not missing.is_dir():
            touched.add(missing.parent)
            missing = missing.parent
        folder.mkdir(parents=True, exist_ok=True)
    if durable:
        for parent in sorted(touched):
            sync(parent)


def write_once(path: Path, content: bytes, *, durable: bool) -> None:
    """Write a new file.

    Raises
    ------
    FileExistsError
        If *path* exists already; its content is not changed.
    """
    hidden = write_aside(path, content, durable=durable)
    try:
        os.link(hidden, path)  # unlike a rename, a link never replaces an existing file
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        os.replace(hidden, path)
    finally:
        hidden.unlink(missing_ok=True)
    if durable:
        sync(path.parent)


def write_over(path: Path, content: bytes, *, durable: bool, mode: int = _ANYONE) -> None:
    """Write a file, replacing an existing one.

    Parameters
    ----------
    mode : int
        Permissions of the new file; the process's umask is applied to them.
    """
    hidden = write_aside(path, content, durable=durable, mode=mode)
    try:
        os.replace(hidden, path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    if durable:
        sync(path.parent)


def write_aside(path: Path, content: bytes, *, durable: bool, mode: int = _ANYONE) -> Path:
    """Write *content* to a hidden file beside *path*, and return the hidden file's path."""
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(hidden, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            stream.write(content)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    return hidden


def remove_leftovers(path: Path) -> None:
    """Remove the hidden files that killed processes left beside *path*.

    Only for a caller that holds the lock under which *path* is written: the hidden file of a
    running write would be removed, too.
    """
    for hidden in path.parent.glob(f".{path.name}.*.tmp"):
        hidden.unlink(missing_ok=True)
