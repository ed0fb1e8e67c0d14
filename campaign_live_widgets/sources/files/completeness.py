"""Whether a file is complete, and whether it is the one that was read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.files.avro import ends_with_block
from campaign_live_widgets.sources.files.json_documents import ends_whole
from campaign_live_widgets.sources.files.zstd import is_whole

if TYPE_CHECKING:
    from campaign_live_widgets.sources.files.location import DataFile

_BLOCK: Final = 1 << 16
COVERED: Final = 2 * _BLOCK
"""Size of a file up to which its fingerprint covers all of it."""


def incomplete(file: DataFile, size: int) -> str | None:
    """Return why a file that is read as a whole is not complete; ``None`` if it is."""
    if file.kind == "parquet" and not _has_footer(file.path, size):
        return "incomplete Parquet file: it has no footer (yet)"
    if file.kind == "avro" and not file.compression and not ends_with_block(file.path, size):
        return "incomplete Avro file: the end of its last block is missing (yet)"
    if file.compression == "zstd" and not is_whole(file.path):
        return "incomplete zstd file: its end is missing (yet)"
    if file.kind == "json" and not file.compression and not ends_whole(file.path, size):
        return "incomplete JSON document: its end is missing (yet)"
    return None


def fingerprint(path: str, size: int) -> bytes:
    """Return a digest of the start and the end of the first *size* bytes of a file."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with open(path, "rb") as stream:
            digest.update(stream.read(min(_BLOCK, size)))
            last = max(0, size - _BLOCK)
            stream.seek(last)
            digest.update(stream.read(size - last))
    except OSError:
        return b""
    return digest.digest()


def _has_footer(path: str, size: int) -> bool:
    if size < 12:  # noqa: PLR2004 - two magic numbers and a length
        return False
    with open(path, "rb") as stream:
        stream.seek(size - 4)
        return stream.read(4) in {b"PAR1", b"PARE"}
