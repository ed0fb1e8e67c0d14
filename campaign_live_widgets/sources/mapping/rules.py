"""Rules of a mapping as what reads rows needs them: checked, and without what was left out."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from campaign_live_widgets.sources.mapping.globs import fits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from campaign_live_widgets.sources.mapping.patterns import Pattern

NO_EVENT: Final = 0
"""The outcome of a row that carries no event."""
NO_FORMAT: Final = "none"
CANONICAL: Final = "canonical"
NO_CAMPAIGN: Final = "(no campaign)"
"""The campaign of rows that have none, where they are kept."""
_ENDINGS: Final = frozenset(
    {".gz", ".zst", ".zstd", ".parquet", ".pq", ".csv", ".tsv", ".ndjson", ".jsonl", ".json"}
)


@dataclass(frozen=True, slots=True)
class Part:
    """One way to a value; see :class:`~campaign_live_widgets.sources.mapping.document.Source`.

    Attributes
    ----------
    names : tuple of str
        Columns or paths, of which the first that is there is taken.
    path : str or None
        A part of the file's path.
    constant : str or None
    pattern, group : Pattern or None, int
    values : mapping or None
        Value → what it becomes, ``None`` for no value.
    others : str
        What a value becomes that is not in ``values``.
    forms, zone : tuple of str, str or None
        Of a time.
    is_own : bool
        Whether it is what the format that the rule builds on gives.
    """

    names: tuple[str, ...] = ()
    path: str | None = None
    constant: str | None = None
    pattern: Pattern | None = None
    group: int = 0
    values: Mapping[str, str | None] | None = None
    others: str = "reject"
    forms: tuple[str, ...] = ()
    zone: str | None = None
    is_own: bool = False

    @property
    def is_plain(self) -> bool:
        """Return whether it is columns as they are."""
        return (
            bool(self.names)
            and self.pattern is None
            and self.values is None
            and not self.forms
            and self.zone is None
        )

    @property
    def label(self) -> str:
        """Return what causes of rejected rows call it."""
        return self.names[0] if self.names else self.path or "value"


Parts = tuple[Part, ...]
"""Ways to a value, of which the first that gives one is taken."""
Event = dict[str, str]
"""An event of an outcome: canonical column → value."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Which events a row gives.

    Attributes
    ----------
    parts : Parts
        The value that decides it.
    values : mapping
        Value → the events, none for a row that is ignored; an empty value is where there is none.
    ignores_others : bool
        Whether a row with another value is ignored, and not rejected.
    """

    parts: Parts
    values: Mapping[str, tuple[Event, ...]]
    ignores_others: bool = False

    @property
    def events(self) -> list[Event]:
        """Return all events; their numbers begin with 1."""
        return [event for events in self.values.values() for event in events]

    @property
    def has_several(self) -> bool:
        """Return whether a row may give several events."""
        return any(len(events) > 1 for events in self.values.values())


@dataclass(frozen=True, slots=True)
class IgnoredRows:
    """Rows that carry no event: by their value, or where a pattern fits."""

    names: tuple[str, ...]
    values: tuple[str, ...] = ()
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What the rows of some files or tables mean.

    Attributes
    ----------
    name : str
        What messages call it.
    files, tables : tuple of str
        Globs; empty for none of them, unless both are: then it is about all.
    format : str
        The name of a known format, or :data:`NO_FORMAT`.
    inside : tuple of str or None
    columns : mapping
        Canonical column, or ``address`` → where it comes from; without ``event_id`` where that is
        a digest.
    digest : tuple of str
        The columns whose digest is the event id; empty for all.
    outcomes : Outcomes or None
    ignored : tuple of IgnoredRows
    sends : str or None
    """

    name: str
    files: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    format: str = NO_FORMAT
    inside: tuple[str, ...] | None = None
    columns: Mapping[str, Parts] = field(default_factory=dict)
    digest: tuple[str, ...] = ()
    outcomes: Outcomes | None = None
    ignored: tuple[IgnoredRows, ...] = ()
    sends: str | None = None

    def is_of_file(self, path: str) -> bool:
        """Return whether it is about a file; *path* is that below the source."""
        return fits(path, self.files) if self.files else not self.tables

    def is_of_table(self, name: str) -> bool:
        """Return whether it is about a table, which may be named with its schema."""
        names = {name.lower(), name.rpartition(".")[2].lower()}
        globs = tuple(glob.lower() for glob in self.tables)
        return any(fits(one, globs) for one in names) if globs else not self.files

    @property
    def is_free(self) -> bool:
        """Return whether it builds on no format but that of canonical columns."""
        return self.format in (NO_FORMAT, CANONICAL)

    @property
    def has_own_ids(self) -> bool:
        """Return whether event ids are digests, since rows have none."""
        return self.is_free and "event_id" not in self.columns


@dataclass(frozen=True, slots=True, eq=False)
class MappingFile:
    """The rules of a mapping file.

    Attributes
    ----------
    path : str
        The file, as it was named.
    rules : tuple of Rule
    digest : str
        Of its content.
    keeps_all : bool
        Whether rows without a campaign are kept, as those of :data:`NO_CAMPAIGN`.
    """

    path: str
    rules: tuple[Rule, ...]
    digest: str
    keeps_all: bool = False

    def of_file(self, path: str) -> Rule | None:
        """Return the rule of a file, by its path below the source."""
        return next((rule for rule in self.rules if rule.is_of_file(path)), None)

    def of_table(self, name: str) -> Rule | None:
        """Return the rule of a table, by its name."""
        return next((rule for rule in self.rules if rule.is_of_table(name)), None)

    def of_rows(self, format_name: str | None) -> Rule | None:
        """Return the rule of rows that are in no file: the first about their format."""
        wanted = (NO_FORMAT,) if format_name in (None, CANONICAL) else ()
        return next((r for r in self.rules if r.format in (*wanted, format_name)), None)


def keeping_all(rule: Rule) -> Rule:
    """Return a rule by which rows without a campaign are those of :data:`NO_CAMPAIGN`."""
    own = () if rule.is_free else (Part(is_own=True),)
    parts = (*rule.columns.get("campaign_id", own), Part(constant=NO_CAMPAIGN))
    return replace(rule, columns={**rule.columns, "campaign_id": parts})


def rule_of_format(format_name: str, columns: Iterable[str]) -> Rule:
    """Return the rule of rows of a known format, which changes nothing.

    *columns* are the canonical ones.
    """
    if format_name == CANONICAL:
        return Rule("", format=CANONICAL, columns={name: (Part((name,)),) for name in columns})
    return Rule("", format=format_name)


def part_of_path(path: str, source: str, wanted: str) -> str | None:
    """Return a part of a file's path; ``None`` where there is none.

    *source* is the folder of the source: the whole path is that below it.
    """
    parts = PurePosixPath(PurePath(os.path.abspath(path)).as_posix())
    if wanted == "all":
        return PurePath(os.path.relpath(path, source)).as_posix()
    if wanted == "name":
        name = parts.name
        while (suffix := PurePosixPath(name).suffix.lower()) in _ENDINGS:
            name = name[: -len(suffix)]
        return name or None
    if wanted == "folder":
        return parts.parent.name or None
    key = wanted.partition(":")[2].lower()
    for folder in reversed(parts.parent.parts):
        name, equals, value = folder.partition("=")
        if equals and name.lower() == key:
            return unquote(value) if value != "__HIVE_DEFAULT_PARTITION__" else None
    return None
