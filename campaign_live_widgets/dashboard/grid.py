"""A grid of tiles whose children never change, only their room, order and visibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import GridspecLayout, Widget

from campaign_live_widgets.dashboard.layouts import COLUMNS, GAP_PX, GUTTER_PX, ROW_PX, Place
from campaign_live_widgets.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ReportGrid(GridspecLayout):
    """Tiles that flow into twelve columns by their order, each as large as its span.

    A change of ``children`` makes the page build every later tile anew, charts and all. So
    a tile that moves gets another ``layout.order``, one that grows another
    ``layout.grid_area``, one that is taken away ``display: none``.

    Parameters
    ----------
    tiles : mapping of tile id to widget
    places : sequence of Place
        Room and order of every tile of *tiles*.
    """

    def __init__(self, tiles: Mapping[str, Widget], places: Sequence[Place]) -> None:
        super().__init__(sum(place.rows for place in places) or 1, COLUMNS)
        self._tiles = {place.tile_id: tiles[place.tile_id] for place in places}
        self._spans: dict[str, tuple[int, int]] = {}
        self.add_class("clw-grid")
        layout = self.layout
        layout.grid_template_columns = f"repeat({COLUMNS}, minmax(0, 1fr))"
        layout.grid_auto_rows = f"{ROW_PX}px"
        layout.grid_auto_flow = "row dense"
        layout.grid_gap = f"{GAP_PX}px {GUTTER_PX}px"
        for place in places:
            self.set_span(place.tile_id, place.rows, place.columns)
        self.set_order([place.tile_id for place in places])
        self.children = tuple(self._tiles.values())

    def __setitem__(self, key: tuple[int | slice, int | slice], tile: Widget) -> None:
        """Give a tile of this grid the room of a slice: ``grid[0:6, 0:4] = tile``."""
        for tile_id, known in self._tiles.items():
            if known is tile:
                rows, columns = self._get_indices_from_slice(*key)
                self.set_span(tile_id, len(rows), len(columns))
                return
        message = "The tiles of a grid are given when it is made; this widget is none of them."
        raise ValueError(message)

    def __getitem__(self, tile_id: str) -> Widget:
        """Return a tile by id."""
        try:
            return self._tiles[tile_id]
        except KeyError:
            raise UnknownNameError("tile", tile_id, self._tiles) from None

    def _update_layout(self) -> None:
        """Do nothing: tiles flow, so the base class's named areas are not used."""

    def set_span(self, tile_id: str, rows: int, columns: int) -> None:
        """Give a tile the room of *rows* by *columns* cells (at most twelve columns)."""
        span = (max(1, rows), min(max(1, columns), COLUMNS))
        self[tile_id].layout.grid_area = f"span {span[0]} / span {span[1]}"
        self._spans[tile_id] = span

    def set_order(self, tile_ids: Sequence[str]) -> None:
        """Let the tiles flow in the order of *tile_ids*; those not named come after them."""
        first = [self[tile_id] for tile_id in tile_ids]
        rest = [tile for tile in self._tiles.values() if tile not in first]
        for index, tile in enumerate((*first, *rest)):
            tile.layout.order = str(index)

    def hide(self, tile_id: str) -> None:
        """Take a tile off the page; it keeps its place in the order."""
        self[tile_id].layout.display = "none"

    def restore(self, tile_id: str) -> None:
        """Bring a hidden tile back to where it stood."""
        self[tile_id].layout.display = None

    def places(self) -> tuple[Place, ...]:
        """Return the places of the tiles that are shown, in their order."""
        shown = [i for i, tile in self._tiles.items() if tile.layout.display != "none"]
        shown.sort(key=lambda tile_id: int(self._tiles[tile_id].layout.order))
        return tuple(Place(tile_id, *self._spans[tile_id]) for tile_id in shown)
