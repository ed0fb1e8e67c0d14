"""Which events have been counted: exact, whatever the order and time of their repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.engine.aggregates.sorted_runs import SortedRuns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

_MAP_BITS: Final = 22
_BITS: Final = np.uint64(24)
_READING: Final = (1 << 24) - 1


class SeenEvents:
    """The ids of all events counted, each with the reading of the file it was met in.

    16 bytes an event: 104 bits of hash, and the last 24 bits of the reading's number. Two
    different ids that share all 104 bits are not to be met in practice: among a thousand
    million ids the odds are below 1 to 10**13.
    """

    def __init__(self) -> None:
        self._runs = SortedRuns()

    def __len__(self) -> int:
        """Return how many distinct events have been counted."""
        return len(self._runs)

    def add(self, high: Hashes, low: Hashes, reading: NDArray[np.int64]) -> None:
        """Remember ids, none of which is known yet and each of which stands there once."""
        self._runs.add(high, _tagged(low, reading))

    def known(
        self, high: Hashes, low: Hashes, readings: Iterable[int]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell for each id whether its event has been counted, and whether it still stands.

        It does where it was met in one of *readings*: those of files as they are now.
        """
        counted = np.zeros(len(high), dtype=bool)
        stands = np.zeros(len(high), dtype=bool)
        which, columns = self._runs.find(high)
        if len(which):
            found = columns[1] >> _BITS == low[which] >> _BITS
            counted[which[found]] = True
            standing = np.array([number & _READING for number in readings], dtype=np.uint64)
            stands[which[found]] = np.isin(columns[1][found] & np.uint64(_READING), standing)
        return counted, stands

    def hand_over(self, high: Hashes, low: Hashes, reading: NDArray[np.int64]) -> None:
        """Note that known ids have been met again, in another reading."""
        tagged = _tagged(low, reading)
        for run, which, rows in self._runs.places(high):
            found = run[1][rows] >> _BITS == low[which] >> _BITS
            run[1][rows[found]] = tagged[which[found]]

    def settle(self) -> None:
        """Do now what the next look-up would have to do first."""
        self._runs.settle()


def _tagged(low: Hashes, reading: NDArray[np.int64]) -> Hashes:
    return (low >> _BITS << _BITS) | (reading & _READING).astype(np.uint64)


def repeats(
    high: NDArray[np.uint64], low: NDArray[np.uint64], position: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Return which of these ids repeat another one of them: all but the first by position."""
    ordered = np.sort(high)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.empty(0, np.intp)
    # Few ids repeat: one look into a small map spares the search for nearly all the others.
    suspected = np.zeros(1 << _MAP_BITS, dtype=bool)
    suspected[twice >> np.uint64(64 - _MAP_BITS)] = True
    places = np.flatnonzero(suspected[high >> np.uint64(64 - _MAP_BITS)])
    order = places[np.lexsort((position[places], low[places], high[places]))]
    same = (high[order][1:] == high[order][:-1]) & (low[order][1:] == low[order][:-1])
    found: NDArray[np.intp] = order[1:][same]
    return found
