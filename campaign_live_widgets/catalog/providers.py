"""Families of mailbox providers: which company answers for a recipient domain.

``providers.csv`` lists them as ``pattern,family``. A pattern is a domain (``gmail.com``), or a name
with ``.*`` (``yahoo.*``): that name alone, then ``com``, ``net``, two letters, ``co.xx`` or
``com.xx``. Domains go before names, whatever their order. Nothing is looked up in a network.
"""

from __future__ import annotations

import csv
import os
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.columns import UNKNOWN
from campaign_live_widgets.catalog.provider_names import OTHER
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.io.user_files import read_user_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ANY_ENDING: Final = ".*"
_ENDING: Final = re.compile(r"com|net|[a-z]{2}|com?\.[a-z]{2}")
_LABEL: Final = r"[^\W_]([\w-]*[^\W_])?"
_PATTERN: Final = re.compile(rf"({_LABEL}\.)+{_LABEL}|{_LABEL}\.\*")
_FAMILY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_COLUMNS: Final = ("pattern", "family")
_TIME: Final = "bucket"
"""The column of a series before those of families."""
_LARGEST: Final = 1 << 22


class Families:
    """The families of recipient domains.

    Parameters
    ----------
    rows : iterable of pairs of str
        Pattern and family; of two equal patterns the first one counts.
    added : tuple of pairs of str
        Those of the rows that are not shipped.
    """

    def __init__(
        self, rows: Iterable[tuple[str, str]], added: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.added = added
        self._rows = tuple(rows)
        self._hash = hash(self._rows)
        self._domains: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for pattern, family in self._rows:
            if pattern.endswith(_ANY_ENDING):
                self._names.setdefault(pattern.removesuffix(_ANY_ENDING), family)
            else:
                self._domains.setdefault(pattern, family)

    def __eq__(self, other: object) -> bool:
        """Return whether both have the same rows."""
        return isinstance(other, Families) and self._rows == other._rows

    def __hash__(self) -> int:
        return self._hash

    def family(self, domain: object) -> str:
        """Return the family of a domain, in any case; ``unknown`` for what is no text.

        It takes less than a microsecond, so nothing is remembered.
        """
        if not isinstance(domain, str):
            return UNKNOWN
        domain = domain.lower()
        family = self._domains.get(domain)
        if family is None:
            name, _, ending = domain.partition(".")
            family = self._names.get(name)
            if family is None or not _ENDING.fullmatch(ending):
                return OTHER
        return family


def families(path: str | os.PathLike[str] | None = None) -> Families:
    """Return the families of the shipped file, after those of another file.

    Parameters
    ----------
    path : path, optional
        A CSV file in UTF-8 with the columns ``pattern,family``. Its rows come before the shipped
        ones; the family ``other`` takes a domain out of its family.

    Raises
    ------
    UsageError
        If it cannot be read, or a row is invalid; the message names file and row.
    """
    if path is None:
        return _shipped()
    name = os.fspath(path)
    return with_rows(tuple(_rows(_content(name), name)))


def with_rows(rows: tuple[tuple[str, str], ...]) -> Families:
    """Return the shipped families after *rows*, which are valid."""
    return Families([*rows, *_shipped_rows()], rows) if rows else _shipped()


@cache
def _shipped() -> Families:
    return Families(_shipped_rows())


@cache
def _shipped_rows() -> tuple[tuple[str, str], ...]:
    content = files(__package__).joinpath("providers.csv").read_text(encoding="utf-8")
    return tuple(_rows(content, "providers.csv"))


def _content(name: str) -> str:
    content = read_user_file(name, _LARGEST, "the providers", UsageError)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        message = f"{name}: row {row} is not in UTF-8; save the file as CSV in UTF-8"
        raise UsageError(message) from None


def _rows(content: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield the rows of a file; raise an error at the first one that is invalid."""
    reader = csv.reader(content.splitlines(), strict=True)
    is_header = True
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            problem = _header_problem(cells) if is_header else _problem(cells)
            if problem:
                message = f"{name}: row {reader.line_num}: {problem}"
                raise UsageError(message)
            if not is_header:
                yield cells[0].lower(), cells[1]
            is_header = False
    except csv.Error as error:
        message = f"{name}: row {reader.line_num}: {error}; write pattern,family"
        raise UsageError(message) from None
    if is_header:
        message = f"{name}: the file is empty; begin it with the row pattern,family"
        raise UsageError(message)


def _header_problem(cells: list[str]) -> str | None:
    if tuple(cell.lower() for cell in cells) == _COLUMNS:
        return None
    return f"the columns are {_shown(','.join(cells))}; begin with the row pattern,family"


def _problem(cells: list[str]) -> str | None:
    """Return what is wrong with a row and what to do; None if it is valid."""
    if len(cells) != len(_COLUMNS):
        return f"{len(cells)} values; write two, such as gmail.com,gmail"
    pattern, family = cells
    if not _PATTERN.fullmatch(pattern.lower()):
        return (
            f"{_shown(pattern)} is no domain; write one such as example.com, "
            "or a name with .* such as example.*"
        )
    if family == UNKNOWN:
        return f"{UNKNOWN!r} is kept for events without a domain; name another family, or {OTHER}"
    if family == _TIME:
        return f"{_TIME!r} is a column of reports; name another family, or {OTHER}"
    if not _FAMILY.fullmatch(family):
        return f"the family {_shown(family)} is not of a-z, 0-9, _ and - alone; name it so"
    return None


def _shown(text: str) -> str:
    """Return a text of a file for a message of one line."""
    return repr(text if len(text) <= 60 else text[:60] + "…")  # noqa: PLR2004
