"""Distinct profiles in any window, exactly, without looking at the history again.

A profile counts once in a window however often it enters. Of all minutes in which it enters,
the first one inside the window is the one whose predecessor lies before the window's start.
So it is enough to keep, additively, how many profiles enter in a minute after having last
entered in an earlier one (or never): distinct profiles in [start, end) = the sum over the
minutes inside of those whose previous minute is before start. New events change only the
links of the profiles they name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.engine.runs import SortedRuns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_NEVER: Final = np.int64(-(2**62))
_PENDING_LIMIT: Final = 20_000


class _Links:
    """Counts of (minute, previous minute), summed as needed."""

    def __init__(self) -> None:
        self._minute: Ints = np.empty(0, np.int64)
        self._previous: Ints = np.empty(0, np.int64)
        self._count: Ints = np.empty(0, np.int64)
        self._pending: list[tuple[Ints, Ints, Ints]] = []
        self._pending_rows = 0

    def add(self, minute: Ints, previous: Ints, sign: int) -> None:
        """Add (or take away) one profile per row."""
        self._pending.append((minute, previous, np.full(len(minute), sign, np.int64)))
        self._pending_rows += len(minute)
        if self._pending_rows > _PENDING_LIMIT + len(self._minute) // 8:
            self._consolidate()

    def _consolidate(self) -> None:
        parts = [(self._minute, self._previous, self._count), *self._pending]
        minute, previous, count = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((previous, minute))
        minute, previous, count = minute[order], previous[order], count[order]
        new = np.ones(len(minute), dtype=bool)
        new[1:] = (minute[1:] != minute[:-1]) | (previous[1:] != previous[:-1])
        sums = np.add.reduceat(count, np.flatnonzero(new)) if len(count) else count
        kept = sums != 0
        self._minute, self._previous = minute[new][kept], previous[new][kept]
        self._count = sums[kept]
        self._pending, self._pending_rows = [], 0

    def distinct(self, start: int, end: int) -> int:
        """Return the number of profiles with a minute in [start, end)."""
        low, high = np.searchsorted(self._minute, (start, end))
        total = int(self._count[low:high][self._previous[low:high] < start].sum())
        for minute, previous, count in self._pending:
            inside = (minute >= start) & (minute < end) & (previous < start)
            total += int(count[inside].sum())
        return total


class EnteredProfiles:
    """Distinct profiles that entered one campaign, with and without test events."""

    def __init__(self) -> None:
        self._runs = SortedRuns()
        self._links = {False: _Links(), True: _Links()}

    def add(
        self,
        high: NDArray[np.uint64],
        low: NDArray[np.uint64],
        minute: Ints,
        is_test: NDArray[np.bool_],
    ) -> None:
        """Add entries: a profile (128 bits of hash), the minute, whether it was a test.

        Repeats, within the call or of earlier calls, change nothing.
        """
        stamp = minute * 2 + is_test
        if len(self._runs):
            _, old = self._runs.find(np.unique(high))
        else:
            old = ()
        if old:
            new = _without(high, low, stamp, old)
            high, low, stamp = high[new], low[new], stamp[new]
            if not len(high):
                return
            self._link(*old, sign=-1)
            both = (np.concatenate(parts) for parts in zip(old, (high, low, stamp), strict=True))
            self._link(*both, sign=1)
        else:
            self._link(high, low, stamp, sign=1)
        self._runs.add(high, low, stamp)

    def _link(
        self, high: NDArray[np.uint64], low: NDArray[np.uint64], stamp: Ints, *, sign: int
    ) -> None:
        """Add (or take away) the links of whole profiles."""
        order = np.lexsort((stamp, low, high))
        high, low, stamp = high[order], low[order], stamp[order]
        for tests, links in self._links.items():
            kept = slice(None) if tests else (stamp & 1) == 0
            minute = stamp[kept] >> 1
            h, lo = high[kept], low[kept]
            same = (h[1:] == h[:-1]) & (lo[1:] == lo[:-1])
            first = np.ones(len(minute), dtype=bool)
            first[1:] = ~(same & (minute[1:] == minute[:-1]))
            previous = np.full(len(minute), _NEVER)
            previous[1:][same] = minute[:-1][same]
            links.add(minute[first], previous[first], sign)

    def distinct(self, start: int, end: int, *, include_tests: bool) -> int:
        """Return the profiles that entered in minutes [start, end)."""
        return self._links[include_tests].distinct(start, end)

    def settle(self) -> None:
        """Do now what the next look-up would have to do first."""
        self._runs.settle()


def _without(
    high: NDArray[np.uint64], low: NDArray[np.uint64], stamp: Ints, old: tuple[np.ndarray, ...]
) -> NDArray[np.bool_]:
    """Tell which rows are neither among *old* nor a repeat of an earlier row."""
    old_high, old_low, old_stamp = old
    all_high = np.concatenate((old_high, high))
    all_low = np.concatenate((old_low, low))
    all_stamp = np.concatenate((old_stamp, stamp))
    is_new = np.concatenate((np.zeros(len(old_high), bool), np.ones(len(high), bool)))
    order = np.lexsort((is_new, all_stamp, all_low, all_high))
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (
        (all_high[order][1:] == all_high[order][:-1])
        & (all_low[order][1:] == all_low[order][:-1])
        & (all_stamp[order][1:] == all_stamp[order][:-1])
    )
    repeat = np.zeros(len(order), dtype=bool)
    repeat[order] = same
    return ~repeat[len(old_high) :]
