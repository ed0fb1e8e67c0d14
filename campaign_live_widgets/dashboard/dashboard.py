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
from campaign_live_widgets.dashboard.audience import Audience
from campaign_live_widgets.dashboard.caption import context
from campaign_live_widgets.dashboard.editor import Editor
from campaign_live_widgets.dashboard.facts import Facts
from campaign_live_widgets.dashboard.grid import ReportGrid
from campaign_live_widgets.dashboard.header import Header
from campaign_live_widgets.dashboard.layouts import places
from campaign_live_widgets.dashboard.pulse import Pulse
from campaign_live_widgets.dashboard.shelf import Arrangements
from campaign_live_widgets.dashboard.transfer import layout_file, take_in
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.report import frame
from campaign_live_widgets.widgets import TileWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from campaign_live_widgets.catalog import Text
    from campaign_live_widgets.dashboard.layouts import Place
    from campaign_live_widgets.dashboard.live import Live
    from campaign_live_widgets.dashboard.shelf import Shelf
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
    arrangements : Arrangements, optional
        Where the tiles stand at first, and where the reader's own layouts are kept.
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
        arrangements: Arrangements | None = None,
    ) -> None:
        self.snapshot = snapshot
        """The snapshot that is shown."""
        self.locale, self.time_zone, self.on_query = locale, time_zone, on_query
        self.audience = Audience()
        self._lock = RLock()
        self._live: Live | None = None
        self._query = ""
        self._troubled: set[TileWidget] = set()
        self._followers: list[TileWidget] = []
        self._chosen = tuple(TILES if tiles is None else (tile_of(i).id for i in tiles))
        self.pulse = Pulse(locale=locale)
        self.header = Header(locale=locale, time_zone=time_zone)
        self._arrangements = arrangements or Arrangements(places(map(tile_of, self._chosen)))
        self._keeps = arrangements is not None
        self._rows = self._start()
        self.tabs = Tab()
        self.tabs.add_class("clw-tabs")
        self._fill_tabs(now or phrases.utc_now())
        super().__init__((self.pulse, self.header, self.tabs))
        self.add_class("clw-report")
        self.set_state("paused")
        self.tabs.observe(self._opened, "selected_index")
        self.pulse.on_msg(self._hear)
        self.header.on_msg(self._steer)

    def _fill_tabs(self, now: datetime) -> None:
        """Make tiles, grids and facts in the page's language, and put them into the tabs."""
        self._tiles = {tile_id: self._make_tile(tile_id) for tile_id in self._chosen}
        self.facts = Facts(locale=self.locale, time_zone=self.time_zone)
        self.grids = {tab: ReportGrid(self._tiles, row) for tab, row in self._rows.items()}
        self._shown = dict.fromkeys(self.grids, self.snapshot)
        self._describe(now)
        if not self.tabs.children:
            self.tabs.children = [VBox().add_class("clw-page") for _ in self.grids]
        # The pages stay what they are, or the browser would open the first tab again.
        for page, (tab, grid) in zip(self.tabs.children, self.grids.items(), strict=True):
            page.children = self._page(tab, grid)
        self.tabs.titles = [TABS[tab](self.locale) if tab in TABS else tab for tab in self.grids]

    def _start(self) -> dict[str, tuple[Place, ...]]:
        """Return the places that the tabs open with, and tell what the reader should know."""
        rows = {}
        for tab in self._arrangements.standard:
            row, notices = self._arrangements.start(tab)
            if here := self._here(row):
                rows[tab] = here
                for notice in notices:
                    self.notify(notice)
        return rows

    def _here(self, row: Iterable[Place]) -> tuple[Place, ...]:
        return tuple(place for place in row if place.tile_id in self._chosen)

    def _make_tile(self, tile_id: str) -> TileWidget:
        tile = tile_of(tile_id)
        return TileWidget(
            tile,
            frame(tile, self.snapshot),
            locale=self.locale,
            names=self.snapshot.message_names,
            time_zone=self.time_zone,
            context=context(self.snapshot, self.time_zone, self.locale),
        )

    def _page(self, tab: str, grid: ReportGrid) -> tuple[Widget, ...]:
        standard = self._here(self._arrangements.standard[tab])
        on_save = partial(self.keep, tab) if self._keeps else None
        editor = Editor(
            grid,
            standard,
            locale=self.locale,
            on_save=on_save,
            on_export=lambda: layout_file(self.layout_of_tabs()),
            on_import=partial(self._take_in, tab),
        )
        return (editor, grid, self.facts) if tab == "campaign" else (editor, grid)

    def _take_in(self, tab: str, data: bytes) -> tuple[tuple[Place, ...] | None, str]:
        row, said = take_in(data, tab, self._arrangements.standard)
        return row, said(self.locale)

    def tile(self, tile_id: str) -> TileWidget:
        """Return the widget of one tile; raise :class:`UnknownNameError` if it is not here."""
        try:
            return self._tiles[tile_id]
        except KeyError:
            raise UnknownNameError("widget", tile_id, self._tiles) from None

    def layout_of_tabs(self) -> dict[str, tuple[Place, ...]]:
        """Return where all tiles stand now, by tab."""
        return {tab: grid.places() for tab, grid in self.grids.items()}

    def keep_on(self, shelf: Shelf | None, refusal: Text | None = None) -> None:
        """Show what is kept on a shelf, and keep the reader's layouts there from now on.

        Without a shelf the report's own layout is shown, and a save is answered *refusal*.
        """
        with self._lock:
            self._arrangements.use(shelf, refusal)
            for tab, row in self._start().items():
                self.grids[tab].arrange(row)

    def keep(self, tab: str, row: Iterable[Place]) -> str | None:
        """Keep the places of a tab; return in the page's language why not, or ``None``."""
        with self._lock:
            said = self._arrangements.save(tab, tuple(row))
        return None if said is None else said(self.locale)

    def follow(self, widget: TileWidget) -> None:
        """Keep a tile that stands elsewhere up to date with every snapshot shown here."""
        with self._lock:
            self._followers.append(widget)

    def show(
        self, snapshot: Snapshot, *, force_all: bool = False, now: datetime | None = None
    ) -> bool:
        """Show another snapshot; return whether anything the page shows has changed.

        Only the open tab is brought up to date; the others when they are opened, unless
        *force_all*. A tile that fails says so by itself; the others go on.
        """
        with self._lock:
            self.snapshot = snapshot
            changed = self._describe(now or phrases.utc_now())
            for tab in self.grids if force_all else self._open_tabs():
                changed |= self._catch_up(tab)
            for widget in self._followers:
                changed |= self._update(widget)
            return changed

    def speak(self, locale: str) -> None:
        """Change the page's language; the tiles are made anew, the open tab stays open."""
        with self._lock:
            if locale == self.locale:
                return
            self.locale = locale
            pages = self.tabs.children
            old = [*self._tiles.values(), *(part for page in pages for part in page.children)]
            stood = {tab: grid.places() for tab, grid in self.grids.items()}
            self.pulse.speak(locale)
            self.header.speak(locale)
            self._fill_tabs(phrases.utc_now())
            for tab, row in stood.items():
                self.grids[tab].arrange(row)
            self._troubled.clear()
            for widget in old:
                widget.close()

    def set_state(self, state: str, note: str = "") -> None:
        """Put the page into ``loading``, ``live``, ``paused``, ``stale`` or ``error``."""
        self.header.set_state(state, note)

    def notify(self, text: str | Text) -> None:
        """Tell the reader something in one line at the head of the page; they can dismiss it."""
        self.header.notify(text)

    def stale_note(self, since: datetime, cause: object) -> str:
        """Return, in the page's language, since when the numbers stand still and why."""
        return phrases.stale_note(since, cause, self.time_zone, self.locale)

    def attach(self, live: Live) -> None:
        """Hand the page's messages to a coordinator."""
        self._live = live

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
                self._catch_up(tab)

    def _describe(self, now: datetime) -> bool:
        changed = self.header.show(self.snapshot, now)
        return self.facts.show(self.snapshot, now) or changed

    def _catch_up(self, tab: str) -> bool:
        """Bring a tab's tiles up to date; return whether any has changed."""
        if self._shown[tab] is self.snapshot:
            return False
        changed = False
        for widget in self.grids[tab].children:
            changed |= self._update(widget)
        self._shown[tab] = self.snapshot
        return changed

    def _update(self, widget: TileWidget) -> bool:
        snapshot = self.snapshot
        belongs = context(snapshot, self.time_zone, self.locale)
        try:
            rows = frame(widget.tile, snapshot)
            changed = widget.update(rows, snapshot.message_names, belongs)
        except Exception as error:  # noqa: BLE001 - one tile's fault is not the page's
            _LOG.exception("The tile %s met an error", widget.tile.id)
            widget.show_error(phrases.one_line(error))
            self._troubled.add(widget)
            return True
        if widget in self._troubled:
            widget.show_error(None)
            self._troubled.discard(widget)
            return True
        return bool(changed)

    def _steer(self, _header: Header, message: Mapping[str, Any], _buffers: object) -> None:
        """Take in what was pressed in the page's head."""
        if self._live is not None:
            self._live.hear(message)

    def _hear(self, _pulse: Pulse, message: Mapping[str, Any], _buffers: object) -> None:
        """Take in one message of the page's pulse; what the address asks for comes first."""
        query = str(message.get("search", ""))
        if self.on_query is not None and query and query != self._query:
            self._query = query
            call = partial(self.on_query, dict(parse_qsl(query.removeprefix("?"))))
            if self._live is None:
                call()
            else:
                self._live.call_soon(call)
        self.audience.hear(message)
        if self._live is not None:
            self._live.hear(message)
