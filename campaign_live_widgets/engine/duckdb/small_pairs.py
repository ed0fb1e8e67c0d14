"""Events of distinct pairs of a small batch: the same rows as the SQL of :mod:`.queries`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from campaign_live_widgets.catalog.links import link_of
from campaign_live_widgets.engine.aggregates.event_kinds import EVENT_KINDS
from campaign_live_widgets.engine.aggregates.event_times import MINUTE_US
from campaign_live_widgets.engine.aggregates.unique_entries import TEST
from campaign_live_widgets.engine.aggregates.unique_pairs import (
    CLICK,
    FLAGS,
    PairDelta,
    PairEvents,
)
from campaign_live_widgets.sources import CHANNELS

if TYPE_CHECKING:
    from campaign_live_widgets.sources.files.small.columns import Columns

# For each kind: the flags of its events, 0 where they are of no pair, and its channel.
_FLAGS = np.array(
    [
        flag | (TEST if kind.is_test else 0)
        if (flag := FLAGS.get((kind.event_type, kind.is_machine is True)))
        else 0
        for kind in EVENT_KINDS
    ],
    np.uint8,
)
_CHANNELS = np.array([CHANNELS.index(kind.channel) for kind in EVENT_KINDS], np.uint8)


def pairs_of(columns: Columns, segment: list[int], kind: list[int]) -> PairDelta:
    """Return the events of pairs; *segment* and *kind* are numbers, one for each row."""
    kinds = np.array(kind, np.int64)
    flags = _FLAGS[kinds]
    high, low = columns.hashes["profile_id"]
    every = PairEvents(
        high,
        low,
        columns.us // MINUTE_US,
        flags,
        _CHANNELS[kinds],
        np.array(segment, np.int64),
    )
    clicked = np.flatnonzero(flags & CLICK)
    urls = columns.values["url"]
    links: dict[str, int] = {}
    codes = [links.setdefault(link_of(urls[row]), len(links)) for row in clicked.tolist()]
    place = np.array(codes, np.int64)
    return PairDelta(every.where(flags != 0), every.where(clicked), place, list(links))
