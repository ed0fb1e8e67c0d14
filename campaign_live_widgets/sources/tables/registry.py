"""What rows of a database's tables are: the formats that engines turn into events themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from campaign_live_widgets.sources.formats.base import FORMATS
from campaign_live_widgets.sources.tables.ajo import fields_of, xdm_events
from campaign_live_widgets.sources.tables.canonical import canonical, together
from campaign_live_widgets.sources.tables.struct_paths import paths_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Table = Any


class _Gather(Protocol):
    def __call__(
        self, tables: Sequence[Table], watermark: str | None, name: str
    ) -> tuple[Table, str | None]: ...


class _Events(Protocol):
    def __call__(self, table: Table, watermark: str | None, name: str) -> Table: ...


@dataclass(frozen=True, slots=True)
class RowFormat:
    """A format of rows.

    Attributes
    ----------
    gathered : callable
        Returns the rows of all *tables* as those of one, and its watermark's column, if there is
        one; *mark* is the path of it in each of the tables.
    events : callable
        Returns such rows as events; see
        :func:`~campaign_live_widgets.sources.tables.canonical.canonical`.
    ignores : bool
        Some of its rows carry no event; their cause is
        :data:`~campaign_live_widgets.sources.tables.canonical.NO_EVENT`.
    """

    gathered: _Gather
    events: _Events
    ignores: bool


ROW_FORMATS: Final[Mapping[str, RowFormat]] = {
    "canonical": RowFormat(together, canonical, ignores=False),
    "ajo": RowFormat(fields_of, xdm_events, ignores=True),
}


def detect_row_format(named: str | None, tables: Sequence[Table]) -> RowFormat:
    """Return the format that was named, or that the columns of *tables* are of."""
    if named is None:
        paths = {path for table in tables for path in paths_of(table)}
        known = (name for name in ROW_FORMATS if FORMATS[name].recognises(paths))
        named = next(known, "canonical")
    return ROW_FORMATS[named]
