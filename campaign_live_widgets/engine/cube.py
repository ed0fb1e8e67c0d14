"""Additive counts per minute and key, kept so that any window is summed quickly.

One small cube per question (message, reason, domain, platform): a cube over all dimensions at
once would have about as many cells as there are events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_HOUR: Final = 60
_LOOSE_LIMIT: Final = 4096


class _Hour:
    """The cells of one hour: minute, key code and count."""

    def __init__(self) -> None:
        self._cells: tuple[Ints, Ints, Ints] | None = None
        self._loose: list[tuple[Ints, Ints, Ints]] = []
        self._loose_rows = 0
        self._sums: tuple[Ints, Ints] | None = None

    def add(self, minute: Ints, code: Ints, count: Ints) -> None:
        self._loose.append((minute, code, count))
        self._loose_rows += len(minute)
        self._sums = None

    def cells(self) -> tuple[Ints, Ints, Ints]:
        """Return minute, code and count, one row per minute and code when much was added."""
        parts = [*([self._cells] if self._cells else []), *self._loose]
        if len(parts) > 1:
            minute, code, count = (np.concatenate(column) for column in zip(*parts, strict=True))
            if self._loose_rows > _LOOSE_LIMIT:
                minute, code, count = _summed(minute, code, count)
                self._loose_rows = 0
            parts = [(minute, code, count)]
        self._cells, self._loose = parts[0], []
        return self._cells

    def sums(self) -> tuple[Ints, Ints]:
        """Return code and count over the whole hour."""
        if self._sums is None:
            _, code, count = self.cells()
            width = int(code.max()) + 1
            total = np.bincount(code, weights=count, minlength=width)  # exact below 2**53
            kept = np.flatnonzero(total)
            self._sums = (kept, total[kept].astype(np.int64))
        return self._sums


def _summed(minute: Ints, code: Ints, count: Ints) -> tuple[Ints, Ints, Ints]:
    width = int(code.max()) + 1
    cell, where = np.unique(minute * width + code, return_inverse=True)
    total = np.bincount(where, weights=count).astype(np.int64)
    return cell // width, cell % width, total


class MinuteCube:
    """Counts by minute (since the epoch) and key; keys are any hashable values."""

    def __init__(self) -> None:
        self.keys: list[Hashable] = []
        self._codes: dict[Hashable, int] = {}
        self._hours: dict[int, _Hour] = {}

    def code(self, key: Hashable) -> int:
        """Return the number that stands for a key, a new one for a new key."""
        code = self._codes.get(key)
        if code is None:
            code = self._codes[key] = len(self.keys)
            self.keys.append(key)
        return code

    def add(self, minute: Ints, code: Ints, count: Ints) -> None:
        """Add counts; any order, any minutes."""
        hour = minute // _HOUR
        order = np.argsort(hour, kind="stable")
        hour, minute, code, count = hour[order], minute[order], code[order], count[order]
        starts = np.flatnonzero(np.concatenate(([True], hour[1:] != hour[:-1])))
        for low, high in zip(starts, (*starts[1:], len(hour)), strict=True):
            cells = self._hours.setdefault(int(hour[low]), _Hour())
            cells.add(minute[low:high], code[low:high], count[low:high])

    def totals(self, start: int, end: int) -> Ints:
        """Return the count of every key over the minutes [start, end), by code."""
        codes, counts = [], []
        for number, hour in self._within(start, end):
            if start <= number * _HOUR and (number + 1) * _HOUR <= end:
                code, count = hour.sums()
            else:
                minute, code, count = hour.cells()
                inside = (minute >= start) & (minute < end)
                code, count = code[inside], count[inside]
            codes.append(code)
            counts.append(count)
        if not codes:
            return np.zeros(len(self.keys), np.int64)
        total = np.bincount(
            np.concatenate(codes), weights=np.concatenate(counts), minlength=len(self.keys)
        )
        return total.astype(np.int64)

    def cells(self, start: int, end: int) -> tuple[Ints, Ints, Ints]:
        """Return minute, code and count of all cells in the minutes [start, end)."""
        parts = [hour.cells() for _, hour in self._within(start, end)]
        if not parts:
            empty = np.empty(0, np.int64)
            return empty, empty, empty
        minute, code, count = (np.concatenate(column) for column in zip(*parts, strict=True))
        inside = (minute >= start) & (minute < end)
        return minute[inside], code[inside], count[inside]

    def _within(self, start: int, end: int) -> Iterator[tuple[int, _Hour]]:
        first, last = start // _HOUR, (end - 1) // _HOUR
        if last - first + 1 < len(self._hours):
            wanted: list[int] = [n for n in range(first, last + 1) if n in self._hours]
        else:
            wanted = sorted(n for n in self._hours if first <= n <= last)
        return ((n, self._hours[n]) for n in wanted)
