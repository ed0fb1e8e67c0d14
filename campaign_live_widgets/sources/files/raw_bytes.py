"""The bytes of a slice of a file."""

from __future__ import annotations

import io
from codecs import BOM_UTF8
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.sources.files.opened import opened
from campaign_live_widgets.sources.files.spelling import spelled_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from campaign_live_widgets.sources.files.file_state import FileSlice
    from campaign_live_widgets.sources.formats.base import Format

_BLOCK: Final = 1 << 20


def has_byte_order_mark(path: str) -> bool:
    """Return whether a file begins with a byte-order mark, which JSON does not allow."""
    with open(path, "rb") as stream:
        return stream.read(len(BOM_UTF8)) == BOM_UTF8


def line_count(file_slice: FileSlice) -> int:
    """Return how many lines a fragment of a growing file has."""
    if not file_slice.file.grows:
        return 0
    return sum(block.count(b"\n") for block in content(file_slice))


def slice_of(file_slice: FileSlice) -> BinaryIO:
    """Open the bytes of a slice: decompressed, and UTF-8 where that is not what they are read as.

    Raises
    ------
    OSError, or one of :data:`.opened.DAMAGED`
        If the file cannot be opened or, while it is read, is damaged.
    """
    file = file_slice.file
    if not file.grows:
        return opened(file)
    return io.BufferedReader(_Part(file.path, file_slice.start, file_slice.end))


class _Part(io.RawIOBase):
    """A part of a file."""

    def __init__(self, path: str, start: int, end: int) -> None:
        self._stream = open(path, "rb")  # noqa: SIM115 - it is closed with this one
        self._start, self._end = start, end
        self._place = self._stream.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, origin: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: self._start, io.SEEK_CUR: self._place, io.SEEK_END: self._end}
        self._place = self._stream.seek(max(self._start, base[origin] + offset))
        return self._place - self._start

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        data = self._stream.read(max(0, min(len(buffer), self._end - self._place)))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def content(file_slice: FileSlice, known: Format | None = None) -> Iterator[bytes]:
    """Yield a fragment's bytes: block by block or, with names as a format has them, by line."""
    with slice_of(file_slice) as stream:
        if known is not None:
            yield from (spelled_line(line.rstrip(b"\r\n"), known) + b"\n" for line in stream)
        else:
            yield from iter(lambda: stream.read(_BLOCK), b"")


def digests(path: str, ends: Iterable[int]) -> Iterator[str]:
    """Yield a digest of the first bytes of a file for each of *ends*, which increase."""
    digest, position = blake2b(digest_size=16), 0
    with open(path, "rb") as stream:
        for end in ends:
            while position < end and (block := stream.read(min(end - position, _BLOCK))):
                digest.update(block)
                position += len(block)
            yield digest.hexdigest()
