"""Choice of the rollup of a source: of files, of a store, or of a database that counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from campaign_live_widgets.engine.duckdb.file_rollup import FileRollup
from campaign_live_widgets.engine.duckdb.store_rollup import StoreRollup
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.sources.address import parse_address
from campaign_live_widgets.sources.files.location import Location
from campaign_live_widgets.sources.store_log import is_store
from campaign_live_widgets.sources.tables.address import DatabaseAddress, is_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from campaign_live_widgets.engine.base import Rollup
    from campaign_live_widgets.snapshot import Window


def new_rollup(  # noqa: PLR0913 - all but two by name
    source: str | os.PathLike[str],
    campaign: str | None = None,
    *,
    follow: bool = True,
    window: Window | None = None,
    at: datetime | None = None,
    clock: Callable[[], datetime] = utc_now,
    state: Path | None = None,
) -> Rollup:
    """Return the rollup of a source, before its first refresh; see :class:`Rollup`."""
    text = os.fspath(source)
    rollup: type[Rollup]
    if is_database(text):
        # Ibis is an extra, and slow to import.
        from campaign_live_widgets.engine.pushdown.rollup import DatabaseRollup

        rollup = DatabaseRollup
    else:
        rollup = StoreRollup if is_store(Location.parse(source).text) else FileRollup
    return rollup(source, campaign, follow=follow, window=window, at=at, clock=clock, state=state)


def open_rollup(  # noqa: PLR0913 - as above
    source: str | os.PathLike[str],
    campaign: str | None = None,
    *,
    follow: bool = True,
    window: Window | None = None,
    at: datetime | None = None,
    clock: Callable[[], datetime] = utc_now,
    state: Path | None = None,
) -> Rollup:
    """Open a source, read it and return its rollup; see :class:`Rollup`."""
    rollup = new_rollup(
        source, campaign, follow=follow, window=window, at=at, clock=clock, state=state
    )
    rollup.refresh()
    return rollup


def require_readable(source: str | os.PathLike[str]) -> None:
    """Raise :class:`SourceError` if there is nothing at a source, before it is read."""
    address = parse_address(source)
    if isinstance(address, DatabaseAddress):
        # Ibis is an extra, and slow to import.
        from campaign_live_widgets.engine.pushdown.connections.base import connect

        connect(address).close()
    elif isinstance(address, Location):
        address.files()
