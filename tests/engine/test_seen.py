"""Counted ids stay known, also if halves of their hashes collide."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents, repeats

ids = st.tuples(st.integers(0, 6), st.integers(0, 6))


def halves(values: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return ids as two halves of hashes."""
    high, low = np.array(values, dtype=np.uint64).reshape(-1, 2).T
    return high, low


def seen_of(batches: list[list[tuple[int, int]]]) -> tuple[SeenEvents, set[tuple[int, int]]]:
    """Return the ids of batches, each added once, and as a set."""
    seen, added = SeenEvents(), set[tuple[int, int]]()
    for batch in batches:
        new = [i for i in dict.fromkeys(batch) if i not in added]
        added |= set(new)
        seen.add(*halves(new))
    return seen, added


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(ids, max_size=20), max_size=8),
    st.lists(st.lists(ids, max_size=20), max_size=3),
    st.lists(ids, min_size=1, max_size=20),
)
def test_ids_are_found_and_compared(
    batches: list[list[tuple[int, int]]],
    other_batches: list[list[tuple[int, int]]],
    queried: list[tuple[int, int]],
) -> None:
    seen, added = seen_of(batches)
    other, other_added = seen_of(other_batches)
    assert seen.lookup(*halves(queried)).tolist() == [i in added for i in queried]
    assert len(seen) == len(added)
    high, low = seen.without(other)
    assert len(high) == len(added - other_added)
    assert set(zip(high.tolist(), low.tolist(), strict=True)) == added - other_added


@given(st.lists(ids))
def test_every_repeat_after_the_first_row_is_found(values: list[tuple[int, int]]) -> None:
    rng = np.random.default_rng(len(values))
    position = rng.permutation(len(values)).astype(np.int64)
    high, low = np.array(values, dtype=np.uint64).reshape(-1, 2).T
    repeated = repeats(high << np.uint64(58), low, position)
    first: dict[tuple[int, int], int] = {}
    for place in np.argsort(position).tolist():
        first.setdefault(values[place], place)
    assert sorted(repeated.tolist()) == sorted(set(range(len(values))) - set(first.values()))


def test_a_million_ids_are_found_again_whatever_the_batch_size() -> None:
    rng = np.random.default_rng(1)
    seen = SeenEvents()
    batches = [rng.integers(0, 2**63, (2, n), dtype=np.uint64) for n in (500_000, 3, 70_000, 1, 9)]
    for high, low in batches:
        seen.add(high, low)
        seen.compact()
    for high, low in batches:
        assert np.all(seen.lookup(high, low))
        assert not np.any(seen.lookup(high, low + np.uint64(1)))


def test_nothing_is_sorted_to_look_up_no_id() -> None:
    seen = SeenEvents()
    seen.add(np.arange(10, dtype=np.uint64)[::-1], np.arange(10, dtype=np.uint64))
    none = np.empty(0, np.uint64)
    assert not len(seen.lookup(none, none))
    assert seen.runs.unsorted == 10
