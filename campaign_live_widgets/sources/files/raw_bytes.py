"""The bytes of a slice of a file."""

from __future__ import annotations

import gzip
from codecs import BOM_UTF8
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.files.file_schema import lowercase_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from campaign_live_widgets.sources.files.file_state import FileSlice

_BLOCK: Final = 1 << 20
_ENDLESS: Final = 1 << 62


def has_byte_order_mark(path: str) -> bool:
    """Return whether a file begins with a byte-order mark, which JSON does not allow."""
    with open(path, "rb") as stream:
        return stream.read(len(BOM_UTF8)) == BOM_UTF8


def line_count(file_slice: FileSlice) -> int:
    """Return how many lines a fragment of a growing file has."""
    if not file_slice.file.grows:
        return 0
    return sum(block.count(b"\n") for block in content(file_slice))


def content(file_slice: FileSlice, *, lowercased: bool = False) -> Iterator[bytes]:
    """Yield a fragment's bytes, block by block or, folded, line by line."""
    file = file_slice.file
    opened = gzip.open if file.compression == "gzip" else open
    with opened(file.path, "rb") as stream:
        stream.seek(file_slice.start)
        left = file_slice.end - file_slice.start if file.compression is None else _ENDLESS
        while left > 0:
            block = stream.readline() if lowercased else stream.read(min(left, _BLOCK))
            if not block:
                break
            left -= len(block)
            yield lowercase_keys(block.rstrip(b"\r\n")) + b"\n" if lowercased else block


def digests(path: str, ends: Iterable[int]) -> Iterator[str]:
    """Yield a digest of the first bytes of a file for each of *ends*, which increase."""
    digest, position = blake2b(digest_size=16), 0
    with open(path, "rb") as stream:
        for end in ends:
            while position < end and (block := stream.read(min(end - position, _BLOCK))):
                digest.update(block)
                position += len(block)
            yield digest.hexdigest()
