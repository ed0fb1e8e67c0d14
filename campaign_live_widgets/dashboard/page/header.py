"""The page's head: campaign, active filters, window and freshness.

Messages from the page: ``pause``, ``resume``, ``back`` (to the campaign, from the page of one
message), ``recount`` (the source, from its start) and ``dismiss`` with a notice.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import traitlets

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.io.clock import rfc3339
from campaign_live_widgets.rendering.language import phrases, times
from campaign_live_widgets.rendering.language.alarms import alarms, gone_note
from campaign_live_widgets.rendering.language.phrases import STATES, WORDS
from campaign_live_widgets.report import visible_name
from campaign_live_widgets.widgets import Front

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from campaign_live_widgets.snapshot import Health, Snapshot

_REJECTS_SHOWN: Final = 8


class Header(Front, script="header"):
    """Campaign, window, state and freshness of the report; its data quality in a panel.

    Ages are computed in the browser, so that the passing of time sends no message. The script
    also sets ``data-state``, ``data-as-of`` and ``lang`` on the page's root, which a box of
    ipywidgets cannot do. While the root has ``data-lost`` (see the connection monitor), the
    state shown is ``stale``.
    """

    state = traitlets.Enum(list(STATES), default_value="loading").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    """One line about the state, such as why the numbers are not updated."""
    live = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether the report is refreshed, so that it can be paused."""
    campaign_id = traitlets.Unicode("").tag(sync=True)
    campaign_name = traitlets.Unicode("").tag(sync=True)
    campaign = traitlets.Unicode("").tag(sync=True)
    """The name on the way back to the campaign, with the id if it is not unique."""
    window = traitlets.Unicode("").tag(sync=True)
    window_note = traitlets.Unicode("").tag(sync=True)
    scope = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Which part of the campaign is counted, one phrase for each filter."""
    detail = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Name and id of the one message that the page shows; empty for the whole campaign."""
    as_of = traitlets.Unicode("").tag(sync=True)
    """End of the window, RFC 3339 in UTC."""
    newest = traitlets.List(traitlets.Unicode(), default_value=["", ""]).tag(sync=True)
    """Time of the newest event: RFC 3339, and as text."""
    refreshed = traitlets.List(traitlets.Unicode(), default_value=["", ""]).tag(sync=True)
    """Time the source was last read: RFC 3339, and as text."""
    health = traitlets.Dict().tag(sync=True)
    gone = traitlets.Unicode("").tag(sync=True)
    """How many counted events are in no file any more; empty if there are none."""
    numbers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Data quality: the numbers whose names are in ``labels["terms"]``."""
    locale = traitlets.Unicode("en").tag(sync=True)
    labels = traitlets.Dict().tag(sync=True)
    notices = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Notices for the reader, oldest first, until they are dismissed."""
    links = traitlets.Dict().tag(sync=True)
    """Notice → path of the page that it links to."""

    def __init__(self, *, locale: str = "en", time_zone: str = "UTC") -> None:
        self._notices_lock, self._translations = Lock(), dict[str, Text]()
        self._refreshed: datetime | None = None
        super().__init__()
        self.set_language(locale, time_zone)
        self.on_msg(self._on_message)

    def set_language(self, locale: str, time_zone: str) -> None:
        """Set language and time zone; texts about the snapshot change at the next `show`."""
        self._time_zone = time_zone
        labels = {key: text(locale) for key, text in (*WORDS.items(), *STATES.items())}
        with self.hold_sync():
            self.labels = labels | {"terms": phrases.health_terms(locale)}
            self.locale = locale
            if self._refreshed is not None:
                self.refreshed = self._moment(self._refreshed)
        with self._notices_lock:
            self._translations = {
                text(locale): text for text in self._translations.values()
            } | self._translations
            texts = [self._translations.get(notice) for notice in self.notices]
            pairs = zip(self.notices, texts, strict=True)
            translated = {notice: text(locale) if text else notice for notice, text in pairs}
            links = self.links.items()
            self.links = {translated[n]: path for n, path in links if n in translated}
            self.notices = list(translated.values())

    def show(self, snapshot: Snapshot, now: datetime) -> bool:
        """Describe *snapshot* at the time *now*; return whether anything but the time changed."""
        zone, locale = self._time_zone, self.locale
        values = {
            "campaign_id": snapshot.campaign_id,
            "campaign_name": visible_name(snapshot.campaign_name),
            "campaign": phrases.campaign(snapshot, 120),
            "window": phrases.window(snapshot, now, zone, locale),
            "window_note": phrases.window_note(snapshot, zone, locale),
            "scope": phrases.scope(snapshot, zone, locale),
            "as_of": rfc3339(snapshot.window.end),
            "newest": self._moment(snapshot.newest_event),
            "health": _health(snapshot.health, zone, locale),
            "gone": gone_note(snapshot.health, locale),
            "numbers": phrases.health_numbers(snapshot.health, locale),
        }
        changed = any(getattr(self, name) != value for name, value in values.items())
        with self.hold_sync():
            for name, value in values.items():
                setattr(self, name, value)
        return changed

    def set_refreshed(self, time: datetime) -> None:
        """Set the time at which the source was last read."""
        self._refreshed = time
        self.refreshed = self._moment(time)

    def set_state(self, state: str, note: str = "") -> None:
        """Show one of the :data:`STATES`, with a line about its cause."""
        with self.hold_sync():
            self.state, self.note = state, note

    def notify(self, text: str | Text, link: str = "") -> None:
        """Add a notice unless it is shown already.

        A :class:`Text` is translated when the page's language changes. *link* is a path on
        the page's own server.
        """
        notice = text(self.locale) if isinstance(text, Text) else text
        with self._notices_lock:
            if isinstance(text, Text):
                self._translations[notice] = text
            if link:
                self.links = {**self.links, notice: link}
            if notice not in self.notices:
                self.notices = [*self.notices, notice]

    def remove_notice(self, text: Text) -> None:
        """Remove a notice that is no longer true."""
        with self._notices_lock:
            self.notices = [n for n in self.notices if self._translations.get(n, n) != text]

    def _on_message(self, _header: Header, message: Mapping[str, Any], _buffers: object) -> None:
        if message.get("type") != "dismiss":
            return
        with self._notices_lock:
            self.notices = [text for text in self.notices if text != message.get("text")]

    def _moment(self, moment: datetime | None) -> list[str]:
        if moment is None:
            return ["", ""]
        return [rfc3339(moment), times.moment(moment, self._time_zone, self.locale)]


def _health(health: Health, time_zone: str, locale: str) -> dict[str, Any]:
    lines = alarms(health, locale)
    return {
        "troubled": health.rejected > 0 or bool(lines),
        "alarms": lines,
        "notes": phrases.health_notes(health, time_zone, locale),
        "rejects": [
            [reject.file, "" if reject.row is None else str(reject.row), reject.cause]
            for reject in health.rejects[:_REJECTS_SHOWN]
        ],
    }
