"""Metrics, tiles and their labels as plain data; imports only :mod:`..errors`."""

from campaign_live_widgets.catalog.formula import Count, Distinct, Formula, Sum, terms
from campaign_live_widgets.catalog.i18n import LOCALES, Text
from campaign_live_widgets.catalog.labels import OTHERS, TOTAL, UNKNOWN, column_label, value_label
from campaign_live_widgets.catalog.meaning import Meaning, meaning, notes
from campaign_live_widgets.catalog.metrics import (
    BOUNCE_TYPES,
    COUNTS,
    ENTRY_EVENTS,
    METRICS,
    Metric,
    metric,
)
from campaign_live_widgets.catalog.tiles import CHANNELS, TABS, TILES, Tile, tile

__all__ = [
    "BOUNCE_TYPES",
    "CHANNELS",
    "COUNTS",
    "ENTRY_EVENTS",
    "LOCALES",
    "METRICS",
    "OTHERS",
    "TABS",
    "TILES",
    "TOTAL",
    "UNKNOWN",
    "Count",
    "Distinct",
    "Formula",
    "Meaning",
    "Metric",
    "Sum",
    "Text",
    "Tile",
    "column_label",
    "meaning",
    "metric",
    "notes",
    "terms",
    "tile",
    "value_label",
]
