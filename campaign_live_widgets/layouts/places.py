"""The default places of the tiles.

The outcome (one third) is next to its table (two thirds), the lines have the full width, then
failures, then pairs. The ten domains with five bars each are as high as the three tiles of reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import TABS, Tile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMNS: Final = 12
ROW_PX: Final = 40
GAP_PX: Final = 8
GUTTER_PX: Final = 16

MIN_ROWS: Final = 2
MAX_ROWS: Final = 40
MIN_COLUMNS: Final = 3
"""Limits of the size that a reader can give a tile; the maximum width is :data:`COLUMNS`."""


@dataclass(frozen=True, slots=True)
class Place:
    """The size of a tile: ``rows`` of :data:`ROW_PX` pixels, ``columns`` of twelve.

    The layout of a tab is a tuple of places in reading order, one for each of its tiles. Removed
    tiles are in it, too, so that they return to their place.
    """

    tile_id: str
    rows: int
    columns: int
    view: str | None = None
    """The view that is shown; ``None`` for the tile's default."""
    shown: bool = True
    """Whether the tile is on the page."""


_PLACES: Final[Mapping[str, tuple[Place, ...]]] = MappingProxyType(
    {
        "campaign": (
            Place("campaign.statistics", rows=3, columns=12),
            Place("campaign.funnel", rows=7, columns=5),
            Place("campaign.summary", rows=7, columns=7),
        ),
        "email": (
            Place("email.sending_statistics", rows=5, columns=4),
            Place("email.metrics_by_message", rows=5, columns=8),
            Place("email.summary", rows=7, columns=12),
            Place("email.bounce_categories", rows=4, columns=4),
            Place("email.bounces_by_message", rows=4, columns=8),
            Place("email.bounce_reasons", rows=7, columns=6),
            Place("email.recipient_domains", rows=15, columns=6),
            Place("email.error_reasons", rows=4, columns=6),
            Place("email.exclusion_reasons", rows=4, columns=6),
            Place("email.links", rows=5, columns=6),
        ),
        "deliverability": (
            Place("deliverability.providers", rows=8, columns=12, view="intervals"),
            Place("deliverability.bounce_classes", rows=8, columns=5),
            Place("deliverability.causes_by_provider", rows=8, columns=7),
            Place("deliverability.failures_over_time", rows=7, columns=12),
        ),
        "push": (
            Place("push.sending_performance", rows=5, columns=4),
            Place("push.metrics_by_message", rows=5, columns=8),
            Place("push.summary", rows=7, columns=12),
            Place("push.failures", rows=4, columns=4),
            Place("push.breakdown_by_platform", rows=4, columns=8),
            Place("push.tracking_by_platform", rows=5, columns=6),
            Place("push.sending_by_platform", rows=5, columns=6),
            Place("push.error_reasons", rows=4, columns=6),
            Place("push.exclusion_reasons", rows=4, columns=6),
        ),
    }
)


def places(tiles: Iterable[Tile]) -> dict[str, tuple[Place, ...]]:
    """Return the places of *tiles* by tab, in reading order; tabs without a place are absent.

    A tile without a default place is not shown, and returns with half the width.
    """
    wanted = {tile.id: tile for tile in tiles}
    placed: dict[str, tuple[Place, ...]] = {}
    for tab in dict.fromkeys((*TABS, *(tile.tab for tile in wanted.values()))):
        known = [place for place in _PLACES.get(tab, ()) if place.tile_id in wanted]
        named = {place.tile_id for place in known}
        new = [t.id for t in wanted.values() if t.tab == tab and t.id not in named]
        row = (
            *known,
            *(Place(tile_id, rows=6, columns=COLUMNS // 2, shown=False) for tile_id in new),
        )
        if known:
            placed[tab] = row
    return placed
