"""The formats that a mapping gives to the files of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.mapping.format import MappedFormat, mapped_format
from campaign_live_widgets.sources.mapping.rules import (
    keeping_all,
    part_of_path,
    rule_of_format,
)

if TYPE_CHECKING:
    from campaign_live_widgets.sources.mapping.rules import MappingFile, Rule


class MappedFiles:
    """A mapping, for files below one folder.

    Parameters
    ----------
    mapping : MappingFile
    folder : str
        The folder of the source.
    """

    def __init__(self, mapping: MappingFile, folder: str) -> None:
        self._mapping, self._folder = mapping, folder
        self._keeps_all = mapping.keeps_all
        self._formats: dict[Rule, MappedFormat] = {}
        self._others: dict[str, Rule] = {}

    @property
    def digest(self) -> str:
        """Return the digest of the mapping."""
        return self._mapping.digest

    def format_of(self, path: str) -> MappedFormat | None:
        """Return the format of a file; ``None`` where no rule is about it."""
        return self._of(self._mapping.of_file(part_of_path(path, self._folder, "all") or ""))

    def format_of_rows(self, format_name: str | None) -> MappedFormat | None:
        """Return the format of rows that are in no file; *format_name* is their own."""
        known = self._of(self._mapping.of_rows(format_name))
        return known or self.format_in_place_of(format_name)

    def format_in_place_of(self, format_name: str | None) -> MappedFormat | None:
        """Return what is used in place of a known format that no rule is about, if anything."""
        if not self._keeps_all or format_name is None:
            return None
        if format_name not in self._others:
            self._others[format_name] = rule_of_format(format_name, COLUMNS)
        return self._of(self._others[format_name])

    def _of(self, rule: Rule | None) -> MappedFormat | None:
        if rule is None:
            return None
        if rule not in self._formats:
            own = keeping_all(rule) if self._keeps_all else rule
            self._formats[rule] = mapped_format(own, self._folder)
        return self._formats[rule]

    def notes(self) -> list[str]:
        """Return what readers of the numbers should know of how they came about."""
        return [
            f"mapping, rule {rule.name}: rows have no id, so that equal rows count once"
            for rule in self._formats
            if rule.has_own_ids
        ]
