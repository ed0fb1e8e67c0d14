"""Text files opened as UTF-8, whatever their compression and encoding."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from typing import TYPE_CHECKING, Final

import zstandard

from campaign_live_widgets.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    from campaign_live_widgets.sources.files.location import DataFile

_NO_DATA: Final = (zlib.error, lzma.LZMAError, gzip.BadGzipFile, zstandard.ZstdError)
DAMAGED: Final = (EOFError, *_NO_DATA)
"""Errors of compressed files that are not whole; beside ``OSError``, which bz2 raises."""
_DAMAGED: Final = "cannot be read: it is damaged"
_NOT_COUNTED: Final = "nothing of it is counted"
_BLOCK: Final = 1 << 18


def _open_zstd(path: str, mode: str) -> BinaryIO:
    stream = open(path, mode)  # noqa: SIM115 - it is closed with the reader
    reader = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
    return io.BufferedReader(reader, _BLOCK)


_OPENERS: Final[dict[str | None, Callable[..., Any]]] = {
    None: open,
    "gzip": gzip.open,
    "zstd": _open_zstd,
    "bz2": bz2.open,
    "xz": lzma.open,
}


def opened(file: DataFile) -> BinaryIO:
    """Open a file for reading, decompressed and as UTF-8.

    Reading raises one of :data:`DAMAGED` where the compressed data end early or fail their
    checksum. Zeros after them are fine. What cannot be decoded becomes U+FFFD.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    stream: BinaryIO = _OPENERS[file.compression](file.path, "rb")
    if file.encoding is None:
        return stream
    return io.BufferedReader(_Recoded(stream, file.encoding), _BLOCK)


def why(error: BaseException) -> str:
    """Return why a file cannot be read, without its content, which may be personal data."""
    if isinstance(error, SourceError):
        return str(error)
    if isinstance(error, EOFError):
        return f"{_DAMAGED}: its end is missing, or it is still being written; {_NOT_COUNTED}"
    if isinstance(error, _NO_DATA):
        return f"{_DAMAGED}: its compressed data fail their check; {_NOT_COUNTED}"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    return f"{_DAMAGED}, or its content does not match its file extension"


class _Recoded(io.RawIOBase):
    """A stream of text as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._waiting = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        while not self._waiting:
            block = self._stream.read(_BLOCK)
            self._waiting = self._decoder.decode(block, final=not block).encode()
            if not block:
                break
        size = min(len(buffer), len(self._waiting))
        buffer[:size], self._waiting = self._waiting[:size], self._waiting[size:]
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()
