"""The cube against a plain dictionary: any counts, added in any order, any window."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine.cube import MinuteCube

cells = st.lists(
    st.tuples(st.integers(-130, 400), st.sampled_from("abc"), st.integers(1, 2**40)), max_size=40
)


def filled(batches: list[list[tuple[int, str, int]]]) -> MinuteCube:
    cube = MinuteCube()
    for batch in batches:
        if batch:
            minute, key, count = zip(*batch, strict=True)
            codes = np.array([cube.code(k) for k in key])
            cube.add(np.array(minute), codes, np.array(count))
    return cube


@settings(max_examples=200, deadline=None)
@given(st.lists(cells, max_size=4), st.integers(-140, 410), st.integers(0, 300))
def test_any_window_sums_what_was_added(
    batches: list[list[tuple[int, str, int]]], start: int, length: int
) -> None:
    cube = filled(batches)
    wanted: Counter[str] = Counter()
    for batch in batches:
        for minute, key, count in batch:
            if start <= minute < start + length:
                wanted[key] += count
    for _ in range(2):  # the second time from what the first one has summed
        total = cube.totals(start, start + length)
        assert {k: int(n) for k, n in zip(cube.keys, total, strict=True) if n} == wanted
    minute, code, count = cube.cells(start, start + length)
    seen: Counter[tuple[int, str]] = Counter()
    for m, c, n in zip(minute.tolist(), code.tolist(), count.tolist(), strict=True):
        seen[m, str(cube.keys[c])] += n
    assert sum(seen.values()) == sum(wanted.values())
    assert all(start <= m < start + length for m, _ in seen)


def test_an_hour_with_many_additions_keeps_its_sums() -> None:
    cube = MinuteCube()
    for turn in range(300):
        minute = np.arange(60)
        cube.add(minute, np.array([cube.code(f"k{turn % 5}")] * 60), np.ones(60, dtype=np.int64))
        assert cube.totals(0, 60).sum() == (turn + 1) * 60
    assert len(cube.cells(0, 60)[0]) < 60 * 5 + 4096 + 60
