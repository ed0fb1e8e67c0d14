"""The page: its head, and the tiles in one tab per channel."""

from __future__ import annotations

from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any

from ipywidgets import VBox

from campaign_live_widgets.catalog import TILES, tile_of
from campaign_live_widgets.dashboard.editing.editor import Editor
from campaign_live_widgets.dashboard.live.connection_monitor import ConnectionMonitor
from campaign_live_widgets.dashboard.live.viewers import Viewers
from campaign_live_widgets.dashboard.page.context import context
from campaign_live_widgets.dashboard.page.facts import Facts
from campaign_live_widgets.dashboard.page.filters import Filters
from campaign_live_widgets.dashboard.page.header import Header
from campaign_live_widgets.dashboard.page.tab_pages import TabPages
from campaign_live_widgets.dashboard.page.tile_update import update_tile
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.layouts.document import write_report
from campaign_live_widgets.layouts.files import REPORT
from campaign_live_widgets.layouts.needed import missing_tiles
from campaign_live_widgets.layouts.places import places
from campaign_live_widgets.layouts.storage import TabLayouts
from campaign_live_widgets.layouts.transfer import FILE_NAME, import_layout
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.report import names_of, tile_table, to_csv, visible_name
from campaign_live_widgets.widgets import File, TileWidget, csv_file, offer_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from campaign_live_widgets.catalog import Text
    from campaign_live_widgets.dashboard.editing.grid import ReportGrid
    from campaign_live_widgets.dashboard.live.page_updates import PageUpdates
    from campaign_live_widgets.dashboard.page.filters import ReportController
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.layouts.storage import LayoutStorage
    from campaign_live_widgets.snapshot import Snapshot


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
        The current time; by default the clock's.
    layouts : TabLayouts, optional
        The layouts that the tabs open with, and their storage.
    name : str
        Of the report: its pages keep drafts of layouts for each name.
    tab : str, optional
        The tab that is open at first; by default the first one.
    lazy : bool
        Whether the tiles of a tab are made when it is first opened, or asked for. A notebook that
        is stored needs all of them.
    """

    def __init__(  # noqa: PLR0913 - all but the first by name
        self,
        snapshot: Snapshot,
        *,
        locale: str = "en",
        time_zone: str = "UTC",
        tiles: Iterable[str] | None = None,
        now: datetime | None = None,
        layouts: TabLayouts | None = None,
        name: str = REPORT,
        tab: str | None = None,
        lazy: bool = False,
    ) -> None:
        self.snapshot = snapshot
        """The snapshot that is shown."""
        self.locale, self.time_zone = locale, time_zone
        self.viewers = Viewers()
        self._lock = RLock()
        self._coordinator: PageUpdates | None = None
        self._controller: ReportController | None = None
        self._detail: str | None = None
        self._failed: set[TileWidget] = set()
        self._shown: dict[str, Snapshot] = {}
        """The snapshot that the tiles of each tab show."""
        self._followers: list[TileWidget] = []
        self._tile_ids = tuple(TILES if tiles is None else (tile_of(i).id for i in tiles))
        self.monitor = ConnectionMonitor(locale=locale)
        self.header = Header(locale=locale, time_zone=time_zone)
        self.filters = Filters(locale=locale)
        self._layouts = layouts or TabLayouts(places(map(tile_of, self._tile_ids)))
        self._saves_layouts, self._name = layouts is not None, name
        self.grids = TabPages(
            self._load_layouts(), self._make_tile, self._make_editor, self._lock, is_lazy=lazy
        )
        """The grid of each tab."""
        self.grids.withhold(missing_tiles(snapshot))
        self.tabs = self.grids.widget
        if tab is not None:
            self.grids.open(tab)
        self._fill_tabs(now or utc_now())
        super().__init__((self.monitor, self.header, self.filters, self.tabs))
        self.add_class("clw-report")
        self.set_state("paused")
        self.tabs.observe(self._on_tab_opened, "selected_index")
        self.monitor.on_msg(self._on_monitor_message)
        self.header.on_msg(self._on_header_message)
        self.filters.on_msg(self._on_filters_message)
        offer_files(self.filters, self.file)

    def _fill_tabs(self, now: datetime) -> None:
        """Create tiles, grids and facts in the page's language, and put them into the tabs."""
        self._failed.intersection_update(self._followers)
        self.facts = Facts(locale=self.locale, time_zone=self.time_zone)
        self._describe(now)
        self.grids.fill(self.locale, {"campaign": [self.facts]})

    def _load_layouts(self) -> dict[str, tuple[Place, ...]]:
        """Return the places that the tabs open with, and show notices about them."""
        rows = {}
        for tab in self._layouts.standard:
            row, notices = self._layouts.load(tab)
            if own := self._own_places(row):
                rows[tab] = own
                for notice in notices:
                    self.notify(notice)
        return rows

    def _own_places(self, row: Iterable[Place]) -> tuple[Place, ...]:
        return tuple(place for place in row if place.tile_id in self._tile_ids)

    def _make_tile(self, tile_id: str) -> TileWidget:
        tile = tile_of(tile_id, self.snapshot.basis)
        widget = TileWidget(
            tile,
            tile_table(tile, self.snapshot),
            locale=self.locale,
            names=names_of(tile, self.snapshot, self.locale),
            time_zone=self.time_zone,
            context=self._context,
        )
        if self._controller is not None:
            widget.on_open(self._open_message)
        return widget

    def _make_editor(self, tab: str, grid: ReportGrid, former: Editor | None) -> Editor:
        self._shown[tab] = self.snapshot  # with which the tiles have just been made
        return Editor(
            grid,
            self._own_places(self._layouts.standard[tab]),
            locale=self.locale,
            on_save=partial(self.save_layout, tab) if self._saves_layouts else None,
            on_export=lambda: File(
                FILE_NAME, write_report(self.layout_of_tabs()), "application/json"
            ),
            on_import=partial(self._import_layout, tab),
            name=f"{self._name} {tab}",
            former=former,
        )

    def _import_layout(self, tab: str, data: bytes) -> tuple[tuple[Place, ...] | None, str]:
        row, message = import_layout(data, tab, self._layouts.standard)
        return row, message(self.locale)

    def tile(self, tile_id: str) -> TileWidget:
        """Return the widget of one tile; raise :class:`UnknownNameError` if there is none."""
        widget = self.grids.tile(tile_id)
        if widget is None:
            raise UnknownNameError("widget", tile_id, self._tile_ids)
        return widget

    def layout_of_tabs(self) -> dict[str, tuple[Place, ...]]:
        """Return the current places of all tiles, by tab."""
        return self.grids.places()

    def use_storage(self, storage: LayoutStorage | None, refusal: Text | None = None) -> None:
        """Show the layouts of a storage, and save the reader's layouts there from now on.

        Without a storage the report's own layout is shown, and *refusal* answers a save.
        """
        with self._lock:
            self._layouts.use_storage(storage, refusal)
            for tab, row in self._load_layouts().items():
                self.grids.load(tab, row)

    def save_layout(self, tab: str, row: Iterable[Place]) -> str | None:
        """Save the places of a tab; return why it failed, in the page's language, or ``None``."""
        with self._lock:
            refusal = self._layouts.save(tab, tuple(row))
        return None if refusal is None else refusal(self.locale)

    def follow(self, widget: TileWidget) -> None:
        """Update a tile outside of the page with every snapshot that the page shows."""
        with self._lock:
            self._followers.append(widget)

    def show(
        self, snapshot: Snapshot, *, force_all: bool = False, now: datetime | None = None
    ) -> bool:
        """Show another snapshot; return whether anything the page shows has changed.

        Only the open tab is updated; the others when they are opened, unless *force_all*. A
        tile that fails shows an error; the others are updated.
        """
        with self._lock, self.monitor.together():
            has_other_tiles = snapshot.basis != self.snapshot.basis
            self.snapshot = snapshot
            if has_other_tiles:
                self._fill_tabs(now or utc_now())
            is_other = self.grids.withhold(missing_tiles(snapshot))
            changed = self._describe(now or utc_now()) or is_other
            for tab in self.grids.made if force_all else self._open_tabs():
                changed |= self._update_tab(tab)
            self._followers = [widget for widget in self._followers if widget.comm is not None]
            for widget in self._followers:
                changed |= self._update(widget)
            return changed

    def set_language(self, locale: str, time_zone: str | None = None) -> None:
        """Change the page's language and time zone; by default the zone stays.

        The tiles are created again; the open tab, the views, the layout and edit mode stay.
        """
        with self._lock:
            time_zone = time_zone or self.time_zone
            if (locale, time_zone) == (self.locale, self.time_zone):
                return
            self.locale, self.time_zone = locale, time_zone
            self.monitor.set_language(locale)
            self.header.set_language(locale, time_zone)
            self.filters.set_language(locale)
            self._fill_tabs(utc_now())

    def set_controller(self, controller: ReportController) -> None:
        """Pass the reader's choices to *controller*, and let messages be opened."""
        self._controller = controller
        for tile in self.grids.tiles.values():
            tile.on_open(self._open_message)

    def open_tab(self, tab: str) -> None:
        """Open a tab; an unknown tab is ignored."""
        self.grids.open(tab)

    def show_detail(self, message_id: str | None, channels: Iterable[str] = ()) -> None:
        """Show the page of one message, in the tab of its channel, or of the whole campaign.

        The feed decides which events are counted, and knows the *channels* of a message.
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
        return [visible_name(self.snapshot.message_names.get(self._detail)), self._detail]

    def file(self, what: str) -> File:
        """Return the whole report as a CSV file (*what* is ``report``)."""
        if what != "report":
            raise UnknownNameError("file", what, ("report",))
        about = self._context.caption
        text = to_csv(self.snapshot, self.locale, labels=True, about=about)
        return csv_file(self._context.file_name("report", "csv"), text)

    def set_state(self, state: str, note: str = "") -> None:
        """Show the state ``loading``, ``live``, ``paused``, ``stale`` or ``error``."""
        self.header.set_state(state, note)

    def notify(self, text: str | Text) -> None:
        """Show a notice of one line at the head of the page; the reader can dismiss it."""
        self.header.notify(text)

    def stale_note(self, since: datetime, cause: object) -> str:
        """Return, in the page's language, since when the numbers are not updated, and why."""
        return phrases.stale_note(since, cause, self.time_zone, self.locale)

    @property
    def is_live(self) -> bool:
        """Return whether a coordinator updates the page."""
        return self._coordinator is not None

    def set_refresh_interval(self, seconds: float) -> None:
        """Set the least time between two refreshes."""
        if self._coordinator is not None:
            self._coordinator.min_interval = seconds

    def attach(self, coordinator: PageUpdates) -> None:
        """Pass the page's messages to a coordinator."""
        self._coordinator = coordinator

    def detach(self) -> None:
        """End live updates; the state is ``paused``."""
        self._coordinator = None
        self.header.live = False
        self.set_state("paused")

    def _open_tabs(self) -> list[str]:
        return [tab] if (tab := self.grids.open_tab) else []

    def _on_tab_opened(self, _change: object) -> None:
        with self._lock, self.monitor.together():
            for tab in self._open_tabs():
                self._update_tab(tab)
                if self._controller is not None and self._detail is None:
                    self._controller.tab_opened(tab)

    def _describe(self, now: datetime) -> bool:
        """Update the texts about the snapshot; return whether any has changed."""
        snapshot, header = self.snapshot, self.header
        changed = header.show(snapshot, now)
        header.detail = self._detail_names()
        self.filters.show(snapshot, self.time_zone)
        self._context = context(snapshot, self.time_zone, self.locale)
        return self.facts.show(snapshot, now) or changed

    def _update_tab(self, tab: str) -> bool:
        """Update the tiles of a tab; return whether any has changed."""
        grid, changed = self.grids[tab], False
        if self._shown[tab] is self.snapshot:
            return False
        for widget in grid.children:
            changed |= self._update(widget)
        self._shown[tab] = self.snapshot
        return changed

    def _update(self, widget: TileWidget) -> bool:
        return update_tile(widget, self.snapshot, self._context, self._failed)

    def _call_soon(self, call: Callable[[], object]) -> None:
        """Run a call in the coordinator's thread, or at once if there is none."""
        (call if self._coordinator is None else partial(self._coordinator.call_soon, call))()

    def _open_message(self, message_id: str) -> None:
        if self._controller is not None:
            self._call_soon(partial(self._controller.change, {"detail": [message_id]}))

    def _on_filters_message(
        self, _filters: Filters, message: Mapping[str, Any], _buffers: object
    ) -> None:
        """Handle a message of the filters."""
        kind = message.get("type")
        if self._controller is None:
            return
        if kind == "revisit":
            self._call_soon(partial(self._controller.revisit, message["address"], message["n"]))
        elif kind == "change":
            changes = dict(message.get("changes") or {})
            values_by_key = {str(key): [str(v) for v in values] for key, values in changes.items()}
            self._call_soon(partial(self._controller.change, values_by_key))
        elif kind == "choices":
            self._call_soon(self._send_choices)

    def _send_choices(self) -> None:
        """Send the page the campaigns to choose from."""
        if self._controller is not None:
            self.filters.send_choices(self._controller.campaigns(), self.snapshot, self.time_zone)

    def _on_header_message(
        self, _header: Header, message: Mapping[str, Any], _buffers: object
    ) -> None:
        """Handle a message of the page's head."""
        if self._coordinator is not None:
            self._coordinator.on_message(message)
        if self._controller is None:
            return
        if message.get("type") == "recount":
            self._call_soon(self._controller.recount)
        elif message.get("type") == "back":
            self._call_soon(partial(self._controller.change, {"detail": [""]}))

    def _on_monitor_message(
        self, _monitor: ConnectionMonitor, message: Mapping[str, Any], _buffers: object
    ) -> None:
        """Handle a message of the connection monitor; the page's address is applied first."""
        address = str(message.get("search", ""))
        if address and self._controller is not None:
            self._call_soon(partial(self._controller.goto, address))
        self.viewers.on_message(message)
        if self._coordinator is not None:
            self._coordinator.on_message(message)
