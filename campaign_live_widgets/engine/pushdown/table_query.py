"""What is asked of a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from campaign_live_widgets.engine.aggregates.counts_by_dimension import minutes
from campaign_live_widgets.snapshot import MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.engine.pushdown.connections.base import Connection
    from campaign_live_widgets.engine.pushdown.hashing import Hashes
    from campaign_live_widgets.snapshot import Window

    Table = Any


@dataclass(frozen=True, slots=True)
class TableQuery:
    """A table, and the questions that its statements answer.

    Attributes
    ----------
    events : callable
        Turns the table, or some of its rows, into canonical events; see
        :func:`~campaign_live_widgets.sources.tables.canonical.canonical`.
    table : ibis table
        As it is in the database.
    watermark : str or None
        Path of its watermark column.
    hashes : callable
        Returns two halves of a text's hash, as the engine computes them.
    distinct : bool
        Whether the database guarantees that each event id occurs once.
    window : tuple of int, optional
        The one window that will be asked for, in minutes; *bucket* is the width of its points.
    ignores : bool
        Whether some rows have no event; see
        :class:`~campaign_live_widgets.sources.tables.registry.RowFormat`.
    day : str or None
        The column that contains the day of the watermark.
    by_index : bool
        Whether rows can be read again at little cost, with the same result.
    copies_few : bool
        Whether an engine without an index finds few ids among many rows by copying the few to all
        workers.
    """

    events: Callable[[Table], Table]
    table: Table
    watermark: str | None
    hashes: Hashes
    distinct: bool
    window: tuple[int, int] | None = None
    bucket: int = 1
    ignores: bool = False
    day: str | None = None
    by_index: bool = True
    copies_few: bool = False

    @classmethod
    def of(cls, connection: Connection, window: Window | None) -> TableQuery:
        """Return what is asked of the table of a connection, for one *window* or for all.

        Raises
        ------
        SourceError
            If its columns are not those of events.
        """
        events = partial(
            connection.row_format.events,
            watermark=connection.watermark,
            name=connection.database.text,
            promises=connection.promises,
        )
        events(connection.table)
        return cls(
            events,
            connection.table,
            connection.watermark,
            connection.hashes,
            connection.distinct,
            minutes(window) if window else None,
            window.bucket // MINUTE if window else 1,
            connection.row_format.ignores and "event_type" not in connection.promises.valid,
            connection.day,
            connection.by_index,
            connection.copies_few,
        )
