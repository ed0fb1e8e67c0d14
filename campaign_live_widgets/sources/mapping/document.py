"""The form of a mapping file, as msgspec checks it and editors know it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from campaign_live_widgets.sources.formats.canonical import COLUMNS

Name = Annotated[str, Meta(min_length=1, max_length=300)]
Names = Name | Annotated[list[Name], Meta(min_length=1, max_length=50)]
Word = Annotated[str, Meta(max_length=1000)]
Others = Literal["reject", "ignore", "keep", "none"]


class Source(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a value comes from, and what is done with it.

    One of ``from``, ``path``, ``value``, ``digest`` and ``own`` is given.

    Attributes
    ----------
    from_ : str or list
        A column or a dotted path, or several of which the first that is there is taken.
    path : str
        A part of the file's path: ``name`` (without its endings), ``folder`` (the last one),
        ``all`` (the path below the source) or ``partition:KEY`` (the value of a folder KEY=…).
    value : str
        A constant.
    pattern, group : str, int
        A regular expression, and which of its groups is the value; 0 is all that fits.
    values, others : mapping, str
        What values become, and what a value becomes that is not listed: ``reject`` (the row, by
        default), ``ignore`` (the row), ``keep`` (the value) or ``none`` (no value).
    form, zone : str or list, str
        Of a time: its forms, and the zone of times that do not say theirs (UTC by default).
    digest : list of str
        Of an event id: the columns whose digest it is, where rows have no id.
    own : bool
        Of the campaign in a vendor's format: what the format itself gives; others follow in a
        list, for rows that have none.
    """

    from_: Names | UnsetType = msgspec.field(name="from", default=UNSET)
    path: (
        Annotated[str, Meta(pattern=r"^(name|folder|all|partition:[^/=]{1,100})$")] | UnsetType
    ) = UNSET
    value: Word | bool | UnsetType = UNSET
    pattern: str | UnsetType = UNSET
    group: Annotated[int, Meta(ge=0, le=20)] | UnsetType = UNSET
    values: dict[Word, Word | bool] | UnsetType = UNSET
    others: Others | UnsetType = UNSET
    form: Names | UnsetType = UNSET
    zone: Name | UnsetType = UNSET
    digest: Annotated[list[Name], Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    own: bool | UnsetType = UNSET


Value = Name | Source | Annotated[list[Name | Source], Meta(min_length=1, max_length=20)]


Outcome = msgspec.defstruct(
    "Outcome",
    [
        (name, Word | bool | UnsetType, UNSET)
        for name in COLUMNS
        if name not in ("event_id", "timestamp", "campaign_id", "profile_id")
    ],
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    namespace={"__doc__": "An event: the columns that a value gives."},
)
"""An event: the columns that a value gives."""
OutcomeGiven: Any = Word | Outcome | Annotated[list[Word | Outcome], Meta(max_length=5)]  # type: ignore[valid-type]

Columns = msgspec.defstruct(
    "Columns",
    [(name, Value | UnsetType, UNSET) for name in (*COLUMNS, "address")],
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    namespace={"__doc__": "Where each canonical column comes from."},
)
"""Where each canonical column comes from; ``address`` gives what is not named otherwise of
``profile_id`` (its digest) and ``domain``, and is not kept."""


class Events(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which events a row gives: the value ``from``, translated by ``values``.

    An outcome is a word (an event type), ``ignore``, a table of columns, or a list of those: a row
    may give several events. ``""`` is where there is no value.
    """

    from_: Value = msgspec.field(name="from")
    values: dict[Word, OutcomeGiven]
    others: Literal["reject", "ignore"] = "reject"


class Ignore(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Rows that carry no event: those whose value is one of ``values``, or fits ``pattern``."""

    from_: Names = msgspec.field(name="from")
    values: Annotated[list[Word], Meta(min_length=1)] | UnsetType = UNSET
    pattern: str | UnsetType = UNSET


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the rows of some files or tables mean; of several rules the first that matches applies.

    Attributes
    ----------
    files, tables : str or list
        Which files (a glob on the path below the source) and which tables (by name); all where
        neither is given.
    format : str
        The format it builds on: the name of a known one, or ``none``.
    inside : list of str
        Names of the wrappers around an event in JSON, from the outside.
    """

    name: Name | UnsetType = UNSET
    files: Names | UnsetType = UNSET
    tables: Names | UnsetType = UNSET
    format: Name = "none"
    inside: Annotated[list[Name], Meta(min_length=1, max_length=5)] | UnsetType = UNSET
    sends: Literal["events", "outcomes"] | UnsetType = UNSET
    columns: Columns = msgspec.field(default_factory=Columns)  # type: ignore[valid-type]
    events: Events | UnsetType = UNSET
    ignore: Annotated[list[Ignore], Meta(max_length=20)] = msgspec.field(default_factory=list)


class Document(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mapping file: rules for files and tables."""

    rule: Annotated[list[Rule], Meta(min_length=1, max_length=100)]


COLUMN_NAMES: Final = (*COLUMNS, "address")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of mapping files, for editors."""
    schema = msgspec.json.schema(Document)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mapping file of campaign-live",
        **schema,
    }
