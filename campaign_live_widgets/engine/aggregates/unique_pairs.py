"""Distinct pairs of a profile and a send: who opened, clicked or was excluded, in any window.

A pair is a profile with one message in one execution. Pairs are counted by channel and, of clicks
that are not machines', by link; see :mod:`.unique_entries`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.engine.aggregates.segments import EVERYTHING
from campaign_live_widgets.engine.aggregates.unique_entries import TEST, Entries, UniqueEntries
from campaign_live_widgets.snapshot import UniqueCounts, Uniques
from campaign_live_widgets.sources import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.segments import SegmentMask, Segments
    from campaign_live_widgets.snapshot import Machines

    Ints = NDArray[np.int64]
    Hashes = NDArray[np.uint64]

OPEN: Final = 1
OPEN_MACHINE: Final = 2
CLICK: Final = 4
CLICK_MACHINE: Final = 8
EXCLUDED: Final = 16
ALL_FLAGS: Final = OPEN | OPEN_MACHINE | CLICK | CLICK_MACHINE | EXCLUDED
ENTERED: Final = 32
"""Free for events by which a profile enters: no flag of a pair."""


def _questions(opens: int, clicks: int, engaged: int) -> UniqueCounts:
    return UniqueCounts(
        opens=opens,
        opens_people=opens & OPEN,
        clicks=clicks,
        clicks_people=clicks & CLICK,
        engaged=engaged,
        opens_to_date=opens,
        excluded_to_date=EXCLUDED,
    )


QUESTIONS: Final[dict[Machines, UniqueCounts]] = {
    "include": _questions(OPEN | OPEN_MACHINE, CLICK | CLICK_MACHINE, OPEN | CLICK),
    "exclude": _questions(OPEN, CLICK, OPEN | CLICK),
    "only": _questions(OPEN_MACHINE, CLICK_MACHINE, OPEN_MACHINE | CLICK_MACHINE),
}
"""The flags of the events of which a pair must have one, for each number."""
_TO_DATE: Final = frozenset(("opens_to_date", "excluded_to_date"))
"""Numbers of all minutes up to the window's end."""
FLAGS: Final = {
    ("open", False): OPEN,
    ("open", True): OPEN_MACHINE,
    ("click", False): CLICK,
    ("click", True): CLICK_MACHINE,
    ("excluded", False): EXCLUDED,
    ("excluded", True): EXCLUDED,
}
"""Event type and whether a machine's → the flag."""
PAIRED: Final = ("open", "click", "excluded")
"""The event types of which pairs are counted."""


class PairEvents(NamedTuple):
    """Events of pairs, column by column.

    ``high`` and ``low`` are the profile's hash; ``flags`` one of :data:`FLAGS`, with
    :data:`~.unique_entries.TEST` where it is a test; ``channel`` an index into
    :data:`~campaign_live_widgets.sources.CHANNELS`; ``segment`` one into those of the batch.
    """

    high: Hashes
    low: Hashes
    minute: Ints
    flags: NDArray[np.uint8]
    channel: NDArray[np.integer[Any]]
    segment: NDArray[np.integer[Any]]

    def where(self, chosen: NDArray[Any]) -> PairEvents:
        """Return these rows."""
        return PairEvents(*(column[chosen] for column in self))


class PairDelta(NamedTuple):
    """What a batch adds to the pairs of a campaign: each event, and clicks once more by link.

    ``link`` is for each of ``clicks``, those that are not machines', an index into ``links``.
    """

    events: PairEvents
    clicks: PairEvents
    link: Ints
    links: Sequence[str]

    def within(self, low: int, high: int) -> PairDelta:
        """Return what is of the segments [low, high), which are counted from *low*."""
        events, clicks = (
            (part.segment >= low) & (part.segment < high) for part in (self.events, self.clicks)
        )
        own, own_clicks = self.events.where(events), self.clicks.where(clicks)
        return PairDelta(
            own._replace(segment=own.segment - low),
            own_clicks._replace(segment=own_clicks.segment - low),
            self.link[clicks],
            self.links,
        )


class PairTotals(NamedTuple):
    """Pairs of one window.

    ``pairs`` has for each channel the flags of a pair's events in the window, not of tests and of
    all, the same up to the end of the window, and the number of pairs that have these. ``clicks``
    has the pairs of each channel and link, without and with tests.
    """

    pairs: Sequence[tuple[str, int, int, int, int, int]]
    clicks: Sequence[tuple[str, str, int, int]]

    def uniques(self, *, include_tests: bool, machines: Machines = "include") -> Uniques:
        """Return the distinct pairs."""
        questions = QUESTIONS[machines]
        rows: dict[str, list[int]] = {}
        for channel, real, every, real_to_date, every_to_date, total in self.pairs:
            inside = every if include_tests else real
            to_date = every_to_date if include_tests else real_to_date
            row = rows.setdefault(channel, [0] * len(questions))
            for column, (name, flags) in enumerate(zip(questions._fields, questions, strict=True)):
                if flags & (to_date if name in _TO_DATE else inside):
                    row[column] += total
        clicks = self.clicks if questions.clicks_people else ()
        people = {(row[0], row[1]): row[3] if include_tests else row[2] for row in clicks}
        return Uniques(
            {channel: UniqueCounts(*row) for channel, row in rows.items() if any(row)},
            {link: total for link, total in people.items() if total},
        )


class UniquePairs:
    """Distinct pairs of one campaign.

    Attributes
    ----------
    pairs : UniqueEntries
        All events; the group is a channel.
    clicked : UniqueEntries
        Clicks that are not machines'; the group is a channel and a link.
    links : list
        Channel and link of each group of *clicked*.
    known_flags : int
        All flags of events so far.
    """

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self.pairs = UniqueEntries(segments)
        self.clicked = UniqueEntries(segments)
        self.known_flags = 0
        self._links: dict[tuple[str, str], int] = {}
        self._segment_salts = _salts_of(())

    @property
    def links(self) -> list[tuple[str, str]]:
        """Return channel and link of each group of clicks."""
        return list(self._links)

    def restore(self, links: Iterable[tuple[str, str]], known_flags: int) -> None:
        """Set what is known besides the entries."""
        self._links = {link: number for number, link in enumerate(links)}
        self.known_flags = known_flags

    def add(self, delta: PairDelta, numbers: NDArray[np.int32]) -> None:
        """Add what a batch has; *numbers* are those of the batch's segments among all."""
        events, clicks = (
            part._replace(segment=numbers[part.segment]) for part in (delta.events, delta.clicks)
        )
        if len(events.high):
            self.known_flags |= int(np.bitwise_or.reduce(events.flags)) & (TEST - 1)
            salts = _salts([(channel,) for channel in CHANNELS], events.channel)
            self.pairs.add_entries(self._packed(events, events.channel, salts))
        if len(clicks.high):
            size = len(delta.links)
            codes = clicks.channel.astype(np.int64) * size + delta.link
            used, place = np.unique(codes, return_inverse=True)
            names = [(CHANNELS[code // size], delta.links[code % size]) for code in used.tolist()]
            groups = [self._links.setdefault(name, len(self._links)) for name in names]
            group = np.array(groups, np.int64)[place]
            self.clicked.add_entries(self._packed(clicks, group, _salts(names, place)))

    def _packed(
        self, events: PairEvents, group: NDArray[np.integer[Any]], salts: _Salts
    ) -> Entries:
        """Return entries whose keys are of the profile, the segment and the group."""
        segments = self._segments.all()
        known = len(self._segment_salts[0])
        if known < len(segments):
            new = _salts_of(segments[known:])
            self._segment_salts = _Salts(
                *(np.append(*both) for both in zip(self._segment_salts, new, strict=True))
            )
        high, low = (column[events.segment] for column in self._segment_salts)
        return Entries.packed(
            events.high ^ high ^ salts.high,
            events.low ^ low ^ salts.low,
            events.minute,
            events.flags,
            events.segment,
            group,
        )

    def uniques(
        self,
        start: int,
        end: int,
        *,
        include_tests: bool,
        mask: SegmentMask = EVERYTHING,
        machines: Machines = "include",
    ) -> Uniques:
        """Return the distinct pairs of minutes [start, end)."""
        questions = QUESTIONS[machines]
        wanted = [flags & self.known_flags for flags in questions]
        used = sorted({flags for flags in wanted if flags})
        chosen = self.pairs.links_of(used, include_tests=include_tests, mask=mask)
        links = dict(zip(used, chosen, strict=True))
        table = np.zeros((len(CHANNELS), len(questions)), np.int64)
        for column, (name, flags) in enumerate(zip(questions._fields, wanted, strict=True)):
            if flags:
                first = None if name in _TO_DATE else start
                table[:, column] = links[flags].distinct_by_group(first, end, len(CHANNELS))
        return Uniques(
            {
                channel: UniqueCounts(*row)
                for channel, row in zip(CHANNELS, table.tolist(), strict=True)
                if any(row)
            },
            self._link_people(start, end, include_tests=include_tests, mask=mask)
            if questions.clicks_people
            else {},
        )

    def _link_people(
        self, start: int, end: int, *, include_tests: bool, mask: SegmentMask
    ) -> dict[tuple[str, str], int]:
        """Return the distinct pairs of each channel and link."""
        (clicked,) = self.clicked.links_of([CLICK], include_tests=include_tests, mask=mask)
        people = clicked.distinct_by_group(start, end, len(self._links)).tolist()
        return {link: total for link, total in zip(self._links, people, strict=True) if total}


class _Salts(NamedTuple):
    """What makes keys of one profile differ: 128 bits for each of several names, or rows."""

    high: Hashes
    low: Hashes


def _salts(names: Sequence[tuple[str | None, ...]], place: NDArray[np.integer[Any]]) -> _Salts:
    """Return the salts of rows whose names are at these places."""
    return _Salts(*(column[place] for column in _salts_of(names)))


def _salts_of(names: Iterable[tuple[str | None, ...]]) -> _Salts:
    """Return the salt of each name: the same in all processes."""
    digests = b"".join(map(_digest, names))
    halves = np.frombuffer(digests, np.uint64).reshape(-1, 2)
    return _Salts(halves[:, 0], halves[:, 1])


@lru_cache(maxsize=1024)
def _digest(name: tuple[str | None, ...]) -> bytes:
    return blake2b(json.dumps(name).encode(), digest_size=16).digest()
