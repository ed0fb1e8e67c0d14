"""Counted ids stay known, also if halves of their hashes collide."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents, repeats

ids = st.tuples(st.integers(0, 6), st.integers(0, 6))
reading = st.integers(1, 3)
ALL = (1, 2, 3)


def halves(values: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return ids as halves of hashes that differ above the bits that are not stored."""
    high, low = np.array(values, dtype=np.uint64).reshape(-1, 2).T
    return high, low << np.uint64(24)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(reading, st.lists(ids, max_size=20)), max_size=8),
    st.lists(ids, min_size=1, max_size=20),
    st.sets(reading),
)
def test_lookup_returns_added_ids_and_their_last_generation(
    batches: list[tuple[int, list[tuple[int, int]]]],
    queried: list[tuple[int, int]],
    current: set[int],
) -> None:
    seen, last = SeenEvents(), {}
    for number, batch in batches:
        new = [i for i in dict.fromkeys(batch) if i not in last]
        again = [i for i in dict.fromkeys(batch) if i in last]
        last |= dict.fromkeys(batch, number)
        seen.add(*halves(new), np.full(len(new), number))
        seen.update_generation(*halves(again), np.full(len(again), number))
    counted, is_current = seen.lookup(*halves(queried), current)
    assert counted.tolist() == [i in last for i in queried]
    assert is_current.tolist() == [last.get(i) in current for i in queried]
    assert len(seen) == len(last)


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
        seen.add(high, low, np.ones(len(high), dtype=np.int64))
        seen.compact()
    for high, low in batches:
        assert np.all(seen.lookup(high, low, ALL))
        assert not np.any(seen.lookup(high, low + np.uint64(1 << 24), ALL))
