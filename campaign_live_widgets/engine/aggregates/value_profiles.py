"""Distinct profiles of each recipient domain and link: which of them have too few to be shown.

Every open is kept with its domain, every click with its link, only where small cells are folded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.engine.aggregates.segments import EVERYTHING
from campaign_live_widgets.snapshot import Folded

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.segments import SegmentMask
    from campaign_live_widgets.snapshot import Machines

DOMAIN: Final = "domain"
LINK: Final = "link"
_REPEATED: Final = 1 << 18
"""Rows after which rows that repeat others are removed."""

Value = tuple[str, str, str]
"""A dimension, :data:`DOMAIN` or :data:`LINK`, a channel, and a domain or link."""


class ValueRows(NamedTuple):
    """Opens with their domain and clicks with their link, column by column.

    ``profile`` is half of the profile's hash: two profiles that share it count as one, so that
    more is folded, never less. ``value`` is an index into a list of :data:`Value`; ``segment`` one
    into the segments of the batch or of the campaign.
    """

    profile: NDArray[np.uint64]
    minute: NDArray[np.int64]
    value: NDArray[np.int64]
    is_test: NDArray[np.bool_]
    is_machine: NDArray[np.bool_]
    segment: NDArray[np.int64]

    def where(self, chosen: NDArray[Any]) -> ValueRows:
        """Return these rows."""
        return ValueRows(*(column[chosen] for column in self))


class ValueDelta(NamedTuple):
    """What a batch adds to the profiles of a campaign's values."""

    rows: ValueRows
    values: list[Value]

    def within(self, low: int, high: int) -> ValueDelta:
        """Return what is of the segments [low, high), which are counted from *low*."""
        own = self.rows.where((self.rows.segment >= low) & (self.rows.segment < high))
        return ValueDelta(own._replace(segment=own.segment - low), self.values)


class ValueProfiles:
    """Profiles of the domains and links of one campaign."""

    def __init__(self) -> None:
        self._values: dict[Value, int] = {}
        self._parts: list[ValueRows] = []
        self._new_rows = 0

    @property
    def nbytes(self) -> int:
        """Return how many bytes the rows take."""
        return sum(column.nbytes for part in self._parts for column in part)

    def add(self, delta: ValueDelta, numbers: NDArray[np.int32]) -> None:
        """Add what a batch has; *numbers* are those of the batch's segments among all."""
        if not len(delta.rows.profile):
            return
        codes = [self._values.setdefault(value, len(self._values)) for value in delta.values]
        self._parts.append(
            delta.rows._replace(
                value=np.array(codes, np.int64)[delta.rows.value],
                segment=numbers[delta.rows.segment].astype(np.int64),
            )
        )
        self._new_rows += len(delta.rows.profile)
        if self._new_rows > _REPEATED:
            self._parts, self._new_rows = [_distinct(self._rows())], 0

    def _rows(self) -> ValueRows:
        if len(self._parts) > 1:
            self._parts = [ValueRows(*map(np.concatenate, zip(*self._parts, strict=True)))]
        return self._parts[0]

    def folded(  # noqa: PLR0913 - all but three by name
        self,
        start: int,
        end: int,
        fewest: int,
        *,
        include_tests: bool,
        machines: Machines = "include",
        mask: SegmentMask = EVERYTHING,
    ) -> Folded:
        """Return the domains and links that share a row in the minutes [start, end).

        Those with fewer than *fewest* profiles; where they have fewer all together, those with
        the next fewest, too.
        """
        if not self._parts:
            return Folded()
        rows = self._rows()
        counted = (rows.minute >= start) & (rows.minute < end)
        if not include_tests:
            counted &= ~rows.is_test
        if machines != "include":
            counted &= rows.is_machine == (machines == "only")
        if mask.included is not None:
            counted &= mask.included[rows.segment]
        profile, value = rows.profile[counted], rows.value[counted]
        groups: dict[tuple[str, str], list[int]] = {}
        names = list(self._values)
        for code in np.unique(value).tolist():
            groups.setdefault(names[code][:2], []).append(code)
        together = {DOMAIN: set[tuple[str, str]](), LINK: set[tuple[str, str]]()}
        for (dimension, _), codes in groups.items():
            own = np.isin(value, codes)
            for code in _few(profile[own], value[own], fewest, names):
                together[dimension].add(names[code][1:])
        return Folded(frozenset(together[DOMAIN]), frozenset(together[LINK]))


def _few(
    profile: NDArray[np.uint64], value: NDArray[np.int64], fewest: int, names: list[Value]
) -> list[int]:
    """Return the values that share a row, those with the fewest profiles first."""
    order = np.lexsort((value, profile))
    profile, value = profile[order], value[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (profile[1:] != profile[:-1]) | (value[1:] != value[:-1])
    profile, value = profile[new], value[new]
    codes, counts = np.unique(value, return_counts=True)
    size = dict(zip(codes.tolist(), counts.tolist(), strict=True))
    fewest_first = sorted(size, key=lambda code: (size[code], names[code][2]))
    few = sum(count < fewest for count in size.values())
    if not few:
        return []
    # A profile is in the shared row from its first value on.
    rank = np.zeros(max(size) + 1, np.int64)
    rank[fewest_first] = np.arange(len(size))
    _, place = np.unique(profile, return_inverse=True)
    first = np.full(place.max() + 1, len(size), np.int64)
    np.minimum.at(first, place, rank[value])
    together = np.cumsum(np.bincount(first, minlength=len(size)))
    enough = int(np.searchsorted(together, fewest)) + 1
    return fewest_first[: max(few, enough)]


def _distinct(rows: ValueRows) -> ValueRows:
    """Return rows of which none repeats another one."""
    order = np.lexsort(rows)
    ordered = rows.where(order)
    new = np.ones(len(order), dtype=bool)
    if len(order):
        new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in ordered])
    return ordered.where(new)
