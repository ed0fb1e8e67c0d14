"""HTML put together from parts: what is not markup already is escaped, wherever it came from."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    Child: TypeAlias = "str | int | Iterable[Child] | None"
    Attribute: TypeAlias = "str | int | float | bool | None"

_VOID: Final = frozenset({"br", "img", "link", "meta"})
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What HTML and XML cannot hold, whether it is escaped or not."""
_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
)
_IN_SCRIPT: Final = str.maketrans(
    {c: f"\\u{ord(c):04x}" for c in "<>&\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}"}
)


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """Return *text* as HTML that shows it, in an element or in a quoted attribute."""
    return Markup(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text).translate(_ESCAPES))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """Return one element.

    Parameters
    ----------
    name : str
    *children : str, int, Markup, None, or iterables of these
        Everything but :class:`Markup` is escaped; ``None`` is nothing.
    **attributes
        ``class_`` is ``class``, ``data_value`` is ``data-value``; ``None`` and ``False`` leave
        the attribute out, ``True`` gives it without a value.
    """
    opened = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        named = key.rstrip("_").replace("_", "-")
        opened.append(named if value is True else f'{named}="{escape(str(value))}"')
    start = f"<{' '.join(opened)}>"
    return Markup(start if name in _VOID else f"{start}{join(children)}</{name}>")


def join(children: Child) -> Markup:
    """Return the children of an element, one after the other."""
    if children is None:
        return Markup()
    if isinstance(children, Markup):
        return children
    if isinstance(children, str | int):
        return escape(str(children))
    return Markup("".join(join(child) for child in children))


def data_script(name: str, value: object) -> Markup:
    """Return *value* as JSON in a script element of that id, which no browser runs."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = text.encode("utf-8", "replace").decode().translate(_IN_SCRIPT)
    return tag("script", Markup(text), type="application/json", id=name)
