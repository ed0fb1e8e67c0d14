"""Distinct profiles in any window against sets, whatever comes in whatever order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine.profiles import EnteredProfiles

entry = st.tuples(st.integers(0, 5), st.integers(0, 30), st.booleans())


def added(profiles: EnteredProfiles, batch: list[tuple[int, int, bool]]) -> None:
    if batch:
        who, minute, is_test = zip(*batch, strict=True)
        # Two profiles in three share the first half of their hash.
        high = np.array([w // 3 for w in who], dtype=np.uint64)
        low = np.array(who, dtype=np.uint64)
        profiles.add(high, low, np.array(minute), np.array(is_test))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(entry, max_size=12), max_size=6), st.integers(0, 30), st.integers(0, 30))
def test_every_window_counts_each_profile_once(
    batches: list[list[tuple[int, int, bool]]], start: int, length: int
) -> None:
    profiles = EnteredProfiles()
    for batch in batches:
        added(profiles, batch)
    for tests in (False, True):
        wanted = {
            who
            for batch in batches
            for who, minute, is_test in batch
            if start <= minute < start + length and (tests or not is_test)
        }
        assert profiles.distinct(start, start + length, include_tests=tests) == len(wanted)


def test_many_batches_of_returning_profiles() -> None:
    rng = np.random.default_rng(5)
    profiles, entries = EnteredProfiles(), []
    for _ in range(60):
        batch = [(int(w), int(m), False) for w, m in rng.integers(0, (900, 3000), (700, 2))]
        entries += batch
        added(profiles, batch)
    for start, end in ((0, 3000), (17, 18), (100, 160), (2999, 3000), (5, 5)):
        wanted = {w for w, m, _ in entries if start <= m < end}
        assert profiles.distinct(start, end, include_tests=False) == len(wanted)
