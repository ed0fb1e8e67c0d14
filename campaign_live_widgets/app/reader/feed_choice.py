"""Choice of the feed of a page: of a reader if one serves the source, else of a separate rollup."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from campaign_live_widgets.app.reader.connection import connection_to
from campaign_live_widgets.app.reader.shared_feed import SharedFeed
from campaign_live_widgets.app.reader.source_digest import source_digest
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.io.environment import READER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign_live_widgets.app.feeds.feed import RollupFeed
    from campaign_live_widgets.app.settings.query import Query


def open_feed(
    source: str | None,
    query: Query,
    *,
    name: str | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> RollupFeed | SharedFeed:
    """Return the feed of a source, before its first refresh.

    The environment variable ``CAMPAIGN_LIVE_READER`` names the socket of a reader. If that reader
    serves another source, or there is no such variable, the feed reads the source itself.

    Parameters
    ----------
    source : str or None
        Its address, no ``env:NAME``; ``None`` is the source of the reader.
    query : Query
        What is counted at first.
    name : str, optional
        The public name of the source; a reader has been given its own.
    clock : callable
        Returns the time now, with a time zone.

    Raises
    ------
    SourceError
        If the reader does not answer.
    UsageError
        If neither a source nor a reader is named.
    """
    socket_path = os.environ.get(READER)
    if socket_path:
        connection = connection_to(socket_path)
        if connection.serves(None if source is None else source_digest(source)):
            return SharedFeed(connection, query, clock=clock)
    if source is None:
        message = f"no source: name one, or a reader in {READER}"
        raise UsageError(message)
    # Pages of a reader need no DuckDB.
    from campaign_live_widgets.app.feeds.feed import RollupFeed

    return RollupFeed(source, query, name=name, clock=clock)
