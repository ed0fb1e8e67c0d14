"""Additive counts per minute, key and segment, stored so that any window is summed quickly.

One small cube per dimension (message, reason, domain, platform): a cube over all dimensions at
once would have about as many cells as there are events. Every cell has the number of its
segment, so that a selection is a mask over cells. Whole hours are summed once for each
selection in use; a sum is done again only after something was added to its hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.engine.aggregates.segments import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.segments import SegmentMask
    from campaign_live_widgets.snapshot import Selection

    Ints = NDArray[np.int64]
    _Sums = tuple[NDArray[np.uint8], NDArray[np.int32], Ints]

HOUR: Final = 60
_UNMERGED_LIMIT: Final = 4096
_FEW: Final = 1024
"""Cells that are not worth to be packed."""
_SUMS_CACHED: Final = 24
"""Of one hour: a table and a series of the whole, and of the selections of about ten pages."""

_TOTALS_CACHED: Final = 4
"""Number of windows and selections whose totals of whole hours are kept."""


class _Cells(NamedTuple):
    """Rows of minute within the hour, code, segment and number of events.

    Many rows take as few bytes as their numbers need: usually 6, at most 17.
    """

    minute: NDArray[np.uint8]
    code: NDArray[np.integer[Any]]
    segment: NDArray[np.integer[Any]]
    events: NDArray[np.integer[Any]]

    @classmethod
    def of(cls, columns: Iterable[NDArray[Any]]) -> _Cells:
        return cls(*columns)

    def packed(self) -> _Cells:
        """Return the same cells in few bytes."""
        if len(self.minute) < _FEW:
            return self
        return _Cells(self.minute, *map(_narrow, self[1:]))


def _narrow(column: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Return numbers, at least one, in as few bytes as they need."""
    least, most = column.min(), column.max()
    for kind in (np.int8, np.int16, np.int32):
        limits = np.iinfo(kind)
        if limits.min <= least and most <= limits.max:
            return column.astype(kind, copy=False)
    return column


_NO_CELLS: Final = [np.empty(0, kind) for kind in (np.uint8, np.int32, np.int32, np.int64)]


class _Hour:
    """The cells of one hour."""

    def __init__(self) -> None:
        self._cells: list[_Cells] = []
        self._unmerged_rows = 0
        self._sums: dict[tuple[int, Selection], _Sums] = {}

    def add(self, cells: _Cells) -> None:
        self._cells.append(cells.packed())
        self._unmerged_rows += len(cells.minute)
        self._sums.clear()

    @property
    def nbytes(self) -> int:
        """Return how many bytes the cells take."""
        return sum(column.nbytes for cells in self._cells for column in cells)

    def _joined(self) -> _Cells:
        """Return all cells, one row per minute, code and segment after many additions."""
        if len(self._cells) > 1:
            joined = _Cells.of(np.concatenate(c) for c in zip(*self._cells, strict=True))
            if self._unmerged_rows > _UNMERGED_LIMIT:
                joined = _merged(joined)
                self._unmerged_rows = 0
            self._cells = [joined.packed()]
        return self._cells[0]

    def cells(self) -> list[_Cells]:
        """Return all cells; there may be several of the same minute, code and segment."""
        return list(self._cells)

    def within(self, start: int, end: int, mask: SegmentMask) -> tuple[Any, Any, Ints]:
        """Return minute, code and count of chosen cells in these minutes of the hour."""
        minute, code, segment, count = self._joined()
        included = (
            np.ones(len(minute), dtype=bool) if mask.included is None else mask.included[segment]
        )
        if start > 0:
            included &= minute >= start
        if end < HOUR:
            included &= minute < end
        return minute[included], code[included], count[included]

    def sums(self, width: int, mask: SegmentMask) -> _Sums:
        """Return first minute, code and count of chosen cells by spans of *width* minutes."""
        key = (width, mask.selection)
        if key not in self._sums:
            if len(self._sums) == _SUMS_CACHED:
                del self._sums[next(iter(self._sums))]
            self._sums[key] = _summed(*self.within(0, HOUR, mask), width)
        return self._sums[key]


def _is_whole(hour: int, start: int, end: int) -> bool:
    """Return whether all of an hour is within the minutes [start, end)."""
    return start <= hour * HOUR and (hour + 1) * HOUR <= end


def _summed(
    minute: NDArray[np.uint8],
    code: NDArray[np.integer[Any]],
    count: NDArray[np.integer[Any]],
    width: int,
) -> _Sums:
    codes = int(code.max(initial=0)) + 1
    group = (minute // width).astype(np.int64) * codes + code
    total = np.bincount(group, weights=count)  # exact below 2**53
    cell = np.flatnonzero(total)
    first = (cell // codes * width).astype(np.uint8)
    return first, (cell % codes).astype(np.int32), total[cell].astype(np.int64)


def _merged(cells: _Cells) -> _Cells:
    """Return cells with those of the same minute, code and segment summed."""
    minute, code, segment, count = cells
    codes, segments = int(code.max()) + 1, int(segment.max()) + 1
    group = (minute.astype(np.int64) * segments + segment) * codes + code
    cell, where = np.unique(group, return_inverse=True)
    total = np.bincount(where, weights=count).astype(np.int64)
    minute_and_segment = cell // codes
    return _Cells(
        (minute_and_segment // segments).astype(np.uint8),
        (cell % codes).astype(np.int32),
        (minute_and_segment % segments).astype(np.int32),
        total,
    )


class MinuteCube:
    """Counts by minute (since the epoch), key and segment; keys are any hashable values."""

    def __init__(self) -> None:
        self.keys: list[Hashable] = []
        self._codes: dict[Hashable, int] = {}
        self._hours: dict[int, _Hour] = {}
        self._last_totals: tuple[tuple[int, int, Selection], Ints] | None = None
        self._hours_added: dict[tuple[Selection, int], tuple[Ints, dict[int, _Sums]]] = {}
        """By selection and length of a window: totals of whole hours, and what was added up."""

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return all cells by column, with the hours and how many cells each has."""
        hours = list(self._hours.items())
        cells = [hour.cells() for _, hour in hours]
        columns = zip(*(group for groups in cells for group in groups), strict=True)
        joined = [np.concatenate(column) for column in columns] or _NO_CELLS
        sizes = [sum(len(group.minute) for group in groups) for groups in cells]
        return {
            **dict(zip(_Cells._fields, joined, strict=True)),
            "hours": np.array([number for number, _ in hours], dtype=np.int64),
            "sizes": np.array(sizes, dtype=np.int64),
        }

    def restore(self, keys: Iterable[Hashable], columns: Mapping[str, NDArray[Any]]) -> None:
        """Set all keys and cells to those of earlier :meth:`columns`."""
        self._last_totals = None
        for key in keys:
            self.code(key)
        limits = np.concatenate(([0], np.cumsum(columns["sizes"]))).tolist()
        cells = [columns[name] for name in _Cells._fields]
        for number, low, high in zip(columns["hours"].tolist(), limits, limits[1:], strict=False):
            self._hours[number] = hour = _Hour()
            hour.add(_Cells.of(column[low:high] for column in cells))

    @property
    def nbytes(self) -> int:
        """Return how many bytes the cells take."""
        return sum(hour.nbytes for hour in self._hours.values())

    def code(self, key: Hashable) -> int:
        """Return the code of a key; a new key gets a new one."""
        code = self._codes.setdefault(key, len(self.keys))
        if code == len(self.keys):
            self.keys.append(key)
        return code

    def add(self, minute: Ints, code: Ints, segment: NDArray[np.int32], count: Ints) -> None:
        """Add counts; any order, any minutes."""
        self._last_totals = None
        hour = minute // HOUR
        order = np.argsort(hour, kind="stable")
        hour = hour[order]
        cells = _Cells(
            (minute % HOUR).astype(np.uint8)[order],
            code.astype(np.int32)[order],
            segment.astype(np.int32)[order],
            count[order],
        )
        starts = np.flatnonzero(np.concatenate(([True], hour[1:] != hour[:-1])))
        for low, high in zip(starts, (*starts[1:], len(hour)), strict=True):
            cells_of_hour = self._hours.setdefault(int(hour[low]), _Hour())
            cells_of_hour.add(_Cells.of(column[low:high].copy() for column in cells))

    def totals(self, start: int, end: int, mask: SegmentMask = EVERYTHING) -> Ints:
        """Return the count of every key over the minutes [start, end), by code; read only."""
        wanted, last = (start, end, mask.selection), self._last_totals
        if last is None or last[0] != wanted:  # the counts of a snapshot by several folds
            totals = self._whole_hours(start, end, mask)
            for number, hour in self._within(start, end):
                if not _is_whole(number, start, end):
                    first = number * HOUR
                    _, codes, counts = hour.within(start - first, end - first, mask)
                    np.add.at(totals, codes, counts)
            totals.flags.writeable = False
            self._last_totals = last = (wanted, totals)
        return last[1]

    def _whole_hours(self, start: int, end: int, mask: SegmentMask) -> Ints:
        """Return the count of every key in the whole hours of the minutes [start, end), by code.

        From one time to the next few of them change, or leave the window.
        """
        key = (mask.selection, end - start)
        total, known = self._hours_added.pop(key, (np.empty(0, np.int64), {}))
        total = np.append(total, np.zeros(len(self.keys) - len(total), np.int64))
        sums = {
            number: hour.sums(HOUR, mask)
            for number, hour in self._within(start, end)
            if _is_whole(number, start, end)
        }
        for number, (_, codes, counts) in known.items():
            if sums.get(number) is not known[number]:
                total[codes] -= counts
        for number, (_, codes, counts) in sums.items():
            if known.get(number) is not sums[number]:
                total[codes] += counts
        self._hours_added[key] = (total, sums)
        if len(self._hours_added) > _TOTALS_CACHED:
            self._hours_added.pop(next(iter(self._hours_added)), None)
        return total.copy()

    def series(
        self, start: int, end: int, width: int, mask: SegmentMask = EVERYTHING
    ) -> tuple[Ints, Ints, Ints]:
        """Return bucket, code and count over the minutes [start, end); pairs may repeat.

        A bucket is *width* minutes, a divisor or a multiple of an hour; it is numbered since
        the epoch.
        """
        minute, code, count = self._sums(start, end, min(width, HOUR), mask)
        return minute // width, code, count

    def _sums(self, start: int, end: int, width: int, mask: SegmentMask) -> tuple[Ints, Ints, Ints]:
        """Return a minute, code and count: sums over spans of whole hours, else single cells."""
        sums: list[tuple[Ints, Any, Ints]] = []
        for number, hour in self._within(start, end):
            first = number * HOUR
            if _is_whole(number, start, end):
                cells = hour.sums(width, mask)
            else:
                cells = hour.within(start - first, end - first, mask)
            sums.append((first + cells[0].astype(np.int64), *cells[1:]))
        if not sums:
            empty = np.empty(0, np.int64)
            return empty, empty, empty
        minute, code, count = (np.concatenate(column) for column in zip(*sums, strict=True))
        return minute, code, count

    def _within(self, start: int, end: int) -> Iterator[tuple[int, _Hour]]:
        first, last = start // HOUR, (end - 1) // HOUR
        if last - first + 1 < len(self._hours):
            hour_numbers: list[int] = [n for n in range(first, last + 1) if n in self._hours]
        else:
            hour_numbers = sorted(n for n in self._hours if first <= n <= last)
        return ((n, self._hours[n]) for n in hour_numbers)
