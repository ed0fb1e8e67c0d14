"""Tiles with names that have broken pages before, and what a page of them must keep."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.widgets import Context, TileWidget
from tests.support.reports import frames

if TYPE_CHECKING:
    import pandas as pd

HOSTILE: Final = (
    "<script>document.title='pwned'</script>",
    "\"><img src=x onerror=\"document.title='pwned'\"> & 'sons'",
    '=HYPERLINK("http://127.0.0.1:1/?"&A1,"prize")',
    "\uff1d1+1\t;=2+2",
    "\u202egnp.exe\u202c مرحبا بكم في العرض 50 % \u200f!",
    'a, "quoted" name\nin two lines, «été» — 日本語 🎉',
    "bell\x07 and escape\x1b]]> -->",
    "endless " * 1250,
)
"""Scripts, markup, formulae, marks of direction, line breaks, control letters, length."""

NAMES: Final = {f"h{i}": name for i, name in enumerate(HOSTILE)} | frames.NAMES
CONTEXT: Final = Context(
    "../spring sale: été/2026",
    datetime(2026, 11, 24, 12, tzinfo=UTC),
    "Spring sale <b> · 23 Nov 2026 12:00 \N{EN DASH} 24 Nov 2026 12:00 UTC",
)


def rows(tile_id: str, kind: str = "usual") -> pd.DataFrame:
    """Return the rows of one tile of the page."""
    tile = TILES[tile_id]
    if kind == "usual" or tile.by in {None, "bucket"}:
        return frames.frame(tile, scale=frames.HUGE if kind == "huge" else 23719)
    if kind == "huge":
        return frames.frame(tile, scale=frames.HUGE)
    codes = [f"h{i}" for i in range(len(HOSTILE))] if tile.by == "message_id" else list(HOSTILE)
    return frames.frame(tile, codes, scale=1234)


def make(tile_id: str, kind: str = "usual") -> TileWidget:
    """Return one tile of the page; its class names the kind of rows it has."""
    tile = TILES[tile_id]
    widget = TileWidget(tile, rows(tile_id, kind), names=NAMES, context=CONTEXT)
    return widget.add_class(f"with-{kind}")
