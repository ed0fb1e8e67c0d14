"""The rows of a tile as a DataFrame: the only place above the engine that makes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.report.tile_tables import tile_table

if TYPE_CHECKING:
    import pandas as pd

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.snapshot import Snapshot


def frame(tile: Tile, snapshot: Snapshot) -> pd.DataFrame:
    """Return the rows of one tile as a DataFrame; see :func:`tile_table`.

    Texts are ``object``, and ``bucket`` is ``datetime64[us, UTC]``.
    """
    import pandas as pd  # noqa: PLC0415 - only for who asks for a frame

    table = tile_table(tile, snapshot)
    columns: dict[str, object] = {}
    for name in table.columns:
        column = table[name]
        if name == "bucket":
            columns[name] = pd.DatetimeIndex(column, tz="UTC")
        else:
            columns[name] = (
                pd.Series(list(column), dtype=object) if isinstance(column, tuple) else column
            )
    return pd.DataFrame(columns, columns=list(table.columns))
