"""The cube against a plain dictionary: any counts, added in any order, any window and part."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine.aggregates.minute_cube import MinuteCube
from campaign_live_widgets.engine.aggregates.segments import EVERYTHING, SegmentMask
from campaign_live_widgets.snapshot import Selection

cell = st.tuples(
    st.integers(-130, 400), st.sampled_from("abc"), st.integers(0, 3), st.integers(1, 2**40)
)
batches = st.lists(st.lists(cell, max_size=40), max_size=4)
masks = st.lists(st.booleans(), min_size=4, max_size=4)


def add(cube: MinuteCube, batch: list[tuple[int, str, int, int]]) -> None:
    if batch:
        minute, key, part, count = zip(*batch, strict=True)
        codes = np.array([cube.code(k) for k in key])
        cube.add(np.array(minute), codes, np.array(part, dtype=np.int32), np.array(count))


def select(mask: list[bool]) -> SegmentMask:
    return SegmentMask(
        Selection(frozenset(map(str, mask)), frozenset(map(str, np.flatnonzero(mask)))),
        np.array(mask),
    )


@settings(max_examples=200, deadline=None)
@given(batches, masks, masks, st.integers(-140, 410), st.integers(0, 300))
def test_the_cube_counts_every_addition_in_any_window_and_selection(
    added: list[list[tuple[int, str, int, int]]],
    mask: list[bool],
    other: list[bool],
    start: int,
    length: int,
) -> None:
    cube = MinuteCube()
    so_far: list[tuple[int, str, int, int]] = []
    for batch in added:
        add(cube, batch)
        so_far += batch
        # Queried between additions: earlier sums must not be counted again.
        for choice in (EVERYTHING, select(mask), select(other), select(mask)):
            totals: Counter[str] = Counter()
            by_bucket: dict[int, Counter[tuple[int, str]]] = {w: Counter() for w in (1, 15, 120)}
            for minute, key, segment, count in so_far:
                is_in = choice.included is None or choice.included[segment]
                if is_in and start <= minute < start + length:
                    totals[key] += count
                    for width, buckets in by_bucket.items():
                        buckets[minute // width, key] += count
            total = cube.totals(start, start + length, choice)
            assert {k: int(n) for k, n in zip(cube.keys, total, strict=True) if n} == totals
            for width, buckets in by_bucket.items():
                seen: Counter[tuple[int, str]] = Counter()
                columns = cube.series(start, start + length, width, choice)
                for bucket, code, count in zip(*(c.tolist() for c in columns), strict=True):
                    seen[bucket, str(cube.keys[code])] += count
                assert seen == buckets


def test_an_hour_with_many_additions_keeps_its_sums() -> None:
    cube = MinuteCube()
    for turn in range(300):
        add(cube, [(minute, f"k{turn % 5}", turn % 2, 1) for minute in range(60)])
        assert cube.totals(0, 60).sum() == (turn + 1) * 60
    odd = select([False, True])
    assert cube.totals(0, 60, odd).sum() == 150 * 60
    assert len(cube.series(1, 60, 1)[0]) < 60 * 5 * 2 + 4096 + 60
