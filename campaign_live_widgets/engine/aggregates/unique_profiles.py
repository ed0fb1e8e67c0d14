"""Distinct profiles that entered a campaign, in any window; see :mod:`.unique_entries`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from campaign_live_widgets.engine.aggregates.links import Links
from campaign_live_widgets.engine.aggregates.segments import EVERYTHING
from campaign_live_widgets.engine.aggregates.unique_entries import TEST, Entries, UniqueEntries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.links import LinkCounts
    from campaign_live_widgets.engine.aggregates.segments import Segment, SegmentMask, Segments

    Ints = NDArray[np.signedinteger[Any]]

_ENTERED: Final = 1
"""The only flag of entries, besides tests."""


class Entered(NamedTuple):
    """Entries, column by column; a segment is an index into *segments*."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    minute: Ints
    is_test: NDArray[np.bool_]
    segment: Ints
    segments: list[Segment]


class Elsewhere(Protocol):
    """Entries that are not in memory; it always gives the same ones."""

    def all(self) -> Iterator[Entered]:
        """Yield all, some at a time; any thread may ask."""
        ...


class EnteredProfiles(UniqueEntries):
    """Distinct profiles that entered one campaign, or a selection of its segments.

    Where the links of the whole campaign are known already, the entries that they are of need not
    be in memory (:meth:`begin`): those of a profile are added before its first new entry
    (:meth:`unknown`, :meth:`recall`), all others for the first selection (:meth:`load`).
    """

    def __init__(self, segments: Segments) -> None:
        super().__init__(segments)
        self._elsewhere: Elsewhere | None = None

    def begin(self, links: Mapping[bool, LinkCounts], elsewhere: Elsewhere) -> None:
        """Begin with the links of the whole campaign, without and with tests."""
        self._elsewhere = elsewhere
        for tests, counts in links.items():
            known = Links()
            known.add_counts(counts)
            self._put(tests, {_ENTERED: known})

    @property
    def elsewhere(self) -> Elsewhere | None:
        """Return where entries are that are not in memory; ``None`` if there are none."""
        return self._elsewhere

    def unknown(self, high: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return which profiles may have entries that are not in memory."""
        high = np.unique(high)
        if self._elsewhere is None:
            return high[:0]
        which, _ = self.runs.find(high)
        return np.delete(high, which)

    def recall(self, entered: Iterable[Entered]) -> None:
        """Add all entries of some profiles that were not in memory, but whose links are known."""
        for part in entered:
            self.runs.add(*self._packed(part))

    def load(self, before_change: Callable[[], object] = lambda: None) -> None:
        """Add all entries that are not in memory; *before_change* is called once they are read."""
        if self._elsewhere is None:
            return
        parts = [self._packed(part) for part in self._elsewhere.all()]
        before_change()
        for part in parts:
            self.runs.add(*part)
        self.runs.compact()
        self._elsewhere = None

    def load_entries(self) -> None:
        """Add all entries that are not in memory."""
        self.load()

    def _packed(self, part: Entered) -> Entries:
        numbers = self._segments.numbers(part.segments)
        return _entries(part.high, part.low, part.minute, part.is_test, numbers[part.segment])

    def add(
        self,
        high: NDArray[np.uint64],
        low: NDArray[np.uint64],
        minute: Ints,
        is_test: NDArray[np.bool_],
        segment: NDArray[np.int32],
    ) -> None:
        """Add entries: a profile (128 bits of hash), the minute, whether a test, the segment.

        Entries that repeat another one, also of an earlier call, change no number.
        """
        self.add_entries(_entries(high, low, minute, is_test, segment))

    def distinct(
        self, start: int | None, end: int, *, include_tests: bool, mask: SegmentMask = EVERYTHING
    ) -> int:
        """Return the profiles that entered in minutes [start, end), or all before *end*."""
        (links,) = self.links_of([_ENTERED], include_tests=include_tests, mask=mask)
        return links.distinct(start, end)


def _entries(
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
    minute: Ints,
    is_test: NDArray[np.bool_],
    segment: NDArray[np.int32],
) -> Entries:
    flags = np.where(is_test, _ENTERED | TEST, _ENTERED).astype(np.uint8)
    group = np.zeros(len(high), np.uint8)
    return Entries.packed(high, low, minute.astype(np.int64), flags, segment, group)
