"""SQL for the values that a mapping takes from a row: DuckDB's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.formats.sql import not_blank, not_known, one_of, quoted
from campaign_live_widgets.sources.mapping.time_forms import EPOCHS, has_zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from campaign_live_widgets.sources.mapping.patterns import Pattern
    from campaign_live_widgets.sources.mapping.rules import IgnoredRows, Part, Parts

_NUMBER: Final = r"-?[0-9]{1,19}(\.[0-9]{1,9})?"
_ZONED: Final = r"([Zz]|:[0-9]{2}(\.[0-9]+)? ?[+-][0-9]{2}(:?[0-9]{2})?)$"
"""The end of a time with its zone."""


class Names:
    """The raw fields that a rule reads: columns or parts of the path → the field's name.

    Attributes
    ----------
    fields : dict
        Field → its paths in a row; see :attr:`.Format.fields`.
    natives : dict
        See :attr:`.Format.natives`.
    paths : dict
        Field → the part of the file's path.
    """

    def __init__(self) -> None:
        self.fields: dict[str, tuple[str, ...]] = {}
        self.natives: dict[str, str] = {}
        self.paths: dict[str, str] = {}
        self._known: dict[tuple[tuple[str, ...], str], str] = {}

    def of(self, names: tuple[str, ...], native: str = "") -> str:
        """Return the field of columns; *native* where it is read in the file's own type."""
        key = (tuple(name.lower() for name in names), native)
        if key not in self._known:
            field = f"raw_{len(self._known)}"
            self._known[key] = field
            self.fields[field] = names
            if native:
                self.natives[field] = native
        return self._known[key]

    def of_path(self, wanted: str) -> str:
        """Return the field of a part of the path."""
        field = next((name for name, part in self.paths.items() if part == wanted), None)
        if field is None:
            field = f"path_{len(self.paths)}"
            self.paths[field] = wanted
        return field

    def __iter__(self) -> Iterator[str]:
        """Yield the fields."""
        yield from self.fields
        yield from self.paths


def text_of(part: Part, names: Names, native: str = "") -> str:
    """Return SQL for the text of a part before it is translated; null where there is none."""
    if part.constant is not None:
        return quoted(part.constant)
    value = names.of(part.names, native) if part.names else names.of_path(str(part.path))
    return value if part.pattern is None else extracted(value, part.pattern, part.group)


def extracted(value: str, pattern: Pattern, group: int) -> str:
    """Return SQL for a group of a pattern, null where it does not fit or is blank."""
    return not_blank(f"regexp_extract({value}, {quoted(pattern.text)}, {group})")


def value_of(parts: Parts, names: Names) -> str:
    """Return SQL for the first of several ways that gives a value, as text."""
    values = [
        text_of(part, names)
        if part.values is None
        else translated(text_of(part, names), part.values, part.others)
        for part in parts
    ]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def translated(value: str, values: Mapping[str, str | None], others: str) -> str:
    """Return SQL for what a value becomes; null where it is rejected or ignored."""
    branches = " ".join(
        f"WHEN {quoted(raw)} THEN {'NULL' if word is None else quoted(word)}"
        for raw, word in values.items()
    )
    rest = value if others == "keep" else "NULL"
    given = f"coalesce({value}, '')" if "" in values else value
    return f"CASE {given} {branches} ELSE {rest} END"


def unlisted(parts: Parts, names: Names, others: str) -> Iterator[tuple[str, str]]:
    """Yield conditions for rows with a value that is not listed, and the cause of each."""
    for part in parts:
        if part.values is not None and part.others == others:
            value = text_of(part, names)
            yield f"{value} NOT IN {one_of(tuple(part.values))}", not_known(part.label, value)


def ignored(rows: IgnoredRows, names: Names) -> str:
    """Return SQL for whether a row carries no event."""
    value = names.of(rows.names)
    if rows.pattern is not None:
        return f"coalesce(regexp_matches({value}, {quoted(rows.pattern.text)}), false)"
    return f"coalesce({value} IN {one_of(rows.values)}, false)"


def time_of(part: Part, names: Names) -> str:
    """Return SQL for a time of given forms, or in a given zone, as TIMESTAMPTZ."""
    value = text_of(part, names)
    if not part.forms:
        zoned = f"regexp_matches({value}, {quoted(_ZONED)})"
        local = f"timezone({quoted(part.zone or 'UTC')}, try(try_cast({value} AS TIMESTAMP)))"
        return f"CASE WHEN {zoned} THEN try(try_cast({value} AS TIMESTAMPTZ)) ELSE {local} END"
    times = [_of_form(value, form, part.zone) for form in part.forms]
    return times[0] if len(times) == 1 else f"coalesce({', '.join(times)})"


def _of_form(value: str, form: str, zone: str | None) -> str:
    if form in EPOCHS:
        return (
            f"CASE WHEN regexp_full_match({value}, {quoted(_NUMBER)}) "
            f"THEN try(make_timestamptz({_micros(value, form)})) END"
        )
    if has_zone(form):
        return f"try_strptime({value}, {quoted(form)})"
    return f"timezone({quoted(zone or 'UTC')}, try_strptime({value}, {quoted(form)}))"


def _micros(value: str, form: str) -> str:
    number = f"try_cast({value} AS DECIMAL(38, 9))"
    if form == "epoch_ns":
        return f"try_cast(floor({number} / 1000) AS BIGINT)"
    return f"try_cast(floor({number} * {EPOCHS[form]}) AS BIGINT)"


def forms_shown(parts: Sequence[Part]) -> str:
    """Return how a cause names the forms of times that were asked for."""
    forms = [form for part in parts for form in part.forms]
    return f" of the form {' or '.join(forms)}" if forms else ""
