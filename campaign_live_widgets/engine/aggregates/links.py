"""Counts of links: how many profiles entered in a minute, and in which minute the time before.

Links may belong to groups, such as channels: then one look gives the numbers of all groups.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]

NEVER: Final = np.int64(-(2**62))
"""The previous minute of a profile's first entry."""
_NEVER_NARROW: Final = np.int32(-(2**31))
"""The same in a column of :func:`narrow`."""
_PENDING_LIMIT: Final = 20_000
_PENDING_PARTS: Final = 16
"""Additions that are looked through one by one."""
_WORD: Final = 63
_WINDOWS_CACHED: Final = 16
"""Windows whose numbers are kept until links are summed again."""
_COLUMNS: Final = ("minute", "previous", "group", "total")


class LinkCounts(NamedTuple):
    """Counts of links, column by column; a link may be there several times."""

    minute: Ints
    previous: Ints
    total: Ints


class _Rows(NamedTuple):
    """Links column by column."""

    minute: Ints
    previous: Ints
    group: Ints
    total: Ints

    def wide(self) -> _Rows:
        """Return the same links in columns that can be joined with others."""
        total = self.total.astype(np.int64)
        return _Rows(_wide(self.minute), _wide(self.previous), self.group, total)

    def packed(self) -> _Rows:
        """Return the same links in as few bytes as their numbers need."""
        minute, previous = narrow(self.minute), narrow(self.previous)
        return _Rows(minute, previous, fewest_bytes(self.group), fewest_bytes(self.total))

    @property
    def nbytes(self) -> int:
        """Return how many bytes the links take."""
        return sum(column.nbytes for column in self)


def _no_rows() -> _Rows:
    return _Rows(*(np.empty(0, np.int64) for _ in _COLUMNS))


def _joined(parts: list[_Rows]) -> _Rows:
    return _Rows(*(np.concatenate(column) for column in zip(*parts, strict=True)))


class Links:
    """Counts of links: (minute, previous minute, group), summed when many were added."""

    def __init__(self) -> None:
        self._summed = _no_rows()
        self._pending: list[_Rows] = []
        self._pending_rows = 0
        self._totals: dict[tuple[int | None, int], Ints] = {}
        """What the summed links give for the windows that were asked for."""
        self.used_at = monotonic()

    @property
    def nbytes(self) -> int:
        """Return about how many bytes the links take."""
        return self._summed.nbytes + 32 * self._pending_rows

    def add(self, minute: Ints, previous: Ints, group: Ints, sign: int) -> None:
        """Add one link per row, or take it away if *sign* is -1."""
        if len(minute):
            self._add(_Rows(minute, previous, group, np.full(len(minute), sign, np.int64)))

    def _add(self, rows: _Rows) -> None:
        self._pending.append(rows)
        self._pending_rows += len(rows.minute)
        if self._pending_rows > _PENDING_LIMIT + len(self._summed.minute) // 8:
            self._consolidate()
        elif len(self._pending) > _PENDING_PARTS:
            self._pending = [_joined(self._pending)]

    def fill(self, minute: Ints, previous: Ints, group: Ints) -> None:
        """Add links, one per row, of profiles that have none yet; before any other is added."""
        if not len(minute):
            return
        # "Never" becomes the minute before the first one: small numbers are packed and sort faster.
        never = int(minute.min()) - 1
        columns = sorted_columns(minute, np.maximum(previous, never), group)
        starts = np.flatnonzero(_is_new(columns))
        count = np.diff(starts, append=len(minute))
        minute, previous, group = (column[starts] for column in columns)
        rows = _Rows(minute, np.where(previous == never, NEVER, previous), group, count)
        if not len(self._summed.minute):
            self._summed = rows.packed()
            return
        self._pending.append(rows)
        self._pending_rows += len(count)
        if self._pending_rows > _PENDING_LIMIT + len(self._summed.minute) // 2:
            self._consolidate()

    def add_counts(self, counts: LinkCounts) -> None:
        """Add counts of links of one group, which may be negative."""
        group = np.zeros(len(counts.minute), np.uint8)
        self._pending.append(_Rows(counts.minute, counts.previous, group, counts.total))
        self._consolidate()

    def finish(self) -> None:
        """Sum the links once all of them were filled in."""
        if self._pending:
            self._consolidate()

    def columns(self) -> dict[str, Ints]:
        """Return the links, and those that are not summed yet."""
        pending = _joined(self._pending) if self._pending else _no_rows()
        return dict(zip(_COLUMNS, self._summed, strict=True)) | {
            f"pending_{name}": column for name, column in zip(_COLUMNS, pending, strict=True)
        }

    @classmethod
    def of(cls, columns: Mapping[str, Ints]) -> Links:
        """Return the links of earlier :meth:`columns`."""
        links = cls()
        links._summed = _Rows(*(columns[name] for name in _COLUMNS))
        pending = _Rows(*(columns[f"pending_{name}"] for name in _COLUMNS))
        if len(pending.minute):
            links._pending, links._pending_rows = [pending], len(pending.minute)
        return links

    def _consolidate(self) -> None:
        minute, previous, group, count = _joined([self._summed.wide(), *self._pending])
        self._pending, self._pending_rows, self._totals = [], 0, {}
        if not len(count):
            return
        never = int(minute.min()) - 1
        keys = (minute, np.maximum(previous, never), group)
        order = _order(keys)
        starts = np.flatnonzero(_is_new(tuple(key[order] for key in keys)))
        sums = np.add.reduceat(count[order], starts)
        chosen = order[starts][sums != 0]
        rows = _Rows(minute[chosen], previous[chosen], group[chosen], sums[sums != 0])
        self._summed = rows.packed()

    def distinct(self, start: int | None, end: int) -> int:
        """Return the number of profiles with a minute in [start, end), in all groups."""
        return int(self.distinct_by_group(start, end, 1).sum())

    def distinct_by_group(self, start: int | None, end: int, groups: int) -> Ints:
        """Return the number of profiles with a minute in [start, end), for each group.

        Without *start* all minutes before *end* count. *groups* is the number of groups, if no
        link is of a higher one.
        """
        totals = [self._total(start, end)]
        totals += [_sums(rows, _within(rows, start, end)) for rows in self._pending]
        distinct = np.zeros(max(groups, *map(len, totals)), np.int64)
        for total in totals:
            distinct[: len(total)] += total
        return distinct

    def _total(self, start: int | None, end: int) -> Ints:
        """Return what the summed links give for each group."""
        total = self._totals.pop((start, end), None)
        if total is None:
            # Bounds of the same type as the minutes: else all minutes would be converted.
            kind = self._summed.minute.dtype
            limits = np.iinfo(kind)
            bounds = np.clip((limits.min if start is None else start, end), limits.min, limits.max)
            low, high = np.searchsorted(self._summed.minute, bounds.astype(kind))
            rows = _Rows(*(column[low:high] for column in self._summed))
            total = _sums(rows, np.flatnonzero(_is_first(rows.previous, start)))
        self._totals[start, end] = total  # the last one used is the last to be removed
        if len(self._totals) > _WINDOWS_CACHED:
            del self._totals[next(iter(self._totals))]
        return total


def _is_first(previous: Ints, start: int | None) -> NDArray[np.bool_]:
    """Return which links are of the first entry since *start*."""
    if start is not None:
        return np.less(previous, start)
    return np.equal(previous, _NEVER_NARROW if previous.dtype == np.int32 else NEVER)


def _within(rows: _Rows, start: int | None, end: int) -> NDArray[np.bool_]:
    """Return which links are of the first entry in [start, end)."""
    inside: NDArray[np.bool_] = (rows.minute < end) & _is_first(rows.previous, start)
    if start is not None:
        inside &= rows.minute >= start
    return inside


def _sums(rows: _Rows, chosen: NDArray[Any]) -> Ints:
    """Return the sum of the counts of chosen rows for each group; exact below 2**53."""
    return np.bincount(rows.group[chosen], weights=rows.total[chosen]).astype(np.int64)


def narrow(column: Ints) -> Ints:
    """Return a column with half as many bytes if its values are small enough."""
    never = column == NEVER
    least, most = column.min(initial=0, where=~never), column.max(initial=0)
    if least <= _NEVER_NARROW or most >= -int(_NEVER_NARROW):
        return column
    narrowed = column.astype(np.int32)
    narrowed[never] = _NEVER_NARROW
    return narrowed


def _wide(column: Ints) -> Ints:
    """Return a column of :func:`narrow` as it was."""
    if column.dtype != np.int32:
        return column
    return np.where(column == _NEVER_NARROW, NEVER, column.astype(np.int64))


def fewest_bytes(column: Ints) -> Ints:
    """Return whole numbers in as few bytes as they need."""
    least, most = column.min(initial=0), column.max(initial=0)
    kinds = (np.uint8, np.uint16, np.int32) if least >= 0 else (np.int8, np.int16, np.int32)
    for kind in kinds:
        if np.iinfo(kind).min <= least and most <= np.iinfo(kind).max:
            return column.astype(kind, copy=False)
    return column


def _is_new(columns: tuple[Ints, ...]) -> NDArray[np.bool_]:
    """Return which of sorted rows differ from the row before."""
    new = np.ones(len(columns[0]), dtype=bool)
    new[1:] = columns[0][1:] != columns[0][:-1]
    for column in columns[1:]:
        new[1:] |= column[1:] != column[:-1]
    return new


def _packed(columns: tuple[Ints, ...]) -> tuple[NDArray[np.int64], list[int], list[int]] | None:
    """Return columns as one column in the same order, if 63 bits are enough.

    With it come the least number of each column, and its bits.
    """
    lows = [int(column.min()) for column in columns]
    bits = [
        (int(column.max()) - low).bit_length() for column, low in zip(columns, lows, strict=True)
    ]
    if sum(bits) >= _WORD:
        return None
    key = columns[0].astype(np.int64) - lows[0]
    for column, low, width in zip(columns[1:], lows[1:], bits[1:], strict=True):
        key <<= width
        key += column.astype(np.int64, copy=False) - low
    return key, lows, bits


def _order(columns: tuple[Ints, ...]) -> NDArray[np.intp]:
    """Return the order of rows, at least one, by the first column, then the next ones."""
    packed = _packed(columns)
    return np.lexsort(columns[::-1]) if packed is None else np.argsort(packed[0])


def sorted_columns(*columns: Ints) -> tuple[Ints, ...]:
    """Return columns in order of the first, then the next ones."""
    if not len(columns[0]):
        return columns
    packed = _packed(columns)
    if packed is None:
        order = np.lexsort(columns[::-1])
        return tuple(column[order] for column in columns)
    key, lows, bits = packed
    key.sort()  # sorting one number is much faster
    ordered: list[Ints] = []
    for low, width in zip(lows[:0:-1], bits[:0:-1], strict=True):
        ordered.append((key & ((1 << width) - 1)) + low)
        key >>= width
    return (key + lows[0], *ordered[::-1])
