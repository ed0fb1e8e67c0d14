"""About how wide a text is, where no browser can measure it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def ems(text: str, widths: Mapping[str, float], usual: float) -> float:
    """Return the width of a text in parts of the height of its letters.

    Parameters
    ----------
    text : str
    widths : mapping
        Letter → its width, where that is not the usual one. East Asian letters are as wide as
        they are high, and combining ones have no width.
    usual : float
        The width of other letters.
    """
    total = 0.0
    for letter in text:
        if unicodedata.east_asian_width(letter) in "WF":
            total += 1.0
        elif not unicodedata.combining(letter):
            total += widths.get(letter, usual)
    return total
