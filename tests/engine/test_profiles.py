"""Distinct profiles in any window and selection, compared with sets, in any order of entries."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine.aggregates import unique_entries
from campaign_live_widgets.engine.aggregates.links import NEVER, LinkCounts
from campaign_live_widgets.engine.aggregates.segments import Segment, Segments
from campaign_live_widgets.engine.aggregates.unique_profiles import Entered, EnteredProfiles
from campaign_live_widgets.snapshot import ALL, Selection

SEGMENTS = [Segment(message, execution) for message in "ab" for execution in ("x", "y", None)]
SELECTIONS = (
    ALL,
    Selection(frozenset("a")),
    Selection(frozenset("ab")),
    Selection(executions=frozenset("x")),
    Selection(executions=frozenset("xy")),
    Selection(frozenset("b"), frozenset("y")),
    Selection(frozenset("never")),
)
Entry = tuple[int, int, bool, Segment]
entry = st.tuples(st.integers(0, 5), st.integers(0, 30), st.booleans(), st.sampled_from(SEGMENTS))


def added(profiles: EnteredProfiles, segments: Segments, batch: list[Entry]) -> None:
    if batch:
        who, minute, is_test, segment = zip(*batch, strict=True)
        # Two profiles in three share the first half of their hash.
        high = np.array([w // 3 for w in who], dtype=np.uint64)
        low = np.array(who, dtype=np.uint64)
        numbers = segments.numbers(segment)
        profiles.add(high, low, np.array(minute), np.array(is_test), numbers)


def distinct_from_sets(
    entries: list[Entry], selection: Selection, start: int, end: int, *, tests: bool
) -> int:
    """Return the distinct profiles, from sets."""
    return len(
        {
            who
            for who, minute, is_test, (message, execution) in entries
            if start <= minute < end
            and (tests or not is_test)
            and (not selection.messages or message in selection.messages)
            and (not selection.executions or execution in selection.executions)
        }
    )


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("limits", [{}, {"_FEW": 1, "_MANY": 3}, {"_FEW": 1, "_LATELY": 0.0}])
@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(entry, max_size=12), max_size=6),
    st.lists(st.tuples(st.sampled_from(SELECTIONS), st.booleans()), min_size=1, max_size=6),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_every_window_and_selection_counts_each_profile_once(
    limits: dict[str, float],
    batches: list[list[Entry]],
    queries: list[tuple[Selection, bool]],
    start: int,
    length: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in limits.items():
            patch.setattr(unique_entries, name, limit)
        assert_each_counts_once(batches, queries, start, length)


def assert_each_counts_once(
    batches: list[list[Entry]], queries: list[tuple[Selection, bool]], start: int, length: int
) -> None:
    segments = Segments()
    profiles, entries = EnteredProfiles(segments), []
    for number, batch in enumerate(batches):
        added(profiles, segments, batch)
        entries += batch
        # The selections change from batch to batch; some are in use already, some are new.
        for selection, tests in (queries[number % len(queries)], queries[0]):
            distinct = profiles.distinct(
                start, start + length, include_tests=tests, mask=segments.mask_of(selection)
            )
            assert distinct == distinct_from_sets(
                entries, selection, start, start + length, tests=tests
            )
    assert_each_selection(profiles, segments, entries, start, length)


def assert_each_selection(
    profiles: EnteredProfiles, segments: Segments, entries: list[Entry], start: int, length: int
) -> None:
    for selection in SELECTIONS:
        for tests in (False, True):
            distinct = profiles.distinct(
                start, start + length, include_tests=tests, mask=segments.mask_of(selection)
            )
            assert distinct == distinct_from_sets(
                entries, selection, start, start + length, tests=tests
            )


class Stored:
    """Entries that are not in memory."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = entries

    def of(self, profiles: list[int]) -> Entered:
        who, minute, is_test, segment = zip(
            *(entry for entry in self._entries if entry[0] // 3 in profiles), strict=True
        )
        high, low = (np.array(part, np.uint64) for part in ([w // 3 for w in who], who))
        places = np.array([SEGMENTS.index(one) for one in segment])
        return Entered(high, low, np.array(minute), np.array(is_test), places, SEGMENTS)

    def all(self) -> Iterator[Entered]:
        for profile in {entry[0] // 3 for entry in self._entries}:
            yield self.of([profile])

    def links(self, *, tests: bool) -> LinkCounts:
        links = []
        for who in {entry[0] for entry in self._entries}:
            minutes = {e[1] for e in self._entries if e[0] == who and (tests or not e[2])}
            before = int(NEVER)
            for minute in sorted(minutes):
                links.append((minute, before, 1))
                before = minute
        return LinkCounts(*np.array(links, np.int64).reshape(-1, 3).T)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(entry, min_size=1, max_size=30),
    st.lists(st.lists(entry, max_size=12), max_size=6),
    st.lists(st.tuples(st.sampled_from(SELECTIONS), st.booleans()), min_size=1, max_size=6),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_entries_of_known_links_are_recalled_or_loaded(
    entries: list[Entry],
    batches: list[list[Entry]],
    queries: list[tuple[Selection, bool]],
    start: int,
    length: int,
) -> None:
    segments, stored = Segments(), Stored(list(entries))
    segments.numbers(SEGMENTS)
    profiles = EnteredProfiles(segments)
    profiles.begin({tests: stored.links(tests=tests) for tests in (False, True)}, stored)
    earlier = {entry[0] // 3 for entry in entries}
    for number, batch in enumerate(batches):
        for selection, tests in (queries[number % len(queries)], (ALL, False), (ALL, True)):
            distinct = profiles.distinct(
                start, start + length, include_tests=tests, mask=segments.mask_of(selection)
            )
            assert distinct == distinct_from_sets(
                entries, selection, start, start + length, tests=tests
            )
        unknown = profiles.unknown(np.array([entry[0] // 3 for entry in batch], np.uint64))
        if stored_ones := earlier.intersection(unknown.tolist()):
            profiles.recall([stored.of(sorted(stored_ones))])
        added(profiles, segments, batch)
        entries += batch
    assert_each_selection(profiles, segments, entries, start, length)


def test_profiles_that_return_in_many_batches_count_once() -> None:
    rng = np.random.default_rng(5)
    segments = Segments()
    profiles, entries = EnteredProfiles(segments), []
    half = Selection(frozenset("a"))
    for turn in range(60):
        batch = [
            (int(w), int(m), False, SEGMENTS[p])
            for w, m, p in rng.integers(0, (900, 3000, 6), (700, 3))
        ]
        entries += batch
        added(profiles, segments, batch)
        if turn in (3, 40):
            profiles.distinct(0, 3000, include_tests=False, mask=segments.mask_of(half))
    for start, end in ((0, 3000), (17, 18), (100, 160), (2999, 3000), (5, 5)):
        for selection in (ALL, half):
            distinct = profiles.distinct(
                start, end, include_tests=False, mask=segments.mask_of(selection)
            )
            assert distinct == distinct_from_sets(entries, selection, start, end, tests=False)


def test_profiles_are_counted_over_minutes_thousands_of_years_apart() -> None:
    segments = Segments()
    profiles = EnteredProfiles(segments)
    far = 2**33
    entries = [(n % 5, m, False, SEGMENTS[n % 6]) for n, m in enumerate((-far, 0, far, 3, 4, 0, 2))]
    added(profiles, segments, entries)
    for start, end in ((-far, far + 1), (0, 5), (1, far), (far, far + 1), (-far, 0)):
        distinct = profiles.distinct(start, end, include_tests=False)
        assert distinct == distinct_from_sets(entries, ALL, start, end, tests=False)


def test_links_of_many_selections_are_kept_up_to_date_while_they_are_needed() -> None:
    segments, rng = Segments(), np.random.default_rng(6)
    profiles, entries = EnteredProfiles(segments), []
    names = [f"m{number}" for number in range(70)]
    for _ in range(3):
        batch = [
            (int(w), int(m), False, Segment(names[n], None))
            for w, m, n in rng.integers(0, (90, 300, len(names)), (400, 3))
        ]
        entries += batch
        added(profiles, segments, batch)
        for name in names:
            selection = Selection(frozenset([name]))
            mask = segments.mask_of(selection)
            distinct = profiles.distinct(10, 200, include_tests=False, mask=mask)
            assert distinct == distinct_from_sets(entries, selection, 10, 200, tests=False)
        assert len(profiles._links) == unique_entries._MANY
