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
    from campaign_live_widgets.engine.aggregates.links import LinkCounts
    from campaign_live_widgets.engine.aggregates.segments import Segment
    from campaign_live_widgets.engine.aggregates.unique_pairs import PairDelta, PairTotals
    from campaign_live_widgets.engine.aggregates.unique_profiles import Elsewhere
    from campaign_live_widgets.engine.aggregates.value_profiles import ValueDelta
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
    links : tuple or None
        In place of *entries*, the links of all of them, and where they are; see
        :meth:`~campaign_live_widgets.engine.aggregates.unique_profiles.EnteredProfiles.begin`.
    entered : dict or None
        In place of *entries*, distinct profiles of the one window, without and with tests.
    entered_to_date : dict or None
        With *entered*: the same up to the end of the window, where it is known.
    earlier : list or None
        For one window: counts by message before it, where they are known; their minutes and
        segments mean nothing.
    pairs : PairDelta or None
        Events of pairs; ``None`` where they are not counted.
    pair_totals : PairTotals or None
        In place of *pairs*, those of the one window.
    values : ValueDelta or None
        Profiles by domain and link; ``None`` where they are not kept.
    """

    messages: dict[str, EntityStats] = field(default_factory=dict)
    executions: dict[str, EntityStats] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    cells: list[CubeCells] = field(default_factory=list)
    entries: list[NDArray[Any]] | None = None
    links: tuple[Mapping[bool, LinkCounts], Elsewhere] | None = None
    entered: dict[bool, int] | None = None
    entered_to_date: dict[bool, int] | None = None
    earlier: list[CubeCells] | None = None
    pairs: PairDelta | None = None
    pair_totals: PairTotals | None = None
    values: ValueDelta | None = None


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

    def share(
        self,
        cells: Iterable[CubeCells],
        entries: list[NDArray[Any]] | None,
        pairs: PairDelta | None = None,
        values: ValueDelta | None = None,
    ) -> None:
        """Give each part what is its own; segments are numbered part by part."""
        if len(self.parts) == 1:
            (part,) = self.parts.values()
            part.cells, part.entries, part.pairs = list(cells), entries, pairs
            part.values = values
            return
        limits = np.cumsum([0, *(len(part.segments) for part in self.parts.values())])
        for part, low, high in zip(self.parts.values(), limits, limits[1:], strict=False):
            part.cells = [own for group in cells if (own := _cells_within(group, low, high))]
            if entries is not None:
                own_rows = (entries[-1] >= low) & (entries[-1] < high)
                part.entries = [column[own_rows] for column in entries]
                part.entries[-1] = part.entries[-1] - low
            part.pairs = pairs.within(low, high) if pairs is not None else None
            part.values = values.within(low, high) if values is not None else None


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
