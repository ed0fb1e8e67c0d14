"""The columns of a tile's frame and what their cells are, so that all know what may be summed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["text", "time", "count", "unique", "ratio", "number"]
"""What the cells of a column are.

``text``; ``time`` in UTC; ``count``: of events, the only kind that is ever summed; ``unique``: a
distinct count; ``ratio``: a part of one; ``number``: any other number, such as events per message.
"""
UNKNOWN: Final = "unknown"
"""The value shown for a null dimension."""
WHOLE: tuple[Kind, ...] = ("count", "unique")
"""Kinds whose cells are whole numbers."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a tile's frame.

    Attributes
    ----------
    id : str
        Its name in the frame.
    kind : str
    of : str or None
        Of a ratio, the metric that it divides by.
    ends : tuple of str, optional
        Of a ratio, the columns with the low and the high end of its 95 % interval.
    dimension : str or None
        The dimension of which the column's id is a value, where values are columns.
    """

    id: str
    kind: Kind = "count"
    of: str | None = None
    ends: tuple[str, str] | None = None
    dimension: str | None = None
