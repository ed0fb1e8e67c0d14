"""The file of a saved state: a head in JSON, and arrays that are mapped, not read.

The file starts with a mark, the length of the head and its checksum. The head names each array,
with its place and checksum. All checksums are compared before anything is used; with CRC-32 no
changed bit, and no run of up to 32 changed bits, is missed.
"""

from __future__ import annotations

import json
import os
import secrets
import struct
import sys
import time
import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

SUFFIX: Final = ".state"
_MARK: Final = b"CLWSTATE"
_START: Final = struct.Struct("<8sQI")
_PAGE: Final = 4096
_PRIVATE: Final = 0o600
_KEPT: Final = 30 * 86_400.0
"""Seconds after which the state that was not used is removed."""
_ABANDONED: Final = 3600.0
"""Seconds after which a file that is written aside belongs to a process that was killed."""


class UnusableStateError(Exception):
    """A saved state is damaged, foreign, or of another version."""


def write_state(path: Path, head: Mapping[str, Any], arrays: Arrays) -> None:
    """Write a state in place of an earlier one; a process that is killed leaves the earlier one.

    Only the owner can read the file.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    blocks: dict[str, tuple[int, str, int, int]] = {}
    columns = {name: np.ascontiguousarray(column) for name, column in arrays.items()}
    place = 0
    for name, column in columns.items():
        blocks[name] = (place, column.dtype.str, len(column), zlib.crc32(_bytes(column)))
        place += -(-column.nbytes // _PAGE) * _PAGE
    text = json.dumps({**head, "order": sys.byteorder, "size": place, "blocks": blocks}).encode()
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(hidden, "xb", opener=_private) as stream:
            start = _START.pack(_MARK, len(text), zlib.crc32(text)) + text
            contents: list[bytes | memoryview] = [start, *map(_bytes, columns.values())]
            for content in contents:
                stream.write(content)
                stream.write(bytes(-len(content) % _PAGE))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(hidden, path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise


def read_state(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the head and the arrays of a state; the arrays are mapped and cannot be written to.

    Raises
    ------
    OSError
        If there is none.
    UnusableStateError
        If it is damaged, or if another user may have written it.
    """
    with open(path, "rb") as stream:
        status = os.fstat(stream.fileno())
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o077):
            message = "it may be of another user"
            raise UnusableStateError(message)
        start = stream.read(_START.size)
        if len(start) < _START.size:
            message = "it is cut"
            raise UnusableStateError(message)
        mark, length, checksum = _START.unpack(start)
        if mark != _MARK or length > status.st_size:
            message = "it is no state"
            raise UnusableStateError(message)
        text = stream.read(length)
        if zlib.crc32(text) != checksum:
            message = "its head is damaged"
            raise UnusableStateError(message)
        head = json.loads(text)
        if head.pop("order") != sys.byteorder:
            message = "it is of another kind of processor"
            raise UnusableStateError(message)
        first = -(-(_START.size + length) // _PAGE) * _PAGE
        if status.st_size != first + head.pop("size"):
            message = "it is cut"
            raise UnusableStateError(message)
        content = np.memmap(stream, dtype=np.uint8, mode="r")
    arrays = {
        name: _block(content, first + place, np.dtype(kind), rows, expected)
        for name, (place, kind, rows, expected) in head.pop("blocks").items()
    }
    return head, arrays


def _bytes(column: NDArray[Any]) -> memoryview:
    return column.view(np.uint8).data


def _block(
    content: NDArray[np.uint8], place: int, kind: np.dtype[Any], rows: int, expected: int
) -> NDArray[Any]:
    """Return one array, its checksum compared."""
    data = content[place : place + rows * kind.itemsize]
    if len(data) != rows * kind.itemsize or zlib.crc32(data.data) != expected:
        message = "an array is damaged"
        raise UnusableStateError(message)
    return np.asarray(data).view(kind)


def remove_old(folder: Path) -> None:
    """Remove states of long ago, and what killed processes left."""
    now = time.time()
    for path in folder.iterdir():
        limit = _KEPT if path.name.endswith(SUFFIX) else _ABANDONED
        try:
            if now - path.stat().st_mtime > limit:
                path.unlink()
        except OSError:
            continue


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, _PRIVATE)
