"""Inspect the tables of a database."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.engine.inspection.files import columns_of
from campaign_live_widgets.engine.inspection.findings import Column, Group, Inspection
from campaign_live_widgets.engine.pushdown.connections.base import (
    connect,
    error_line,
    failures,
    fetch_all,
)
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.base import FORMATS
from campaign_live_widgets.sources.tables.registry import ROW_FORMATS
from campaign_live_widgets.sources.tables.struct_paths import paths_of

if TYPE_CHECKING:
    from campaign_live_widgets.engine.pushdown.connections.base import Connection
    from campaign_live_widgets.sources.tables.address import DatabaseAddress

ROWS: Final = 1_000
"""Rows of a table that are read."""


def inspect_tables(database: DatabaseAddress) -> Inspection:
    """Return what is in the tables of an address; raise :class:`SourceError` if it fails."""
    groups = []
    for name in database.table.split(","):
        own = replace(database, table=name.strip())
        with closing(connect(own)) as connection:
            try:
                groups.append(_group(connection, own))
            except failures() as error:
                raise SourceError(error_line(own, error)) from error
    return Inspection(groups)


def _group(connection: Connection, database: DatabaseAddress) -> Group:
    table = connection.table
    paths = paths_of(table)
    known = next((name for name in ROW_FORMATS if FORMATS[name].recognises(paths)), None)
    group = Group("table", database.format or known, [database.table])
    rows: list[dict[str, Any]] = [
        dict(zip(table.columns, row, strict=True))
        for row in fetch_all(connection.rows(connection.statement(table.limit(ROWS))))
    ]
    group.rows, group.columns = len(rows), columns_of(rows)
    kinds = dict(table.schema().items())
    group.columns = [_typed(column, kinds.get(column.name)) for column in group.columns]
    return group


def _typed(column: Column, kind: Any) -> Column:  # noqa: ANN401 - of Ibis
    """Return a column with the kind of the table's own type, where that is known."""
    if kind is None:
        return column
    own = (
        "time"
        if kind.is_timestamp() or kind.is_date()
        else "flag"
        if kind.is_boolean()
        else column.kind
    )
    return replace(column, kind=own)
