"""Distinct keys in any window, exactly, without reading the history again.

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

What is counted need not be profiles, but any key that is hashed. An entry has flags, such as
opened and clicked: for each set of flags that is asked for there are links of the entries that
have one of them. And each key belongs to one group, such as a channel or a link, for each of which
it is counted.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.engine.aggregates.links import (
    NEVER,
    Links,
    fewest_bytes,
    narrow,
    sorted_columns,
)
from campaign_live_widgets.engine.aggregates.segments import EVERYTHING
from campaign_live_widgets.engine.aggregates.sorted_runs import SortedRuns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.segments import SegmentMask, Segments
    from campaign_live_widgets.snapshot import Selection

    Ints = NDArray[np.integer[Any]]

TEST: Final = 0x80
"""The flag of entries by tests; the others are free."""
_PART: Final = 1 << 18
"""Entries that are linked at once: linking takes ten times their memory."""
_BULK: Final = 1 << 20
"""Entries that are sorted at once."""
_LARGEST: Final = 1 << 22
"""Entries that are merged at most."""
_FEW: Final = 8
"""Number of selections (each with tests or without) whose links are kept up to date..."""
_MANY: Final = 64
"""...and the most of those that were needed lately..."""
_LATELY: Final = 120.0
"""...in that many seconds..."""
_LINKS_BYTES: Final = 1 << 26
"""...in at most that many bytes."""


class Entries(NamedTuple):
    """Entries as columns: 80 bits of a key's hash, the minute, flags, the segment, the group.

    Each takes 18 bytes if there are few segments and groups.
    """

    key: NDArray[np.uint64]
    check: NDArray[np.uint16]
    minute: Ints
    flags: NDArray[np.uint8]
    segment: Ints
    group: Ints

    @classmethod
    def packed(  # noqa: PLR0913 - its columns
        cls,
        high: NDArray[np.uint64],
        low: NDArray[np.uint64],
        minute: Ints,
        flags: NDArray[np.uint8],
        segment: Ints,
        group: Ints,
    ) -> Entries:
        """Return entries in as few bytes as their numbers need; *high* and *low* are hashes."""
        few = segment.max(initial=0) <= np.iinfo(np.uint16).max
        return cls(
            high,
            low.astype(np.uint16),
            narrow(minute),
            flags,
            segment.astype(np.uint16) if few else segment,
            fewest_bytes(group),
        )

    def where(self, mask: NDArray[Any]) -> Entries:
        """Return these rows, in this order."""
        return Entries(*(column[mask] for column in self))

    def joined(self, other: Entries) -> Entries:
        """Return the rows of both."""
        pairs: Iterable[tuple[NDArray[Any], NDArray[Any]]] = zip(self, other, strict=True)
        return Entries(*(np.concatenate(pair) for pair in pairs))

    def ordered(self, mask: SegmentMask, *, include_tests: bool) -> _Ordered:
        """Return what the mask includes by key and minute."""
        entries = self
        if mask.included is not None:
            entries = entries.where(mask.included[entries.segment])
        if not include_tests:
            entries = entries.where(entries.flags < TEST)
        order = np.argsort(entries.key)
        key, check = entries.key[order], entries.check[order]
        new = key[1:] != key[:-1]
        if (~new & (check[1:] != check[:-1])).any():  # two keys share most of their hash
            order = np.lexsort((entries.check, entries.key))
            key, check = entries.key[order], entries.check[order]
            new = (key[1:] != key[:-1]) | (check[1:] != check[:-1])
        number = np.zeros(len(order), np.int64)
        np.cumsum(new, out=number[1:])
        group = entries.group[order][np.flatnonzero(np.append(True, new))[: len(order)]]
        flags = entries.flags[order] & np.uint8(TEST - 1)
        of_row, minute, what = sorted_columns(number, entries.minute[order], flags)
        return _Ordered(of_row, minute, what, group[of_row])


class _Ordered(NamedTuple):
    """Entries by key and minute; keys are numbered."""

    number: Ints
    minute: Ints
    flags: Ints
    group: Ints

    def links(self, flags: int) -> tuple[Ints, Ints, Ints]:
        """Return minute, previous minute and group of all entries that have one of the flags."""
        number, minute, group = self.number, self.minute, self.group
        has = (self.flags & flags) != 0
        if not has.all():
            number, minute, group = number[has], minute[has], group[has]
        same = number[1:] == number[:-1]
        first = np.ones(len(minute), dtype=bool)
        first[1:] = ~(same & (minute[1:] == minute[:-1]))
        previous = np.full(len(minute), NEVER)
        previous[1:][same] = minute[:-1][same]
        return minute[first], previous[first], group[first]


class UniqueEntries:
    """Distinct keys of one campaign, or of a selection of its segments, by group.

    Every entry is stored with its segment. The links of a selection, with or without tests, and of
    a set of flags are computed when they are first needed, and kept up to date while they are in
    use.
    """

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self.runs = SortedRuns(_LARGEST)
        self._links: dict[tuple[Selection, bool], dict[int, Links]] = {}
        self._used_at: dict[tuple[Selection, bool], float] = {}

    def add_entries(self, new: Entries) -> None:
        """Add entries; those that repeat another one, also of an earlier call, change no number."""
        if self._links and len(self.runs):  # nothing is looked up before the first links
            _, columns = self.runs.find(np.unique(new.key))
            if columns:
                old = Entries(*columns)
                new = new.where(_without(new, old))
                if not len(new.key):
                    return
                self._link(old, sign=-1)
                self._link(old.joined(new), sign=1)
                self.runs.add(*new)
                return
        self._link(new, sign=1)
        self.runs.add(*new)
        if self.runs.unsorted >= _BULK:
            self.runs.compact()

    def _link(self, entries: Entries, *, sign: int) -> None:
        """Add the links of whole keys for all selections in use, or take them away."""
        for (selection, tests), by_flags in self._links.items():
            ordered = entries.ordered(self._segments.mask_of(selection), include_tests=tests)
            for flags, links in by_flags.items():
                links.add(*ordered.links(flags), sign)

    def links_of(
        self, flags: Sequence[int], *, include_tests: bool, mask: SegmentMask = EVERYTHING
    ) -> list[Links]:
        """Return the links of entries with one of each of these sets of flags."""
        key = (mask.selection, include_tests)
        by_flags = self._links.pop(key, {})
        missing = {one: Links() for one in flags if one not in by_flags}
        if missing:
            self.load_entries()
            for columns in self.runs.parts(_PART) if len(self.runs) else ():
                ordered = Entries(*columns).ordered(mask, include_tests=include_tests)
                for one, links in missing.items():
                    links.fill(*ordered.links(one))
            for links in missing.values():
                links.finish()
        self._links[key] = by_flags | missing  # the last one used is the last to be removed
        self._used_at[key] = monotonic()
        self._drop_unused(self._used_at[key])
        return [self._links[key][one] for one in flags]

    def load_entries(self) -> None:
        """Add entries that are not in memory, if there are any."""

    def _drop_unused(self, now: float) -> None:
        """Drop the links that were not needed for longest, above the limits."""
        sizes = {
            key: sum(links.nbytes for links in group.values()) for key, group in self._links.items()
        }
        size = sum(sizes.values())
        for key in list(self._links):
            number = len(self._links)
            is_unused = self._used_at[key] < now - _LATELY or size > _LINKS_BYTES
            if number <= _FEW or not (number > _MANY or is_unused):
                return
            size -= sizes[key]
            del self._links[key], self._used_at[key]

    def links_of_all(self) -> dict[bool, dict[int, dict[str, Ints]]]:
        """Return the links of the whole campaign in use, without and with tests, by flags."""
        return {
            tests: {flags: links.columns() for flags, links in by_flags.items()}
            for (chosen, tests), by_flags in list(self._links.items())
            if chosen == EVERYTHING.selection
        }

    def restore_links(self, links: Mapping[bool, Mapping[int, Mapping[str, Ints]]]) -> None:
        """Use the links of earlier :meth:`links_of_all`."""
        for tests, by_flags in links.items():
            self._put(tests, {flags: Links.of(columns) for flags, columns in by_flags.items()})

    def _put(self, tests: bool, by_flags: dict[int, Links]) -> None:  # noqa: FBT001 - part of a key
        key = (EVERYTHING.selection, tests)
        self._links[key], self._used_at[key] = by_flags, monotonic()

    @property
    def nbytes(self) -> int:
        """Return how many bytes the entries take."""
        return self.runs.nbytes

    def compact(self) -> None:
        """Sort what was added now, so that the next lookup does not have to."""
        self.runs.compact()


def _without(new: Entries, old: Entries) -> NDArray[np.bool_]:
    """Return which rows are neither among *old* nor repeat an earlier row."""
    both = old.joined(new)
    is_new = np.arange(len(both.key)) >= len(old.key)
    order = np.lexsort((is_new, both.segment, both.flags, both.minute, both.check, both.key))
    same = np.zeros(len(order), dtype=bool)
    same[1:] = np.logical_and.reduce([c[order][1:] == c[order][:-1] for c in both])
    repeat = np.zeros(len(order), dtype=bool)
    repeat[order] = same
    return ~repeat[len(old.key) :]
