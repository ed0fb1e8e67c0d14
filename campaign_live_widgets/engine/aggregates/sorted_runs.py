"""Sorted runs: rows by a 64-bit key, with look-ups whose cost hardly grows with their number.

A log-structured merge (LSM) list: new rows make a small sorted run, and runs of similar size are
merged. So there are few runs, and the number of times a row is moved grows with the logarithm
of all rows. The cost of a refresh therefore does not depend on the length of the history.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from numpy.typing import NDArray

    Run = tuple[NDArray[Any], ...]

_FACTOR: Final = 4
"""A run is merged with the next larger one unless that is at least this many times larger."""


class SortedRuns:
    """Rows of some columns of equal length, the first of which is the key (``uint64``).

    Parameters
    ----------
    largest : int, optional
        Rows of a run at most: merging two runs takes the memory of both once more.
    """

    def __init__(self, largest: int | None = None) -> None:
        self._largest = largest or sys.maxsize
        self._runs: list[Run] = []
        self._unsorted: list[Run] = []

    def __len__(self) -> int:
        """Return how many rows there are."""
        return sum(len(run[0]) for run in (*self._runs, *self._unsorted))

    @property
    def nbytes(self) -> int:
        """Return how many bytes the rows take."""
        return sum(column.nbytes for run in (*self._runs, *self._unsorted) for column in run)

    def add(self, *columns: NDArray[Any]) -> None:
        """Add rows; they are sorted at the next lookup (see :meth:`compact`)."""
        if len(columns[0]):
            self._unsorted.append(columns)

    def runs(self) -> tuple[list[Run], list[Run]]:
        """Return the sorted runs, and what is not sorted yet."""
        return list(self._runs), list(self._unsorted)

    def restore(self, runs: list[Run], unsorted: list[Run]) -> None:
        """Set all rows to those of earlier :meth:`runs`; their arrays need not be writeable."""
        self._runs, self._unsorted = runs, unsorted

    def exchange(self, equal: Mapping[int, Run]) -> None:
        """Use other arrays with the same content: *equal* is by the ``id`` of a sorted run."""
        self._runs = [equal.get(id(run), run) for run in self._runs]

    @property
    def unsorted(self) -> int:
        """Return how many rows are not sorted yet."""
        return sum(len(run[0]) for run in self._unsorted)

    def rows(self) -> Run:
        """Return all rows, in no order; there must be at least one."""
        parts = zip(*(*self._runs, *self._unsorted), strict=True)
        return tuple(np.concatenate(columns) for columns in parts)

    def parts(self, size: int) -> Iterator[Run]:
        """Yield all rows in parts of about *size*; rows of one key, a hash, are in one part."""
        number = max(1, len(self) // size)
        limits = [place * ((1 << 64) // number) for place in range(number)]
        firsts = np.array(limits, dtype=np.uint64)
        cuts = [[*np.searchsorted(run[0], firsts).tolist(), len(run[0])] for run in self._runs]
        for place in range(number):
            part = [
                tuple(column[cut[place] : cut[place + 1]] for column in run)
                for run, cut in zip(self._runs, cuts, strict=True)
            ]
            for columns in self._unsorted:
                inside = columns[0] >= firsts[place]
                if place + 1 < number:
                    inside &= columns[0] < firsts[place + 1]
                part.append(tuple(column[inside] for column in columns))
            yield tuple(np.concatenate(columns) for columns in zip(*part, strict=True))

    def compact(self) -> None:
        """Sort what was added and merge runs, so that the next lookup does not have to."""
        while self._unsorted:
            columns = self._unsorted.pop()
            order = np.argsort(columns[0])
            self._runs.append(tuple(column[order] for column in columns))
        self._runs.sort(key=lambda run: -len(run[0]))
        while len(self._runs) > 1 and self._are_to_merge(*(len(run[0]) for run in self._runs[-2:])):
            small, large = list(self._runs.pop()), list(self._runs.pop())
            self._runs.append(_merged(large, small))
            self._runs.sort(key=lambda run: -len(run[0]))

    def _are_to_merge(self, large: int, small: int) -> bool:
        return large < _FACTOR * small and large + small <= self._largest

    def find(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.intp], Run]:
        """Return every row whose key is among *keys*.

        Returns
        -------
        which : array of int
            For each matching row, the index in *keys* of its key.
        columns : tuple of arrays
            The matching rows, column by column, the key first; empty where there are none.
        """
        matches = [
            (which, tuple(column[rows] for column in run))
            for run, which, rows in self.matches(keys)
        ]
        if not matches:
            return np.empty(0, np.intp), ()
        which = np.concatenate([match[0] for match in matches])
        columns = zip(*(match[1] for match in matches), strict=True)
        return which, tuple(np.concatenate(parts) for parts in columns)

    def matches(
        self, keys: NDArray[np.uint64]
    ) -> Iterator[tuple[Run, NDArray[np.intp], NDArray[np.intp]]]:
        """Yield runs with the indices of matching rows, in *keys* and in the run.

        Columns of a run except for the key may be written to.
        """
        if not len(self) or not len(keys):
            return  # nothing is sorted for it
        self.compact()
        order = np.argsort(keys)
        queries = keys[order]  # sorted, so that neighbouring look-ups touch the same memory
        for run in self._runs:
            low = np.searchsorted(run[0], queries, side="left")
            inside = np.minimum(low, len(run[0]) - 1)
            if not (run[0][inside] == queries).any():
                continue
            high = np.searchsorted(run[0], queries, side="right")
            count = high - low
            which = np.repeat(order, count)
            first = np.repeat(low - np.concatenate(([0], np.cumsum(count)[:-1])), count)
            yield run, which, first + np.arange(len(which))


def _merged(large: list[NDArray[Any]], small: list[NDArray[Any]]) -> Run:
    """Merge two sorted runs, reading each once; takes their columns away one after the other."""
    places = np.searchsorted(large[0], small[0])
    places += np.arange(len(places))
    total = len(large[0]) + len(small[0])
    from_large = np.ones(total, dtype=bool)
    from_large[places] = False
    merged = []
    while large:  # so that no more than one column is there twice
        old, new = large.pop(0), small.pop(0)
        column = np.empty(total, dtype=np.result_type(old, new))
        column[places] = new
        column[from_large] = old
        merged.append(column)
    return tuple(merged)
