"""Labels of columns and of the values of dimensions.

An unknown code is shown unchanged.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.bounce_classes import ADVICE, BOUNCE_CLASSES
from campaign_live_widgets.catalog.columns import UNKNOWN
from campaign_live_widgets.catalog.i18n import Text
from campaign_live_widgets.catalog.metrics import METRICS
from campaign_live_widgets.catalog.provider_names import PROVIDER_NAMES
from campaign_live_widgets.catalog.verdicts import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.catalog.tile_definition import Tile

TOTAL: Final = Text("Total", "Total")
"""The row of the sums."""
OTHERS: Final = Text("Other", "Autres")
"""The sum of the rows that a chart does not draw one by one."""
OTHER_DOMAINS: Final = "other domains"
"""The row that recipient domains of few profiles share."""
OTHERS_ROW: Final = "others"
"""The first cell of the row with the rest of a frame that lists only its largest rows."""
_WITH_OTHERS: Final = ("link", "status_code")
"""Dimensions of such frames."""

_COLUMNS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "metric": Text("Metric", "Mesure"),
        "count": Text("Count", "Nombre"),
        "share": Text("Share", "Part"),
        "message_id": Text("Message", "Message"),
        "bucket": Text("Time", "Heure"),
        "reason": Text("Reason", "Cause"),
        "bounce_type": Text("Category", "Catégorie"),
        "domain": Text("Recipient domain", "Domaine destinataire"),
        "platform": Text("Platform", "Plateforme"),
        "channel": Text("Channel", "Canal"),
        "provider": Text("Provider", "Fournisseur"),
        "class": Text("Explained as", "Explication"),
        "status_code": Text("Code", "Code"),
        "link": Text("Link", "Lien"),
        "machine_reason": Text("Recognised by", "Reconnues par"),
        "unique_people": Text("Unique people", "Personnes uniques"),
        "verdict": Text("Verdict", "Verdict"),
        **ADVICE,
    }
)

_LOW: Final = Text("{}, 95% interval: low", "{}, intervalle à 95\N{NO-BREAK SPACE}%\u00a0: bas")
_HIGH: Final = Text("{}, 95% interval: high", "{}, intervalle à 95\N{NO-BREAK SPACE}%\u00a0: haut")
_ENDS: Final[Mapping[str, Text]] = MappingProxyType({"_low": _LOW, "_high": _HIGH})
"""What a column is named that has one end of the interval of a rate."""

_VALUES: Final[Mapping[tuple[str, str], Text]] = MappingProxyType(
    {
        ("bounce_type", "hard"): Text("Hard", "Hard"),
        ("bounce_type", "soft"): Text("Soft", "Soft"),
        ("bounce_type", "ignored"): Text("Ignored", "Ignorées"),
        ("platform", "ios"): Text("iOS", "iOS"),
        ("platform", "android"): Text("Android", "Android"),
        ("platform", "web"): Text("Web", "Web"),
        ("channel", "email"): Text("E-mail", "E-mail"),
        ("channel", "push"): Text("Push", "Push"),
        ("channel", "sms"): Text("SMS", "SMS"),
        ("channel", "in_app"): Text("In-app", "In-app"),
        ("channel", "web"): Text("Web", "Web"),
        ("channel", "direct_mail"): Text("Direct mail", "Courrier"),
        **{("class", c.id): c.title for c in BOUNCE_CLASSES.values()},
        **{("provider", family): name for family, name in PROVIDER_NAMES.items()},
        **{("verdict", verdict): words for verdict, words in VERDICTS.items()},
        ("machine_reason", "vendor_flag"): Text("A flag of the source", "Indicateur de la source"),
        ("machine_reason", "vendor_event"): Text(
            "A separate event", "Événement réservé aux machines"
        ),
        ("machine_reason", "prefetch"): Text("Prefetched", "Préchargement"),
        ("machine_reason", "apple_privacy"): Text("Apple's privacy", "Confidentialité d'Apple"),
        ("machine_reason", "link_burst"): Text("Many links at once", "Plusieurs liens à la fois"),
    }
)

_UNKNOWN: Final = Text("Unknown", "Inconnu")


@cache
def _reasons() -> Mapping[str, Text]:
    """Return the labels of reason codes, read once from ``reasons.csv``."""
    text = files(__package__).joinpath("reasons.csv").read_text(encoding="utf-8")
    return {
        row["code"]: Text(row["label_en"], row["label_fr"])
        for row in csv.DictReader(text.splitlines())
    }


_OTHER_DOMAINS: Final = Text("Other domains", "Autres domaines")


def column_label(column: str, locale: str = "en", tile: Tile | None = None) -> str:
    """Return the label of a frame's column: a metric, a dimension, or a value of a dimension.

    Only in the frame of *tile* it may be a value, or an end of an interval.
    """
    dimension = tile.column(column).dimension if tile is not None else None
    if dimension is not None:
        return value_label(dimension, column, locale)
    if column in METRICS:
        return METRICS[column].label(locale)
    if column in _COLUMNS:
        return _COLUMNS[column](locale)
    for suffix, text in _ENDS.items():
        rate = f"{column.removesuffix(suffix)}_rate"
        if column.endswith(suffix) and rate in METRICS:
            return text(locale).format(METRICS[rate].label(locale))
    return column


def value_label(dimension: str, value: str, locale: str = "en") -> str:
    """Return the label of a value of a dimension; a code without a label is unchanged."""
    if dimension == "metric":
        return column_label(value, locale)
    if value == UNKNOWN:
        return _UNKNOWN(locale)
    if dimension == "reason":
        text = _reasons().get(value)
        return text(locale) if text else value
    if value == OTHERS_ROW and dimension in _WITH_OTHERS:
        return OTHERS(locale)
    if value == OTHER_DOMAINS and dimension == "domain":
        return _OTHER_DOMAINS(locale)
    known = _VALUES.get((dimension, value))
    return known(locale) if known else value
