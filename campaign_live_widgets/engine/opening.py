"""Which rollup a source has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.engine.rollup import Rollup
from campaign_live_widgets.engine.stored import StoredRollup
from campaign_live_widgets.sources import Location
from campaign_live_widgets.sources.commits import is_store

if TYPE_CHECKING:
    import os

    from campaign_live_widgets.snapshot import Window


def new_rollup(
    source: str | os.PathLike[str],
    campaign: str | None = None,
    *,
    follow: bool = True,
    window: Window | None = None,
) -> Rollup:
    """Return the rollup of a source, before its first look; see :class:`Rollup`."""
    kind = StoredRollup if is_store(Location.parse(source).text) else Rollup
    return kind(source, campaign, follow=follow, window=window)


def open_rollup(
    source: str | os.PathLike[str],
    campaign: str | None = None,
    *,
    follow: bool = True,
    window: Window | None = None,
) -> Rollup:
    """Open a source, read it and return its rollup; see :class:`Rollup`."""
    rollup = new_rollup(source, campaign, follow=follow, window=window)
    rollup.refresh()
    return rollup
