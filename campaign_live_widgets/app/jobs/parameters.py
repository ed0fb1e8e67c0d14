"""The parameters of the notebooks: one schema of names, types, defaults and meanings.

Papermill only warns of an unknown parameter, and accepts any value. Here both are errors:
before a kernel starts where :mod:`campaign_live_widgets.app.jobs.snapshot_run` runs a notebook,
and in the notebook's first cell wherever else it runs. The parameters that ask for a report
become a :class:`~campaign_live_widgets.app.settings.query.Query`.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.app.jobs.injected import injected_names
from campaign_live_widgets.app.settings.query import (
    parse_basis,
    parse_machines,
    parse_query,
    parse_small_cells,
)
from campaign_live_widgets.app.settings.secret_reference import resolve
from campaign_live_widgets.app.settings.times import address_time, parse_at
from campaign_live_widgets.catalog import BASES, LOCALES, TABS
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.io.durations import MINUTES_EXAMPLES
from campaign_live_widgets.io.environment import CAMPAIGN, SOURCE
from campaign_live_widgets.snapshot import MACHINES
from campaign_live_widgets.sources.mapping.load import load_mapping
from campaign_live_widgets.sources.sends import check_sends

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from campaign_live_widgets.app.settings.query import Query

Value = str | float | int | bool | list[str]

_TYPES: Final = {
    "str": "text",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "list": "a list of texts",
}
_QUERY: Final = frozenset(
    {"campaign", "window", "at", "messages", "executions", "locale", "include_tests"}
    | {"machines", "basis", "providers", "small_cells", "time_zone", "every", "tab"}
)
"""The parameters that are checked together, as a query."""


def _anything(_value: Any) -> None:  # noqa: ANN401 - whatever a parameter may be
    """Accept any value of the right type."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the notebooks.

    Attributes
    ----------
    name : str
    default : str, float, int, bool or list of str
        Its type is the parameter's; a list is of texts.
    meaning : str
        One line, which the notebooks repeat as a comment.
    check : callable
        Raises :class:`UsageError` for an invalid value of the right type.
    """

    name: str
    default: Value
    meaning: str
    check: Callable[[Any], object] = _anything

    @property
    def type(self) -> str:
        """Return the name of its type, as it is annotated in the notebooks."""
        return type(self.default).__name__

    def line(self, default: Value) -> str:
        """Return its line in a notebook's cell of parameters."""
        text = json.dumps(default) if isinstance(default, str | list) else repr(default)
        return f"{self.name}: {self.type} = {text}  # {self.meaning}"


@dataclass(frozen=True, slots=True)
class Template:
    """One notebook: its file's name without the ending, its title and its parameters.

    Attributes
    ----------
    required : frozenset of str
        Parameters that must not be empty.
    defaults : mapping
        Defaults that differ from the schema's.
    shows_samples : bool
        Whether the notebook shows the bundled samples if no source is given.
    """

    name: str
    title: str
    takes: tuple[str, ...]
    required: frozenset[str] = frozenset()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    shows_samples: bool = False

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Return its parameters in the order of its cell."""
        return tuple(PARAMETERS[name] for name in self.takes)

    @property
    def file(self) -> str:
        """Return the name of its file."""
        return f"{self.name}.ipynb"

    def default(self, parameter: Parameter) -> Value:
        """Return the default of *parameter* in this notebook."""
        return self.defaults.get(parameter.name, parameter.default)

    def cell(self) -> str:
        """Return the source of the notebook's cell of parameters."""
        return "\n".join(one.line(self.default(one)) for one in self.parameters)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Checked parameters of one notebook.

    Attributes
    ----------
    values : mapping
        All parameters of the notebook by name, as they are given; a secret reference stays one.
    query : Query
        The report that they ask for.
    """

    values: Mapping[str, Value]
    query: Query

    def of_campaign(self, campaign: str) -> Parameters:
        """Return these parameters for another campaign."""
        return Parameters(
            {**self.values, "campaign": campaign}, replace(self.query, campaign=campaign)
        )

    def ending(self, at: datetime) -> Parameters:
        """Return these parameters for a window that ends at another time."""
        return Parameters({**self.values, "at": address_time(at)}, replace(self.query, at=at))

    def writing(self, formats: list[str]) -> Parameters:
        """Return these parameters for other formats."""
        return replace(self, values={**self.values, "formats": formats})


def _check_formats(formats: list[str]) -> None:
    from campaign_live_widgets.snapshots import check_formats

    check_formats(formats)


def _check_layout(path: str) -> None:
    if path:
        from campaign_live_widgets.layouts.shared import shared_layout

        shared_layout(path)


def _check_at(text: str) -> None:
    parse_at(text)


def _check_source(text: str) -> None:
    """Raise if the source contains a password, or its reference is invalid."""
    resolve(text)


def _check_mapping(path: str) -> None:
    """Raise if there is a mapping that cannot be read or is invalid."""
    if path:
        load_mapping(path)


def _check_folder(text: str) -> None:
    resolve(text, "folder")


_LIST_LOCALES: Final = ", ".join(LOCALES)
_PARAMETERS: Final = (
    Parameter(
        "source",
        "",
        f"file, folder, glob, database or env:NAME; empty: {SOURCE}",
        _check_source,
    ),
    Parameter("mapping", "", "mapping file, by which rows are read; empty: none", _check_mapping),
    Parameter("sends", "", "what counts as sent: events or outcomes; empty: events", check_sends),
    Parameter(
        "campaign",
        "",
        f"campaign id; empty: {CAMPAIGN}, else the newest",
    ),
    Parameter("other", "", "id of the campaign to compare with the first one"),
    Parameter("message", "", "id of the message to report in detail"),
    Parameter(
        "window",
        "24h",
        f"length of the window: {MINUTES_EXAMPLES}; all: since the first event",
    ),
    Parameter("at", "", "end of the window in RFC 3339; empty: now"),
    Parameter(
        "other_at",
        "",
        "end of the second window in RFC 3339; empty: as the first one",
        _check_at,
    ),
    Parameter("messages", [], "ids of the e-mails and pushes to count; empty: all"),
    Parameter("executions", [], "ids of the executions to count; empty: all"),
    Parameter("locale", "en", f"language of the report: {_LIST_LOCALES}"),
    Parameter("include_tests", False, "also count test and seed sends"),  # noqa: FBT003 - a default
    Parameter(
        "machines",
        "include",
        f"opens and clicks of machines: {', '.join(MACHINES)}",
        parse_machines,
    ),
    Parameter("basis", "default", f"what shares divide by: {', '.join(BASES)}", parse_basis),
    Parameter("providers", "", "file of mailbox providers; empty: the known ones"),
    Parameter(
        "small_cells",
        0,
        "domains and links of fewer profiles share a row; 0: none",
        parse_small_cells,
    ),
    Parameter(
        "time_zone",
        "UTC",
        "time zone of the times shown, an IANA name such as Europe/Paris",
    ),
    Parameter("every", 0.5, "minimum seconds between two refreshes, from 0.5 to 60"),
    Parameter("tab", "campaign", f"tab to open first: {', '.join(TABS)}"),
    Parameter("live", True, "follow new events; False: draw the report once"),  # noqa: FBT003
    Parameter(
        "layout",
        "",
        "layout file that arranges the tiles; empty: the default layout",
        _check_layout,
    ),
    Parameter(
        "formats",
        ["html", "csv", "parquet", "png", "svg", "pdf"],
        "formats to write, some of these",
        _check_formats,
    ),
    Parameter(
        "folder",
        "",
        "folder to write the files to, or env:NAME; empty: write nothing",
        _check_folder,
    ),
)

PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType({p.name: p for p in _PARAMETERS})
"""All parameters by name."""

_READ: Final = ("source", "mapping", "sends", "campaign")
_SCOPE: Final = (*_READ, "window", "at")
_LOOKS: Final = (
    *("locale", "include_tests", "machines", "basis"),
    *("providers", "small_cells", "time_zone"),
)
_DETAIL: Final = (*_READ, "message", "window", "at", "executions", *_LOOKS)
_SAMPLES: Final[Mapping[str, Value]] = MappingProxyType(
    {"source": "samples", "campaign": "autumn-sale-2026", "at": "2026-11-20T12:12:00Z"}
)
_TEMPLATES: Final = (
    Template(
        "campaign_live_report",
        "Campaign live report",
        (*_SCOPE, "messages", "executions", *_LOOKS, "every", "tab", "live"),
        shows_samples=True,
    ),
    Template(
        "campaign_snapshot",
        "Campaign snapshot",
        (*_SCOPE, "messages", "executions", *_LOOKS, "layout", "formats", "folder"),
    ),
    Template(
        "email_detail",
        "One e-mail in detail",
        _DETAIL,
        required=frozenset({"message"}),
    ),
    Template(
        "push_detail",
        "One push in detail",
        _DETAIL,
        required=frozenset({"message"}),
    ),
    Template("first_tour", "First tour", (*_SCOPE, *_LOOKS), defaults=_SAMPLES),
    Template(
        "compare_campaigns",
        "Two campaigns compared",
        (*_READ, "other", "window", "at", "other_at", *_LOOKS),
        required=frozenset({"campaign", "other"}),
    ),
)

TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType({t.name: t for t in _TEMPLATES})
"""The notebooks by name."""


def parse_parameters(template: str, given: Mapping[str, object]) -> Parameters:
    """Return all parameters of a notebook: the *given* ones, and the defaults of the others.

    Raises
    ------
    UsageError
        If one is unknown, missing, of the wrong type or invalid.
    """
    schema = TEMPLATES[template]
    for name in given:
        if name not in schema.takes:
            raise UnknownNameError("parameter", name, schema.takes)
    values: dict[str, Value] = {}
    for parameter in schema.parameters:
        value = _typed(parameter, given.get(parameter.name, schema.default(parameter)))
        if parameter.name in schema.required and not value:
            message = f"{parameter.name} is missing: {parameter.meaning}"
            raise UsageError(message)
        if parameter.name == "source" and not (
            value or schema.shows_samples or os.environ.get(SOURCE)
        ):
            message = (
                f"source is missing: give a file, a folder, a glob or a database, or set {SOURCE}"
            )
            raise UsageError(message)
        _check(parameter, value)
        values[parameter.name] = value
    query: dict[str, Any] = {name: values[name] for name in schema.takes if name in _QUERY}
    return Parameters(values, parse_query(**query))


def check_parameters(template: str, namespace: Mapping[str, Any]) -> dict[str, Value]:
    """Check the parameters of a notebook, and return them all; its first cell calls this.

    Parameters
    ----------
    template : str
    namespace : mapping
        The notebook's ``globals()``. Names that Papermill has inserted count as given, too.

    Raises
    ------
    UsageError
        As :func:`parse_parameters` does.
    """
    names = [name for name in TEMPLATES[template].takes if name in namespace]
    given = {name: namespace[name] for name in names}
    # The notebook defines its own parameters; the inserted cells may contain unknown ones.
    given |= {name: namespace.get(name) for name in injected_names(namespace.get("In", ()))}
    return dict(parse_parameters(template, given).values)


def _typed(one: Parameter, value: object) -> Value:
    """Return a value of the parameter's type; a whole number is a float, too."""
    if isinstance(one.default, bool):
        if isinstance(value, bool):
            return value
    elif isinstance(one.default, int):
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    elif isinstance(one.default, float):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif isinstance(one.default, str):
        if isinstance(value, str):
            return value
    elif isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return [str(item) for item in value]
    # Without the value, which may be a secret in the wrong place.
    message = f"{one.name} is {type(value).__name__}, not {_TYPES[one.type]}: {one.meaning}"
    raise UsageError(message)


def _check(parameter: Parameter, value: Value) -> None:
    try:
        parameter.check(value)
    except UsageError as error:
        text = str(error)
        raise UsageError(text if parameter.name in text else f"{parameter.name}: {text}") from None
