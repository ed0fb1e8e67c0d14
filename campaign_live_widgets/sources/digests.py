"""Digests of what a store has written."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import os

_BLAKE2B: Final = partial(hashlib.blake2b, digest_size=16)


def digest_of(text: bytes) -> str:
    """Return the digest of a text."""
    return _BLAKE2B(text).hexdigest()


def file_digest(path: str | os.PathLike[str]) -> str:
    """Return the digest of a file's content.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, _BLAKE2B).hexdigest()
