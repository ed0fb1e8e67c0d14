"""Sorted runs: rows found by a 64-bit key in time that hardly grows with their number.

New rows make a small sorted run; runs of like size are merged, so that there are few, and a
row is moved a number of times that grows with the logarithm of all rows. This is what keeps
the cost of a tick apart from the length of the history.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from numpy.typing import NDArray

    Run = tuple[NDArray[Any], ...]

_FACTOR: Final = 4
"""A run is merged with the next larger one unless that is so many times larger."""


class SortedRuns:
    """Rows of some columns of equal length, the first of which is the key (``uint64``)."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._unsorted: list[Run] = []

    def __len__(self) -> int:
        """Return how many rows there are."""
        return sum(len(run[0]) for run in (*self._runs, *self._unsorted))

    def add(self, *columns: NDArray[Any]) -> None:
        """Add rows; they are put in order when somebody first asks (see :meth:`settle`)."""
        if len(columns[0]):
            self._unsorted.append(columns)

    def rows(self) -> Run:
        """Return all rows, in no order; there has to be one."""
        parts = zip(*(*self._runs, *self._unsorted), strict=True)
        return tuple(np.concatenate(columns) for columns in parts)

    def settle(self) -> None:
        """Put what was added in order, so that the next look-up need not."""
        while self._unsorted:
            columns = self._unsorted.pop()
            order = np.argsort(columns[0])
            self._runs.append(tuple(column[order] for column in columns))
        self._runs.sort(key=lambda run: -len(run[0]))
        while len(self._runs) > 1 and len(self._runs[-2][0]) < _FACTOR * len(self._runs[-1][0]):
            small, large = self._runs.pop(), self._runs.pop()
            self._runs.append(_merged(large, small))
            self._runs.sort(key=lambda run: -len(run[0]))

    def find(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.intp], Run]:
        """Return every row whose key is among *keys*.

        Returns
        -------
        which : array of int
            For each row found, the place in *keys* of the key it matches.
        columns : tuple of arrays
            The rows found, column by column, the key first; empty where nothing was found.
        """
        found = [
            (which, tuple(column[rows] for column in run)) for run, which, rows in self.places(keys)
        ]
        if not found:
            return np.empty(0, np.intp), ()
        which = np.concatenate([part[0] for part in found])
        columns = zip(*(part[1] for part in found), strict=True)
        return which, tuple(np.concatenate(parts) for parts in columns)

    def places(
        self, keys: NDArray[np.uint64]
    ) -> Iterator[tuple[Run, NDArray[np.intp], NDArray[np.intp]]]:
        """Yield runs with the places in *keys* and in the run of rows that match.

        Columns of a run, but for the key, may be written to.
        """
        self.settle()
        if not self._runs or not len(keys):
            return
        order = np.argsort(keys)
        queries = keys[order]  # in order, look-ups of neighbours share their way
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


def _merged(large: Run, small: Run) -> Run:
    """Merge two sorted runs, reading each once."""
    places = np.searchsorted(large[0], small[0]) + np.arange(len(small[0]))
    total = len(large[0]) + len(small[0])
    from_large = np.ones(total, dtype=bool)
    from_large[places] = False
    merged = []
    for old, new in zip(large, small, strict=True):
        column = np.empty(total, dtype=old.dtype)
        column[places] = new
        column[from_large] = old
        merged.append(column)
    return tuple(merged)
