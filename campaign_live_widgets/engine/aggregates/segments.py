"""Segments of a campaign that can be selected: each message in each of its executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from campaign_live_widgets.snapshot import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from campaign_live_widgets.snapshot import Selection

_MASKS_CACHED: Final = 16


class Segment(NamedTuple):
    """The events of one message in one execution; ``None`` where they have no execution."""

    message: str
    execution: str | None

    def is_in(self, selection: Selection) -> bool:
        """Return whether the selection includes it."""
        return (not selection.messages or self.message in selection.messages) and (
            not selection.executions or self.execution in selection.executions
        )


class SegmentMask(NamedTuple):
    """A selection, and for each segment by number whether it is included (``None``: all are)."""

    selection: Selection
    included: NDArray[np.bool_] | None


EVERYTHING: Final = SegmentMask(ALL, None)


class Segments:
    """All segments so far, numbered in order of their first event."""

    def __init__(self) -> None:
        self._numbers: dict[Segment, int] = {}
        self._masks: dict[Selection, NDArray[np.bool_]] = {}

    def numbers(self, segments: Iterable[Segment]) -> NDArray[np.int32]:
        """Return the numbers of segments; a new one gets the next number."""
        number_by_segment = self._numbers
        return np.array(
            [number_by_segment.setdefault(segment, len(number_by_segment)) for segment in segments],
            dtype=np.int32,
        )

    def all(self) -> list[Segment]:
        """Return all segments, in the order of their numbers."""
        return list(self._numbers)

    def mask_of(self, selection: Selection) -> SegmentMask:
        """Return the mask of a selection; one that excludes nothing is :data:`EVERYTHING`."""
        if selection == ALL:
            return EVERYTHING
        included = self._masks.pop(selection, np.empty(0, dtype=bool))
        if len(included) < len(self._numbers):
            new = list(self._numbers)[len(included) :]
            included = np.append(
                included, np.array([segment.is_in(selection) for segment in new], dtype=bool)
            )
        self._masks[selection] = included
        if len(self._masks) > _MASKS_CACHED:
            del self._masks[next(iter(self._masks))]
        return EVERYTHING if included.all() else SegmentMask(selection, included)
