"""The page's head: which campaign, which part of it, which window, how fresh.

The front end says ``pause`` and ``resume``, ``back`` where a message's own page is left, and
``dismiss`` with the notice that has been read.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import traitlets

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.phrases import STATES, WORDS
from campaign_live_widgets.widgets import Front

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from campaign_live_widgets.snapshot import Health, Snapshot

_REJECTS_SHOWN: Final = 8


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")


class Header(Front, script="header"):
    """Campaign, window, state and freshness of the report, with its data quality one click away.

    Ages tick in the browser, so that time passing sends nothing. The script also puts
    ``data-state``, ``data-as-of`` and ``lang`` on the page's root, which a box of ipywidgets
    cannot do. While the pulse has put ``data-lost`` there, the state shown is ``stale``.
    """

    state = traitlets.Enum(list(STATES), default_value="loading").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    """One line on the state, such as why the numbers stand still."""
    live = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether something refreshes the report, so that it can be paused."""
    campaign_id = traitlets.Unicode("").tag(sync=True)
    campaign_name = traitlets.Unicode("").tag(sync=True)
    window = traitlets.Unicode("").tag(sync=True)
    window_note = traitlets.Unicode("").tag(sync=True)
    scope = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """What part of the campaign is counted, one phrase each."""
    detail = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Name and id of the message that the page is of; empty for the whole campaign's page."""
    as_of = traitlets.Unicode("").tag(sync=True)
    """End of the window, RFC 3339 in UTC."""
    newest = traitlets.List(traitlets.Unicode(), default_value=["", ""]).tag(sync=True)
    """Time of the newest event: RFC 3339, and as people read it."""
    refreshed = traitlets.List(traitlets.Unicode(), default_value=["", ""]).tag(sync=True)
    """Time the source was last read: RFC 3339, and as people read it."""
    health = traitlets.Dict().tag(sync=True)
    numbers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """The numbers of the source's health; what each is called stands in *words*."""
    locale = traitlets.Unicode("en").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    notices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """What the reader should know, oldest first, until they dismiss it."""
    links = traitlets.Dict().tag(sync=True)
    """Notice → the path at which what it tells of can be opened."""

    def __init__(self, *, locale: str = "en", time_zone: str = "UTC") -> None:
        self._notices, self._texts = Lock(), dict[str, Text]()
        super().__init__()
        self.speak(locale, time_zone)
        self.on_msg(self._hear)

    def speak(self, locale: str, time_zone: str) -> None:
        """Take a language and a zone; what is said of a snapshot changes when it is shown."""
        self._time_zone = time_zone
        words = {key: text(locale) for key, text in (*WORDS.items(), *STATES.items())}
        with self.hold_sync():
            self.words = words | {"terms": phrases.health_terms(locale)}
            self.locale = locale
        with self._notices:
            self._texts = {text(locale): text for text in self._texts.values()} | self._texts
            texts = [self._texts.get(notice) for notice in self.notices]
            pairs = zip(self.notices, texts, strict=True)
            said = {notice: text(locale) if text else notice for notice, text in pairs}
            self.links = {said[n]: path for n, path in self.links.items() if n in said}
            self.notices = list(said.values())

    def show(self, snapshot: Snapshot, now: datetime) -> bool:
        """Describe *snapshot* as seen at *now*; return whether anything but the time changed."""
        zone, locale = self._time_zone, self.locale
        told = {
            "campaign_id": snapshot.campaign_id,
            "campaign_name": snapshot.campaign_name or "",
            "window": phrases.window(snapshot, now, zone, locale),
            "window_note": phrases.window_note(snapshot, zone, locale),
            "scope": phrases.scope(snapshot, zone, locale),
            "as_of": _iso(snapshot.window.end),
            "newest": self._moment(snapshot.newest_event),
            "health": _health(snapshot.health),
            "numbers": phrases.health_numbers(snapshot.health, locale),
        }
        changed = any(getattr(self, name) != value for name, value in told.items())
        with self.hold_sync():
            for name, value in told.items():
                setattr(self, name, value)
        return changed

    def mark(self, refreshed: datetime) -> None:
        """Tell when the source was last read."""
        self.refreshed = self._moment(refreshed)

    def set_state(self, state: str, note: str = "") -> None:
        """Put the report into one of the :data:`STATES`, with a line on why."""
        with self.hold_sync():
            self.state, self.note = state, note

    def notify(self, text: str | Text, link: str = "") -> None:
        """Add a notice; one that is there already is not repeated.

        One that is given in every language follows the page's. With a *link*, a path of the
        page's own server, it opens what it tells of.
        """
        said = text(self.locale) if isinstance(text, Text) else text
        with self._notices:
            if isinstance(text, Text):
                self._texts[said] = text
            if link:
                self.links = {**self.links, said: link}
            if said not in self.notices:
                self.notices = [*self.notices, said]

    def withdraw(self, text: Text) -> None:
        """Take a notice away that is not true any more."""
        with self._notices:
            self.notices = [n for n in self.notices if self._texts.get(n, n) != text]

    def _hear(self, _header: Header, message: Mapping[str, Any], _buffers: object) -> None:
        if message.get("type") != "dismiss":
            return
        with self._notices:
            self.notices = [text for text in self.notices if text != message.get("text")]

    def _moment(self, moment: datetime | None) -> list[str]:
        if moment is None:
            return ["", ""]
        return [_iso(moment), phrases.moment(moment, self._time_zone, self.locale)]


def _health(health: Health) -> dict[str, Any]:
    return {
        "troubled": health.rejected > 0,
        "notes": list(health.notes),
        "rejects": [
            [reject.file, "" if reject.row is None else str(reject.row), reject.cause]
            for reject in health.rejects[:_REJECTS_SHOWN]
        ],
    }
