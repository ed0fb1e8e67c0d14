"""Files that appear whole and stay: written aside, synced, then given their name."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

_AT_ONCE: Final = 8


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # there it cannot be asked for, and is not needed
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(paths: Collection[Path]) -> None:
    """Wait until files and folders are on the disk: at once, as they then share its work."""
    if len(paths) < 2:  # noqa: PLR2004 - one alone
        for path in paths:
            sync(path)
        return
    with ThreadPoolExecutor(min(len(paths), _AT_ONCE)) as threads:
        list(threads.map(sync, paths))


def make_folders(root: Path, folders: Iterable[Path], *, durable: bool) -> None:
    """Make folders below *root* that are not there yet, each of which stays."""
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
    """Write a file that must not be there yet; nobody ever sees half of it.

    Raises
    ------
    FileExistsError
        Where it is there.
    """
    hidden = write_aside(path, content, durable=durable)
    try:
        os.link(hidden, path)  # unlike a rename it never takes another one's place
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


def write_over(path: Path, content: bytes, *, durable: bool) -> None:
    """Write a file in place of what may be there."""
    hidden = write_aside(path, content, durable=durable)
    os.replace(hidden, path)
    if durable:
        sync(path.parent)


def write_aside(path: Path, content: bytes, *, durable: bool) -> Path:
    """Write a file under another, hidden name; return that."""
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(hidden, "wb") as stream:
            stream.write(content)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
    except OSError:
        hidden.unlink(missing_ok=True)
        raise
    return hidden
