"""Batches of files that are read together: their size limits the memory of one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from campaign_live_widgets.sources.files.file_state import FileSlice

_T = TypeVar("_T")
_CHUNK_BYTES: Final = 1 << 29
"""Bytes of files in one batch."""
_UNPACKED: Final = 8
"""Bytes of text in about one compressed byte, and one of an Avro file."""


def chunks(slices: Sequence[FileSlice]) -> Iterator[list[FileSlice]]:
    """Split file slices so that one pass reads a bounded number of bytes (or one file)."""
    return chunks_of(slices, _length)


def _length(file_slice: FileSlice) -> int:
    """Return about how many bytes a slice has when it is read, decompressed."""
    size = file_slice.end - file_slice.start
    file = file_slice.file
    return size * _UNPACKED if file.compression or file.kind == "avro" else size


def chunks_of(items: Iterable[_T], length: Callable[[_T], int]) -> Iterator[list[_T]]:
    """Split items into batches of a limited number of bytes, at least one item each."""
    chunk: list[_T] = []
    size = 0
    for item in items:
        if chunk and size + length(item) > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += length(item)
    if chunk:
        yield chunk
