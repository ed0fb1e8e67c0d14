"""Ids of the counted events: exact deduplication, whatever the order of the repeats."""

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
_GENERATION: Final = (1 << 24) - 1


class SeenEvents:
    """The ids of all counted events, each with the generation of the file that it came from.

    16 bytes an event: 104 bits of hash, and the last 24 bits of the generation's number. The
    odds that any two of a thousand million different ids share all 104 bits are below 1 to
    10**13.
    """

    def __init__(self) -> None:
        self._runs = SortedRuns()

    def __len__(self) -> int:
        """Return how many distinct events have been counted."""
        return len(self._runs)

    def add(self, high: Hashes, low: Hashes, generation: NDArray[np.int64]) -> None:
        """Add ids; each must be new and occur once."""
        self._runs.add(high, _tagged(low, generation))

    def lookup(
        self, high: Hashes, low: Hashes, generations: Iterable[int]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return for each id (already counted, counted from a file that still exists).

        The file still exists where its generation is among *generations*: those of files as
        they are now.
        """
        counted = np.zeros(len(high), dtype=bool)
        is_current = np.zeros(len(high), dtype=bool)
        which, columns = self._runs.find(high)
        if len(which):
            same = columns[1] >> _BITS == low[which] >> _BITS
            counted[which[same]] = True
            current = np.array([number & _GENERATION for number in generations], dtype=np.uint64)
            is_current[which[same]] = np.isin(columns[1][same] & np.uint64(_GENERATION), current)
        return counted, is_current

    def update_generation(self, high: Hashes, low: Hashes, generation: NDArray[np.int64]) -> None:
        """Set another generation for ids that are known already."""
        tagged = _tagged(low, generation)
        for run, which, rows in self._runs.matches(high):
            same = run[1][rows] >> _BITS == low[which] >> _BITS
            run[1][rows[same]] = tagged[which[same]]

    def compact(self) -> None:
        """Sort what was added now, so that the next lookup does not have to."""
        self._runs.compact()


def _tagged(low: Hashes, generation: NDArray[np.int64]) -> Hashes:
    return (low >> _BITS << _BITS) | (generation & _GENERATION).astype(np.uint64)


def repeats(
    high: NDArray[np.uint64], low: NDArray[np.uint64], position: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Return the indices of repeated ids: of equal ones all but the first by position."""
    ordered = np.sort(high)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.empty(0, np.intp)
    # Few ids repeat: a small bitmap of their first bits excludes nearly all the others quickly.
    suspected = np.zeros(1 << _MAP_BITS, dtype=bool)
    suspected[twice >> np.uint64(64 - _MAP_BITS)] = True
    candidates = np.flatnonzero(suspected[high >> np.uint64(64 - _MAP_BITS)])
    order = candidates[np.lexsort((position[candidates], low[candidates], high[candidates]))]
    same = (high[order][1:] == high[order][:-1]) & (low[order][1:] == low[order][:-1])
    repeated: NDArray[np.intp] = order[1:][same]
    return repeated
