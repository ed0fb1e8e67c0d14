"""The rollup that is kept beside the table of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.engine.pushdown.kept.postgresql import PostgresKeeper
from campaign_live_widgets.engine.pushdown.kept.spark.keeper import SparkKeeper
from campaign_live_widgets.engine.pushdown.kept.state import (
    digest_of,
    misfit,
    other_version,
    refusal,
)
from campaign_live_widgets.errors import SourceError

if TYPE_CHECKING:
    from campaign_live_widgets.engine.pushdown.connections.base import Connection
    from campaign_live_widgets.engine.pushdown.kept.keeper import Keeper, KeptRollup

KEEPERS: Final = {"postgresql": PostgresKeeper, "spark": SparkKeeper}
ENGINES: Final = "PostgreSQL or Spark"
"""Those that keep a rollup, for people."""


def keeper_of(connection: Connection) -> Keeper | None:
    """Return what keeps the rollup of a connection's table, if there may be one.

    None if there is no watermark, or several tables, or the address wants none.
    """
    address = connection.database
    if not connection.keeps_rollup or connection.watermark is None or address.rollup == "":
        return None
    if len(address.tables) > 1:
        if address.rollup is None:
            return None
        message = (
            f"{address.text}: rollup={address.rollup}: a rollup is of one table; "
            "make a view of them"
        )
        raise SourceError(message)
    return KEEPERS[address.engine](connection)


def find_rollup(connection: Connection) -> KeptRollup | None:
    """Return the rollup that is kept beside a table; None if there is none to start from.

    Raises
    ------
    SourceError
        If there is one that cannot be used, or the address names one that does not exist.
    """
    keeper = keeper_of(connection)
    if keeper is None:
        return None
    if not keeper.is_readable():
        version = keeper.version()
        if version is not None and (why := other_version(version)) is not None:
            raise refusal(connection, keeper.state_name, why)
        if connection.database.rollup is None:
            return None
        raise refusal(connection, keeper.state_name, "does not exist, or may not be read")
    state = keeper.read_state()
    if state is None:
        return None
    source, view = keeper.source()
    if (why := misfit(state, digest_of(connection, view), source)) is not None:
        raise refusal(connection, keeper.state_name, why)
    kept_rollup = keeper.rollup(state)
    arrival = connection.newest_watermark(state.settled)
    return kept_rollup if kept_rollup.is_complete(arrival) else None
