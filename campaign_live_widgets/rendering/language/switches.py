"""The switches of a report in words: which opens and clicks count, what shares divide by."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.catalog import Text

if TYPE_CHECKING:
    from collections.abc import Mapping


class Switch(NamedTuple):
    """A choice of one of several values, the first of which is the default.

    Attributes
    ----------
    label : Text
    options : mapping
        Value → what it is called where it is chosen.
    phrases : mapping
        Value → what the numbers are then; nothing for the default.
    """

    label: Text
    options: Mapping[str, Text]
    phrases: Mapping[str, Text]


SWITCHES: Final[Mapping[str, Switch]] = MappingProxyType(
    {
        "machines": Switch(
            Text("Machine opens and clicks", "Ouvertures et clics de machines"),
            {
                "include": Text("Included", "Inclus"),
                "exclude": Text("Left out", "Exclus"),
                "only": Text("Alone", "Seuls"),
            },
            {
                "exclude": Text(
                    "without opens and clicks of machines",
                    "sans les ouvertures et clics de machines",
                ),
                "only": Text(
                    "of opens and clicks, only those of machines",
                    "des ouvertures et clics, seuls ceux de machines",
                ),
            },
        ),
        "basis": Switch(
            Text("Rates divide by", "Taux rapportés à"),
            {
                "default": Text("Each its own", "À chacun le sien"),
                "sent": Text("Sent", "Envoyés"),
                "delivered": Text("Delivered", "Délivrés"),
                "decided": Text("Delivered + bounces", "Délivrés + bounces"),
                "targeted": Text("Targeted", "Ciblés"),
            },
            {
                "sent": Text("rates divide by sent", "taux rapportés aux envoyés"),
                "delivered": Text("rates divide by delivered", "taux rapportés aux délivrés"),
                "decided": Text(
                    "rates divide by delivered + bounces", "taux rapportés aux délivrés + bounces"
                ),
                "targeted": Text("rates divide by targeted", "taux rapportés aux ciblés"),
            },
        ),
    }
)
"""The key in the address of each switch → the switch, in the order of the page."""

_FOLDING: Final = Text(
    "domains and links of fewer than {} people share a row",
    "domaines et liens de moins de {} personnes sur une ligne",
)


def phrase(key: str, value: str, locale: str) -> str:
    """Return what a switch does to the numbers, in words; empty for its default."""
    words = SWITCHES[key].phrases.get(value)
    return "" if words is None else words(locale)


def folding(fewest: int, locale: str) -> str:
    """Return which domains and links share a row, in words."""
    return _FOLDING(locale).format(fewest)


def on_offer(locale: str) -> list[list[object]]:
    """Return for each switch its key, label and options: value, text, text of its chip."""
    return [
        [
            key,
            switch.label(locale),
            [
                [v, text(locale), _capital(phrase(key, v, locale))]
                for v, text in switch.options.items()
            ],
        ]
        for key, switch in SWITCHES.items()
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
