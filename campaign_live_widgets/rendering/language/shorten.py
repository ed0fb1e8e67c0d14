"""Names from outside, shortened for a sentence."""

from __future__ import annotations

from typing import Final
from unicodedata import bidirectional

from campaign_live_widgets.report import without_turns

SHORT: Final = 48
"""Maximum length of a name in a sentence."""


def shorten(name: str, most: int = SHORT) -> str:
    """Return a name for a sentence: on one line, not too long, turning nothing around it."""
    line = " ".join(without_turns(name[: 2 * most]).split())
    return isolated(line if len(line) < most else f"{line[: most - 1]}…")


def isolated(line: str) -> str:
    """Return a name, such that letters from right to left turn nothing around it."""
    if any(bidirectional(character) in {"R", "AL"} for character in line):
        return f"\N{FIRST STRONG ISOLATE}{line}\N{POP DIRECTIONAL ISOLATE}"
    return line
