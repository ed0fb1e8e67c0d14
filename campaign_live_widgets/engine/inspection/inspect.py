"""Inspect a source: files, a store, or tables of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.engine.inspection.files import inspect_files
from campaign_live_widgets.sources.address import parse_address
from campaign_live_widgets.sources.files.location import Location
from campaign_live_widgets.sources.tables.address import DatabaseAddress

if TYPE_CHECKING:
    from campaign_live_widgets.engine.inspection.findings import Inspection


def inspect_source(source: str) -> Inspection:
    """Return what is in a source.

    Raises
    ------
    SourceError
        If it cannot be read, or has no file of events.
    """
    address = parse_address(source)
    if isinstance(address, DatabaseAddress):
        # Ibis is an extra, and slow to import.
        from campaign_live_widgets.engine.inspection.tables import inspect_tables

        return inspect_tables(address)
    assert isinstance(address, Location)  # noqa: S101 - there is no other
    return inspect_files(address)
