"""Metrics, tiles and their labels as plain data; imports only :mod:`..errors`."""

from campaign_live_widgets.catalog.basis import BASES, Basis, tile_of, tiles_of
from campaign_live_widgets.catalog.bounce_classes import BOUNCE_CLASSES
from campaign_live_widgets.catalog.columns import UNKNOWN, WHOLE, Column, Kind
from campaign_live_widgets.catalog.formula import (
    Count,
    Distinct,
    Explained,
    Formula,
    Ratio,
    Sum,
    terms,
)
from campaign_live_widgets.catalog.i18n import LOCALES, Text
from campaign_live_widgets.catalog.labels import (
    OTHER_DOMAINS,
    OTHERS,
    OTHERS_ROW,
    TOTAL,
    column_label,
    value_label,
)
from campaign_live_widgets.catalog.meaning import Meaning, meaning, notes
from campaign_live_widgets.catalog.metrics import (
    BOUNCE_TYPES,
    COUNTS,
    ENTRY_EVENTS,
    METRICS,
    WHOLES,
    Metric,
    is_part,
    metric,
    rate,
)
from campaign_live_widgets.catalog.tile_definition import Need, Tile
from campaign_live_widgets.catalog.tiles import CHANNELS, TABS, TILES, tile

__all__ = [
    "BASES",
    "BOUNCE_CLASSES",
    "BOUNCE_TYPES",
    "CHANNELS",
    "COUNTS",
    "ENTRY_EVENTS",
    "LOCALES",
    "METRICS",
    "OTHERS",
    "OTHERS_ROW",
    "OTHER_DOMAINS",
    "TABS",
    "TILES",
    "TOTAL",
    "UNKNOWN",
    "WHOLE",
    "WHOLES",
    "Basis",
    "Column",
    "Count",
    "Distinct",
    "Explained",
    "Formula",
    "Kind",
    "Meaning",
    "Metric",
    "Need",
    "Ratio",
    "Sum",
    "Text",
    "Tile",
    "column_label",
    "is_part",
    "meaning",
    "metric",
    "notes",
    "rate",
    "terms",
    "tile",
    "tile_of",
    "tiles_of",
    "value_label",
]
