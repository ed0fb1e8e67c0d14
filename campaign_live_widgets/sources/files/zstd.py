"""Whether a zstd file is complete, from the headers of its frames (RFC 8878).

DuckDB reads a file that ends between two blocks without an error.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import BinaryIO

_FRAME: Final = 0xFD2FB528
_SKIPPABLE: Final = 0x184D2A50
_SKIPPABLE_MASK: Final = 0xFFFFFFF0
_RUN: Final = 1
"""A block that is one byte, repeated."""


def is_whole(path: str) -> bool:
    """Return whether a file ends with its last frame; True if it is not a zstd file."""
    size = os.stat(path).st_size
    with open(path, "rb") as stream:
        try:
            while stream.tell() < size:  # codespell:ignore tell
                if not _pass_frame(stream):
                    return True  # not zstd: the reader will fail with an error
        except EOFError:
            return False
        return stream.tell() == size  # codespell:ignore tell


def _pass_frame(stream: BinaryIO) -> bool:
    """Seek to the end of a frame, maybe beyond the end of the file; return whether it is one."""
    magic = _number(stream, 4)
    if magic & _SKIPPABLE_MASK == _SKIPPABLE:
        stream.seek(_number(stream, 4), os.SEEK_CUR)
        return True
    if magic != _FRAME:
        return False
    head = _number(stream, 1)
    single, checked = head & 0x20, head & 0x04
    dictionary = (0, 1, 2, 4)[head & 0x03]
    content = (1 if single else 0, 2, 4, 8)[head >> 6]
    stream.seek((0 if single else 1) + dictionary + content, os.SEEK_CUR)
    last = False
    while not last:
        block = _number(stream, 3)
        last, kind, length = bool(block & 1), (block >> 1) & 3, block >> 3
        stream.seek(1 if kind == _RUN else length, os.SEEK_CUR)
    stream.seek(4 if checked else 0, os.SEEK_CUR)
    return True


def _number(stream: BinaryIO, width: int) -> int:
    data = stream.read(width)
    if len(data) < width:
        raise EOFError
    return int.from_bytes(data, "little")
