"""The tiles that a page of these events shows, in the standard layout."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.layouts.needed import visible_places
from campaign_live_widgets.layouts.places import places

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.snapshot import Snapshot


def shown_tiles(source: Path, query: Query | None = None) -> dict[str, list[Tile]]:
    """Return the tiles of each tab, in their order."""
    return _without_places(shown_places(source, query))


def tiles_shown_of(snapshot: Snapshot) -> dict[str, list[Tile]]:
    """Return the tiles of each tab, in their order."""
    return _without_places(visible_places(places(TILES.values()), snapshot))


def _without_places(rows: dict[str, list[tuple[Tile, Place]]]) -> dict[str, list[Tile]]:
    return {tab: [tile for tile, _ in row] for tab, row in rows.items()}


def shown_places(source: Path, query: Query | None = None) -> dict[str, list[tuple[Tile, Place]]]:
    """Return the tiles of each tab with their places, in their order."""
    with closing(RollupFeed(str(source), query or Query())) as feed:
        feed.refresh()
        return visible_places(places(TILES.values()), feed.snapshot())
