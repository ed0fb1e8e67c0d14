"""The job that fills the tables of a kept rollup.

A row of events is counted exactly once, however often the job runs or is killed: what it has
counted counts only with the state that it writes last; see :mod:`.postgresql` and :mod:`.spark`.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.engine.pushdown.connections.base import connect, error_line, failures
from campaign_live_widgets.engine.pushdown.kept.find import ENGINES, KEEPERS, keeper_of
from campaign_live_widgets.engine.pushdown.kept.state import (
    CUBES,
    VERSION,
    State,
    digest_of,
    misfit,
)
from campaign_live_widgets.errors import CampaignLiveError, SourceError
from campaign_live_widgets.sources.tables.address import DatabaseAddress, is_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.engine.pushdown.connections.base import Watermark
    from campaign_live_widgets.engine.pushdown.kept.keeper import Keeper

_SKEW: Final = timedelta(minutes=2)
"""By how much the clock of a report may be behind that of the server."""


class Refreshed(NamedTuple):
    """What a job has done.

    Attributes
    ----------
    rows : int
        How many rows it counted.
    settled : int, datetime or None
        Up to which watermark all rows are counted; None if the table is empty.
    reason : str or None
        Why all rows were counted again, as the end of a sentence.
    """

    rows: int
    settled: Watermark | None
    reason: str | None = None


@contextmanager
def opened(source: str) -> Iterator[Keeper]:
    """Connect to the table of a kept rollup; errors of the database become one line.

    Raises
    ------
    SourceError
        If the source cannot have a kept rollup.
    """
    if not is_database(source):
        message = f"{source}: only a table of {ENGINES} has a rollup that the database keeps"
        raise SourceError(message)
    address = DatabaseAddress.parse(source)
    if address.engine not in KEEPERS:
        message = f"{address.text}: {ENGINES} keeps a rollup; into this service nothing is written"
        raise SourceError(message)
    connection = connect(address)
    try:
        keeper = keeper_of(connection)
        if keeper is None:
            message = (
                f"{address.text}: a rollup is kept of one table of {ENGINES} that has a "
                "watermark; see campaign-live schema --rollup"
            )
            raise SourceError(message)
        keeper.require_tables()
        yield keeper
    except failures() as error:
        raise SourceError(error_line(address, error)) from error
    finally:
        connection.close()


def refresh(source: str, *, rebuild: bool = False) -> Refreshed:
    """Count the rows that have settled since the last time.

    All rows are counted again if *rebuild* is true, or if what is kept is not of this version, of
    these rules or of this table.

    Raises
    ------
    SourceError
        If the database does not answer, or the tables are missing.
    CampaignLiveError
        If another job is running, or the tables are of a newer version.
    """
    with opened(source) as keeper, keeper.writing():
        connection = keeper.connection
        number, view = keeper.source()
        digest = digest_of(connection, view)
        state = keeper.read_state()
        if state is not None and state.version > VERSION:
            message = (
                f"{connection.database.text}: its rollup is of a newer version of campaign-live "
                f"(format {state.version}; this one has {VERSION}); upgrade"
            )
            raise CampaignLiveError(message)
        reason = "as requested" if rebuild else None
        if state is not None and reason is None:
            reason = misfit(state, digest, number) or keeper.damage(state)
        since = None if state is None else state.settled
        newest, _, ancient = connection.newest_watermark(since)
        if since is not None and reason is None and (newest is None or newest < since):  # type: ignore[operator]
            reason = "the table has none of the newest rows that were counted"
        if state is not None and reason is None and state.ancient != ancient:
            reason = "rows came or went whose watermark is before the year 1"
        if reason is not None or since is None:
            if since is not None:
                newest = connection.newest_watermark().newest
            since = None
            keeper.clear()
        if newest is None:
            keeper.commit(None, is_new=state is None)
            return Refreshed(0, None, reason)
        until = connection.stable(newest, since)
        past_until = connection.server_time() - _SKEW
        rows = keeper.count(since, until, past_until)
        new_state = State(VERSION, digest, CUBES, number, until, ancient, past_until)
        keeper.commit(new_state, is_new=since is None)
        return Refreshed(rows, until, reason)
