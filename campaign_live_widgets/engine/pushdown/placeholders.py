"""The ends of what has settled, which stand in a compiled statement as functions.

A statement is compiled once; what differs from look to look is put into its text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    Column = Any

SINCE: Final = "clw_since"
UNTIL: Final = "clw_until"
"""Functions that stand in the statement for the ends of what has settled; see :func:`filled`."""
NOW: Final = "clw_now"
"""The function that stands for the time after which events are dated in the future."""


def filled(statement: str, campaign: str, values: Mapping[str, str]) -> str:
    """Return a statement with *values* for :data:`SINCE`, :data:`UNTIL` and :data:`NOW`.

    They are literals: it is compiled once, and what differs from look to look is put into
    the text.
    """
    for name, value in values.items():
        call = re.compile(rf"\b{apart(name, campaign)}\(\)", re.IGNORECASE)
        statement = call.sub(value.replace("\\", r"\\"), statement)
    return statement


def apart(name: str, campaign: str) -> str:
    """Return a name that the text of the statement does not hold by chance."""
    while name in campaign.lower():
        name += "_"
    return name


def bound(name: str, mark: Column) -> Column:
    """Return the function that stands in a statement for an end of what has settled."""
    import ibis

    def stand_in() -> None: ...

    stand_in.__name__ = name
    stand_in.__annotations__ = {"return": mark.type()}
    return ibis.udf.scalar.builtin(stand_in)()
