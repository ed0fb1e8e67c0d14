"""Ids once counted are known for ever, also where halves of their hashes collide."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine.seen import SeenEvents, repeats

ids = st.tuples(st.integers(0, 6), st.integers(0, 6))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(ids, max_size=20), max_size=8), st.lists(ids, min_size=1, max_size=20))
def test_known_is_what_was_added(
    batches: list[list[tuple[int, int]]], asked: list[tuple[int, int]]
) -> None:
    seen, added = SeenEvents(), set()
    for batch in batches:
        new = [i for i in dict.fromkeys(batch) if i not in added]
        added.update(new)
        if new:
            high, low = np.array(new, dtype=np.uint64).T
            seen.add(high, low)
    high, low = np.array(asked, dtype=np.uint64).T
    assert seen.known(high, low).tolist() == [i in added for i in asked]
    assert len(seen) == len(added)


@given(st.lists(ids))
def test_repeats_are_all_but_the_first(values: list[tuple[int, int]]) -> None:
    rng = np.random.default_rng(len(values))
    position = rng.permutation(len(values)).astype(np.int64)
    high, low = np.array(values, dtype=np.uint64).reshape(-1, 2).T
    found = repeats(high << np.uint64(58), low, position)
    first: dict[tuple[int, int], int] = {}
    for place in np.argsort(position).tolist():
        first.setdefault(values[place], place)
    assert sorted(found.tolist()) == sorted(set(range(len(values))) - set(first.values()))


def test_a_million_ids_in_batches_of_every_size() -> None:
    rng = np.random.default_rng(1)
    seen = SeenEvents()
    batches = [rng.integers(0, 2**63, (2, n), dtype=np.uint64) for n in (500_000, 3, 70_000, 1, 9)]
    for high, low in batches:
        seen.add(high, low)
        seen.settle()
    for high, low in batches:
        assert seen.known(high, low).all()
        assert not seen.known(high, low + np.uint64(1)).any()
