"""The dialect of a CSV, from its first lines: where its header is, delimiter and escapes."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.formats.base import FORMATS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_USUAL: Final = ",;\t|"
_OTHERS: Final = "^~:\x01\x1f\xa6\xac"
_SEPARATOR: Final = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
"""The line that gives Excel the delimiter; it may be quoted as a whole."""
_SEARCHED: Final = 30
"""Lines in which the header is searched for."""
_BLANK: Final = "\ufeff\u200b"
_JOINED: Final = re.compile(r"[\s\xa0-]+")
_ESCAPED: Final = re.compile(r'(?:^|[^\\])(?:\\\\)*\\"')
_LONGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""How a CSV is written.

    Attributes
    ----------
    columns : tuple of str
        The names of its columns, each once in any case.
    delimiter : str
    skipped : int
        Lines before the header: the delimiter for Excel, a title, comments.
    escape : str
        What is before a quote inside quotes: ``"`` or ``\``.
    guess : str or None
        What of this is not usual, so that a reader should know.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    skipped: int = 0
    escape: str = '"'
    guess: str | None = None


def dialect_of(text: str, in_path: Collection[str] = ()) -> Dialect:
    """Return the dialect of a CSV that starts with *text*.

    The header is the first line that a format knows, together with the columns *in_path*; if
    there is none, the first line.
    """
    lines = [line.strip("\r\n") for line in text.lstrip("\ufeff").splitlines()[:_SEARCHED]]
    given = _SEPARATOR.fullmatch(lines[0]) if lines else None
    start = 1 if given else 0
    delimiters = given.group(1) if given else None
    headers = ((n, _known(lines[n], delimiters, in_path)) for n in range(start, len(lines)))
    known = next(((n, header) for n, header in headers if header), None)
    if known is not None:
        skipped, (names, delimiter) = known
    else:
        first = lines[start] if len(lines) > start else ""
        skipped, delimiter = start, delimiters or max(_USUAL, key=first.count)
        names = _cells(first, delimiter)
    escape = "\\" if is_backslashed(text) else '"'
    guesses = []
    if skipped > start:
        guesses.append(f"its header is line {skipped + 1}, and what is above it is left out")
    if delimiter not in _USUAL and not given:
        guesses.append(f"its values are separated by {delimiter!r}")
    guess = " and ".join(guesses) or None
    return Dialect(tuple(_distinct(names)), delimiter, skipped, escape, guess)


def format_of_names(names: Iterable[str], in_path: Collection[str] = ()) -> str | None:
    """Return the format of a table with columns of these names, in any case."""
    lower = {name.lower() for name in names}
    for known_names in (lower, {*lower, *in_path}) if lower else ():
        for name, known in FORMATS.items():
            if known.recognises(known_names):
                return name
    return None


def is_backslashed(text: str) -> bool:
    """Return whether quotes inside quotes have a backslash before them, and not another quote."""
    if '\\"' not in text:
        return False
    return len(_ESCAPED.findall(text)) > text.count('\\""')


def _known(
    line: str, delimiter: str | None, in_path: Collection[str]
) -> tuple[list[str], str] | None:
    """Return the names in a header of a known format, and the delimiter between them."""
    if not line or len(line) > _LONGEST:
        return None
    usual = sorted(_USUAL, key=line.count, reverse=True)
    for tried in [delimiter] if delimiter else [*usual, *_OTHERS]:
        if tried not in line:
            continue
        names = _cells(line, tried)
        for spelled in (names, [_JOINED.sub("_", name) for name in names]):
            if format_of_names(spelled, in_path):
                return spelled, tried
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        cells = line.split(delimiter)
    return [cell.strip().strip(_BLANK).strip() for cell in cells]


def _distinct(names: Sequence[str]) -> Iterable[str]:
    """Yield unique names, regardless of case; a repeated one gets a number."""
    seen: set[str] = set()
    for place, name in enumerate(names, 1):
        unique, number = name or f"column_{place}", 1
        while unique.lower() in seen:
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique.lower())
        yield unique
