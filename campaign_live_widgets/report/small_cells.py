"""Which cells of a table of profiles are hidden, so that none points at a person.

A cell is the number of distinct profiles with a value. Cells of fewer than *k* profiles are
hidden. Where the total is the sum of the cells, a hidden cell could be worked out from the others:
further cells are hidden until that is not so. For example, with *k* = 10::

    a 120, b 7, c 31    total 158    a 120, b and c hidden: one alone would be 158 - 151
    a 120, b 7, c 4     total 131    a 120, b and c hidden: they are 11 in all, in nine ways
    a 9, b 9            total 18     only the total: two hidden cells of 18 could only be 9 and 9
    a 4, b 3            total 7      "fewer than 10"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class SafeTable(NamedTuple):
    """What is shown of a table.

    Attributes
    ----------
    cells : dict of str to int or None
        Value → profiles; ``None`` where they are hidden. Empty if only the total is shown.
    total : int or None
        ``None`` if it is hidden.
    is_fewer : bool
        Whether "fewer than k" is all that is shown.
    """

    cells: dict[str, int | None]
    total: int | None
    is_fewer: bool = False


def hide(cells: Mapping[str, int], total: int, k: int, *, exclusive: bool) -> SafeTable:
    """Return what is shown of a table of distinct profiles.

    Parameters
    ----------
    cells : mapping of str to int
        Value → its distinct profiles.
    total : int
        Distinct profiles of all values.
    k : int
        Cells of 1 to *k* - 1 profiles are hidden; 0 or 1 hides none.
    exclusive : bool
        Whether a profile has one value at most, so that the total is the sum of the cells.

    Raises
    ------
    ValueError
        If the total of exclusive cells is not their sum.
    """
    if exclusive and total != sum(cells.values()):
        message = f"the cells have {sum(cells.values())} profiles, not {total}"
        raise ValueError(message)
    if k <= 1:
        return SafeTable(dict(cells), total)
    hidden = {name for name, count in cells.items() if 0 < count < k}
    if not exclusive:
        return SafeTable(_without(cells, hidden), None)
    if total < k:
        return SafeTable({}, None, is_fewer=True)
    visible = sorted(
        (name for name, count in cells.items() if count >= k), key=lambda name: (cells[name], name)
    )
    while visible and _gives_away([cells[name] for name in hidden], k):
        hidden.add(visible.pop(0))
    return SafeTable(_without(cells, hidden) if visible else {}, total)


def _gives_away(counts: list[int], k: int) -> bool:
    """Return whether hidden cells can be worked out from their sum, known by the total."""
    number, whole = len(counts), sum(counts)
    return number == 1 or (number > 1 and whole in (number, number * (k - 1)))


def _without(cells: Mapping[str, int], hidden: set[str]) -> dict[str, int | None]:
    return {name: None if name in hidden else count for name, count in cells.items()}
