"""What only a browser knows exactly: the width of a text, and the height of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from babel.numbers import format_compact_decimal

from campaign_live_widgets.layouts.places import GAP_PX, ROW_PX
from campaign_live_widgets.rendering.html.geometry import GEOMETRY
from campaign_live_widgets.rendering.language.numbers import format_number
from campaign_live_widgets.rendering.model.text_width import ems

if TYPE_CHECKING:
    from collections.abc import Mapping

NARROW_PX: Final = 879
"""Width of the page up to which the tiles are in one column; as in ``header.css``."""

_SHORT_FROM: Final = 1_000_000
_NARROW: Final = dict.fromkeys("ijl|!'.,:; \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}I", 0.27)
_WIDTHS: Final[Mapping[str, float]] = {
    **_NARROW,
    **dict.fromkeys("ftr()[]/\\-", 0.34),
    **dict.fromkeys("0123456789", 0.572),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ", 0.63),
    **dict.fromkeys("mwMW@%&", 0.88),
}
_USUAL: Final = 0.56


def view_height(rows: int) -> int:
    """Return the height in px of the view in a tile of a number of rows of the grid."""
    tile = GEOMETRY["tile"]
    high = rows * (ROW_PX + GAP_PX) - GAP_PX
    return max(0, int(high - tile["head"] - tile["border"] - tile["foot"]))


def text_px(text: str, size: float = 12) -> int:
    """Return about how wide a text is in px, as ``textRuler`` of ``chart.js`` measures it."""
    return int(ems(text, _WIDTHS, _USUAL) * size) + 2


def short_number(value: float, locale: str) -> str:
    """Return a count; from a million on in millions: ``1.2M``."""
    if abs(value) < _SHORT_FROM:
        return format_number(value, locale)
    return str(format_compact_decimal(value, locale=locale, fraction_digits=1))
