"""A rule of a mapping as a format: how DuckDB turns the rows of a file into events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from campaign_live_widgets.sources.formats.base import FORMATS, REQUIRED, Format
from campaign_live_widgets.sources.formats.canonical import COLUMNS, FLAGS, Canonical, checked
from campaign_live_widgets.sources.formats.esp import bare, digest
from campaign_live_widgets.sources.formats.sql import WORDS, domain, flag, not_known, quoted, word
from campaign_live_widgets.sources.mapping.rules import Part, part_of_path
from campaign_live_widgets.sources.mapping.values_sql import (
    Names,
    forms_shown,
    ignored,
    text_of,
    time_of,
    unlisted,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from campaign_live_widgets.sources.mapping.rules import Outcomes, Parts, Rule

NAME: Final = "mapping"
"""What a file's format is called where a rule builds on none."""


_OWN: Final = (Part(is_own=True),)


class MappedFormat(Format, name=None):
    """A format that a rule of a mapping gives; see :func:`mapped_format`."""

    rule: ClassVar[Rule]
    folder: ClassVar[str]
    path_fields: ClassVar[Mapping[str, str]]

    def recognises(self, paths: Collection[str]) -> bool:  # noqa: ARG002 - the rule decides it
        """Return True: the rule decides which files it is of."""
        return True

    def of_path(self, path: str) -> dict[str, str | None]:
        """Return the fields that come from a file's path."""
        return {
            name: part_of_path(path, self.folder, part) for name, part in self.path_fields.items()
        }


def mapped_format(rule: Rule, folder: str) -> MappedFormat:
    """Return the format of a rule, for the files of a source in *folder*."""
    if not rule.is_free:
        return _changed(rule, FORMATS[rule.format], folder)
    statement = _Statement(rule)
    members: dict[str, Any] = {
        "name": NAME,
        "rule": rule,
        "folder": folder,
        "inside": rule.inside,
        "fields": statement.names.fields,
        "natives": statement.names.natives,
        "path_fields": statement.names.paths,
        "statement": statement,
    }
    kind: type[MappedFormat] = type("Mapped", (_FreeFormat,), members, name=None)
    return kind()


class _FreeFormat(MappedFormat, name=None):
    """A format that builds on none."""

    statement: ClassVar[_Statement]

    def events(self, raw: str, *, complete: Collection[str], native: Collection[str]) -> str:
        """Return SQL that maps the rows; see :meth:`Format.events`."""
        known, own = self.statement.guarantees(complete, native)
        rows = self.statement.rows(raw, native)
        return checked(f"({rows})", complete=known, native=own, has_parts=True)

    def faults(
        self, *, complete: Collection[str], native: Collection[str]
    ) -> tuple[str, ...] | None:
        """Return conditions of rejected rows; see :meth:`Format.faults`."""
        if self.statement.checks or self.statement.ignores or self.rule.outcomes:
            return None
        known, own = self.statement.guarantees(complete, native)
        return Canonical().faults(complete=known, native=own)


class _Statement:
    """The parts of the statement that turns raw rows into canonical ones."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.names = Names()
        columns, names = rule.columns, self.names
        self._time = columns["timestamp"]
        self._has_plain_time = len(self._time) == 1 and self._time[0].is_plain
        if self._has_plain_time:
            self.time = text_of(self._time[0], names, "time")
        else:
            self.time = _time(self._time, names)
        self._values = {
            name: text_of(parts[0], names, "flag")
            if name in FLAGS and _is_plain(parts)
            else value_of(parts, names)
            for name, parts in columns.items()
            if name != "timestamp"
        }
        self.checks = [
            check for parts in columns.values() for check in unlisted(parts, names, "reject")
        ]
        if not self._has_plain_time:
            given = " OR ".join(f"{text_of(part, names)} IS NOT NULL" for part in self._time)
            cause = quoted(f"timestamp is not a time{forms_shown(self._time)}")
            self.checks.append((f"mapped_time IS NULL AND ({given})", cause))
        self.ignores = [ignored(rows, names) for rows in rule.ignored]
        self.ignores += [
            f"coalesce({condition}, false)"
            for parts in columns.values()
            for condition, _ in unlisted(parts, names, "ignore")
        ]
        self._key = value_of(rule.outcomes.parts, names) if rule.outcomes else ""
        self._identity = [names.of((name,)) for name in rule.digest]

    def rows(self, raw: str, native: Collection[str]) -> str:
        """Return SQL for the canonical columns of rows, as :func:`.checked` takes them."""
        outcomes = self.rule.outcomes
        added = [] if self._has_plain_time else [f"{self.time} AS mapped_time"]
        if outcomes:
            added.append(f"{_outcome(outcomes, self._key)} AS outcome")
        if "address" in self.rule.columns:
            added.append(f"{bare(self._values['address'])} AS bare_address")
        raw = f"(SELECT *{''.join(f', {one}' for one in added)} FROM {raw})" if added else raw
        ignores = [*self.ignores, *(["coalesce(outcome = 0, false)"] if outcomes else ())]
        part = "1"
        if ignores:
            is_ignored = f"broken IS NULL AND ({' OR '.join(ignores)})"
            raw = f"(SELECT *, {is_ignored} AS is_ignored FROM {raw})"
            part = "CASE WHEN is_ignored THEN 0 ELSE 1 END"
        if outcomes and outcomes.has_several:
            raw = f"(SELECT *, {_numbers(outcomes)} FROM {raw})"
            part = "CASE WHEN is_ignored THEN 0 ELSE nth END"
        columns = ", ".join(f"{sql} AS {name}" for name, sql in self._columns(native).items())
        return (
            f"SELECT file, row, place, {part} AS part, {self._broken()} AS broken, {columns} "
            f"FROM {raw}"
        )

    def _broken(self) -> str:
        """Return SQL for why a row cannot be mapped."""
        outcomes, checks = self.rule.outcomes, list(self.checks)
        if outcomes:
            label = outcomes.parts[0].label
            cause = (
                f"CASE WHEN {self._key} IS NULL THEN {quoted(f'{label} is missing')} "
                f"ELSE {not_known(label, f'({self._key})')} END"
            )
            checks.append(("outcome IS NULL", cause))
        if not checks:
            return "broken"
        branches = " ".join(f"WHEN {condition} THEN {cause}" for condition, cause in checks)
        return f"CASE WHEN broken IS NOT NULL THEN broken {branches} END"

    def _columns(self, native: Collection[str]) -> dict[str, str]:
        """Return SQL for each canonical column."""
        sql = {name: self._column(name, native) for name in COLUMNS}
        sql["timestamp"] = self.time if self._has_plain_time else "mapped_time"
        if "message_id" not in self.rule.columns:
            # the campaign's only message, where no outcome names another
            own = self._of_outcome("message_id", sql["campaign_id"])
            sql["message_id"] = own
        if self.rule.has_own_ids:
            sql["event_id"] = self._digest(sql)
        if self.rule.outcomes and self.rule.outcomes.has_several:
            several = "len(numbers) > 1"
            event_type = sql["event_type"]
            sql["event_id"] = (
                f"({sql['event_id']}) || CASE WHEN {several} THEN ':' || {event_type} ELSE '' END"
            )
        return sql

    def _column(self, name: str, native: Collection[str]) -> str:
        value = self._values.get(name)
        if value is None and "address" in self.rule.columns:
            value = {
                "profile_id": digest("lower(bare_address)"),
                "channel": quoted("email"),
                "domain": "CASE WHEN contains(bare_address, '@') "
                "THEN nullif(split_part(bare_address, '@', -1), '') END",
            }.get(name)
        if name in FLAGS:
            return self._flag(name, value, native)
        return self._of_outcome(name, "NULL::VARCHAR" if value is None else value)

    def _flag(self, name: str, value: str | None, native: Collection[str]) -> str:
        if self._sets(name):
            other = "NULL::VARCHAR" if value is None else f"({value})::VARCHAR"
            return self._of_outcome(name, other)
        if value is None:
            return "NULL::BOOLEAN"
        parts = self.rule.columns[name]
        if len(parts) == 1 and parts[0].constant is not None:
            return str(parts[0].constant)
        return value if self._is_native(name, native) else f"({value})::VARCHAR"

    def _sets(self, name: str) -> bool:
        outcomes = self.rule.outcomes
        return outcomes is not None and any(name in event for event in outcomes.events)

    def _of_outcome(self, name: str, other: str) -> str:
        """Return SQL for a column that outcomes may set."""
        outcomes = self.rule.outcomes
        if outcomes is None or not self._sets(name):
            return other
        number = "number" if outcomes.has_several else "outcome"
        branches = " ".join(
            f"WHEN {place} THEN {quoted(event[name])}"
            for place, event in enumerate(outcomes.events, 1)
            if name in event
        )
        return f"CASE {number} {branches} ELSE {other} END"

    def _digest(self, sql: Mapping[str, str]) -> str:
        """Return SQL for the id of an event whose row has none."""
        raw = self._identity or list(self.names)
        own = [sql[name] for name in ("event_type", "campaign_id", "message_id", "channel")]
        texts = ", ".join(f"coalesce(({one})::VARCHAR, '')" for one in (*raw, *own))
        return digest(f"concat_ws(chr(31), {texts})")

    def _is_native(self, name: str, native: Collection[str]) -> bool:
        parts = self.rule.columns[name]
        return _is_plain(parts) and self._values[name] in native

    def guarantees(
        self, complete: Collection[str], native: Collection[str]
    ) -> tuple[set[str], set[str]]:
        """Return the canonical columns that are never null, and those with their own type."""
        columns = self.rule.columns
        full = {
            name
            for name, parts in columns.items()
            if any(part.constant is not None for part in parts)
            or (_is_plain(parts) and self._values.get(name, self.time) in complete)
        }
        if self.rule.outcomes and all("event_type" in e for e in self.rule.outcomes.events):
            full.add("event_type")
        if "campaign_id" in full and "message_id" not in columns:
            full.add("message_id")
        if self.rule.has_own_ids:
            full.add("event_id")
        if "address" in columns:
            full |= {"channel"} - columns.keys()
        own = {
            name
            for name in FLAGS
            if not self._sets(name)
            and (
                name not in columns
                or (len(columns[name]) == 1 and columns[name][0].constant is not None)
                or self._is_native(name, native)
            )
        }
        if not self._has_plain_time or self.time in native:
            own.add("timestamp")
        return full & {*REQUIRED}, own


def _is_plain(parts: Parts) -> bool:
    return len(parts) == 1 and parts[0].is_plain


def _time(parts: tuple[Part, ...], names: Names) -> str:
    times = [time_of(part, names) for part in parts]
    return times[0] if len(times) == 1 else f"coalesce({', '.join(times)})"


def _outcome(outcomes: Outcomes, key: str) -> str:
    """Return SQL for the number of a row's (first) event: 0 for none, null where it is rejected."""
    number, branches = 1, []
    for raw, events in outcomes.values.items():
        branches.append(f"WHEN {quoted(raw)} THEN {number if events else 0}")
        number += len(events)
    others = "0" if outcomes.ignores_others else "NULL"
    value = f"coalesce({key}, '')" if "" in outcomes.values else key
    return f"CASE {value} {' '.join(branches)} ELSE {others} END"


def _numbers(outcomes: Outcomes) -> str:
    """Return SQL for the numbers of a row's events, one a row, and which of them it is."""
    number, branches = 1, []
    for events in outcomes.values.values():
        if len(events) > 1:
            every = ", ".join(str(number + place) for place in range(len(events)))
            branches.append(f"WHEN {number} THEN [{every}]")
        number += len(events)
    numbers = (
        f"CASE WHEN is_ignored THEN [0] ELSE CASE outcome {' '.join(branches)} "
        f"ELSE [outcome] END END"
    )
    return (
        f"{numbers} AS numbers, unnest({numbers}) AS number, "
        f"generate_subscripts({numbers}, 1) AS nth"
    )


def _changed(rule: Rule, base: Format, folder: str) -> MappedFormat:
    """Return the format of a rule that changes columns of a known one."""
    names = Names()
    columns = dict(rule.columns)
    if columns.get("campaign_id", (None,))[0] in _OWN:
        base = base.with_campaign(value_of(columns.pop("campaign_id")[1:], names))
    values = {name: value_of(parts, names) for name, parts in columns.items()}
    rejects = [c for parts in rule.columns.values() for c in unlisted(parts, names, "reject")]
    members: dict[str, Any] = {
        "name": base.name,
        "rule": rule,
        "folder": folder,
        "inside": base.inside,
        "fields": {**base.fields, **names.fields},
        "natives": base.natives,
        "path_fields": names.paths,
        "base": base,
        "values": values,
        "rejects": tuple(rejects),
    }
    kind: type[MappedFormat] = type("Changed", (_ChangedFormat,), members, name=None)
    return kind()


class _ChangedFormat(MappedFormat, name=None):
    """A known format with other columns.

    What decides whether a row is rejected, such as the campaign, is given to the format in its own
    field, and the rest is exchanged afterwards. Until then it travels in ``file``, which every
    format passes on as it is.
    """

    base: ClassVar[Format]
    values: ClassVar[Mapping[str, str]]
    rejects: ClassVar[tuple[tuple[str, str], ...]]

    def events(self, raw: str, *, complete: Collection[str], native: Collection[str]) -> str:
        """Return SQL that maps the rows; see :meth:`Format.events`."""
        before = {
            self.base.given[name]: value
            for name, value in self.values.items()
            if name in self.base.given
        }
        after = {name: v for name, v in self.values.items() if name not in self.base.given}
        replaced = [f"coalesce({value}, {field}) AS {field}" for field, value in before.items()]
        if self.rejects:
            branches = " ".join(
                f"WHEN {condition} THEN {cause}" for condition, cause in self.rejects
            )
            replaced.append(f"coalesce(broken, CASE {branches} END) AS broken")
        if after:
            fields = ", ".join(f"'{name}': {value}" for name, value in after.items())
            replaced.append(f"{{'file': file, {fields}}} AS file")
        rows = f"(SELECT * REPLACE ({', '.join(replaced)}) FROM {raw})" if replaced else raw
        known = set(complete) - before.keys()
        events = self.base.events(rows, complete=known, native=native)
        if not after:
            return events
        exchanged = ", ".join(
            f"coalesce({_typed(name, f'file.{quoted_name(name)}')}, {name}) AS {name}"
            for name in after
        )
        return f"SELECT * REPLACE (file.file AS file, {exchanged}) FROM ({events}) AS events"


def _typed(name: str, value: str) -> str:
    if name in FLAGS:
        return flag(value)
    if name in WORDS:
        return word(name, value)
    return domain(value) if name == "domain" else value


def quoted_name(name: str) -> str:
    """Return the name of a column as SQL has it."""
    return f'"{name}"'
