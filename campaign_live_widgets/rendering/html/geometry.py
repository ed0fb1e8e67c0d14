"""Measures that the scripts of the views and the first paint of a page share."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.rendering.html.templates import read

if TYPE_CHECKING:
    from collections.abc import Mapping

GEOMETRY: Final[Mapping[str, Any]] = MappingProxyType(
    json.loads(read("rendering/html/geometry.json"))
)
"""Pixels and shares by part of a tile; the scripts import the same file."""
