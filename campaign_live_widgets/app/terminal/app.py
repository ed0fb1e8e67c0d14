"""The full-screen view of ``report --watch``: a Textual application.

A head that stays, a tab of tiles that scrolls, and the keys in the last line.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

from rich.console import Group
from rich.text import Text as Line
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static, TabbedContent, TabPane

from campaign_live_widgets.app.feeds.poller import Poller, PollResult
from campaign_live_widgets.app.terminal.fit_width import fitting
from campaign_live_widgets.catalog import TABS, TILES, Text, tile_of
from campaign_live_widgets.layouts.places import places
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.phrases import STATES, WORDS
from campaign_live_widgets.rendering.text import clean, health_lines, tile_parts
from campaign_live_widgets.report import names_of, tile_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console, ConsoleOptions, RenderResult
    from textual.app import ComposeResult

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.dashboard.live.coordinator import Feed
    from campaign_live_widgets.report import TileTable
    from campaign_live_widgets.snapshot import Snapshot

_SECOND: Final = 1.0
"""Interval at which the ages in the head are updated."""
_UNITS: Final = (
    (60, 1, "second"),
    (3600, 60, "minute"),
    (172_800, 3600, "hour"),
    (float("inf"), 86_400, "day"),
)
"""Upper limit in seconds of an age, the unit it is shown in, and the name of that unit."""
_NOTE: Final = 400
"""Maximum length of a note in the head."""
_JUST_NOW: Final = 2
"""Ages below these seconds read "just now"."""
_KEYS: Final = {
    "quit": Text("Quit", "Quitter"),
    "tab": Text("Next tab", "Onglet suivant"),
    "scroll": Text("Scroll", "Défiler"),
}


class TileView(Static):
    """One tile: its title, and its numbers fitted to the width of the terminal.

    Parameters
    ----------
    tile : Tile
    locale : str
    """

    def __init__(self, tile: Tile, locale: str) -> None:
        super().__init__(id=tile.id.replace(".", "-"))
        self.tile, self._locale = tile, locale

    def show(self, rows: TileTable, names: Mapping[str, str]) -> None:
        """Show *rows*, the numbers of the tile; *names* are those of messages by id."""
        self.update(_FittedTile(self.tile, rows, names, self._locale))


@dataclass(frozen=True, slots=True, eq=False)
class _FittedTile:
    tile: Tile
    rows: TileTable
    names: Mapping[str, str]
    locale: str

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        columns = options.max_width
        yield Line(self.tile.title(self.locale), style="bold")
        for part in tile_parts(self.tile, self.rows, self.names, self.locale, columns=columns):
            yield fitting(part, columns)


class Polled(Message):
    """A result of the poller."""

    def __init__(self, result: PollResult | Exception) -> None:
        self.result = result
        super().__init__()


class WatchApp(App[Exception | None]):
    """Shows each result of a feed until the reader quits.

    Parameters
    ----------
    feed : Feed
        Has been read once; it is closed at the end.
    every : float
        Minimum number of seconds between two refreshes.
    locale : str
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { overflow: hidden; }
    #head { height: auto; max-height: 50%; padding: 0 1; }
    TabbedContent { height: 1fr; }
    TabPane { padding: 0; }
    VerticalScroll { padding: 0 1; scrollbar-size-vertical: 1; scrollbar-color: ansi_bright_black; }
    TileView { height: auto; margin-bottom: 1; }
    #keys { dock: bottom; height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,Q,ctrl+c,ctrl+d,ctrl+q", "quit", priority=True, show=False),
        Binding("tab,right,l", "move_tab(1)", priority=True, show=False),
        Binding("shift+tab,left,h", "move_tab(-1)", priority=True, show=False),
        Binding("down,j,enter", "scroll('down')", priority=True, show=False),
        Binding("up,k", "scroll('up')", priority=True, show=False),
        Binding("pagedown,space", "scroll('page_down')", priority=True, show=False),
        Binding("pageup,b", "scroll('page_up')", priority=True, show=False),
        Binding("home,g", "scroll('home')", priority=True, show=False),
        Binding("end,G", "scroll('end')", priority=True, show=False),
        Binding("ctrl+z", "suspend_process", priority=True, show=False),
        *(
            Binding(str(number), f"show_tab('{tab}')", priority=True, show=False)
            for number, tab in enumerate(TABS, 1)
        ),
    ]

    def __init__(self, feed: Feed, *, every: float, locale: str) -> None:
        super().__init__()
        self._poller = Poller(feed, every, lambda result: self.post_message(Polled(result)))
        self._locale = locale
        self._result: PollResult | None = None
        self._drawn: dict[str, Snapshot] = {}

    def run_until_quit(self) -> None:
        """Run until the reader quits; raise what has ended the polling or the view."""
        try:
            if (error := self.run()) is not None:
                raise error
        except KeyboardInterrupt:
            return
        finally:
            self._poller.stop()

    def compose(self) -> ComposeResult:
        """Yield the head, the tabs with their tiles, and the keys."""
        yield Static(id="head")
        with TabbedContent():
            for tab, row in places(TILES.values()).items():
                with TabPane(TABS[tab](self._locale), id=tab), VerticalScroll():
                    for place in row:
                        yield TileView(TILES[place.tile_id], self._locale)
        yield Static(self._keys(), id="keys")

    def on_mount(self) -> None:
        """Start polling; end on the signals that end a program."""
        self.theme = "ansi-dark"  # the terminal's own colours
        self.query_one(TabbedContent).query_one("ContentTabs").can_focus = False
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, self.exit)
        self.set_interval(_SECOND, self._draw_head)
        self._poller.start()

    def on_polled(self, message: Polled) -> None:
        """Show a result, or end with the exception that has ended the polling."""
        if isinstance(message.result, Exception):
            self.exit(message.result)
            return
        self._result = message.result
        self._draw_head()
        self._draw_tab()

    def on_tabbed_content_tab_activated(self) -> None:
        """Draw the tab that has been opened."""
        self._draw_tab()

    def action_show_tab(self, tab: str) -> None:
        """Open a tab."""
        self.query_one(TabbedContent).active = tab

    def action_move_tab(self, step: int) -> None:
        """Open the next tab, or the one before."""
        tabs = list(TABS)
        self.action_show_tab(tabs[(tabs.index(self._tab) + step) % len(tabs)])

    def action_scroll(self, how: str) -> None:
        """Scroll the open tab by a line, a page, or to an end."""
        getattr(self._pane, f"scroll_{how}")(animate=False)

    @property
    def _tab(self) -> str:
        return self.query_one(TabbedContent).active

    @property
    def _pane(self) -> VerticalScroll:
        return self.query_one(f"#{self._tab} VerticalScroll", VerticalScroll)

    def _draw_tab(self) -> None:
        """Show the newest numbers in the open tab, unless they are shown already."""
        if self._result is None or self._has_ended() or not self._tab:
            return
        snapshot = self._result.snapshot
        if self._drawn.get(self._tab) is snapshot:
            return
        self._drawn[self._tab] = snapshot
        with self.batch_update():
            for view in self._pane.query(TileView):
                view.tile = tile_of(view.tile.id, snapshot.basis)
                names = names_of(view.tile, snapshot, self._locale)
                view.show(tile_table(view.tile, snapshot), names)

    def _has_ended(self) -> bool:
        """Return whether the view is gone: a last timer or message may come after it."""
        return not self.query("#head")

    def _draw_head(self) -> None:
        if self._result is None or self._has_ended():
            return
        result, snapshot, locale = self._result, self._result.snapshot, self._locale
        now = datetime.now(UTC)
        name = clean(phrases.campaign(snapshot))
        lines = [
            Line(name, style="bold", no_wrap=True, overflow="ellipsis"),
            self._state(result, now),
            Line(phrases.window(snapshot, now, "UTC", locale), style="dim"),
        ]
        lines += [
            Line(clean(phrase, longest=_NOTE), style="dim")
            for phrase in phrases.scope(snapshot, "UTC", locale)
        ]
        lines += health_lines(snapshot.health, "UTC", locale)
        note = phrases.window_note(snapshot, "UTC", locale)
        if result.error is not None:
            note = phrases.stale_note(result.read_at, result.error, "UTC", locale)
        if note:
            lines.append(
                Line(clean(note, longest=_NOTE), style="yellow" if result.error else "dim")
            )
        self.query_one("#head", Static).update(Group(*lines))

    def _state(self, result: PollResult, now: datetime) -> Line:
        state, style = ("stale", "bold yellow") if result.error else ("live", "bold green")
        newest = result.snapshot.newest_event
        parts = [
            (f"● {STATES[state](self._locale)}", style),
            (f"  {self._age('refreshed', result.read_at, now)}", "dim"),
            (
                f"  {WORDS['none'](self._locale)}"
                if newest is None
                else f"  {self._age('newest', newest, now)}",
                "dim",
            ),
        ]
        return Line.assemble(*parts)

    def _age(self, word: str, at: datetime, now: datetime) -> str:
        locale, seconds = self._locale, max(0, int((now - at).total_seconds()))
        unit, name = next((u, n) for limit, u, n in _UNITS if seconds < limit)
        ago = WORDS["ago"](locale).format(f"{seconds // unit} {WORDS[name](locale)}")
        return f"{WORDS[word](locale)} {ago if seconds >= _JUST_NOW else WORDS['now'](locale)}"

    def _keys(self) -> Line:
        keys = (("q", "quit"), ("Tab 1-3", "tab"), ("↑ ↓ PgUp PgDn", "scroll"))
        parts: list[tuple[str, str]] = []
        for key, action in keys:
            parts += [(f" {key} ", "reverse"), (f" {_KEYS[action](self._locale)}  ", "dim")]
        line = Line.assemble(*parts)
        line.no_wrap, line.overflow = True, "ellipsis"
        return line
