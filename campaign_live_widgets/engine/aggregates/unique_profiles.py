"""Distinct profiles in any window, exactly, without reading the history again.

Distinct counts of minutes cannot be added: a profile that enters in two minutes would count
twice. But every profile has exactly one *first* entry in a window: the one whose previous entry is
before the start of the window. So each entry is linked to the previous entry of its profile,
and only the links are counted, by (minute, previous minute):

    distinct profiles in [start, end) = links with start <= minute < end and previous < start

For example, profile A enters in the minutes 3, 7 and 9, profile B in 7. The links are

    (3, never) x 1   A       [0, 10):  (3, never), (7, never)          -> 2 profiles
    (7, never) x 1   B       [5, 10):  (7, never), (7, 3)              -> 2 profiles
    (7, 3)     x 1   A       [8, 10):  (9, 7)                          -> 1 profile
    (9, 7)     x 1   A       [4, 6):   none                            -> 0 profiles

Counts of links are additive. A new event changes only the links of its profile: if A enters in
minute 5 as well, (7, 3) is taken away, and (5, 3) and (7, 5) are added.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.engine.aggregates.segments import EVERYTHING
from campaign_live_widgets.engine.aggregates.sorted_runs import SortedRuns
from campaign_live_widgets.snapshot import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.segments import SegmentMask, Segments
    from campaign_live_widgets.snapshot import Selection

    Ints = NDArray[np.signedinteger[Any]]

_NEVER: Final = np.int64(-(2**62))
_NEVER_NARROW: Final = np.int32(-(2**31))
"""The same in a column of :func:`_narrow`."""
_NONE: Final = np.empty(0, np.int64)
_PENDING_LIMIT: Final = 20_000
_WORD: Final = 63
_FEW: Final = 8
"""Number of selections (each with tests or without) whose links are kept up to date..."""
_MANY: Final = 64
"""...and the most of those that were needed lately..."""
_LATELY: Final = 120.0
"""...in that many seconds..."""
_LINKS_BYTES: Final = 1 << 26
"""...in at most that many bytes."""


class _Links:
    """Counts of links: (minute, previous minute), summed when many were added."""

    def __init__(self) -> None:
        self._minute: Ints = np.empty(0, np.int64)
        self._previous: Ints = np.empty(0, np.int64)
        self._count: Ints = np.empty(0, np.int64)
        self._pending: list[tuple[Ints, Ints, Ints]] = []
        self._pending_rows = 0
        self.used_at = monotonic()

    @property
    def nbytes(self) -> int:
        """Return about how many bytes the links take."""
        summed = (self._minute, self._previous, self._count)
        return sum(column.nbytes for column in summed) + 24 * self._pending_rows

    def add(self, minute: Ints, previous: Ints, sign: int) -> None:
        """Add one link per row, or take it away if *sign* is -1."""
        self._pending.append((minute, previous, np.full(len(minute), sign, np.int64)))
        self._pending_rows += len(minute)
        if self._pending_rows > _PENDING_LIMIT + len(self._minute) // 8:
            self._consolidate()

    def fill(self, minute: Ints, previous: Ints) -> None:
        """Set the links, one per row; there must be none yet."""
        # "Never" becomes the minute before the first one: small numbers are packed and sort faster.
        never = int(minute.min(initial=0)) - 1
        minute, previous = _sorted_pairs(minute, np.maximum(previous, never))
        new = np.ones(len(minute), dtype=bool)
        new[1:] = (minute[1:] != minute[:-1]) | (previous[1:] != previous[:-1])
        starts = np.flatnonzero(new)
        self._minute = _narrow(minute[starts])
        self._previous = _narrow(np.where(previous[starts] == never, _NEVER, previous[starts]))
        self._count = _narrow(np.diff(starts, append=len(minute)))

    def columns(self) -> dict[str, Ints]:
        """Return the links, and those that are not summed yet."""
        pending = [np.concatenate(c) for c in zip(*self._pending, strict=True)] or [_NONE] * 3
        names = ("minute", "previous", "count")
        summed = (self._minute, self._previous, self._count)
        return dict(zip(names, summed, strict=True)) | {
            f"pending_{name}": column for name, column in zip(names, pending, strict=True)
        }

    @classmethod
    def of(cls, columns: Mapping[str, Ints]) -> _Links:
        """Return the links of earlier :meth:`columns`."""
        links = cls()
        links._minute, links._previous, links._count = (
            columns[name] for name in ("minute", "previous", "count")
        )
        pending = tuple(columns[f"pending_{name}"] for name in ("minute", "previous", "count"))
        if len(pending[0]):
            links._pending.append((pending[0], pending[1], pending[2]))
            links._pending_rows = len(pending[0])
        return links

    def _consolidate(self) -> None:
        summed = (_wide(self._minute), _wide(self._previous), _wide(self._count))
        columns = [summed, *self._pending]
        minute, previous, count = (np.concatenate(column) for column in zip(*columns, strict=True))
        order = np.lexsort((previous, minute))
        minute, previous, count = minute[order], previous[order], count[order]
        new = np.ones(len(minute), dtype=bool)
        new[1:] = (minute[1:] != minute[:-1]) | (previous[1:] != previous[:-1])
        sums = np.add.reduceat(count, np.flatnonzero(new)) if len(count) else count
        nonzero = sums != 0
        self._minute, self._previous, self._count = map(
            _narrow, (minute[new][nonzero], previous[new][nonzero], sums[nonzero])
        )
        self._pending, self._pending_rows = [], 0

    def distinct(self, start: int, end: int) -> int:
        """Return the number of profiles with a minute in [start, end)."""
        # Bounds of the same type as the minutes: else all minutes would be converted.
        kind = self._minute.dtype
        bounds = np.clip((start, end), np.iinfo(kind).min, np.iinfo(kind).max).astype(kind)
        low, high = np.searchsorted(self._minute, bounds)
        total = int(self._count[low:high][self._previous[low:high] < start].sum())
        for minute, previous, count in self._pending:
            inside = (minute >= start) & (minute < end) & (previous < start)
            total += int(count[inside].sum())
        return total


class EnteredProfiles:
    """Distinct profiles that entered one campaign, or a selection of its segments.

    Every entry is stored with its segment. The links of a selection, with or without tests, are
    computed when it is first needed, and kept up to date while it is in use.
    """

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self.runs = SortedRuns()
        self._links: dict[tuple[Selection, bool], _Links] = {}

    def add(
        self,
        high: NDArray[np.uint64],
        low: NDArray[np.uint64],
        minute: Ints,
        is_test: NDArray[np.bool_],
        segment: NDArray[np.int32],
    ) -> None:
        """Add entries: a profile (128 bits of hash), the minute, whether a test, the segment.

        Entries that repeat another one, also of an earlier call, change nothing.
        """
        new = _Entries.packed(high, low, minute * 2 + is_test, segment)
        if len(self.runs):
            _, columns = self.runs.find(np.unique(high))
            if columns:
                old = _Entries(*columns)
                new = new.where(_without(new, old))
                if not len(new.high):
                    return
                self._link(old, sign=-1)
                self._link(old.joined(new), sign=1)
                self.runs.add(*new)
                return
        self._link(new, sign=1)
        self.runs.add(*new)

    def _link(self, entries: _Entries, *, sign: int) -> None:
        """Add the links of whole profiles for all selections in use, or take them away."""
        for (selection, tests), links in self._links.items():
            links.add(*entries.links(self._segments.mask_of(selection), include_tests=tests), sign)

    def distinct(
        self, start: int, end: int, *, include_tests: bool, mask: SegmentMask = EVERYTHING
    ) -> int:
        """Return the profiles that entered in minutes [start, end)."""
        key = (mask.selection, include_tests)
        links = self._links.pop(key, None)
        if links is None:
            links = _Links()
            if len(self.runs):
                entries = _Entries(*self.runs.rows())
                links.fill(*entries.links(mask, include_tests=include_tests))
        self._links[key] = links  # the last one used is the last to be removed
        links.used_at = monotonic()
        self._drop_unused(links.used_at)
        return links.distinct(start, end)

    def _drop_unused(self, now: float) -> None:
        """Drop the links that were not needed for longest, above the limits."""
        size = sum(links.nbytes for links in self._links.values())
        for key, links in list(self._links.items()):
            number = len(self._links)
            is_unused = links.used_at < now - _LATELY or size > _LINKS_BYTES
            if number <= _FEW or not (number > _MANY or is_unused):
                return
            size -= links.nbytes
            del self._links[key]

    def links_of_all(self) -> dict[bool, dict[str, Ints]]:
        """Return the links of the whole campaign in use, without and with tests."""
        return {
            tests: links.columns()
            for (chosen, tests), links in list(self._links.items())
            if chosen == ALL
        }

    def restore_links(self, links: Mapping[bool, Mapping[str, Ints]]) -> None:
        """Use the links of earlier :meth:`links_of_all`."""
        self._links = {(ALL, tests): _Links.of(columns) for tests, columns in links.items()}

    @property
    def nbytes(self) -> int:
        """Return how many bytes the entries take."""
        return self.runs.nbytes

    def compact(self) -> None:
        """Sort what was added now, so that the next lookup does not have to."""
        self.runs.compact()


class _Entries(NamedTuple):
    """Entries as columns: a profile, 2 * minute + 1 for a test, the segment.

    Each takes 18 bytes: of the profile's hash, 96 bits are stored.
    """

    high: NDArray[np.uint64]
    low: NDArray[np.uint32]
    stamp: Ints
    segment: NDArray[np.integer[Any]]

    @classmethod
    def packed(
        cls,
        high: NDArray[np.uint64],
        low: NDArray[np.uint64],
        stamp: Ints,
        segment: NDArray[np.int32],
    ) -> _Entries:
        """Return entries in as few bytes as their numbers need."""
        few = segment.max(initial=0) <= np.iinfo(np.uint16).max
        return cls(
            high,
            low.astype(np.uint32),
            _narrow(stamp),
            segment.astype(np.uint16) if few else segment,
        )

    def where(self, mask: NDArray[Any]) -> _Entries:
        """Return these rows, in this order."""
        return _Entries(*(column[mask] for column in self))

    def joined(self, other: _Entries) -> _Entries:
        """Return the rows of both."""
        pairs: Iterable[tuple[NDArray[Any], NDArray[Any]]] = zip(self, other, strict=True)
        return _Entries(*(np.concatenate(pair) for pair in pairs))

    def links(self, mask: SegmentMask, *, include_tests: bool) -> tuple[Ints, Ints]:
        """Return minute and previous minute of all entries that the mask includes."""
        entries = self
        if mask.included is not None:
            entries = entries.where(mask.included[entries.segment])
        if not include_tests:
            entries = entries.where((entries.stamp & 1) == 0)
        profile, minute = entries.minutes_by_profile()
        same = profile[1:] == profile[:-1]
        first = np.ones(len(minute), dtype=bool)
        first[1:] = ~(same & (minute[1:] == minute[:-1]))
        previous = np.full(len(minute), _NEVER)
        previous[1:][same] = minute[:-1][same]
        return minute[first], previous[first]

    def minutes_by_profile(self) -> tuple[Ints, Ints]:
        """Return a number for the profile and the minute of every entry, in order of both."""
        order = np.argsort(self.high)
        high, low = self.high[order], self.low[order]
        new = high[1:] != high[:-1]
        if (~new & (low[1:] != low[:-1])).any():  # two profiles share half of their hash
            order = np.lexsort((self.low, self.high))
            high, low = self.high[order], self.low[order]
            new = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
        profile = np.zeros(len(order), np.int64)
        np.cumsum(new, out=profile[1:])
        return _sorted_pairs(profile, self.stamp[order].astype(np.int64) >> 1)


def _narrow(column: Ints) -> Ints:
    """Return a column with half as many bytes if its values are small enough."""
    never = column == _NEVER
    least, most = column.min(initial=0, where=~never), column.max(initial=0)
    if least <= _NEVER_NARROW or most >= -int(_NEVER_NARROW):
        return column
    narrow = column.astype(np.int32)
    narrow[never] = _NEVER_NARROW
    return narrow


def _wide(column: Ints) -> Ints:
    """Return a column of :func:`_narrow` as it was."""
    if column.dtype != np.int32:
        return column
    return np.where(column == _NEVER_NARROW, _NEVER, column.astype(np.int64))


def _sorted_pairs(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """Return two columns in order of the first, then the second."""
    if not len(first):
        return first, second
    low, least = int(first.min()), int(second.min())
    bits = (int(second.max()) - least).bit_length()
    if (int(first.max()) - low).bit_length() + bits >= _WORD:
        order = np.lexsort((second, first))
        return first[order], second[order]
    both = np.sort((first - low) << bits | (second - least))  # sorting one number is much faster
    return (both >> bits) + low, (both & ((1 << bits) - 1)) + least


def _without(new: _Entries, old: _Entries) -> NDArray[np.bool_]:
    """Return which rows are neither among *old* nor repeat an earlier row."""
    both = old.joined(new)
    is_new = np.arange(len(both.high)) >= len(old.high)
    order = np.lexsort((is_new, both.segment, both.stamp, both.low, both.high))
    same = np.zeros(len(order), dtype=bool)
    same[1:] = np.logical_and.reduce([c[order][1:] == c[order][:-1] for c in both])
    repeat = np.zeros(len(order), dtype=bool)
    repeat[order] = same
    return ~repeat[len(old.high) :]
