"""Which texts look alike: equal but for case, white space, and what is invisible or similar."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache, lru_cache
from typing import Final

_ASCII: Final = {"0": "O", "1": "l", "I": "l", "|": "l", "m": "rn", '"': "''", "`": "'"}
"""Similar ASCII characters, so that the table of all is not loaded for ASCII names."""
_IGNORABLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001d159\U000e0000-\U000e0fff]"
)
"""Characters that are blank, of the categories of letters, marks and symbols."""
_NO_SHAPE: Final = frozenset({"Cn", "Co", "Cs"})
"""Categories that are drawn as the same box."""
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OVERRIDES: Final = re.compile("[\u202d\u202e]")


@lru_cache(maxsize=1 << 16)
def keys(text: str) -> tuple[str, str]:
    """Return two forms of *text*; texts that share the first or the second one look alike.

    The first one respects case, since ``I`` is similar to ``l``, and ``i`` is not.
    """
    plain = _visible_part(text)
    return _skeleton(plain), _skeleton(unicodedata.normalize("NFKD", plain.casefold()).casefold())


def is_blank(text: str) -> bool:
    """Return whether nothing of *text* is visible."""
    return not _visible_part(text)


def visible_name(name: str | None) -> str:
    """Return a name; empty if there is none, or nothing of it is visible."""
    return "" if name is None or is_blank(name) else name


def turns(text: str) -> bool:
    """Return whether *text* overrides the direction of its letters, so that it reads as another."""
    return _OVERRIDES.search(text) is not None


def without_turns(text: str) -> str:
    """Return *text* without marks by which it would turn the words around it."""
    return _TURNING.sub("", text)


def visible(text: str) -> str:
    r"""Return *text* with an escape for each character that is not visible, such as ``\u200b``."""
    whole = is_blank(text)
    return "".join(_escape(c) if whole or (c != " " and is_blank(c)) else c for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


def _visible_part(text: str) -> str:
    if text.isascii():
        return "".join(c for c in text if "!" <= c <= "~")
    shapes = []
    for character in unicodedata.normalize("NFKD", _IGNORABLE.sub("", text)):
        category = unicodedata.category(character)
        if category in _NO_SHAPE:
            shapes.append("\N{REPLACEMENT CHARACTER}")
        elif category[0] not in "CZ":
            shapes.append(character)
    return _IGNORABLE.sub("", "".join(shapes))


def _skeleton(text: str) -> str:
    """Return *text* with one character of each set of similar ones (Unicode's UTS 39)."""
    similar = _ASCII if text.isascii() else _similar()
    return unicodedata.normalize("NFD", "".join(similar.get(c, c) for c in text))


@cache
def _similar() -> dict[str, str]:
    """Return for each character the one that represents its set.

    The package lists pairs, of which one is the representative of the set: it has all others.
    """
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415 - 20 ms

    pairs: dict[str, set[str]] = defaultdict(set)
    for character, others in confusables_data.items():
        one = character.strip("\N{LEFT-TO-RIGHT MARK}")
        pairs[one] |= {other["c"].strip("\N{LEFT-TO-RIGHT MARK}") for other in others}
    table = {}
    for character, others in pairs.items():
        if len(character) == 1 and not character.isascii():
            center = max(*others, character, key=lambda c: (len(pairs[c]), c.isascii(), len(c), c))
            table[character] = unicodedata.normalize("NFD", center)
    return table | _ASCII
