"""Ids that a spreadsheet has rounded: 123456789012345678 became ``1.23457E+17``.

Different ids may have become one, so that people and events are counted too low. This is looked
for in the start of a file, from which its schema is detected as well.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.sources.files.json_documents import records
from campaign_live_widgets.sources.files.spelling import IDENTITY_MAP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from campaign_live_widgets.sources.files.csv_dialect import Dialect
    from campaign_live_widgets.sources.formats.base import Format
    from campaign_live_widgets.sources.mapping.format import MappedFormat

IDS: Final = ("event_id", "profile_id", "message_id", "campaign_id", "execution_id")
_ROUNDED: Final = re.compile(r"\s*[+-]?\d+(?:[.,]\d+)?E\+\d{2,3}\s*", re.IGNORECASE)
"""Spreadsheets always write the sign, and at least two digits of the exponent."""
_SHOWN: Final = 3
_OBJECTS: Final = 100
"""Values of a file of JSON that are searched."""
_DEEPEST: Final = 12
"""Levels of objects in which ids are searched for."""


def rounded_in_csv(start: str, dialect: Dialect, known: Format, mapped: MappedFormat | None) -> str:
    """Return a note of the columns with rounded ids in the *start* of a CSV; empty if none."""
    if "+" not in start or not ("E+" in start or "e+" in start):
        return ""
    ids = _id_paths(known, mapped)
    places = {n: name for n, name in enumerate(dialect.columns) if _is_id(name.lower(), ids)}
    lines = start.splitlines(keepends=True)[dialect.skipped + 1 :]
    rounded = {name for row in _rows(lines, dialect) for n, name in places.items() if _in(row, n)}
    return _note([name for name in places.values() if name in rounded])


def rounded_in_json(values: Sequence[Any], known: Format, mapped: MappedFormat | None) -> str:
    """Return a note of the fields with rounded ids in JSON *values*; empty if there are none."""
    rounded: dict[str, None] = {}
    for record in records(values[:_OBJECTS], known.inside or (), any_case=True):
        rounded |= dict.fromkeys(_rounded(record, "", _DEEPEST))
    if not rounded:
        return ""
    ids = _id_paths(known, mapped)
    return _note([path for path in rounded if _is_id(path.lower(), ids)])


def _id_paths(known: Format, mapped: MappedFormat | None) -> set[str]:
    """Return the paths of ids in lower case: those that end so, and those that a mapping names."""
    ids = {path.lower() for paths in known.fields.values() for path in paths}
    ids = {path for path in ids if path.endswith("id")}
    if mapped is not None:
        parts = (part for column in IDS for part in mapped.rule.columns.get(column, ()))
        ids |= {name.lower() for part in parts for name in part.names}
    return ids


def _is_id(path: str, ids: set[str]) -> bool:
    return path in ids or path.startswith(f"{IDENTITY_MAP}.")


def _in(row: Sequence[str], place: int) -> bool:
    return len(row) > place and _ROUNDED.fullmatch(row[place]) is not None


def _rows(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    """Yield rows up to the first that is not one; the reader of the whole file names that."""
    is_escaped = dialect.escape == "\\"
    try:
        yield from csv.reader(
            lines,
            delimiter=dialect.delimiter,
            doublequote=not is_escaped,
            escapechar="\\" if is_escaped else None,
        )
    except csv.Error:
        return


def _rounded(value: dict[str, Any], path: str, depth: int) -> Iterator[str]:
    """Yield the paths below *path* that have a rounded number, as text or as a number."""
    for name, child in value.items():
        kind = type(child)
        if kind is str:
            if "+" in child and _ROUNDED.fullmatch(child):
                yield path + name
        elif kind is float:
            if _ROUNDED.fullmatch(repr(child)):
                yield path + name
        elif depth and kind in (dict, list):
            for one in child if kind is list else [child]:
                if type(one) is dict:
                    yield from _rounded(one, f"{path}{name}.", depth - 1)


def _note(names: Sequence[str]) -> str:
    if not names:
        return ""
    listed = ", ".join(names[:_SHOWN])
    if len(names) > _SHOWN:
        listed = f"{listed} and {len(names) - _SHOWN} more"
    columns, these = ("column", "this column") if len(names) == 1 else ("columns", "these columns")
    return (
        f"{columns} {listed}: numbers that a spreadsheet has rounded, such as 1.23457E+17; several "
        f"ids may have become one, and are counted as one: export {these} as text"
    )
