"""Choice of the rollup of a source: of files, of a store, or of a database that counts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypedDict

from campaign_live_widgets.engine.duckdb.file_rollup import FileRollup
from campaign_live_widgets.engine.duckdb.store_rollup import StoreRollup
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.sources.address import parse_address
from campaign_live_widgets.sources.files.location import Location
from campaign_live_widgets.sources.store_log import is_store
from campaign_live_widgets.sources.tables.address import DatabaseAddress, is_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from typing import Unpack

    from campaign_live_widgets.engine.base import Rollup
    from campaign_live_widgets.snapshot import Window


class RollupOptions(TypedDict, total=False):
    """How a source is read; see :class:`Rollup`, which also has the defaults."""

    follow: bool
    window: Window | None
    at: datetime | None
    clock: Callable[[], datetime]
    state: Path | None
    uniques: bool
    small_cells: bool


def new_rollup(
    source: str | os.PathLike[str],
    campaign: str | None = None,
    **options: Unpack[RollupOptions],
) -> Rollup:
    """Return the rollup of a source, before its first refresh; see :class:`Rollup`.

    Raises
    ------
    UsageError
        If *small_cells* is wanted of a database.
    """
    text = os.fspath(source)
    rollup: type[Rollup]
    if is_database(text):
        # Ibis is an extra, and slow to import.
        from campaign_live_widgets.engine.pushdown.rollup import DatabaseRollup

        rollup = DatabaseRollup
    else:
        rollup = StoreRollup if is_store(Location.parse(source).text) else FileRollup
    if options.get("small_cells") and not rollup.gives_pairs:
        message = "small_cells can only be used with files and stores"
        raise UsageError(message)
    return rollup(source, campaign, **options)


def open_rollup(
    source: str | os.PathLike[str],
    campaign: str | None = None,
    **options: Unpack[RollupOptions],
) -> Rollup:
    """Open a source, read it and return its rollup; see :class:`Rollup`."""
    rollup = new_rollup(source, campaign, **options)
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
