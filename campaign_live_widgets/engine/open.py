"""Which rollup a source has: of files, of a store, or of a database that counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from campaign_live_widgets.engine.duckdb.file_rollup import Rollup
from campaign_live_widgets.engine.duckdb.store_rollup import StoredRollup
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.sources.files.location import Location
from campaign_live_widgets.sources.store_log import is_store
from campaign_live_widgets.sources.tables.address import Database, is_database, locate

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign_live_widgets.engine.pushdown.rollup import RemoteRollup
    from campaign_live_widgets.snapshot import Window


def new_rollup(  # noqa: PLR0913 - all but two by name
    source: str | os.PathLike[str],
    campaign: str | None = None,
    *,
    follow: bool = True,
    window: Window | None = None,
    at: datetime | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Rollup | RemoteRollup:
    """Return the rollup of a source, before its first look; see :class:`Rollup`."""
    text = os.fspath(source)
    if is_database(text):
        from campaign_live_widgets.engine.pushdown.rollup import RemoteRollup

        return RemoteRollup(text, campaign, follow=follow, window=window, at=at, clock=clock)
    kind = StoredRollup if is_store(Location.parse(source).text) else Rollup
    return kind(source, campaign, follow=follow, window=window, at=at, clock=clock)


def open_rollup(  # noqa: PLR0913 - as above
    source: str | os.PathLike[str],
    campaign: str | None = None,
    *,
    follow: bool = True,
    window: Window | None = None,
    at: datetime | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Rollup | RemoteRollup:
    """Open a source, read it and return its rollup; see :class:`Rollup`."""
    rollup = new_rollup(source, campaign, follow=follow, window=window, at=at, clock=clock)
    rollup.refresh()
    return rollup


def require_readable(source: str | os.PathLike[str]) -> None:
    """Raise :class:`SourceError` where there is nothing at a source, before it is read."""
    place = locate(source)
    if isinstance(place, Database):
        from campaign_live_widgets.engine.pushdown.connections.base import connect

        connect(place).close()
    else:
        place.files()
