"""The verdict of a report on a rate that is compared with two lines, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from campaign_live_widgets.catalog.i18n import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

Verdict: TypeAlias = Literal["ok", "watch", "over", "thin", "none", "blind"]
"""``thin``: too few events to say; ``none``: nothing to divide by; ``blind``: never reported."""

VERDICTS: Final[Mapping[Verdict, Text]] = MappingProxyType(
    {
        "ok": Text("within limits", "dans les limites"),
        "watch": Text("watch", "à surveiller"),
        "over": Text("over the limit", "au-delà de la limite"),
        "thin": Text("not enough volume", "volume insuffisant"),
        "none": Text("nothing yet", "rien encore"),
        "blind": Text("not reported by this provider", "non communiqué par ce fournisseur"),
    }
)
"""The words of each verdict."""

WORST_FIRST: Final[tuple[Verdict, ...]] = ("over", "watch", "thin", "ok", "none")
"""The order in which verdicts of one row are combined; ``blind`` takes no part."""
