"""The page: its head, and the tiles in one tab per channel."""

from __future__ import annotations

import logging
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from ipywidgets import Tab, VBox, Widget

from campaign_live_widgets.catalog import TABS, TILES
from campaign_live_widgets.catalog import tile as tile_of
from campaign_live_widgets.dashboard import phrases
from campaign_live_widgets.dashboard.facts import Facts
from campaign_live_widgets.dashboard.grid import ReportGrid
from campaign_live_widgets.dashboard.header import Header
from campaign_live_widgets.dashboard.layouts import places
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.report import frame
from campaign_live_widgets.widgets import TileWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from campaign_live_widgets.dashboard.live import Live
    from campaign_live_widgets.snapshot import Snapshot

_LOG: Final = logging.getLogger(__name__)


class Dashboard(VBox):
    """The report of one snapshot, in tabs; complete as soon as it is made.

    Parameters
    ----------
    snapshot : Snapshot
    locale : str
        ``en`` or ``fr``.
    time_zone : str
        IANA name of the zone in which times are shown.
    tiles : iterable of str, optional
        Ids of the tiles to show; by default all of the report.
    now : datetime, optional
        The time the page is made at; by default the clock's.
    on_query : callable, optional
        Called with the address's parameters (``?campaign=…&window=…``) when the page tells
        them: in the coordinator's thread where the report is live, else in the kernel's.
    """

    def __init__(  # noqa: PLR0913 - a public door; all but the first by name
        self,
        snapshot: Snapshot,
        *,
        locale: str = "en",
        time_zone: str = "UTC",
        tiles: Iterable[str] | None = None,
        now: datetime | None = None,
        on_query: Callable[[dict[str, str]], object] | None = None,
    ) -> None:
        self.snapshot = snapshot
        """The snapshot that is shown."""
        self.locale, self.time_zone, self.on_query = locale, time_zone, on_query
        self._lock = RLock()
        self._live: Live | None = None
        self._query = ""
        chosen = [tile_of(i) for i in tiles] if tiles is not None else list(TILES.values())
        self._tiles = {
            tile.id: TileWidget(
                tile,
                frame(tile, snapshot),
                locale=locale,
                names=snapshot.message_names,
                time_zone=time_zone,
            )
            for tile in chosen
        }
        self._troubled: set[str] = set()
        self.header = Header(locale=locale, time_zone=time_zone)
        self.facts = Facts(locale=locale, time_zone=time_zone)
        self.grids = {tab: ReportGrid(self._tiles, row) for tab, row in places(chosen).items()}
        self._shown = dict.fromkeys(self.grids, snapshot)
        titles = [TABS[tab](locale) if tab in TABS else tab for tab in self.grids]
        pages = [self._page(tab, grid) for tab, grid in self.grids.items()]
        self.tabs = Tab(children=pages, titles=titles)
        self.tabs.add_class("clw-tabs")
        super().__init__((self.header, self.tabs))
        self.add_class("clw-report")
        self._describe(snapshot, now or phrases.utc_now())
        self.set_state("paused")
        self.tabs.observe(self._opened, "selected_index")
        self.header.on_msg(self._hear)

    def _page(self, tab: str, grid: ReportGrid) -> Widget:
        page = VBox((grid, self.facts) if tab == "campaign" else (grid,))
        page.add_class("clw-page")
        return page

    def tile(self, tile_id: str) -> TileWidget:
        """Return the widget of one tile; raise :class:`UnknownNameError` if it is not here."""
        try:
            return self._tiles[tile_id]
        except KeyError:
            raise UnknownNameError("widget", tile_id, self._tiles) from None

    def show(
        self, snapshot: Snapshot, *, force_all: bool = False, now: datetime | None = None
    ) -> bool:
        """Show another snapshot; return whether anything the page shows has changed.

        Only the open tab is brought up to date; the others when they are opened, unless
        *force_all*. A tile that fails says so by itself; the others go on.
        """
        with self._lock:
            self.snapshot = snapshot
            changed = self._describe(snapshot, now or phrases.utc_now())
            for tab in self.grids if force_all else self._open_tabs():
                changed |= self._fill(tab)
            return changed

    def set_state(self, state: str, note: str = "") -> None:
        """Put the page into ``loading``, ``live``, ``paused``, ``stale`` or ``error``."""
        self.header.set_state(state, note)

    def stale_note(self, since: datetime, cause: object) -> str:
        """Return, in the page's language, since when the numbers stand still and why."""
        return phrases.stale_note(since, cause, self.time_zone, self.locale)

    def attach(self, live: Live) -> None:
        """Hand the page's messages to a coordinator."""
        self._live = live
        self.header.live = True

    def detach(self) -> None:
        """Let the report stand still again."""
        self._live = None
        self.header.live = False
        self.set_state("paused")

    def _open_tabs(self) -> list[str]:
        index = self.tabs.selected_index
        return [] if index is None else [list(self.grids)[index]]

    def _opened(self, _change: object) -> None:
        with self._lock:
            for tab in self._open_tabs():
                self._fill(tab)

    def _describe(self, snapshot: Snapshot, now: datetime) -> bool:
        changed = self.header.show(snapshot, now)
        return self.facts.show(snapshot, now) or changed

    def _fill(self, tab: str) -> bool:
        """Bring a tab's tiles up to date; return whether any has changed."""
        if self._shown[tab] is self.snapshot:
            return False
        changed = False
        for place in self.grids[tab].places():
            changed |= self._update(place.tile_id)
        self._shown[tab] = self.snapshot
        return changed

    def _update(self, tile_id: str) -> bool:
        widget, snapshot = self._tiles[tile_id], self.snapshot
        try:
            changed = bool(widget.update(frame(tile_of(tile_id), snapshot), snapshot.message_names))
        except Exception as error:  # noqa: BLE001 - one tile's fault is not the page's
            _LOG.exception("The tile %s met an error", tile_id)
            widget.show_error(phrases.one_line(error))
            self._troubled.add(tile_id)
            return True
        if tile_id in self._troubled:
            widget.show_error(None)
            self._troubled.discard(tile_id)
            return True
        return changed

    def _hear(self, _header: Header, message: Mapping[str, Any], _buffers: object) -> None:
        """Take in one message of the page's head; what the address asks for comes first."""
        query = str(message.get("search", ""))
        if self.on_query is not None and query and query != self._query:
            self._query = query
            call = partial(self.on_query, dict(parse_qsl(query.removeprefix("?"))))
            if self._live is None:
                call()
            else:
                self._live.call_soon(call)
        if self._live is not None:
            self._live.hear(message)
