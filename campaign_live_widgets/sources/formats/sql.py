"""SQL that formats share: literals, types, and causes of rejected rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

WHITESPACE: Final = "' ' || chr(9) || chr(10) || chr(13)"
NO_EVENT: Final = ""
"""The cause of a canonical row that has no event: it is ignored, not rejected."""
WORDS: Final = {
    "status_code": " *([0-9][.][0-9]{1,3}[.][0-9]{1,3}|[0-9]{3}) *",
    "machine_reason": "[A-Za-z_-]{1,40}",
}
"""Columns whose values are shown, and the only form that they have: a reply has addresses."""
DOMAIN_ENDS: Final = ("@", "/", "?", "#")
"""Characters that no domain has."""
_IN_DOMAIN: Final = "(?:^|@)([^@/?#]*)[^@]*$"
HOLDS_NOTHING: Final = "holds nothing"
"""Why a row that is an empty list cannot be read; vendors' formats ignore such a row."""


def flag(field: str) -> str:
    """Return SQL for a field as a boolean, null if it is not one."""
    return f"try_cast({field} AS BOOLEAN)"


def domain(value: str) -> str:
    """Return SQL for a domain in small letters, without what makes it an address or a URL.

    What precedes the last ``@`` and what follows a ``/``, ``?`` or ``#`` may be about a person.
    Null where nothing is left.
    """
    marked = " OR ".join(f"contains({value}, {quoted(mark)})" for mark in DOMAIN_ENDS)
    cut = f"nullif(regexp_extract({value}, {quoted(_IN_DOMAIN)}, 1), '')"
    return f"lower(CASE WHEN {marked} THEN {cut} ELSE {value} END)"


def word(column: str, value: str) -> str:
    """Return SQL for the value of a column of :data:`WORDS`, null where it has another form."""
    return f"CASE WHEN regexp_full_match({value}, {quoted(WORDS[column])}) THEN {value} END"


def quoted(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def identifier(*names: str | None, mark: str = '"') -> str:
    """Return names as SQL has them, with dots between; those that are ``None`` are left out."""
    return ".".join(
        f"{mark}{name.replace(mark, mark * 2)}{mark}" for name in names if name is not None
    )


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


def unknown(name: str, known: Collection[str], column: str | None = None) -> str:
    """Return the SQL branch that rejects a value that is not one of *known*."""
    value = column or name
    return f"WHEN {value} NOT IN {one_of(known)} THEN {not_known(name, value)}"


def not_known(name: str, value: str) -> str:
    """Return SQL for the cause that names an unknown value.

    The value is only shown if it looks like a code: where columns are shifted it could be an
    address or a profile id.
    """
    cause = quoted(f"unknown {name}")
    return (
        f"{cause} || CASE WHEN regexp_full_match({value}, '[A-Za-z_.-]{{1,24}}') "
        f"THEN ' ' || chr(39) || {value} || chr(39) ELSE '' END"
    )
