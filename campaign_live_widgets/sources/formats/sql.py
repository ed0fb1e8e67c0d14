"""SQL that formats share: literals, types, and causes of rejected rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_EARLIEST: Final = -62135596800000000
_LATEST: Final = 253402300799999999
"""Microseconds of the years 1 to 9999, the range of valid times."""
WHITESPACE: Final = "' ' || chr(9) || chr(10) || chr(13)"
HOLDS_NOTHING: Final = "holds nothing"
"""Why a row that is an empty list cannot be read; vendors' formats ignore such a row."""


def microseconds(field: str, *, native: bool) -> str:
    """Return SQL for a field as microseconds since the epoch, null if it is not a time."""
    time = f"epoch_us(try_cast({field} AS TIMESTAMPTZ))"  # a date may be of any year
    if not native:
        time = f"try({time})"
    return f"CASE WHEN {time} BETWEEN {_EARLIEST} AND {_LATEST} THEN {time} END"


def flag(field: str) -> str:
    """Return SQL for a field as a boolean, null if it is not one."""
    return f"try_cast({field} AS BOOLEAN)"


def quoted(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def literal(path: str) -> str:
    """Return a path as an SQL literal in which no character is a glob pattern."""
    return quoted(re.sub(r"([*?\[])", r"[\1]", path))


def not_blank(expression: str) -> str:
    """Return SQL for an expression as text, null where blank."""
    value = f"{expression}::VARCHAR"
    return f"CASE WHEN ltrim({value}, {WHITESPACE}) <> '' THEN {value} END"


def one_of(values: Collection[str]) -> str:
    """Return texts as an SQL list for ``IN``."""
    return "(" + ", ".join(map(quoted, values)) + ")"


def missing(name: str, column: str) -> str:
    """Return the SQL branch that rejects a row without a required column."""
    return f"WHEN {column} IS NULL THEN {quoted(f'{name} is missing')}"


def no_time() -> str:
    """Return the SQL branch that rejects a row whose time cannot be parsed."""
    return "WHEN us IS NULL THEN 'timestamp is not a time'"


def unknown(name: str, known: Collection[str], column: str | None = None) -> str:
    """Return the SQL branch that rejects a value that is not one of *known*."""
    value = column or name
    return f"WHEN {value} NOT IN {one_of(known)} THEN {not_known(name, value)}"


def not_known(name: str, value: str) -> str:
    """Return SQL for the cause that names an unknown value.

    The value is only shown if it looks like a code: where columns are shifted it could be an
    address or a profile id.
    """
    return (
        f"'unknown {name}' || CASE WHEN regexp_full_match({value}, '[A-Za-z_.-]{{1,24}}') "
        f"THEN ' ' || chr(39) || {value} || chr(39) ELSE '' END"
    )
