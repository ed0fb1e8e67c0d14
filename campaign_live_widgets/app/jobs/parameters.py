"""The parameters of the notebooks: one schema of names, types, defaults and meanings.

Papermill only warns of a name that a notebook does not know, and takes any value. Here both
are errors, raised before a kernel starts where
:mod:`campaign_live_widgets.app.jobs.snapshot_run` runs a notebook, and in the notebook's first
cell wherever else it is run.
"""

from __future__ import annotations

import ast
import json
import os
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.app.settings.query import FASTEST, SLOWEST, parse_span
from campaign_live_widgets.app.settings.secret_reference import resolve
from campaign_live_widgets.app.settings.times import parse_at, parse_locale, parse_time_zone
from campaign_live_widgets.catalog import LOCALES, TABS
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.io.environment import CAMPAIGN, SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Value = str | float | bool | list[str]

_TYPES: Final = {
    "str": "text",
    "bool": "true or false",
    "float": "a number",
    "list": "a list of texts",
}
_INJECTED: Final = "# Parameters"
"""How the cell begins that Papermill puts behind a notebook's own parameters."""


def _anything(_value: Any) -> None:  # noqa: ANN401 - whatever a parameter may be
    """Take any value of the right type."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the notebooks.

    Attributes
    ----------
    name : str
    default : str, float, bool or list of str
        Its type is the parameter's; a list is of texts.
    meaning : str
        One line, which also stands beside it in the notebooks.
    check : callable
        Raises :class:`UsageError` for a value that is of the type and still cannot be had.
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
        shown = json.dumps(default) if isinstance(default, str | list) else repr(default)
        return f"{self.name}: {self.type} = {shown}  # {self.meaning}"


@dataclass(frozen=True, slots=True)
class Template:
    """One notebook: its file's name without the ending, its title and its parameters.

    Attributes
    ----------
    required : frozenset of str
        Parameters that may not be left empty.
    defaults : mapping
        Where they are other than the schema's.
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
        """Return what *parameter* is here where nobody gives it."""
        return self.defaults.get(parameter.name, parameter.default)

    def cell(self) -> str:
        """Return the source of the notebook's cell of parameters."""
        return "\n".join(one.line(self.default(one)) for one in self.parameters)


def _check_at(text: str) -> None:
    parse_at(text)


def _check_every(seconds: float) -> None:
    if not FASTEST <= seconds <= SLOWEST:
        message = f"every={seconds} is out of reach; give seconds from 0.5 to 60"
        raise UsageError(message)


def _check_tab(tab: str) -> None:
    if tab not in TABS:
        raise UnknownNameError("tab", tab, TABS)


def _check_formats(formats: list[str]) -> None:
    from campaign_live_widgets.snapshots import check_formats

    check_formats(formats)


def _check_layout(path: str) -> None:
    if path:
        from campaign_live_widgets.layouts.shared import shared_layout

        shared_layout(path)


def _check_source(text: str) -> None:
    """Raise if the source is a password in clear text, or a reference to no variable."""
    resolve(text)


def _check_folder(text: str) -> None:
    resolve(text, "folder")


_LIST_LOCALES: Final = ", ".join(LOCALES)
_PARAMETERS: Final = (
    Parameter(
        "source",
        "",
        f"file, folder, glob or env:NAME; empty: what {SOURCE} holds",
        _check_source,
    ),
    Parameter(
        "campaign",
        "",
        f"campaign id; empty: {CAMPAIGN}, else the newest",
    ),
    Parameter("other", "", "campaign id of the second campaign, which the first is compared with"),
    Parameter("message", "", "id of the one message to report"),
    Parameter(
        "window",
        "24h",
        "how far back the report looks: 30min, 6h, 7d; all: since the first event",
        parse_span,
    ),
    Parameter("at", "", "where the window ends, in RFC 3339; empty: now", _check_at),
    Parameter(
        "other_at",
        "",
        "where the second window ends, in RFC 3339; empty: as the first one",
        _check_at,
    ),
    Parameter("messages", [], "ids of the e-mails and pushes that are counted; empty: all"),
    Parameter("executions", [], "ids of the executions that are counted; empty: all"),
    Parameter("locale", "en", f"language of the report: {_LIST_LOCALES}", parse_locale),
    Parameter("include_tests", False, "also count test and seed sends"),  # noqa: FBT003 - a default
    Parameter(
        "time_zone",
        "UTC",
        "zone of the times shown, an IANA name such as Europe/Paris",
        parse_time_zone,
    ),
    Parameter(
        "every", 0.5, "seconds between two refreshes at the least, from 0.5 to 60", _check_every
    ),
    Parameter("tab", "campaign", f"the tab that is open at first: {', '.join(TABS)}", _check_tab),
    Parameter("live", True, "follow new events; False draws the report once"),  # noqa: FBT003
    Parameter(
        "layout", "", "layout file: where the tiles stand; empty: the product's own", _check_layout
    ),
    Parameter(
        "formats",
        ["html", "csv", "parquet", "png", "svg", "pdf"],
        "what is written, some of these",
        _check_formats,
    ),
    Parameter(
        "folder", "", "where the files are written, or env:NAME; empty: none are", _check_folder
    ),
)

PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType({p.name: p for p in _PARAMETERS})
"""All parameters by name."""

_SCOPE: Final = ("source", "campaign", "window", "at")
_LOOKS: Final = ("locale", "include_tests", "time_zone")
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
        ("source", "campaign", "message", "window", "at", "executions", *_LOOKS),
        required=frozenset({"message"}),
    ),
    Template(
        "push_detail",
        "One push in detail",
        ("source", "campaign", "message", "window", "at", "executions", *_LOOKS),
        required=frozenset({"message"}),
    ),
    Template("first_tour", "First tour", (*_SCOPE, *_LOOKS), defaults=_SAMPLES),
    Template(
        "compare_campaigns",
        "Two campaigns compared",
        ("source", "campaign", "other", "window", "at", "other_at", *_LOOKS),
        required=frozenset({"campaign", "other"}),
    ),
)

TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType({t.name: t for t in _TEMPLATES})
"""The notebooks by name."""


def check(template: str, given: Mapping[str, object]) -> dict[str, Value]:
    """Return all parameters of a notebook: those that are *given*, the others as by default.

    Values stay as they are given; a reference stays one.

    Raises
    ------
    UsageError
        Where one is not known, missing, of another type, or a value that cannot be had.
    """
    known = TEMPLATES[template]
    for name in given:
        if name not in known.takes:
            raise UnknownNameError("parameter", name, known.takes)
    asked: dict[str, Value] = {}
    for one in known.parameters:
        value = _typed(one, given.get(one.name, known.default(one)))
        if one.name in known.required and not value:
            message = f"{one.name} is missing: {one.meaning}"
            raise UsageError(message)
        if one.name == "source" and not (value or known.shows_samples or os.environ.get(SOURCE)):
            message = f"source is missing: give a file, a folder or a glob, or set {SOURCE}"
            raise UsageError(message)
        _possible(one, value)
        asked[one.name] = value
    return asked


def check_parameters(template: str, namespace: Mapping[str, Any]) -> dict[str, Value]:
    """Check the parameters that a notebook is run with; its first cell calls this.

    Parameters
    ----------
    template : str
    namespace : mapping
        The notebook's ``globals()``. Names that Papermill has put into it count as given, too.

    Raises
    ------
    UsageError
        As :func:`check` does.
    """
    names = [name for name in TEMPLATES[template].takes if name in namespace]
    given = {name: namespace[name] for name in names}
    # In the notebook they are there; what is looked for is what else was put in.
    given |= {name: namespace.get(name) for name in _injected(namespace.get("In", ()))}
    return check(template, given)


def _injected(cells: object) -> Iterator[str]:
    """Yield the names that cells put in by a scheduler assign, of all cells run so far.

    Papermill's begins with a comment of its own. Others put plain assignments behind the
    notebook's parameters, which are annotated.
    """
    follows = False
    for source in cells if isinstance(cells, list) else ():
        try:
            lines = ast.parse(source).body
        except SyntaxError:
            continue
        is_papermills = str(source).lstrip().startswith(_INJECTED)
        if is_papermills or (follows and all(isinstance(line, ast.Assign) for line in lines)):
            for line in lines:
                targets = line.targets if isinstance(line, ast.Assign) else ()
                yield from (target.id for target in targets if isinstance(target, ast.Name))
        follows = bool(lines) and all(isinstance(line, ast.AnnAssign) for line in lines)


def _typed(one: Parameter, value: object) -> Value:
    """Return a value of the parameter's type; a whole number is a float, too."""
    if isinstance(one.default, bool):
        if isinstance(value, bool):
            return value
    elif isinstance(one.default, float):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif isinstance(one.default, str):
        if isinstance(value, str):
            return value
    elif isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return [str(item) for item in value]
    # Never the value: it may be a secret in the wrong place.
    message = f"{one.name} is {type(value).__name__}, not {_TYPES[one.type]}: {one.meaning}"
    raise UsageError(message)


def _possible(one: Parameter, value: Value) -> None:
    try:
        one.check(value)
    except UsageError as error:
        said = str(error)
        if one.name not in said:
            said = f"{one.name}: {said}"
        raise UsageError(said) from None
