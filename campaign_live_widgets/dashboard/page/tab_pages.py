"""The tabs of a page, and the tiles in them: made at once, or when a tab is first used."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from ipywidgets import Tab, VBox, Widget

from campaign_live_widgets.catalog import TABS
from campaign_live_widgets.dashboard.editing.grid import ReportGrid
from campaign_live_widgets.layouts.needed import is_question

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from threading import RLock

    from campaign_live_widgets.dashboard.editing.editor import Editor
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.widgets import TileWidget


class TabPages(Mapping[str, ReportGrid]):
    """The grid of each tab, by the tab's id; it is made, with its tiles, by the first access.

    Parameters
    ----------
    rows : mapping of tab to sequence of Place
        The places of each tab's tiles.
    make_tile : callable
        Makes the widget of a tile, given its id.
    make_editor : callable
        Makes the editor of a tab, given the tab, its grid, and the editor that it replaces.
    lock : RLock
        Held while tiles are made; the page must not show another snapshot meanwhile.
    is_lazy : bool
        Whether tabs that are not open wait until they are used.
    """

    def __init__(
        self,
        rows: Mapping[str, Sequence[Place]],
        make_tile: Callable[[str], TileWidget],
        make_editor: Callable[[str, ReportGrid, Editor | None], Editor],
        lock: RLock,
        *,
        is_lazy: bool = False,
    ) -> None:
        self._rows = dict(rows)
        self._missing: AbstractSet[str] = frozenset()
        self._make_tile, self._make_editor, self._is_lazy = make_tile, make_editor, is_lazy
        self._lock = lock
        self._grids = dict[str, ReportGrid]()
        self._editors: dict[str, Editor] = {}
        self._endings: Mapping[str, Sequence[Widget]] = {}
        self._pages = {tab: VBox().add_class("clw-page") for tab in self._rows}
        self.tiles: dict[str, TileWidget] = {}
        """The tiles that have been made, by id."""
        self.widget = Tab().add_class("clw-tabs")
        self._locale = "en"
        self._show_tabs()

    def __getitem__(self, tab: str) -> ReportGrid:
        with self._lock:
            return self._grids[tab] if tab in self._grids else self._make(tab)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def made(self) -> Collection[str]:
        """Return the tabs whose tiles have been made."""
        return [*self._grids]

    @property
    def open_tab(self) -> str | None:
        """Return the tab that is open."""
        index = self.widget.selected_index
        return None if index is None else self.visible[index]

    @property
    def visible(self) -> list[str]:
        """Return the tabs that are on the page."""
        return [
            tab
            for tab, row in self._rows.items()
            if any(place.tile_id not in self._missing for place in row)
        ]

    def open(self, tab: str) -> None:
        """Open a tab; one that is not on the page is ignored."""
        if tab in self.visible:
            self.widget.selected_index = self.visible.index(tab)

    def withhold(self, missing: AbstractSet[str]) -> bool:
        """Take the tiles that are *missing* from the page, and tabs of only such tiles.

        Those that are not missing any more come back to their places. The open tab stays open; if
        it is not there any more, the first one is opened.

        Returns
        -------
        bool
            Whether anything has changed.
        """
        with self._lock:
            if missing == self._missing:
                return False
            before, opened = self.visible, self.open_tab
            self._missing = missing
            for grid in self._grids.values():
                grid.withhold(missing)
            for editor in self._editors.values():
                editor.follow_tiles()
            if self.visible != before:
                with self.widget.hold_trait_notifications():
                    self._show_tabs()
                    if opened is not None:
                        tabs = self.visible
                        self.widget.selected_index = tabs.index(opened) if opened in tabs else 0
            return True

    def _show_tabs(self) -> None:
        tabs = self.visible
        self.widget.children = [self._pages[tab] for tab in tabs]
        self.widget.titles = [TABS[tab](self._locale) if tab in TABS else tab for tab in tabs]
        questions = sum(map(is_question, tabs))
        for number in range(1, len(self._rows) + 1):
            change = self.widget.add_class if number == questions else self.widget.remove_class
            change(f"clw-questions-{number}")

    def fill(self, locale: str, endings: Mapping[str, Sequence[Widget]]) -> None:
        """Make the tiles again of the tabs that had them, of the open one, or of all.

        Parameters
        ----------
        locale : str
            The language of the tabs' titles.
        endings : mapping of tab to sequence of Widget
            What follows the tiles of a tab.
        """
        with self._lock:
            old = [w for tab in self._grids for w in self._pages[tab].children]
            old += [*self.tiles.values(), *(w for row in self._endings.values() for w in row)]
            wanted = {*self._grids, self.open_tab} if self._is_lazy else {*self.visible}
            self._rows |= {tab: grid.places() for tab, grid in self._grids.items()}
            self._endings = endings
            self._grids.clear()
            self.tiles.clear()
            # The pages are reused: with new ones, the browser would open the first tab again.
            for tab in self._rows:
                if tab in wanted:
                    self._make(tab)
            self._locale = locale
            self._show_tabs()
            for widget in old:
                widget.close()

    def _make(self, tab: str) -> ReportGrid:
        row = self._rows[tab]
        tiles = {place.tile_id: self._make_tile(place.tile_id) for place in row}
        grid = ReportGrid(tiles, row)
        grid.withhold(self._missing)
        editor = self._make_editor(tab, grid, self._editors.get(tab))
        self.tiles |= tiles
        self._grids[tab], self._editors[tab] = grid, editor
        self._pages[tab].children = (editor, grid, *self._endings.get(tab, ()))
        return grid

    def tile(self, tile_id: str) -> TileWidget | None:
        """Return the widget of a tile; its tab is made if need be. ``None`` if no tab has it."""
        with self._lock:
            for tab, row in self._rows.items():
                if tab not in self._grids and any(place.tile_id == tile_id for place in row):
                    self._make(tab)
            return self.tiles.get(tile_id)

    def places(self) -> dict[str, tuple[Place, ...]]:
        """Return the current places of all tiles, by tab."""
        with self._lock:
            grids = self._grids
            return {
                tab: grids[tab].places() if tab in grids else tuple(row)
                for tab, row in self._rows.items()
            }

    def load(self, tab: str, row: Sequence[Place]) -> None:
        """Show a saved layout of a tab; to those who edit it, it is what *Cancel* goes back to."""
        with self._lock:
            if tab in self._grids:
                self._editors[tab].load(row)
            else:
                self._rows[tab] = row
