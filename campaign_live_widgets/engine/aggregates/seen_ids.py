"""Ids of the counted events: exact deduplication, whatever the order of the repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.engine.aggregates.sorted_runs import SortedRuns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

_MAP_BITS: Final = 22


class SeenEvents:
    """The ids of events, each once: 16 bytes an event, the 128 bits of its hash."""

    def __init__(self) -> None:
        self.runs = SortedRuns()

    def __len__(self) -> int:
        """Return how many ids there are."""
        return len(self.runs)

    def add(self, high: Hashes, low: Hashes) -> None:
        """Add ids; each must be new and occur once."""
        self.runs.add(high, low)

    def lookup(self, high: Hashes, low: Hashes) -> NDArray[np.bool_]:
        """Return for each id whether it is among these."""
        known = np.zeros(len(high), dtype=bool)
        which, columns = self.runs.find(high)
        if len(which):
            known[which[columns[1] == low[which]]] = True
        return known

    def columns(self) -> tuple[Hashes, Hashes]:
        """Return all ids, in no order."""
        if not len(self):
            return np.empty(0, np.uint64), np.empty(0, np.uint64)
        high, low = self.runs.rows()
        return high, low

    def without(self, other: SeenEvents) -> tuple[Hashes, Hashes]:
        """Return the ids that *other* does not have."""
        high, low = self.columns()
        is_missing = ~other.lookup(high, low)
        return high[is_missing], low[is_missing]

    def compact(self) -> None:
        """Sort what was added now, so that the next lookup does not have to."""
        self.runs.compact()


def repeats(
    high: NDArray[np.uint64], low: NDArray[np.uint64], position: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Return the indices of repeated ids: of equal ones all but the first by position."""
    # Half of the bits are sorted in half of the time. Few ids repeat: a small bitmap of the first
    # bits of those that may do so excludes nearly all the others quickly.
    first_bits = (high >> np.uint64(32)).astype(np.uint32)
    ordered = np.sort(first_bits)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.empty(0, np.intp)
    suspected = np.zeros(1 << _MAP_BITS, dtype=bool)
    suspected[twice >> np.uint32(32 - _MAP_BITS)] = True
    candidates = np.flatnonzero(suspected[first_bits >> np.uint32(32 - _MAP_BITS)])
    order = candidates[np.lexsort((position[candidates], low[candidates], high[candidates]))]
    same = (high[order][1:] == high[order][:-1]) & (low[order][1:] == low[order][:-1])
    repeated: NDArray[np.intp] = order[1:][same]
    return repeated
