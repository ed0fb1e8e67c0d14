"""The bytes of what is new in a file."""

from __future__ import annotations

import gzip
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources import folded_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.sources import Fragment

_BLOCK: Final = 1 << 20
_ENDLESS: Final = 1 << 62


def has_mark(path: str) -> bool:
    """Tell whether a file begins with a byte-order mark, which JSON does not know."""
    with open(path, "rb") as stream:
        return stream.read(len(BOM_UTF8)) == BOM_UTF8


def line_count(fragment: Fragment) -> int:
    """Return how many lines a fragment of a growing file has."""
    if not fragment.file.grows:
        return 0
    return sum(block.count(b"\n") for block in content(fragment))


def content(fragment: Fragment, *, folded: bool = False) -> Iterator[bytes]:
    """Yield a fragment's bytes, block by block or, folded, line by line."""
    file = fragment.file
    opened = gzip.open if file.compression == "gzip" else open
    with opened(file.path, "rb") as stream:
        stream.seek(fragment.start)
        left = fragment.end - fragment.start if file.compression is None else _ENDLESS
        while left > 0:
            block = stream.readline() if folded else stream.read(min(left, _BLOCK))
            if not block:
                break
            left -= len(block)
            yield folded_line(block.rstrip(b"\r\n")) + b"\n" if folded else block
