"""The link of a click: its URL without what could identify who clicked.

Reports count clicks by link. A link has no scheme, port, query or fragment, and no segment of the
path that looks like an id. The same definition in SQL is in
:mod:`~campaign_live_widgets.engine.duckdb.details`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from campaign_live_widgets.catalog.details import SEPARATOR

UNKNOWN: Final = "unknown"
"""The link of a click without a URL, or with one that has no host."""
WORDS: Final = ("mailto", "tel", "sms")
"""Schemes that are the whole link: what follows them is an address or a number."""
HIDDEN: Final = "*"
"""In place of a segment of a path that looks like an id or an address."""
LONG: Final = 20
"""Number of characters from which a segment with digits and letters looks like an id."""
WHITE_SPACE: Final = " \t\n\r\f\v"

_SCHEME: Final = re.compile("([A-Za-z]+):")
_URL: Final = re.compile("[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)([^?#]*)")
_USER: Final = re.compile(".*@", re.DOTALL)
_PORT: Final = re.compile(":[0-9]*\\Z")
_NUMBER: Final = re.compile("[0-9]{6,}")
_DIGIT: Final = re.compile("[0-9]")
_LETTER: Final = re.compile("[A-Za-z]|[^\x00-\x7f]")
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


@lru_cache(maxsize=4096)
def link_of(url: str | None) -> str:
    """Return the link of a URL: host and path, or :data:`UNKNOWN`, or one of :data:`WORDS`."""
    if url is None:
        return UNKNOWN
    url = url.strip(WHITE_SPACE)
    scheme = _SCHEME.match(url)
    if scheme and (word := scheme[1].lower()) in WORDS:
        return word
    parts = _URL.match(url)
    if not parts:
        return UNKNOWN
    host = _PORT.sub("", _USER.sub("", parts[1])).translate(_LOWER)
    if not host:
        return UNKNOWN
    link = host + "/".join(map(_safe, parts[2].rstrip("/").split("/")))
    return link.replace(SEPARATOR, " ")  # as in a detail


def _safe(segment: str) -> str:
    """Return a segment of a path as it may appear in a link."""
    is_id = (
        "@" in segment
        or "%40" in segment
        or _NUMBER.fullmatch(segment)
        or (len(segment) >= LONG and _DIGIT.search(segment) and _LETTER.search(segment))
    )
    return HIDDEN if is_id else segment
