"""How a metric is computed: formulas are types, because additivity decides everything.

Counts and sums of counts may be added over any grouping. A distinct count may not: it
is counted again for every grouping. A ratio is computed last, from sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Count:
    """Distinct events of one type, optionally of one bounce type or only the async bounces.

    Of opens and clicks, optionally only those that a machine made, or that were judged not to be.
    """

    event_type: str
    bounce_type: str | None = None
    is_async: bool | None = None
    is_machine: bool | None = None

    @property
    def column(self) -> str:
        """Return the name of the column of a snapshot that holds this count."""
        late = "async" if self.is_async else None
        by = {None: None, True: "machine", False: "people"}[self.is_machine]
        return "_".join(part for part in (self.event_type, self.bounce_type, late, by) if part)


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of counts: ``plus`` minus ``minus``."""

    plus: tuple[Count, ...]
    minus: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class Distinct:
    """Distinct values of ``column`` over events of any of ``event_types``; never summed."""

    column: str
    event_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """The part of ``count`` whose reason and status code are explained by one of ``classes``."""

    count: Count
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """One metric divided by another, both named by their ids; never summed.

    ``is_proportion`` is false where the numerator is no part of the denominator: such a ratio may
    exceed one and has no interval.
    """

    numerator: str
    denominator: str
    is_proportion: bool = True


Formula: TypeAlias = Count | Sum | Distinct | Explained | Ratio


def terms(formula: Count | Sum) -> tuple[tuple[int, Count], ...]:
    """Return an additive formula as signed counts."""
    if isinstance(formula, Count):
        return ((1, formula),)
    return tuple((1, c) for c in formula.plus) + tuple((-1, c) for c in formula.minus)
