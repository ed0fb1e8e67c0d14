"""Which tiles a report shows: those whose data the campaign has; a tab without any is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import CHANNELS, TILES, UNKNOWN, tile_of
from campaign_live_widgets.catalog.details import Click, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.snapshot import Snapshot

_EMAIL: Final = "email"
_CHANNEL_TABS: Final = frozenset({"campaign", *CHANNELS})


def is_question(tab: str) -> bool:
    """Return whether a tab is about a question, not about a channel; those come last."""
    return tab not in _CHANNEL_TABS


def missing_tiles(snapshot: Snapshot) -> frozenset[str]:
    """Return the ids of the tiles whose data the campaign does not have."""
    has = {
        "nothing": True,
        "email": _has_email(snapshot),
        "engagement": _has_engagement(snapshot),
        "link": _has_link(snapshot),
    }
    return frozenset(tile.id for tile in TILES.values() if not has[tile.needs])


def visible_places(
    places: Mapping[str, Sequence[Place]], snapshot: Snapshot
) -> dict[str, list[tuple[Tile, Place]]]:
    """Return the tiles that are on the page, and their places, by tab."""
    missing = missing_tiles(snapshot)
    rows = {
        tab: [
            (tile_of(place.tile_id, snapshot.basis), place)
            for place in row
            if place.shown and place.tile_id in TILES and place.tile_id not in missing
        ]
        for tab, row in places.items()
    }
    return {tab: row for tab, row in rows.items() if row}


def _has_email(snapshot: Snapshot) -> bool:
    is_listed = any(_EMAIL in message.channels for message in snapshot.messages)
    return is_listed or _EMAIL in snapshot.counts["message_id"].channels


def _has_engagement(snapshot: Snapshot) -> bool:
    counts = snapshot.counts["message_id"]
    sums = counts.column("open") + counts.column("click")
    return any(
        channel == _EMAIL and events > 0
        for channel, events in zip(counts.channels, sums.tolist(), strict=True)
    )


def _has_link(snapshot: Snapshot) -> bool:
    """Return whether an e-mail has a click with a link that can be shown."""
    details = snapshot.counts.get("detail")
    if details is None:
        return False
    parts = [
        unpacked(value)
        for value, channel in zip(details.values, details.channels, strict=True)
        if channel == _EMAIL and isinstance(value, str)
    ]
    return any(len(part) == len(Click._fields) and part[0] not in (None, UNKNOWN) for part in parts)
