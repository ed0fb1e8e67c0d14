"""File and folder names made from any text.

Every format on disk (folders of layouts, campaigns in a store, snapshots, downloads) is a readable
part, and a digest where two texts must not share a name. They differ in length and order of the
same steps, and stay as they are: existing folders are found by these names.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from typing import Final

_OTHERS: Final = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_STEM: Final = 60


def to_ascii(text: str) -> str:
    """Return *text* in ASCII: accents are dropped, and so are letters of other scripts.

    >>> to_ascii("Été à Malmö 夏")
    'Ete a Malmo '
    """
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def dashed(text: str) -> str:
    """Return *text* with a dash for every run of characters other than ASCII letters and digits.

    >>> dashed("Spring/../sale 2026!")
    'Spring-sale-2026-'
    """
    return _OTHERS.sub("-", text)


def digest(text: str, digits: int) -> str:
    """Return the first *digits* hexadecimal digits of the SHA-256 of *text*, whatever it holds.

    >>> digest("Spring sale", 10)
    '9027d3f47e'
    """
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]


def file_stem(text: str) -> str:
    """Return *text* as a part of a file name that every system accepts; it may be empty.

    >>> file_stem("Été: soldes d'août")
    'Ete-soldes-d-aout'
    """
    return dashed(to_ascii(text))[:_LONGEST_STEM].strip("-")
