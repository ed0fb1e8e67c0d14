"""A grid of tiles whose children never change, only their size, order and visibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

import traitlets
from ipywidgets import GridspecLayout, Widget

from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.layouts.places import COLUMNS, GAP_PX, GUTTER_PX, ROW_PX, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class ReportGrid(GridspecLayout):
    """Tiles that flow into twelve columns by their order, each as large as its span.

    A change of ``children`` makes the page create every later tile again, with its charts. So
    moving a tile changes its ``layout.order``, resizing it ``layout.grid_area``, and removing
    it ``layout.display``.

    Parameters
    ----------
    tiles : mapping of tile id to widget
    places : sequence of Place
        Size and order of every tile of *tiles*.
    """

    arranged = traitlets.Int(
        0, help="Grows with each change of size, order, visibility or view of tiles."
    )

    def __init__(self, tiles: Mapping[str, Widget], places: Sequence[Place]) -> None:
        super().__init__(sum(place.rows for place in places) or 1, COLUMNS)
        self._tiles = {place.tile_id: tiles[place.tile_id] for place in places}
        self._spans: dict[str, tuple[int, int]] = {}
        self._shown = {place.tile_id: place.shown for place in places}
        self._withheld: frozenset[str] = frozenset()
        self._is_arranging = False
        self.add_class("clw-grid")
        layout = self.layout
        layout.grid_template_columns = f"repeat({COLUMNS}, minmax(0, 1fr))"
        layout.grid_auto_rows = f"{ROW_PX}px"
        layout.grid_auto_flow = "row dense"
        layout.grid_gap = f"{GAP_PX}px {GUTTER_PX}px"
        self.arrange(places)
        for tile in self._tiles.values():
            if tile.has_trait("view"):
                tile.observe(self._on_view, "view")
        self.children = tuple(self._tiles.values())

    def __setitem__(self, key: tuple[int | slice, int | slice], tile: Widget) -> None:
        """Resize a tile of this grid to the size of a slice: ``grid[0:6, 0:4] = tile``."""
        for tile_id, own in self._tiles.items():
            if own is tile:
                rows, columns = self._get_indices_from_slice(*key)
                self.set_span(tile_id, len(rows), len(columns))
                return
        message = "this widget is not a tile of the grid, whose tiles never change"
        raise ValueError(message)

    def __getitem__(self, tile_id: str) -> Widget:
        """Return a tile by id."""
        try:
            return self._tiles[tile_id]
        except KeyError:
            raise UnknownNameError("tile", tile_id, self._tiles) from None

    def _update_layout(self) -> None:
        """Do nothing: tiles flow, and the base class's named areas are not used."""

    def set_span(self, tile_id: str, rows: int, columns: int) -> None:
        """Resize a tile to *rows* by *columns* cells (at most twelve columns)."""
        self._span(tile_id, rows, columns)
        self.arranged += 1

    def set_order(self, tile_ids: Sequence[str]) -> None:
        """Put the tiles into the order of *tile_ids*; those not named come after them."""
        first = [self[tile_id] for tile_id in tile_ids]
        rest = [tile for tile in self._tiles.values() if tile not in first]
        for index, tile in enumerate((*first, *rest)):
            tile.layout.order = str(index)
        self.arranged += 1

    def hide(self, tile_id: str) -> None:
        """Remove a tile from the page; it keeps its position in the order."""
        self._show(tile_id, is_shown=False)
        self.arranged += 1

    def restore(self, tile_id: str) -> None:
        """Bring a removed tile back to its previous position."""
        self._show(tile_id, is_shown=True)
        self.arranged += 1

    def withhold(self, tile_ids: Iterable[str]) -> None:
        """Take tiles that have no data from the page, and bring back those that have some now.

        They keep their places. No one can add or remove them meanwhile.
        """
        withheld = frozenset(self._tiles) & frozenset(tile_ids)
        if withheld != self._withheld:
            changed, self._withheld = withheld ^ self._withheld, withheld
            for tile_id in changed:
                self._show(tile_id, is_shown=self._shown[tile_id])
            self.arranged += 1

    def available_places(self) -> tuple[Place, ...]:
        """Return the places of the tiles that have data, including removed ones."""
        return tuple(place for place in self.places() if place.tile_id not in self._withheld)

    def _show(self, tile_id: str, *, is_shown: bool) -> None:
        self._shown[tile_id] = is_shown
        is_visible = is_shown and tile_id not in self._withheld
        self[tile_id].layout.display = None if is_visible else "none"

    def places(self) -> tuple[Place, ...]:
        """Return the places of all tiles in their order, including removed ones."""
        return tuple(
            Place(
                tile_id,
                *self._spans[tile_id],
                view=_view_of(tile),
                shown=self._shown[tile_id],
            )
            for tile_id, tile in sorted(
                self._tiles.items(), key=lambda item: int(item[1].layout.order)
            )
        )

    def arrange(self, places: Iterable[Place]) -> None:
        """Apply the order, size, view and visibility of *places* to the tiles.

        Tiles that are not named come after them, unchanged, and those without data stay after the
        same tile as before; places of unknown tiles are ignored. A tile that does not have the
        named view shows its first one.
        """
        named = {place.tile_id: place for place in places if place.tile_id in self._tiles}
        rest = () if len(named) == len(self._tiles) else self.places()
        order = self._in_order([*named.values()], [p for p in rest if p.tile_id not in named])
        self._is_arranging = True
        try:
            for index, place in enumerate(order):
                tile = self._tiles[place.tile_id]
                with tile.layout.hold_sync():  # one message for a tile
                    tile.layout.order = str(index)
                    self._show(place.tile_id, is_shown=place.shown)
                    self._span(place.tile_id, place.rows, place.columns)
                _show_view(tile, place.view)
        finally:
            self._is_arranging = False
        self.arranged += 1

    def _in_order(self, named: list[Place], rest: list[Place]) -> list[Place]:
        """Return the places of all tiles: those named, then the *rest*."""
        order = [*named, *(place for place in rest if place.tile_id not in self._withheld)]
        before = [place.tile_id for place in self.places()] if rest else []
        for place in rest:
            if place.tile_id in self._withheld:
                former = before[: before.index(place.tile_id)]
                last = next((i for i in reversed(former) if any(p.tile_id == i for p in order)), "")
                at = next((n for n, p in enumerate(order, 1) if p.tile_id == last), 0)
                order.insert(at, place)
        return order

    def _on_view(self, _change: object) -> None:
        if not self._is_arranging:
            self.arranged += 1

    def _span(self, tile_id: str, rows: int, columns: int) -> None:
        span = (max(1, rows), min(max(1, columns), COLUMNS))
        self[tile_id].layout.grid_area = f"span {span[0]} / span {span[1]}"
        self._spans[tile_id] = span


def _view_of(tile: Widget) -> str | None:
    """Return the view that a tile shows; None if it is the tile's first or only one."""
    view = getattr(tile, "view", None)
    return None if view is None or view == tile.tile.views[0] else str(view)


def _show_view(tile: Widget, view: str | None) -> None:
    """Show a view of a tile; its first one if *view* is None or unknown."""
    if hasattr(tile, "view"):
        wanted = tile.tile.views[0] if view is None else view
        try:
            tile.view = wanted
        except UnknownNameError:
            tile.view = tile.tile.views[0]
