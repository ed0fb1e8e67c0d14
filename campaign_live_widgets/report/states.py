"""What a tile has to show, and what its ratios divide by: for programs that read the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from campaign_live_widgets.catalog import METRICS, WHOLE

if TYPE_CHECKING:
    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.report.tile_table import TileTable

State = Literal["ok", "thin", "none"]
"""``none``: nothing is counted; ``thin``: too little is counted to judge any of its rates."""

_NOT_JUDGED: Final = frozenset({"thin", "none"})
_VERDICT: Final = "verdict"


def state(tile: Tile, table: TileTable) -> State:
    """Return the state of a tile's rows."""
    if tile.further is not None:
        ratios = [number for name in table.columns[1:] for number in table.numbers(name)]
        if not ratios:
            return "none"
        return "thin" if all(number is None for number in ratios) else "ok"
    counts = [np.asarray(table[name]) for name in table.columns if tile.column(name).kind in WHOLE]
    if not any(np.any((column != 0) & ~np.isnan(column)) for column in counts):
        return "none"
    if _VERDICT in table and _NOT_JUDGED.issuperset(table.values(_VERDICT)):
        return "thin"
    return "ok"


def denominators(tile: Tile, table: TileTable, locale: str = "en") -> dict[str, str]:
    """Return what each ratio of a tile divides by, in words, by its column."""
    divisors = {name: tile.column(name).of for name in table.columns}
    return {name: METRICS[of].label(locale) for name, of in divisors.items() if of is not None}
