"""The lines that rates are compared with: a warning, a limit, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from campaign_live_widgets.catalog.i18n import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

LimitedRate: TypeAlias = Literal["complaint", "hard_bounce", "failure"]
"""Rates that have lines: of complaints, of hard bounces and of failures."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The two lines of a rate; a higher rate is worse.

    Attributes
    ----------
    warning, limit : float
        Parts of one, ``warning`` below ``limit``.
    source : Text
        Whose lines they are.
    """

    warning: float
    limit: float
    source: Text


_COMPLAINTS: Final = Lines(
    0.001,
    0.003,
    Text(
        "Gmail: stay below 0.10%, never reach 0.30%. "
        "Yahoo: warning at 0.1%, enforcement at 0.3%, of mail in the inbox.",
        "Gmail : rester sous 0,10 %, ne jamais atteindre 0,30 %. "
        "Yahoo : avertissement à 0,1 %, sanction à 0,3 %, des messages en boîte de réception.",
    ),
)

PROVIDER_LINES: Final[Mapping[LimitedRate, Lines]] = MappingProxyType(
    {
        "complaint": _COMPLAINTS,
        "failure": Lines(
            0.02,
            0.05,
            Text(
                "Common practice: below 2%, never above 5%.",
                "Usage courant : moins de 2 %, jamais plus de 5 %.",
            ),
        ),
    }
)
"""The lines of each mailbox provider."""

CAMPAIGN_LINES: Final[Mapping[LimitedRate, Lines]] = MappingProxyType(
    {
        "complaint": _COMPLAINTS,
        "hard_bounce": Lines(
            0.02,
            0.05,
            Text(
                "Amazon SES: stay below 2%; review at 5%, pause at 10%.",
                "Amazon SES : rester sous 2 % ; examen à 5 %, suspension à 10 %.",
            ),
        ),
    }
)
"""The lines of a whole campaign."""

CAMPAIGN_PRESETS: Final[Mapping[str, Mapping[LimitedRate, Lines]]] = MappingProxyType(
    {
        "ses": MappingProxyType(
            {
                "complaint": Lines(
                    0.001,
                    0.005,
                    Text(
                        "Amazon SES: review at 0.1%, pause at 0.5%.",
                        "Amazon SES : examen à 0,1 %, suspension à 0,5 %.",
                    ),
                )
            }
        )
    }
)
"""Lines that take the place of those of :data:`CAMPAIGN_LINES`, by preset."""

COMPLAINTS_NOT_REPORTED: Final = frozenset({"gmail"})
"""Provider families that report no single complaint: none of theirs is no good news."""
