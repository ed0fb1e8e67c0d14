"""Names from outside, shortened for a sentence."""

from __future__ import annotations

from typing import Final
from unicodedata import bidirectional

_TURNING: Final = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Marks by which a name would turn the words around it, too."""
SHORT: Final = 48
"""Maximum length of a name in a sentence."""


def shorten(name: str, most: int = SHORT) -> str:
    """Return a name for a sentence: on one line, not too long, turning nothing around it."""
    line = " ".join(name[: 2 * most].translate(_TURNING).split())
    return isolated(line if len(line) < most else f"{line[: most - 1]}…")


def isolated(line: str) -> str:
    """Return a name, such that letters from right to left turn nothing around it."""
    if any(bidirectional(character) in {"R", "AL"} for character in line):
        return f"\N{FIRST STRONG ISOLATE}{line}\N{POP DIRECTIONAL ISOLATE}"
    return line
