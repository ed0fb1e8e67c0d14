"""What one batch of events adds to a rollup: to the source, and to each counted campaign."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.cube_cells import CubeCells
    from campaign_live_widgets.engine.aggregates.entities import EntityStats
    from campaign_live_widgets.engine.aggregates.event_times import Moment
    from campaign_live_widgets.engine.aggregates.segments import Segment
    from campaign_live_widgets.sources import Tally

    Ids = tuple[NDArray[np.uint64], NDArray[np.uint64]]


@dataclass(slots=True)
class CampaignDelta:
    """What a batch adds to the counts of one campaign.

    Attributes
    ----------
    messages, executions : dict
        By id.
    segments : list
        Cells and entries give a segment as an index into it.
    entries : list of arrays or None
        Profile (two halves of its hash), minute, test, segment; each entry once.
    entered : dict or None
        In place of *entries*, distinct profiles of the one window, without and with tests.
    """

    messages: dict[str, EntityStats] = field(default_factory=dict)
    executions: dict[str, EntityStats] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    cells: list[CubeCells] = field(default_factory=list)
    entries: list[NDArray[Any]] | None = None
    entered: dict[bool, int] | None = None


@dataclass(slots=True)
class BatchDelta:
    """What a batch adds to a rollup.

    Attributes
    ----------
    campaign : str or None
        The rollup's own one.
    ids : tuple of arrays or None
        Hashes (two halves) of the events counted, each once; ``None`` where no further batch
        will come.
    tallies : dict
        File → its duplicate, rejected and ignored rows.
    repeats : dict
        File → the positions in it of rows that repeat another event.
    times : list
        Times of events of all campaigns.
    campaigns : dict
        By id.
    parts : dict
        Campaign → what is added to its counts: of all counted campaigns with an event.
    """

    campaign: str | None
    ids: Ids | None = None
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    repeats: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    times: list[Moment] = field(default_factory=list)
    campaigns: dict[str, EntityStats] = field(default_factory=dict)
    parts: dict[str, CampaignDelta] = field(default_factory=dict)

    def share(self, cells: Iterable[CubeCells], entries: list[NDArray[Any]] | None) -> None:
        """Give each part its cells and entries; their segments are numbered part by part."""
        if len(self.parts) == 1:
            (part,) = self.parts.values()
            part.cells, part.entries = list(cells), entries
            return
        limits = np.cumsum([0, *(len(part.segments) for part in self.parts.values())])
        for part, low, high in zip(self.parts.values(), limits, limits[1:], strict=False):
            part.cells = [own for group in cells if (own := _cells_within(group, low, high))]
            if entries is not None:
                own_rows = (entries[-1] >= low) & (entries[-1] < high)
                part.entries = [column[own_rows] for column in entries]
                part.entries[-1] = part.entries[-1] - low


def _cells_within(group: CubeCells, low: int, high: int) -> CubeCells | None:
    """Return the cells whose segment is in [low, high), counted from *low*; None without any."""
    inside = np.flatnonzero((group.segment >= low) & (group.segment < high))
    if not len(inside):
        return None
    used, key = np.unique(group.key[inside], return_inverse=True)
    return replace(
        group,
        keys=[group.keys[code] for code in used],
        slot=group.slot[inside],
        key=key,
        segment=group.segment[inside] - low,
        count=group.count[inside],
    )
