"""What shares of key figures divide by: each tile's own metric, or one for all of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from campaign_live_widgets.catalog.tiles import TILES, tile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.catalog.tile_definition import Tile

Basis = Literal["default", "sent", "delivered", "decided", "targeted"]
"""The metric that shares of key figures divide by; ``default``: each tile's own."""

BASES: Final[tuple[Basis, ...]] = ("default", "sent", "delivered", "decided", "targeted")
"""The values of :data:`Basis`, the default first."""


@cache
def tiles_of(basis: Basis) -> Mapping[str, Tile]:
    """Return the tiles by id, in the order of the report, with shares of that metric."""
    if basis == "default":
        return TILES
    return MappingProxyType(
        {
            tile_id: replace(one, share_of=basis) if one.share_of else one
            for tile_id, one in TILES.items()
        }
    )


def tile_of(tile_id: str, basis: Basis = "default") -> Tile:
    """Return a tile with shares of that metric; raise :class:`UnknownNameError` if unknown."""
    return tiles_of(basis)[tile(tile_id).id]
