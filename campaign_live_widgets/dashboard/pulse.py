"""The page's pulse: who looks, what they have painted, and whether the kernel still answers.

The front end tells who looks: ``hello`` when the page appears, ``ack`` when a tick has been
painted, ``visible`` when the page is hidden or shown, ``ping`` now and then, ``bye`` at the end.
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
        "lost": Text("No answer from the report for {}.", "Pas de réponse du rapport depuis {}."),
        "second": Text("s", "s"),
        "minute": Text("min", "min"),
        "hour": Text("h", "h"),
        "day": Text("d", "j"),
    }
)
"""The words that the script puts together."""


class Pulse(Front, script="pulse"):
    """What passes between the page and its kernel so that each knows whether the other is there.

    The script puts ``data-tick`` on the page's root, and ``data-lost`` while the kernel does
    not answer; a ``clw-lost`` event on the root tells of a change of that.
    """

    tick = traitlets.Int(0).tag(sync=True)
    """Number of the last set of changes sent; the page acknowledges it once painted."""
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

    def beat(self, within: float) -> None:
        """Tell the page that the kernel lives, and *within* how many seconds it will again.

        Zero promises nothing: the page does not expect to hear more.
        """
        self.send({"type": "beat", "within": within})
