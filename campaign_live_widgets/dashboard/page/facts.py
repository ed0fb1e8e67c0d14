"""A line of facts about the report: label above, value below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import traitlets

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.rendering.language import phrases, times
from campaign_live_widgets.snapshot import Health
from campaign_live_widgets.widgets import Front

if TYPE_CHECKING:
    from datetime import datetime

    from campaign_live_widgets.snapshot import Snapshot

_WINDOW: Final = Text("Window", "Période")
_NEWEST: Final = Text("Newest event", "Dernier événement")
_NONE: Final = Text("None yet", "Aucun")


class Facts(Front, script="facts"):
    """Window, newest event and data quality of the report."""

    terms = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    """``[label, meaning]`` of each fact; the meaning may be empty."""
    values = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Value of each fact."""

    def __init__(self, *, locale: str = "en", time_zone: str = "UTC") -> None:
        self._locale, self._time_zone = locale, time_zone
        names = [(_WINDOW(locale), ""), (_NEWEST(locale), "")]
        names += [(name, meaning) for name, meaning, _ in phrases.health_facts(Health(), locale)]
        super().__init__(terms=[list(name) for name in names])
        self.add_class("clw-facts")

    def show(self, snapshot: Snapshot, now: datetime) -> bool:
        """Show the facts of *snapshot*; return whether any has changed."""
        locale, zone = self._locale, self._time_zone
        newest = snapshot.newest_event
        newest_text = _NONE(locale) if newest is None else times.named(newest, zone, locale)
        facts = [
            (_WINDOW(locale), "", _sentence(phrases.window(snapshot, now, zone, locale))),
            (_NEWEST(locale), "", newest_text),
            *phrases.health_facts(snapshot.health, locale),
        ]
        terms = [[name, meaning] for name, meaning, _ in facts]
        values = [value for _, _, value in facts]
        if (terms, values) == (self.terms, self.values):
            return False
        with self.hold_sync():
            self.terms, self.values = terms, values
        return True


def _sentence(text: str) -> str:
    """Return *text* with a capital first letter, as a separate line."""
    return text[:1].upper() + text[1:]
