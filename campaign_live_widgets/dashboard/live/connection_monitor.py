"""The page's pulse: who looks, what they have painted, and whether the kernel still answers.

The front end tells who looks: ``hello`` when the page appears, ``ack`` when a tick has been
painted, ``visible`` when the page is hidden or shown, ``ping`` now and then, ``bye`` at the end.
The kernel sends ``beat``, and the page itself says so when none comes any more.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import traitlets

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.widgets import Front

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Final[Mapping[str, Text]] = MappingProxyType(
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
"""The words that the script puts together."""


class Pulse(Front, script="pulse"):
    """What passes between the page and its kernel so that each knows whether the other is there.

    The script puts ``data-tick`` on the page's root, and ``data-lost`` (``kernel``, ``socket``
    or ``silent``) while the report cannot go on; a ``clw-lost`` event on the root tells of a
    change of that. It then shows what happened, and a button that brings the report back.
    """

    tick = traitlets.Int(0).tag(sync=True)
    """Number of the last set of changes sent; the page acknowledges it once painted."""
    within = traitlets.Float(0.0).tag(sync=True)
    """Seconds within which a page in front hears the next beat; zero promises none."""
    locale = traitlets.Unicode("en").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, *, locale: str = "en") -> None:
        super().__init__()
        self.speak(locale)

    def speak(self, locale: str) -> None:
        """Take the words of a language."""
        with self.hold_sync():
            self.words = {key: text(locale) for key, text in WORDS.items()}
            self.locale = locale

    def ask(self) -> None:
        """Ask the page to say when it has painted what was sent until now."""
        self.tick += 1

    def beat(self, as_of: str, time_zone: str) -> None:
        """Tell the page that the kernel lives, and as of when its numbers are, in words."""
        self.send({"type": "beat", "as_of": as_of, "time_zone": time_zone})
