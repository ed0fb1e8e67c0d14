"""The update of one tile; a tile that fails does not break the page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.report import names_of, tile_table

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Snapshot
    from campaign_live_widgets.widgets import Context, TileWidget

_LOG: Final = logging.getLogger(__name__)


def update_tile(
    widget: TileWidget, snapshot: Snapshot, context: Context, failed: set[TileWidget]
) -> bool:
    """Show the snapshot's numbers in a tile; return whether the tile has changed.

    A tile that raises shows the error in its place and is added to *failed*, until an update
    succeeds.
    """
    try:
        rows = tile_table(widget.tile, snapshot)
        changed = widget.update(rows, names_of(widget.tile, snapshot, widget.locale), context)
    except Exception as error:  # noqa: BLE001 - a tile must not break the page
        _LOG.exception("The tile %s failed", widget.tile.id)
        widget.show_error(phrases.one_line(error))
        failed.add(widget)
        return True
    if widget in failed:
        widget.show_error(None)
        failed.discard(widget)
        return True
    return bool(changed)
