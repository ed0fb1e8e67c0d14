"""Durations as text: ``90s``, ``15m``, ``6h``, ``7d``, ``2w``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

EXAMPLES: Final = "90s, 15m, 6h, 7d or 2w"
"""The documented spellings, for help and error texts."""
MINUTES_EXAMPLES: Final = "15m, 6h, 7d or 2w"
"""Those that are whole minutes, as the length of a window has to be."""

_UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_NUMBER: Final = r"\d{1,15}(?:\.\d{1,9})?"
_PART: Final = re.compile(rf"({_NUMBER})\s*(min|[smhdw])\s*", re.IGNORECASE)
_DURATION: Final = re.compile(rf"(?:{_PART.pattern})+", re.IGNORECASE)
_BARE: Final = re.compile(_NUMBER)


def parse_duration(text: str, *, bare_unit: str | None = None) -> timedelta:
    """Return the duration that *text* spells.

    Documented are a whole number and one unit: ``90s``, ``15m``, ``6h``, ``7d``, ``2w``. Older
    spellings are parsed too: several parts (``1h30m``), ``min`` for minutes, decimals
    (``0.5s``), spaces, and upper case.

    Parameters
    ----------
    text : str
    bare_unit : str, optional
        Unit of a number without one, such as ``"s"``; by default every number needs a unit.

    Raises
    ------
    ValueError
        If *text* is not a duration, or is longer than :class:`~datetime.timedelta` can hold.

    Examples
    --------
    >>> parse_duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    text = text.strip()
    if bare_unit is not None and _BARE.fullmatch(text):
        text += bare_unit
    if not _DURATION.fullmatch(text):
        message = f"{text!r} is not a duration; examples: {EXAMPLES}"
        raise ValueError(message)
    try:
        return sum(
            (_length(number, unit.lower()) for number, unit in _PART.findall(text)), timedelta()
        )
    except OverflowError:
        message = f"duration {text!r} is too long"
        raise ValueError(message) from None


def _length(number: str, unit: str) -> timedelta:
    """Multiply without a detour through floats where the number is whole: large ones stay exact."""
    return (int(number) if number.isdecimal() else float(number)) * _UNITS[unit]


def format_duration(duration: timedelta) -> str:
    """Return the text of a duration, in the largest unit that divides it.

    One day is ``24h``; days are used from ``2d``, weeks never.

    Examples
    --------
    >>> [format_duration(timedelta(minutes=n)) for n in (15, 90, 360, 1440, 2880)]
    ['15m', '90m', '6h', '24h', '2d']
    """
    count, unit = largest_unit(duration)
    return f"{count}{unit}"


def largest_unit(duration: timedelta) -> tuple[int | float, str]:
    """Return *duration* as a number and the largest of ``d``, ``h``, ``m``, ``s`` that divides it.

    One day is 24 hours. Only a fraction of a second makes the number a decimal one.
    """
    day = _UNITS["d"]
    for unit in ("d", "h", "m", "s"):
        if duration % _UNITS[unit] == timedelta() and (unit != "d" or duration > day):
            return duration // _UNITS[unit], unit
    return duration.total_seconds(), "s"
