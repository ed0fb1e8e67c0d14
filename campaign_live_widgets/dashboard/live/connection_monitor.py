"""The connection between a page and its kernel: who views, what is painted, who still answers.

The page sends ``hello`` when it appears, ``ack`` when it has painted a tick, ``visible`` when it
is hidden or shown, ``ping`` every 15 s, and ``bye`` when it is closed; and ``repeat`` when its
model is made, for it has missed what was sent before. The kernel sends ``update``, the changes of
a tick, and ``heartbeat``; the page shows a banner when heartbeats stop.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import traitlets

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.rendering.language.times import zone_steps
from campaign_live_widgets.widgets import FrontModel, JointUpdates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

LABELS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "kernel": Text(
            "The program behind this report (its kernel) stopped at {}.",
            "Le programme qui calcule ce rapport (son noyau) s'est arrêté à {}.",
        ),
        "socket": Text(
            "The connection to the server was lost at {}. The page keeps trying.",
            "La connexion au serveur est perdue depuis {}. La page réessaie d'elle-même.",
        ),
        "silent": Text(
            "The report has not answered since {}.",
            "Le rapport ne répond plus depuis {}.",
        ),
        "as_of": Text("The numbers are as of {}.", "Les chiffres datent du {}."),
        "back": Text("Bring the report back", "Relancer le rapport"),
        "trying": Text("Trying…", "Nouvel essai…"),
        "no_server": Text(
            "The server does not answer. The page comes back as soon as it does.",
            "Le serveur ne répond pas. La page reviendra dès qu'il répondra.",
        ),
        "by_hand": Text(
            "In the menu, choose Run, then Restart Kernel and Run All Cells.",
            "Dans le menu Exécuter, choisissez de redémarrer le noyau et d'exécuter toutes les "
            "cellules.",
        ),
        "ago": Text("{} ago", "il y a {}"),
        "second": Text("s", "s"),
        "minute": Text("min", "min"),
        "hour": Text("h", "h"),
        "day": Text("d", "j"),
    }
)
"""Texts of the banner."""
LIMITS: Final[Mapping[str, float]] = MappingProxyType(
    {"missed": 3, "missed_while_busy": 15, "reconnect_seconds": 4.0}
)
"""Heartbeats that may be missed, the same while the kernel is busy, and how long the front end may
reconnect before the banner is shown."""


class ConnectionMonitor(FrontModel, script="connection_monitor"):
    """Messages by which a page and its kernel detect that the other has gone.

    The script sets ``data-tick`` on the page's root, and ``data-lost`` (``kernel``, ``socket``
    or ``silent``) while the connection is lost; it fires ``clw-lost`` on the root when
    ``data-lost`` changes. While it is lost, a banner shows the cause and a button to reconnect.
    """

    tick = traitlets.Int(0).tag(sync=True)
    """Number of the last set of changes sent; the page acknowledges it once painted."""
    heartbeat_seconds = traitlets.Float(0.0).tag(sync=True)
    """Seconds between two heartbeats while a page is visible; zero if there are none."""
    limits = traitlets.Dict().tag(sync=True)
    """When the page reports a lost connection; by default :data:`LIMITS`."""
    reopens = traitlets.Bool(default_value=False).tag(sync=True)
    """Whether the page loads again once its kernel is gone, without a click: all it shows is in its
    address."""
    locale = traitlets.Unicode("en").tag(sync=True)
    labels = traitlets.Dict().tag(sync=True)

    def __init__(self, *, locale: str = "en") -> None:
        super().__init__()
        self._updates = JointUpdates(self.send)
        self.on_msg(self._on_message)
        self.set_language(locale)

    @traitlets.default("limits")
    def _default_limits(self) -> dict[str, float]:
        return dict(LIMITS)

    def set_language(self, locale: str) -> None:
        """Show the texts in another language."""
        with self.hold_sync():
            self.labels = {key: text(locale) for key, text in LABELS.items()}
            self.locale = locale

    def together(self) -> AbstractContextManager[None]:
        """Send what the block changes on the page as one message, which is painted as one."""
        return self._updates.together()

    def request_ack(self) -> None:
        """Ask the page to acknowledge once it has painted everything sent until now."""
        self.tick += 1

    def send_heartbeat(self, as_of: str, time_zone: str) -> None:
        """Send a heartbeat with the time of the page's numbers as text, and the clocks' next days.

        The page shows when the connection was lost, which the kernel cannot know.
        """
        clock = zone_steps(utc_now(), time_zone)
        self.send({"type": "heartbeat", "as_of": as_of, "clock": clock})

    def _on_message(
        self, _monitor: ConnectionMonitor, message: Mapping[str, Any], _buffers: object
    ) -> None:
        if message.get("type") == "repeat":
            self._updates.repeat()
