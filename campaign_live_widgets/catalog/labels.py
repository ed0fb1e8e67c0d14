"""Labels of columns and of the values of dimensions.

An unknown code is shown unchanged.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.i18n import Text
from campaign_live_widgets.catalog.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN: Final = "unknown"
"""The value shown for a null dimension."""
TOTAL: Final = Text("Total", "Total")
"""The row of the sums."""
OTHERS: Final = Text("Other", "Autres")
"""The sum of the rows that a chart does not draw one by one."""

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
    }
)

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


def column_label(column: str, locale: str = "en") -> str:
    """Return the label of a frame's column: a metric or a dimension."""
    if column in METRICS:
        return METRICS[column].label(locale)
    return _COLUMNS[column](locale) if column in _COLUMNS else column


def value_label(dimension: str, value: str, locale: str = "en") -> str:
    """Return the label of a value of a dimension; a code without a label is unchanged."""
    if dimension == "metric":
        return column_label(value, locale)
    if value == UNKNOWN:
        return _UNKNOWN(locale)
    if dimension == "reason":
        text = _reasons().get(value)
        return text(locale) if text else value
    known = _VALUES.get((dimension, value))
    return known(locale) if known else value
