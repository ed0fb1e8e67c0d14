"""The line of filters under the page's head: which part is counted, and how it is shown.

Messages from the page: ``revisit`` with the query string of an address of the browser's history,
``change`` with the values of changed address keys, ``choices`` when a list is opened, ``end`` with
a typed start or end of the window, and ``save``. Messages to the page: ``answered`` with the
address of what is shown, ``choices``, and ``end`` with the moments that were typed.
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

import traitlets

from campaign_live_widgets.catalog import TABS, Text
from campaign_live_widgets.dashboard.page.exact_window import known_end, typed_end
from campaign_live_widgets.rendering.language import phrases, switches, times
from campaign_live_widgets.rendering.language.shorten import SHORT, isolated
from campaign_live_widgets.report import Names, dimension_names, offered_messages, visible_name
from campaign_live_widgets.widgets import Front

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campaign_live_widgets.snapshot import Campaign, Snapshot

_LENGTHS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        "15m": timedelta(minutes=15),
        "1h": timedelta(hours=1),
        "6h": timedelta(hours=6),
        "24h": timedelta(hours=24),
        "7d": timedelta(days=7),
    }
)
_ALL: Final = "all"
_EVERY: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Refresh intervals on offer, in seconds."""

LABELS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "filters": Text("Filters", "Filtres"),
        "campaign": Text("Campaign", "Campagne"),
        "window": Text("Window", "Période"),
        "messages": Text("Messages", "Messages"),
        "executions": Text("Executions", "Exécutions"),
        "more": Text("More", "Plus"),
        "all": Text("All", "Tous"),
        "all_executions": Text("All", "Toutes"),
        "some": Text("{} of {}", "{} sur {}"),
        "search": Text("Search", "Rechercher"),
        "nothing": Text("Nothing found", "Aucun résultat"),
        "others": Text(
            "{} more: search to find them", "{} de plus\N{NO-BREAK SPACE}: affinez la recherche"
        ),
        "newest": Text("newest event {}", "dernier événement {}"),
        "span": Text("From … to …", "Du … au …"),
        "from": Text("From", "Du"),
        "to": Text("To", "Au"),
        "clock": Text("Times are in {}", "Heures en {}"),
        "twice": Text("The clocks show it twice", "Les horloges l'indiquent deux fois"),
        "reversed": Text("The end must be after the start.", "La fin doit être après le début."),
        "apply": Text("Apply", "Appliquer"),
        "until": Text("until {}", "jusqu'au {}"),
        "take_off": Text("Remove filter: {}", "Retirer le filtre\N{NO-BREAK SPACE}: {}"),
        "chips": Text("Active filters", "Filtres actifs"),
        "tests": Text("Include test sends", "Inclure les envois de test"),
        "with_tests": Text("Test sends included", "Envois de test inclus"),
        "zone": Text("Time zone", "Fuseau horaire"),
        "browser_zone": Text("This browser's: {}", "Celui du navigateur\N{NO-BREAK SPACE}: {}"),
        "language": Text("Language", "Langue"),
        "every": Text("Refresh at most every", "Actualiser au plus toutes les"),
        "csv": Text("Download whole report (CSV)", "Télécharger le rapport complet (CSV)"),
        "print": Text("Print", "Imprimer"),
        "save": Text("Save a snapshot", "Enregistrer un instantané"),
        "saving": Text("A snapshot is being saved…", "Enregistrement de l'instantané…"),
        "snapshots": Text("All snapshots", "Tous les instantanés"),
        "unsaved": Text("The file could not be saved. {}", "Le fichier n'a pas pu être créé. {}"),
        "failed": Text("Try again.", "Réessayez."),
        "close": Text("Close", "Fermer"),
    }
)
"""Texts of the controls."""


class ReportController(Protocol):
    """Applies the reader's choices to the report; errors are shown in the page."""

    def goto(self, address: str) -> None:
        """Show what an address names; keys that are missing have the report's defaults."""

    def revisit(self, address: str, number: int) -> None:
        """Count what an address of the history names; *number* is that of the request."""

    def change(self, changes: Mapping[str, Sequence[str]]) -> None:
        """Change the values of some address keys; the others stay."""

    def recount(self) -> None:
        """Count the source again from its start."""

    def tab_opened(self, tab: str) -> None:
        """Note that the reader has opened a tab."""

    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source."""


class Filters(Front, script="filters"):
    """Controls for every key of the page's address, and a chip for each active filter."""

    query = traitlets.Dict().tag(sync=True)
    """What is shown: address key → values."""
    campaign = traitlets.List(traitlets.Unicode(), default_value=["", "", ""]).tag(sync=True)
    """The campaign that is shown: id, name, and the name with the id if it is not unique."""
    windows = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    """Each window length on offer: address value, text, and text for a fixed window."""
    fixed_window = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Span and end of a window with a fixed end, as texts; else empty."""
    messages: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Each message: id, name, the names of its channels, its name on a chip."""
    executions: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Each execution: id, start, as exact as is needed to distinguish it."""
    switches: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Each switch: key, label, options (value, text, text of its chip); first the default."""
    speeds: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Each refresh interval on offer: seconds, text."""
    saving = traitlets.Enum(["", "ready", "busy"], default_value="").tag(sync=True)
    """Whether the report can be saved as a snapshot (``ready``), or is being saved (``busy``)."""
    snapshots = traitlets.Unicode("").tag(sync=True)
    """Path of the list of snapshots; empty if there is none."""
    locale = traitlets.Unicode("en").tag(sync=True)
    labels = traitlets.Dict().tag(sync=True)

    def __init__(self, *, locale: str = "en") -> None:
        self._length: timedelta | None = None
        self._rate = 0.0
        self._time_zone = "UTC"
        super().__init__()
        self.set_language(locale)
        self.add_class("clw-filter-box")
        self.on_msg(self._on_message)

    def set_language(self, locale: str) -> None:
        """Show the texts in another language."""
        with self.hold_sync():
            self.locale = locale
            self.labels = {key: text(locale) for key, text in LABELS.items()}
            self.switches = switches.on_offer(locale)
            self._offer_lengths()

    def show_query(
        self, query: Mapping[str, Sequence[str]], length: timedelta | None, every: float
    ) -> None:
        """Show the values that apply now.

        Parameters
        ----------
        query : mapping of key to values
            The values of each address key; empty for a key that has no effect now.
        length : timedelta or None
            Length of the window, unless it has a start and an end.
        every : float
            Seconds between two refreshes.
        """
        with self.hold_sync():
            self.query = {key: list(values) for key, values in query.items()}
            self._length, self._rate = length, every
            self._offer_lengths()

    def show(self, snapshot: Snapshot, time_zone: str) -> None:
        """Offer the messages and executions of a snapshot; messages in order of their names."""
        locale, self._time_zone = self.locale, time_zone
        names = dimension_names(snapshot, "message_id", locale)
        messages = [
            [
                m.id,
                _beside_id(m.id, m.name, names),
                [TABS[c](locale) if c in TABS else c for c in m.channels],
                isolated(names.short(m.id, SHORT)),
            ]
            for m in sorted(
                offered_messages(snapshot), key=lambda m: (m.channels, names[m.id].strip(), m.id)
            )
        ]
        starts = phrases.run_names(snapshot, time_zone, locale)
        runs = [
            [run.id, starts[run.id]]
            for run in sorted(snapshot.executions, key=lambda run: run.oldest_event, reverse=True)
        ]
        end = times.instant(snapshot.window.end, time_zone, locale, pattern=times.WITH_YEAR)
        span = phrases.span(snapshot, time_zone, locale, has_zone=False)
        with self.hold_sync():
            self.campaign = [
                snapshot.campaign_id,
                visible_name(snapshot.campaign_name),
                phrases.campaign(snapshot, 120),
            ]
            self.messages, self.executions = messages, runs
            self.fixed_window = (
                [span, LABELS["until"](locale).format(end)] if snapshot.ending == "fixed" else []
            )

    def send_choices(
        self, campaigns: Iterable[Campaign], snapshot: Snapshot, time_zone: str
    ) -> None:
        """Send the campaigns, and start and end of the window in the page's time zone."""
        ends = (snapshot.window.start, snapshot.window.end)
        campaigns = list(campaigns)
        names = Names({campaign.id: campaign.name for campaign in campaigns})
        self.send(
            {
                "type": "choices",
                "campaigns": [
                    [
                        campaign.id,
                        _beside_id(campaign.id, campaign.name, names),
                        times.instant(campaign.newest_event, time_zone, self.locale)
                        if campaign.newest_event
                        else "",
                    ]
                    for campaign in campaigns
                ],
                "span": [known_end(at, time_zone, self.locale) for at in ends],
            }
        )

    def confirm(self, address: str, *, is_step: bool = False, revisit: int = 0) -> None:
        """Send the page's address, after its request is done.

        Parameters
        ----------
        address : str
        is_step : bool
            Whether it is a new entry of the browser's history.
        revisit : int
            Number of the last request for an address of the history.
        """
        step = {"step": is_step, "revisit": revisit}
        self.send({"type": "answered", "address": address, **step})

    def _on_message(self, _filters: Filters, message: Mapping[str, Any], _buffers: object) -> None:
        if message.get("type") == "end":
            key, text = (str(message.get(part, "")) for part in ("key", "text"))
            self.send({"type": "end", "key": key, **typed_end(text, self._time_zone, self.locale)})

    def _offer_lengths(self) -> None:
        locale, lengths = self.locale, dict(_LENGTHS)
        now = dict(self.query).get("window") or [""]
        if self._length is not None:
            lengths.setdefault(str(now[0]), self._length)
        ordered = sorted(lengths.items(), key=lambda item: item[1])
        self.windows = [
            *(
                [key, phrases.last(length, locale), phrases.length(length, locale)]
                for key, length in ordered
            ),
            [_ALL, _SINCE_START(locale), _SINCE_START(locale)],
        ]
        rates = sorted({*_EVERY, *([self._rate] if self._rate else [])})
        self.speeds = [[rate, phrases.seconds(rate, locale)] for rate in rates]


def _beside_id(key: str, name: str | None, names: Names) -> str:
    """Return a name for a list that also shows its id, the end of which may be cut off."""
    return visible_name(name) if len(key) <= SHORT else names[key]


_SINCE_START: Final = Text("since the first event", "depuis le premier événement")
