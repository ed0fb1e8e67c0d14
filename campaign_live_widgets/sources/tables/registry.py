"""What rows of a database's tables are: the formats that engines turn into events themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.base import FORMATS
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.mapping.rules import (
    CANONICAL,
    NO_CAMPAIGN,
    keeping_all,
    rule_of_format,
)
from campaign_live_widgets.sources.sends import OUTCOMES
from campaign_live_widgets.sources.tables.ajo import fields_of, xdm_events
from campaign_live_widgets.sources.tables.canonical import canonical, together
from campaign_live_widgets.sources.tables.mapped import MappedTables
from campaign_live_widgets.sources.tables.promises import NO_PROMISES, Promises
from campaign_live_widgets.sources.tables.struct_paths import paths_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.sources.mapping.rules import MappingFile, Rule

    Table = Any


class _Gather(Protocol):
    def __call__(
        self, tables: Sequence[Table], watermark: str | None, name: str
    ) -> tuple[Table, str | None]: ...


class _Events(Protocol):
    def __call__(
        self, table: Table, watermark: str | None, name: str, promises: Promises = NO_PROMISES
    ) -> Table: ...


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
    mapping : str
        The digest of the mapping that gives it, if one does.
    """

    gathered: _Gather
    events: _Events
    ignores: bool
    mapping: str = ""


RULES: Final = 2
"""The version of the rules of all formats: to be increased when a row gives another event."""
ROW_FORMATS: Final[Mapping[str, RowFormat]] = {
    "canonical": RowFormat(together, canonical, ignores=True),
    "ajo": RowFormat(fields_of, xdm_events, ignores=True),
}


def mapped_row_format(
    mapping: MappingFile, tables: Sequence[str], engine: str, name: str, detected: RowFormat
) -> RowFormat | None:
    """Return the format that a mapping gives to tables; ``None`` where no rule is about them.

    Parameters
    ----------
    mapping : MappingFile
    tables : sequence of str
    engine : str
    name : str
        What errors call the tables.
    detected : RowFormat
        The rows' own format.

    Raises
    ------
    SourceError
        If the rules of some tables differ, or are for files only.
    """
    rule, digest = _rule_of(mapping, tables, name), mapping.digest
    if mapping.keeps_all:
        if rule is None and detected is ROW_FORMATS["ajo"]:
            return replace(detected, events=_xdm_of_all, mapping=digest)
        rule = keeping_all(rule or rule_of_format(CANONICAL, COLUMNS))
    if rule is None:
        return None
    mapped = MappedTables(rule, tables, engine)
    return RowFormat(mapped.gathered, mapped.events, ignores=True, mapping=digest)


def _rule_of(mapping: MappingFile, tables: Sequence[str], name: str) -> Rule | None:
    """Return the rule of all tables; ``None`` where none is about any."""
    rules = list(dict.fromkeys(mapping.of_table(table) for table in tables))
    rule = rules[0]
    if len(rules) > 1:
        message = f"{name}: one rule of the mapping must be about all tables; make it so, or a view"
        raise SourceError(message)
    if rule is not None and not rule.is_free:
        message = (
            f"{name}: rule {rule.name} of the mapping builds on {rule.format}; "
            "rules for tables build on none or canonical"
        )
        raise SourceError(message)
    if rule is not None and rule.sends == OUTCOMES:
        message = f"{name}: rule {rule.name} of the mapping: sends is for files; make a view"
        raise SourceError(message)
    return rule


def _xdm_of_all(
    table: Table, watermark: str | None, name: str, promises: Promises = NO_PROMISES
) -> Table:
    """Return rows of Journey Optimizer as events, also those without a campaign."""
    rows = table.mutate(campaign=table.campaign.fill_null(NO_CAMPAIGN))
    return xdm_events(rows, watermark, name, promises)


def detect_row_format(named: str | None, tables: Sequence[Table]) -> RowFormat:
    """Return the format that was named, or that the columns of *tables* are of."""
    if named is None:
        paths = {path for table in tables for path in paths_of(table)}
        known = (name for name in ROW_FORMATS if FORMATS[name].recognises(paths))
        named = next(known, "canonical")
    return ROW_FORMATS[named]
