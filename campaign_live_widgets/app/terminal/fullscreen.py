"""The report on a terminal's whole screen: a head that stays, one tab that scrolls, the keys."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group
from rich.control import Control
from rich.rule import Rule
from rich.segment import ControlType, Segment, Segments
from rich.text import Text as Line

from campaign_live_widgets.app.terminal.fit_width import fitting
from campaign_live_widgets.app.terminal.follow import Look, taken
from campaign_live_widgets.app.terminal.keyboard import listening, usual_keys
from campaign_live_widgets.catalog import TABS, Text
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.phrases import STATES, WORDS
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.rendering.text import clean, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType

_TICK: Final = 1.0
"""Seconds after which ages are written anew."""
_KEYS: Final = Text(
    "Tab or 1-3: another tab   arrows, Page: scroll   q: quit",
    "Tab ou 1-3\N{NO-BREAK SPACE}: autre onglet   flèches, Page\N{NO-BREAK SPACE}: défiler   "
    "q\N{NO-BREAK SPACE}: quitter",
)
_UNITS: Final = (
    (60, 1, "second"),
    (3600, 60, "minute"),
    (172_800, 3600, "hour"),
    (float("inf"), 86_400, "day"),
)
"""Below how many seconds an age is told in which unit, of how many seconds."""
_JUST_NOW: Final = 2
_MORE: Final = Text("{} more lines", "encore {} lignes")
_LINES: Final = {"\x1b[A": -1, "\x1bOA": -1, "k": -1, "\x1b[B": 1, "\x1bOB": 1, "j": 1, "\r": 1}
_PAGES: Final = {"\x1b[5~": -1, "b": -1, "\x1b[6~": 1, " ": 1}
_TOP: Final = frozenset({"\x1b[H", "\x1bOH", "\x1b[1~", "g"})
_BOTTOM: Final = frozenset({"\x1b[F", "\x1bOF", "\x1b[4~", "G"})
_TABS: Final = {"\t": 1, "\x1b[C": 1, "\x1bOC": 1, "\x1b[Z": -1, "\x1b[D": -1, "\x1bOD": -1}
_CONTROL: Final = ((ControlType.HOME,),)
_QUIT: Final = frozenset({"q", "Q", "\x04"})
_RESIZED, _RESUMED = "resized", "resumed"


class Screen:
    """Draws each look until the reader quits, and leaves the terminal as it was.

    Parameters
    ----------
    console : Console
        Of a terminal.
    looks : SimpleQueue
        Of :class:`Look`, or of an exception, which is raised.
    """

    def __init__(self, console: Console, looks: SimpleQueue[object], locale: str) -> None:
        self._console, self._inbox, self._locale = console, looks, locale
        self._look: Look | None = None
        self._tabs = list(TABS)
        self._tab, self._top, self._most = 0, 0, 0
        self._room = 1
        self._has_keys = False

    def run(self) -> None:
        """Draw until ``q``, Ctrl-C or SIGTERM, the latter two by :class:`KeyboardInterrupt`."""
        with self._whole_screen(), listening(self._inbox) as self._has_keys, self._signals():
            while True:
                try:
                    item = self._inbox.get(timeout=_TICK)
                except Empty:
                    item = None
                if isinstance(item, str):
                    if item in _QUIT:
                        return
                    self._press(item)
                elif item is not None:
                    self._look = taken(item)
                if self._inbox.empty() and self._look is not None:
                    self._draw()

    def _press(self, key: str) -> None:
        if key in {_RESIZED, _RESUMED}:
            self._console.control(Control.clear())
        elif key.isdigit() and 1 <= int(key) <= len(self._tabs):
            self._tab, self._top = int(key) - 1, 0
        elif key in _TABS:
            self._tab, self._top = (self._tab + _TABS[key]) % len(self._tabs), 0
        elif key in _TOP | _BOTTOM:
            self._top = 0 if key in _TOP else self._most
        else:
            self._top += _LINES.get(key, 0) + _PAGES.get(key, 0) * max(1, self._room - 1)
        self._top = min(max(self._top, 0), self._most)

    def _draw(self) -> None:
        console, look = self._console, self._look
        assert look is not None  # noqa: S101 - drawn only then
        # What the environment says of the size (COLUMNS, LINES) is not true after a change.
        width, height = os.get_terminal_size(console.file.fileno())
        options = console.options.update(width=width, highlight=False)
        head, tile_parts = self._parts(look)
        top = self._lines(Group(*head), options)
        body = self._lines(Group(*(fitting(part, width) for part in tile_parts)), options)
        self._room = max(1, height - len(top) - 1)
        self._most = max(0, len(body) - self._room)
        self._top = min(self._top, self._most)
        shown = body[self._top : self._top + self._room]
        shown += [[] for _ in range(self._room - len(shown))]
        foot = self._lines(self._foot(), options)[:1]
        lines = [*top, *shown, *foot][:height]
        # One write, each line to its end: nothing flickers, and nothing scrolls at the last one.
        drawn = [Segment("\x1b[H", None, _CONTROL)]
        for number, line in enumerate(lines):
            drawn += [Segment.line()] if number else []
            drawn += Segment.adjust_line_length(line, width)
        console.print(Segments(drawn), end="", soft_wrap=True)

    def _lines(self, part: RenderableType, options: ConsoleOptions) -> list[list[Segment]]:
        return self._console.render_lines(part, options, pad=False)

    def _parts(self, look: Look) -> tuple[list[RenderableType], list[RenderableType]]:
        """Return the head, and the tiles of the open tab."""
        locale, now, snapshot = self._locale, datetime.now(UTC), look.snapshot
        tab = self._tabs[self._tab]
        usual = ReportView(snapshot=snapshot, made_at=now, locale=locale)
        report = ReportView(
            snapshot=snapshot, made_at=now, locale=locale, places={tab: usual.places[tab]}
        )
        all_parts = list(parts(report))
        start = next(n for n in count() if isinstance(all_parts[n], Rule))
        name = clean(snapshot.campaign_name or snapshot.campaign_id)
        head: list[RenderableType] = [
            Line(name, style="bold", no_wrap=True, overflow="ellipsis"),
            Line(phrases.window(snapshot, now, "UTC", locale), style="dim"),
            self._state(look, now),
            *(part for part in all_parts[1:start] if part != ""),
        ]
        note = phrases.window_note(snapshot, "UTC", locale)
        if look.trouble is not None:
            note = phrases.stale_note(look.read, look.trouble, "UTC", locale)
        if note:
            head.append(Line(clean(note, longest=400), style="yellow" if look.trouble else "dim"))
        bar = Line(" ").join(
            Line(f" {title(locale)} ", style="reverse bold" if one == tab else "")
            for one, title in TABS.items()
        )
        return [*head, bar], all_parts[start + 1 :]

    def _state(self, look: Look, now: datetime) -> Line:
        state = "live" if look.trouble is None else "stale"
        style = {"live": "bold green", "stale": "bold yellow"}[state]
        newest = look.snapshot.newest_event
        told = [(f"● {STATES[state](self._locale)}", style)]
        told.append((f"  {self._since('refreshed', look.read, now)}", "dim"))
        if newest is None:
            told.append((f"  {WORDS['none'](self._locale)}", "dim"))
        else:
            told.append((f"  {self._since('newest', newest, now)}", "dim"))
        return Line.assemble(*told)

    def _since(self, word: str, at: datetime, now: datetime) -> str:
        locale, seconds = self._locale, max(0, int((now - at).total_seconds()))
        unit, name = next((u, n) for most, u, n in _UNITS if seconds < most)
        ago = WORDS["ago"](locale).format(f"{seconds // unit} {WORDS[name](locale)}")
        return f"{WORDS[word](locale)} {ago if seconds >= _JUST_NOW else WORDS['now'](locale)}"

    def _foot(self) -> Line:
        told = []
        if below := self._most - self._top:
            told.append(f"↓ {_MORE(self._locale).format(below)}")
        if self._has_keys:
            told.append(_KEYS(self._locale))
        return Line("   ".join(told), style="dim", no_wrap=True, overflow="ellipsis")

    @contextmanager
    def _whole_screen(self) -> Iterator[None]:
        self._enter()
        try:
            yield
        finally:
            with suppress(OSError):  # the terminal may be gone
                self._leave()

    def _enter(self) -> None:
        self._console.set_alt_screen(enable=True)
        self._console.show_cursor(show=False)

    def _leave(self) -> None:
        self._console.show_cursor(show=True)
        self._console.set_alt_screen(enable=False)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Draw again after a change of size, and around a stop by Ctrl-Z."""
        before: dict[int, Any] = {}
        for name, handler in (("SIGWINCH", self._resize), ("SIGTSTP", self._pause)):
            if (number := getattr(signal, name, None)) is not None:
                before[number] = signal.signal(number, handler)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _resize(self, _signal: int, _frame: object) -> None:
        self._inbox.put(_RESIZED)

    def _pause(self, _signal: int, _frame: object) -> None:
        self._leave()
        with usual_keys():
            os.kill(os.getpid(), signal.SIGSTOP)  # goes on here after SIGCONT
        self._enter()
        self._inbox.put(_RESUMED)
