"""Cells of one batch or answer: counts for the cubes, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from campaign_live_widgets.engine.aggregates.counts_by_dimension import Key
from campaign_live_widgets.engine.aggregates.event_kinds import EVENT_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.counts_by_dimension import CountedBy

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

    @classmethod
    def of_values(  # noqa: PLR0913 - its columns
        cls,
        dimension: str,
        values: Sequence[str | None],
        places: Ints,
        kinds: Ints,
        *,
        slot: Ints,
        segment: Ints,
        count: Ints,
    ) -> CubeCells:
        """Return cells by column, of which *places* are in *values* and *kinds* are numbers."""
        size = len(EVENT_KINDS)
        codes, key = np.unique(places * size + kinds, return_inverse=True)
        keys = [Key(values[code // size], EVENT_KINDS[code % size]) for code in codes.tolist()]
        return cls(dimension, keys, slot, key, segment, count)


def add_cells(
    cells: Iterable[CubeCells], counted: Mapping[str, CountedBy], numbers: NDArray[np.int32]
) -> None:
    """Add cells to the cubes; *numbers* are those of the batch's segments among all."""
    for group in cells:
        cube = counted[group.dimension].cube
        codes = np.array([cube.code(key) for key in group.keys], dtype=np.int64)
        cube.add(group.slot, codes[group.key], numbers[group.segment], group.count)
