"""Cells of one batch or answer: counts for the cubes, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.counts_by_dimension import CountedBy, Key

    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CubeCells:
    """Counts for one dimension: minute, index of the key, the batch's segment, count."""

    dimension: str
    keys: Sequence[Key]
    slot: Ints
    key: Ints
    segment: Ints
    count: Ints


def add_cells(
    cells: Iterable[CubeCells], counted: Mapping[str, CountedBy], numbers: NDArray[np.int32]
) -> None:
    """Add cells to the cubes; *numbers* are those of the batch's segments among all."""
    for group in cells:
        cube = counted[group.dimension].cube
        codes = np.array([cube.code(key) for key in group.keys], dtype=np.int64)
        cube.add(group.slot, codes[group.key], numbers[group.segment], group.count)
