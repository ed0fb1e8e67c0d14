"""Tables of profiles: what is hidden, and that it cannot be worked out from what is shown."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign_live_widgets.report.small_cells import SafeTable, hide

if TYPE_CHECKING:
    from collections.abc import Iterator

Cells = dict[str, int]


@pytest.mark.parametrize(
    ("cells", "safe"),
    [
        ({"a": 120, "b": 7, "c": 31}, SafeTable({"a": 120, "b": None, "c": None}, 158)),
        ({"a": 120, "b": 7, "c": 4}, SafeTable({"a": 120, "b": None, "c": None}, 131)),
        ({"a": 9, "b": 9}, SafeTable({}, 18)),
        ({"a": 4, "b": 3}, SafeTable({}, None, is_fewer=True)),
        ({"a": 120, "b": 31}, SafeTable({"a": 120, "b": 31}, 151)),
        ({"a": 120, "b": 0}, SafeTable({"a": 120, "b": 0}, 120)),
        ({"a": 20, "b": 1, "c": 1}, SafeTable({}, 22)),
        ({"a": 30, "b": 20, "c": 1, "d": 1}, SafeTable({"a": 30, **dict.fromkeys("bcd")}, 52)),
        (
            {"b": 10, "a": 10, "c": 10, "d": 1},
            SafeTable({"b": 10, "a": None, "c": 10, "d": None}, 31),
        ),
        ({"a": 60, "b": 7}, SafeTable({}, 67)),
        ({"a": 4, "b": 8}, SafeTable({}, 12)),
        ({}, SafeTable({}, None, is_fewer=True)),
    ],
)
def test_cells_that_exclude_one_another(cells: Cells, safe: SafeTable) -> None:
    assert hide(cells, sum(cells.values()), 10, exclusive=True) == safe


@pytest.mark.parametrize(
    ("cells", "total", "safe"),
    [
        ({"a": 120, "b": 7, "c": 0}, 121, SafeTable({"a": 120, "b": None, "c": 0}, None)),
        ({"a": 120, "b": 31}, 140, SafeTable({"a": 120, "b": 31}, None)),
        ({"a": 4, "b": 3}, 5, SafeTable({"a": None, "b": None}, None)),
    ],
)
def test_cells_that_share_profiles_hide_the_total(
    cells: Cells, total: int, safe: SafeTable
) -> None:
    assert hide(cells, total, 10, exclusive=False) == safe


@pytest.mark.parametrize("k", [0, 1])
def test_nothing_is_hidden_when_it_is_off(k: int) -> None:
    for exclusive in (False, True):
        safe = hide({"a": 1, "b": 0}, 1, k, exclusive=exclusive)
        assert safe == SafeTable({"a": 1, "b": 0}, 1)


def test_a_total_that_is_not_the_sum_of_exclusive_cells_is_an_error() -> None:
    with pytest.raises(ValueError, match="have 3 profiles, not 4"):
        hide({"a": 1, "b": 2}, 4, 10, exclusive=True)


small_tables = st.dictionaries(
    st.sampled_from("abcde"), st.integers(0, 12) | st.integers(0, 3), max_size=5
)


def fitting(safe: SafeTable, k: int) -> Iterator[tuple[int, ...]]:
    """Yield the hidden cells that fit what is shown, for a reader who knows what hiding is for.

    Each has a profile at least; if that explains the sum, each has fewer than *k*.
    """
    hidden = [name for name, count in safe.cells.items() if count is None]
    assert safe.total is not None
    rest = safe.total - sum(count for count in safe.cells.values() if count is not None)
    most = k - 1 if rest <= len(hidden) * (k - 1) else rest
    for counts in product(range(1, most + 1), repeat=len(hidden) - 1):
        if 1 <= rest - sum(counts) <= most:
            yield (*counts, rest - sum(counts))


@settings(max_examples=300)
@given(small_tables, st.integers(3, 5))
@example({"a": 4, "b": 1, "c": 4, "d": 1}, 3)
def test_no_hidden_cell_can_be_worked_out_from_the_others_and_the_total(
    cells: Cells, k: int
) -> None:
    total = sum(cells.values())
    safe = hide(cells, total, k, exclusive=True)
    if safe.is_fewer:
        assert total < k
        assert safe == SafeTable({}, None, is_fewer=True)
        return
    assert safe.total == total
    if not safe.cells:
        return
    assert safe.cells.keys() == cells.keys()
    for name, count in safe.cells.items():
        assert count in (cells[name], None)
        assert count is None or not 0 < count < k
    hidden = [name for name, count in safe.cells.items() if count is None]
    possible = list(fitting(safe, k)) if hidden else []
    for place, name in enumerate(hidden):
        assert len({counts[place] for counts in possible}) > 1, name


@given(small_tables, st.integers(2, 12), st.randoms())
def test_the_order_of_cells_does_not_matter(cells: Cells, k: int, random: object) -> None:
    names = list(cells)
    random.shuffle(names)  # type: ignore[attr-defined]
    other = {name: cells[name] for name in names}
    for exclusive in (False, True):
        total = sum(cells.values())
        assert hide(cells, total, k, exclusive=exclusive) == hide(
            other, total, k, exclusive=exclusive
        )


@given(small_tables, st.integers(2, 12))
def test_no_more_is_hidden_than_the_rule_demands(cells: Cells, k: int) -> None:
    """Without the last cell that was hidden to protect others, one could be worked out."""
    total = sum(cells.values())
    safe = hide(cells, total, k, exclusive=True)
    further = [n for n, count in safe.cells.items() if count is None and cells[n] >= k]
    if further:
        largest = max(further, key=lambda name: (cells[name], name))
        rest = [n for n, count in safe.cells.items() if count is None and n != largest]
        counts = [cells[name] for name in rest]
        assert len(counts) == 1 or sum(counts) in (len(counts), len(counts) * (k - 1))
