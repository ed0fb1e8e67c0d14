"""Placeholders for watermark bounds, and for the time now, in a compiled SQL statement.

A statement is compiled once. Values that differ between refreshes are function calls in it,
``clw_since()``, and :func:`fill` replaces them with literals.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    Column = Any

SINCE: Final = "clw_since"
UNTIL: Final = "clw_until"
"""Functions in the statement in place of the bounds of its rows; see :func:`fill`."""
NOW: Final = "clw_now"
"""The placeholder for the time after which events are dated in the future."""


def fill(statement: str, campaign: str, values: Mapping[str, str]) -> str:
    """Return a statement with *values*, SQL literals, in place of the placeholders."""
    for name, value in values.items():
        call = re.compile(rf"\b{unique_name(name, campaign)}\(\)", re.IGNORECASE)
        statement = call.sub(value.replace("\\", r"\\"), statement)
    return statement


def unique_name(name: str, campaign: str) -> str:
    """Return a name that the campaign id, which is part of the statement, does not contain."""
    while name in campaign.lower():
        name += "_"
    return name


def placeholder(name: str, watermark: Column) -> Column:
    """Return the placeholder *name* as an expression of the type of *watermark*."""
    import ibis

    def function() -> None: ...

    function.__name__ = name
    function.__annotations__ = {"return": watermark.type()}
    return ibis.udf.scalar.builtin(function)()
