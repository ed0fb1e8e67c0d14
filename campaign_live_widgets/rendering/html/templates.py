"""Jinja templates of the package: everything is escaped that is not markup already."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from campaign_live_widgets.rendering.language.shorten import shorten

if TYPE_CHECKING:
    from jinja2 import Template

_PACKAGE: Final = "campaign_live_widgets"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that HTML and XML cannot contain, escaped or not."""
_IN_SCRIPT: Final = str.maketrans(
    {c: f"\\u{ord(c):04x}" for c in "<>&\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}"}
)


def render(template: str, **values: object) -> Markup:
    """Return the HTML of a template.

    Parameters
    ----------
    template : str
        Its path below the package, such as ``snapshots/index/index.html.j2``.
    **values
        Text is escaped; a missing value is an error.
    """
    return Markup(_template(template).render(values))  # noqa: S704 - the template escapes


def data_script(name: str, value: object) -> Markup:
    """Return *value* as JSON in a script element with the id *name*, which no browser runs."""
    element = Markup('<script type="application/json" id="{}">{}</script>')
    return element.format(name, json_in_script(value))


def json_in_script(value: object) -> Markup:
    """Return *value* as JSON that may be the text of a script element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = text.encode("utf-8", "replace").decode().translate(_IN_SCRIPT)
    return Markup(text)  # noqa: S704 - nothing in it ends a script


@cache
def read(name: str) -> str:
    """Return the text of a file of the package; *name* is its path below the package."""
    return files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(read),
        autoescape=True,
        finalize=_clean,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["shorten"] = shorten
    environment.filters["cut"] = _cut
    return environment


def _cut(text: str, longest: int) -> str:
    """Return *text*, of at most *longest* characters before an ellipsis."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def _clean(value: object) -> object:
    """Return a value without the characters that HTML cannot contain."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value)
    return value
