"""Pieces of SQL that formats share: literals, types, and causes of rejected rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_EARLIEST: Final = -62135596800000000
_LATEST: Final = 253402300799999999
"""Microseconds of the years 1 to 9999, the times that there are."""


def microseconds(field: str, *, native: bool) -> str:
    """Return SQL for a field as microseconds since the epoch, null where it is no time."""
    time = f"epoch_us(try_cast({field} AS TIMESTAMPTZ))"  # a date may be of any year
    if not native:
        time = f"try({time})"
    return f"CASE WHEN {time} BETWEEN {_EARLIEST} AND {_LATEST} THEN {time} END"


def flag(field: str) -> str:
    """Return SQL for a field as a truth value, null where it is none."""
    return f"try_cast({field} AS BOOLEAN)"


def quoted(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def one_of(values: Collection[str]) -> str:
    """Return texts as an SQL list for ``IN``."""
    return "(" + ", ".join(map(quoted, values)) + ")"


def missing(name: str, column: str) -> str:
    """Return the SQL branch that refuses a row for want of a required column."""
    return f"WHEN {column} IS NULL THEN {quoted(f'{name} is missing')}"


def no_time() -> str:
    """Return the SQL branch that refuses a row whose time cannot be read."""
    return "WHEN us IS NULL THEN 'timestamp is not a time'"


def unknown(name: str, known: Collection[str], column: str | None = None) -> str:
    """Return the SQL branch that refuses a row for a value outside an enumeration."""
    value = column or name
    return f"WHEN {value} NOT IN {one_of(known)} THEN {not_known(name, value)}"


def not_known(name: str, value: str) -> str:
    """Return SQL for the cause that names an unknown value.

    Only one that looks like a code is shown: where columns have shifted it could be an
    address or a profile.
    """
    return (
        f"'unknown {name}' || CASE WHEN regexp_full_match({value}, '[A-Za-z_.-]{{1,24}}') "
        f"THEN ' ' || chr(39) || {value} || chr(39) ELSE '' END"
    )
