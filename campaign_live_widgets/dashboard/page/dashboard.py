"""The page: its head, and the tiles in one tab per channel."""

from __future__ import annotations

import logging
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from ipywidgets import Tab, VBox, Widget

from campaign_live_widgets.catalog import TABS, TILES
from campaign_live_widgets.catalog import tile as tile_of
from campaign_live_widgets.dashboard.editing.editor import Editor
from campaign_live_widgets.dashboard.editing.grid import ReportGrid
from campaign_live_widgets.dashboard.live.connection_monitor import Pulse
from campaign_live_widgets.dashboard.live.viewers import Audience
from campaign_live_widgets.dashboard.page.context import context
from campaign_live_widgets.dashboard.page.facts import Facts
from campaign_live_widgets.dashboard.page.filters import Filters
from campaign_live_widgets.dashboard.page.header import Header
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.layouts.document import write_report
from campaign_live_widgets.layouts.places import places
from campaign_live_widgets.layouts.storage import Arrangements
from campaign_live_widgets.layouts.transfer import FILE_NAME, take_in
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.report import frame, to_csv
from campaign_live_widgets.widgets import File, TileWidget, csv_file, offer_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from campaign_live_widgets.catalog import Text
    from campaign_live_widgets.dashboard.live.coordinator import Live
    from campaign_live_widgets.dashboard.page.filters import Desk
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.layouts.storage import Shelf
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
        arrangements: Arrangements | None = None,
    ) -> None:
        self.snapshot = snapshot
        """The snapshot that is shown."""
        self.locale, self.time_zone = locale, time_zone
        self.audience = Audience()
        self._lock = RLock()
        self._live: Live | None = None
        self._desk: Desk | None = None
        self._detail: str | None = None
        self._troubled: set[TileWidget] = set()
        self._followers: list[TileWidget] = []
        self._chosen = tuple(TILES if tiles is None else (tile_of(i).id for i in tiles))
        self.pulse = Pulse(locale=locale)
        self.header = Header(locale=locale, time_zone=time_zone)
        self.filters = Filters(locale=locale)
        self._arrangements = arrangements or Arrangements(places(map(tile_of, self._chosen)))
        self._keeps = arrangements is not None
        self._rows = self._start()
        self.tabs = Tab()
        self.tabs.add_class("clw-tabs")
        self._fill_tabs(now or utc_now())
        super().__init__((self.pulse, self.header, self.filters, self.tabs))
        self.add_class("clw-report")
        self.set_state("paused")
        self.tabs.observe(self._opened, "selected_index")
        self.pulse.on_msg(self._hear)
        self.header.on_msg(self._steer)
        self.filters.on_msg(self._ask)
        offer_files(self.filters, self.file)

    def _fill_tabs(self, now: datetime) -> None:
        """Make tiles, grids and facts in the page's language, and put them into the tabs."""
        self.facts = Facts(locale=self.locale, time_zone=self.time_zone)
        self._describe(now)
        self._tiles = {tile_id: self._make_tile(tile_id) for tile_id in self._chosen}
        self.grids = {tab: ReportGrid(self._tiles, row) for tab, row in self._rows.items()}
        self._shown = dict.fromkeys(self.grids, self.snapshot)
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
        made = TileWidget(
            tile,
            frame(tile, self.snapshot),
            locale=self.locale,
            names=self.snapshot.message_names,
            time_zone=self.time_zone,
            context=self._context,
        )
        if self._desk is not None:
            made.on_open(self._open_message)
        return made

    def _page(self, tab: str, grid: ReportGrid) -> tuple[Widget, ...]:
        standard = self._here(self._arrangements.standard[tab])
        on_save = partial(self.keep, tab) if self._keeps else None
        editor = Editor(
            grid,
            standard,
            locale=self.locale,
            on_save=on_save,
            on_export=lambda: File(
                FILE_NAME, write_report(self.layout_of_tabs()), "application/json"
            ),
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
            changed = self._describe(now or utc_now())
            for tab in self.grids if force_all else self._open_tabs():
                changed |= self._catch_up(tab)
            self._followers = [widget for widget in self._followers if widget.comm is not None]
            for widget in self._followers:
                changed |= self._update(widget)
            return changed

    def speak(self, locale: str, time_zone: str | None = None) -> None:
        """Change the page's language and time zone; by default the zone stays.

        The tiles are made anew; the open tab, the views and the arrangement stay.
        """
        with self._lock:
            time_zone = time_zone or self.time_zone
            if (locale, time_zone) == (self.locale, self.time_zone):
                return
            self.locale, self.time_zone = locale, time_zone
            pages = self.tabs.children
            old = [*self._tiles.values(), *(part for page in pages for part in page.children)]
            stood = self.layout_of_tabs()
            self.pulse.speak(locale)
            self.header.speak(locale, time_zone)
            self.filters.speak(locale)
            self._fill_tabs(utc_now())
            for tab, row in stood.items():
                self.grids[tab].arrange(row)
            self._troubled.intersection_update(self._followers)
            for widget in old:
                widget.close()

    def serve(self, desk: Desk) -> None:
        """Hand what the reader asks for to *desk*, and let messages be opened."""
        self._desk = desk
        for tile in self._tiles.values():
            tile.on_open(self._open_message)

    def open_tab(self, tab: str) -> None:
        """Open a tab; one that is not here is passed over."""
        if tab in self.grids:
            self.tabs.selected_index = list(self.grids).index(tab)

    def show_detail(self, message_id: str | None, channels: Iterable[str] = ()) -> None:
        """Make the page that of one message, in the tab of its channel, or the campaign's again.

        Which events are counted is the feed's business, and so is a message's *channels*.
        """
        with self._lock:
            if message_id == self._detail:
                return
            self._detail = message_id
            tabs = [channel for channel in channels if channel in self.grids]
            self.header.detail = self._detail_names()
            if len(tabs) == 1:
                self.add_class("clw-one-tab")
            else:
                self.remove_class("clw-one-tab")
            if tabs:
                self.open_tab(tabs[0])

    def _detail_names(self) -> list[str]:
        if self._detail is None:
            return []
        return [self.snapshot.message_names.get(self._detail) or "", self._detail]

    def file(self, what: str) -> File:
        """Return the whole report as a CSV file, as the page shows it (``report``)."""
        if what != "report":
            raise UnknownNameError("file", what, ("report",))
        about = self._context.caption
        text = to_csv(self.snapshot, self.locale, labels=True, about=about)
        return csv_file(self._context.file_name("report", "csv"), text)

    def set_state(self, state: str, note: str = "") -> None:
        """Put the page into ``loading``, ``live``, ``paused``, ``stale`` or ``error``."""
        self.header.set_state(state, note)

    def notify(self, text: str | Text) -> None:
        """Tell the reader something in one line at the head of the page; they can dismiss it."""
        self.header.notify(text)

    def stale_note(self, since: datetime, cause: object) -> str:
        """Return, in the page's language, since when the numbers stand still and why."""
        return phrases.stale_note(since, cause, self.time_zone, self.locale)

    @property
    def is_live(self) -> bool:
        """Return whether a coordinator shows what is new."""
        return self._live is not None

    def pace(self, every: float) -> None:
        """Refresh at most every so many seconds."""
        if self._live is not None:
            self._live.rest = every

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
                if self._desk is not None and self._detail is None:
                    self._desk.opened(tab)

    def _describe(self, now: datetime) -> bool:
        """Say in words what the snapshot is; return whether that has changed."""
        snapshot, header = self.snapshot, self.header
        changed = header.show(snapshot, now)
        header.detail = self._detail_names()
        self.filters.show(snapshot, self.time_zone)
        self._context = context(snapshot, self.time_zone, self.locale)
        return self.facts.show(snapshot, now) or changed

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
        try:
            rows = frame(widget.tile, snapshot)
            changed = widget.update(rows, snapshot.message_names, self._context)
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

    def _soon(self, call: Callable[[], object]) -> None:
        """Have a call done where numbers are made: by the coordinator, else here and now."""
        if self._live is None:
            call()
        else:
            self._live.call_soon(call)

    def _open_message(self, message_id: str) -> None:
        if self._desk is not None:
            self._soon(partial(self._desk.change, {"detail": [message_id]}))

    def _ask(self, _filters: Filters, message: Mapping[str, Any], _buffers: object) -> None:
        """Take in what the reader chose."""
        kind = message.get("type")
        if self._desk is None:
            return
        if kind == "goto":
            self._soon(partial(self._desk.goto, str(message.get("address", ""))))
        elif kind == "change":
            changes = dict(message.get("changes") or {})
            asked = {str(key): [str(v) for v in values] for key, values in changes.items()}
            self._soon(partial(self._desk.change, asked))
        elif kind == "choices":
            self._soon(self._offer)

    def _offer(self) -> None:
        """Tell the page what there is to choose from now."""
        if self._desk is not None:
            self.filters.offer(self._desk.campaigns(), self.snapshot, self.time_zone)

    def _steer(self, _header: Header, message: Mapping[str, Any], _buffers: object) -> None:
        """Take in what was pressed in the page's head."""
        if self._live is not None:
            self._live.hear(message)
        if message.get("type") == "back":
            self._ask(self.filters, {"type": "change", "changes": {"detail": [""]}}, None)

    def _hear(self, _pulse: Pulse, message: Mapping[str, Any], _buffers: object) -> None:
        """Take in one message of the page's pulse; what the address asks for comes first."""
        address = str(message.get("search", ""))
        if address and self._desk is not None:
            self._soon(partial(self._desk.goto, address))
        self.audience.hear(message)
        if self._live is not None:
            self._live.hear(message)
