"""Check and compile a document: what its form alone does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import available_timezones

from msgspec import UNSET

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.sources.formats.base import (
    CHANNELS,
    EVENT_TYPES,
    FORMATS,
    LATER_EVENT_TYPES,
)
from campaign_live_widgets.sources.formats.canonical import COLUMNS, FLAGS
from campaign_live_widgets.sources.mapping.document import COLUMN_NAMES, Document, Source
from campaign_live_widgets.sources.mapping.patterns import Pattern, PatternError, parse_pattern
from campaign_live_widgets.sources.mapping.rules import (
    CANONICAL,
    NO_FORMAT,
    Event,
    IgnoredRows,
    Outcomes,
    Part,
    Parts,
    Rule,
)
from campaign_live_widgets.sources.mapping.time_forms import TimeFormError, check_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.sources.mapping.document import Events
    from campaign_live_widgets.sources.mapping.document import Rule as GivenRule

WORDS: Final = {
    "event_type": (*EVENT_TYPES, *LATER_EVENT_TYPES),
    "channel": CHANNELS,
    "bounce_type": BOUNCE_TYPES,
}
_SOURCES: Final = ("from_", "path", "value", "digest", "own")
_IGNORE: Final = "ignore"
_FIXED: Final = ("event_id", "timestamp", "event_type", "channel", "address")
"""Columns that a known format gives alone."""


class Checker:
    """Compiles the rules of a document; what is wrong is collected in ``mistakes``."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []

    def rules(self, document: Document) -> tuple[Rule, ...]:
        """Return the rules of a document; they are of use only where there are no mistakes."""
        return tuple(self._rule(given, number) for number, given in enumerate(document.rule, 1))

    def _wrong(self, key: str, what: str) -> None:
        self.mistakes.append(f"{key}: {what}")

    def _rule(self, given: GivenRule, number: int) -> Rule:
        key = f"rule[{number}]"
        if given.format != NO_FORMAT and given.format not in FORMATS:
            known = ", ".join((NO_FORMAT, *FORMATS))
            self._wrong(f"{key}.format", f"is no known format; known: {known}")
        if given.inside is not UNSET and given.format not in (NO_FORMAT, CANONICAL):
            self._wrong(f"{key}.inside", f"the format {given.format} decides it; leave it out")
        columns: dict[str, Parts] = {}
        digest: tuple[str, ...] = ()
        for name in COLUMN_NAMES:
            value = getattr(given.columns, name)
            if value is UNSET:
                continue
            if name == "event_id" and isinstance(value, Source) and value.digest is not UNSET:
                self._source(value, f"{key}.columns.{name}", name)
                digest = tuple(value.digest)
            else:
                columns[name] = self._parts(value, f"{key}.columns.{name}", name)
        if given.format == CANONICAL:
            own = {name: (Part(names=(name,)),) for name in COLUMNS}
            columns = {**(own if not digest else own | {"event_id": ()}), **columns}
            columns = {name: parts for name, parts in columns.items() if parts}
        rule = Rule(
            name=f"{number}" if given.name is UNSET else given.name,
            files=self._globs(given.files, f"{key}.files"),
            tables=self._globs(given.tables, f"{key}.tables"),
            format=given.format,
            inside=None if given.inside is UNSET else tuple(given.inside),
            columns=columns,
            digest=digest,
            outcomes=None
            if given.events is UNSET
            else self._outcomes(given.events, f"{key}.events", columns),
            ignored=tuple(
                self._ignored(one, f"{key}.ignore[{place}]")
                for place, one in enumerate(given.ignore, 1)
            ),
            sends=None if given.sends is UNSET else given.sends,
        )
        for name, parts in columns.items():
            places = [place for place, part in enumerate(parts) if part.is_own]
            if places and (rule.is_free or places != [0] or len(parts) == 1):
                self._wrong(
                    f"{key}.columns.{name}",
                    "own is the first of a list, in a rule with a vendor's format",
                )
        (self._require if rule.is_free else self._require_known)(rule, key)
        return rule

    def _require(self, rule: Rule, key: str) -> None:
        """Check that all required columns of a rule without a format can have a value."""
        given = {*rule.columns}
        if rule.outcomes is not None:
            of_all = [set(event) for event in rule.outcomes.events] or [set()]
            given |= set.intersection(*of_all)
        if "address" in given:
            given |= {"profile_id", "channel"}
        for name in ("timestamp", "campaign_id", "profile_id", "channel", "event_type"):
            if name not in given:
                hint = {
                    "event_type": " (or events)",
                    "profile_id": " (or address)",
                    "campaign_id": ', such as { path = "name" } or { value = "…" }',
                    "channel": ', such as { value = "email" }',
                }.get(name, "")
                self._wrong(f"{key}.columns", f"{name} is missing; say where it comes from{hint}")

    def _require_known(self, rule: Rule, key: str) -> None:
        """Check a rule that changes columns of a known format."""
        for name in rule.columns:
            if name in _FIXED:
                self._wrong(
                    f"{key}.columns.{name}",
                    f"the format {rule.format} gives it; known: "
                    f"{', '.join(c for c in COLUMNS if c not in _FIXED)}",
                )
        for name, value in (
            ("events", rule.outcomes),
            ("ignore", rule.ignored),
            ("columns.event_id", rule.digest),
        ):
            if value:
                self._wrong(f"{key}.{name}", f"the format {rule.format} decides it; leave it out")
        if not rule.columns and rule.sends is None:
            self._wrong(key, "changes nothing; give columns")

    def _globs(self, given: Any, key: str) -> tuple[str, ...]:  # noqa: ANN401
        globs = () if given is UNSET else (given,) if isinstance(given, str) else tuple(given)
        for glob in globs:
            if glob.startswith(("/", "~")) or ".." in glob.split("/"):
                self._wrong(key, f"{glob!r} is not below the source; give a path such as crm/*.csv")
        return globs

    def _parts(self, given: Any, key: str, column: str) -> Parts:  # noqa: ANN401
        many = given if isinstance(given, list) else [given]
        parts: list[Part] = []
        for place, one in enumerate(many, 1):
            if isinstance(one, str):
                parts.append(Part(names=(one,)))
            else:
                here = f"{key}[{place}]" if isinstance(given, list) else key
                part = self._source(one, here, column)
                if part is not None:
                    parts.append(part)
        return tuple(parts)

    def _source(self, given: Source, key: str, column: str) -> Part | None:
        named = [name for name in _SOURCES if getattr(given, name) is not UNSET]
        if len(named) != 1:
            self._wrong(key, "give one of from, path, value, digest and own")
            return None
        if named == ["digest"]:
            if column != "event_id":
                self._wrong(
                    f"{key}.digest", "only event_id can be one; for an address give address"
                )
            others = ("pattern", "group", "values", "others", "form", "zone")
            if any(getattr(given, name) is not UNSET for name in others):
                self._wrong(key, "a digest has no other keys")
            return None
        if named == ["own"]:
            if given.own is not True or column != "campaign_id":
                self._wrong(f"{key}.own", "is only true, and of campaign_id")
            return Part(is_own=True)
        return self._part(given, key, column)

    def _part(self, given: Source, key: str, column: str) -> Part:
        names = () if given.from_ is UNSET else _texts(given.from_)
        pattern, group = self._pattern(given, key)
        values = self._values(given, key, column)
        forms = () if given.form is UNSET else _texts(given.form)
        for form in forms:
            try:
                check_form(form)
            except TimeFormError as error:
                self._wrong(f"{key}.form", f"{form!r} {error}")
        zone = None if given.zone is UNSET else given.zone
        if zone is not None and zone not in available_timezones():
            self._wrong(f"{key}.zone", f"{zone!r} is no time zone; give one such as Europe/Paris")
        if (forms or zone) and column != "timestamp":
            self._wrong(key, "only timestamp has a form and a zone")
        constant = None if given.value is UNSET else _word(given.value)
        if constant is not None:
            self._check_word(constant, f"{key}.value", column)
            if pattern is not None or values is not None:
                self._wrong(key, "a value that is given has no pattern and no values")
        return Part(
            names=names,
            path=None if given.path is UNSET else given.path,
            constant=constant,
            pattern=pattern,
            group=group,
            values=values,
            others="reject" if given.others is UNSET else given.others,
            forms=forms,
            zone=zone,
        )

    def _pattern(self, given: Source, key: str) -> tuple[Pattern | None, int]:
        if given.pattern is UNSET:
            if given.group is not UNSET:
                self._wrong(f"{key}.group", "needs a pattern")
            return None, 0
        pattern = self._parsed(given.pattern, f"{key}.pattern")
        groups = pattern.groups if pattern is not None else 0
        group = given.group if given.group is not UNSET else min(groups, 1)
        if pattern is not None and group > groups:
            self._wrong(f"{key}.group", f"the pattern has {groups} groups")
        return pattern, group

    def _parsed(self, text: str, key: str) -> Pattern | None:
        try:
            return parse_pattern(text)
        except PatternError as error:
            self._wrong(key, str(error))
            return None

    def _values(self, given: Source, key: str, column: str) -> Mapping[str, str | None] | None:
        if given.values is UNSET:
            if given.others is not UNSET:
                self._wrong(f"{key}.others", "needs values")
            return None
        values = {raw: _word(value) or None for raw, value in given.values.items()}
        for raw, value in values.items():
            if value is not None:
                self._check_word(value, f"{key}.values.{raw!r}", column)
        return values

    def _check_word(self, value: str, key: str, column: str) -> None:
        """Check a value of a column that is given as it is."""
        if not value.strip():
            self._wrong(key, "is blank")
        elif column in WORDS and value not in WORDS[column]:
            self._wrong(key, f"{value!r} is not one of {', '.join(WORDS[column])}")
        elif column in FLAGS and value not in ("true", "false"):
            self._wrong(key, f"{value!r} is not one of true, false")

    def _outcomes(self, given: Events, key: str, columns: Mapping[str, Parts]) -> Outcomes:
        values = {}
        for raw, outcome in given.values.items():
            here = f"{key}.values.{raw!r}"
            many = outcome if isinstance(outcome, list) else [outcome]
            events = [self._event(one, here) for one in many if one != _IGNORE]
            types = [event.get("event_type") for event in events]
            if None in types and "event_type" not in columns:
                self._wrong(here, "event_type is missing")
            if len(set(types)) < len(types):
                self._wrong(here, "gives two events of one type")
            if len({frozenset(event) & {"message_id", "channel"} for event in events}) > 1:
                self._wrong(here, "all of its events name message_id and channel, or none does")
            if len(events) < len(many) and events:
                self._wrong(here, "an event and ignore exclude each other")
            values[raw] = tuple(events)
        if not values:
            self._wrong(f"{key}.values", "is empty")
        return Outcomes(
            parts=self._parts(given.from_, f"{key}.from", ""),
            values=values,
            ignores_others=given.others == _IGNORE,
        )

    def _event(self, given: Any, key: str) -> Event:  # noqa: ANN401
        if isinstance(given, str):
            if given not in WORDS["event_type"]:
                self._wrong(key, f"{given!r} is not one of {', '.join(EVENT_TYPES)}, ignore")
            return {"event_type": given}
        event = {
            name: _word(value)
            for name in COLUMNS
            if (value := getattr(given, name, UNSET)) is not UNSET
        }
        for name, value in event.items():
            self._check_word(value, f"{key}.{name}", name)
        return event

    def _ignored(self, given: Any, key: str) -> IgnoredRows:  # noqa: ANN401
        if (given.values is UNSET) == (given.pattern is UNSET):
            self._wrong(key, "give either values or pattern")
        return IgnoredRows(
            names=_texts(given.from_),
            values=() if given.values is UNSET else tuple(given.values),
            pattern=None
            if given.pattern is UNSET
            else self._parsed(given.pattern, f"{key}.pattern"),
        )


def _texts(given: str | list[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _word(value: str | bool) -> str:  # noqa: FBT001 - a value of a document
    return str(value).lower() if isinstance(value, bool) else value
