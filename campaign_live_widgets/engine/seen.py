"""Which events have been counted: exact, whatever the order and time of their repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.engine.runs import SortedRuns

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAP_BITS: Final = 22


class SeenEvents:
    """The ids of all events counted, each as 128 bits of hash (16 bytes an event).

    Two different ids that share all 128 bits are not to be met in practice: among a thousand
    million ids the odds are below 1 to 10**20.
    """

    def __init__(self) -> None:
        self._runs = SortedRuns()

    def __len__(self) -> int:
        """Return how many distinct events have been counted."""
        return len(self._runs)

    def add(self, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> None:
        """Remember ids, none of which is known yet and each of which stands there once."""
        self._runs.add(high, low)

    def known(self, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell for each id whether its event has been counted."""
        mask = np.zeros(len(high), dtype=bool)
        which, columns = self._runs.find(high)
        if len(which):
            mask[which[columns[1] == low[which]]] = True
        return mask

    def settle(self) -> None:
        """Do now what the next look-up would have to do first."""
        self._runs.settle()


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
