"""The detail of an event as an expression that means the same to every engine.

See :mod:`~campaign_live_widgets.catalog.details`. The link of a click is defined in
:mod:`~campaign_live_widgets.catalog.links`; this is the same definition by regular expressions of
PostgreSQL and of Java. They read what is used here alike; they differ in the dot, the dollar and
the vertical tab.
"""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog.details import (
    FAILURES,
    MARK,
    SEPARATOR,
    Click,
    Failure,
    MachineOpen,
)
from campaign_live_widgets.catalog.links import HIDDEN, LONG, UNKNOWN, WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    Table = Any
    Column = Any

DETAIL: Final = "detail"
DETAILED: Final = ("is_machine", "url", "status_code", "machine_reason")
"""The columns that a detail needs, besides the other dimensions."""
_WHITE: Final = r"[ \t\n\r\x0C\x0B]"
_END: Final = "(?!/|[^/])"
"""Where no character follows."""
_ANY: Final = "(/|[^/])*"
_WORDS: Final = "|".join(
    "".join(f"[{letter.upper()}{letter}]" for letter in word) for word in WORDS
)
_BEFORE_HOST: Final = "^[A-Za-z][A-Za-z0-9+.-]*://([^/?#@]*@)*"
_HAS_HOST: Final = f"{_BEFORE_HOST}([^/?#@:]|:[0-9]*[^/?#@0-9])[^/?#@]*(?![^/?#])"
"""A host is more than a port."""
_LETTER: Final = r"([A-Za-z]|[^\x01-\x7F])"
_IDS: Final = (
    "/([^/]*(@|%40)[^/]*|[0-9]{6,}(?![^/]))",
    f"/(?=[^/]*[0-9])(?=[^/]*{_LETTER})[^/]{{{LONG},}}",
)
"""Segments of a path that look like an id or an address, with the slash before them."""


def link(url: Column) -> Column:
    """Return the link of a URL; never null."""
    import ibis

    url = url.re_replace(f"^{_WHITE}+|{_WHITE}+{_END}", "")
    place = url.re_replace(_BEFORE_HOST, "").re_replace(f"[?#]{_ANY}", "")
    host = place.split("/")[0].re_replace(f":[0-9]*{_END}", "")
    path = place.re_replace(f"^[^/]*|/+{_END}", "")
    for pattern in _IDS:
        path = path.re_replace(pattern, f"/{HIDDEN}")
    return ibis.cases(
        (url.re_search(f"^({_WORDS}):"), _lower(url.split(":")[0])),
        (url.re_search(_HAS_HOST), _lower(host) + path),
        else_=UNKNOWN,
    )


def detail(events: Table) -> Column:
    """Return the detail of each event, null where its kind has none."""
    import ibis

    kind, is_machine = events.event_type, _is_machine(events)
    reason = ibis.ifelse(is_machine, events.machine_reason, ibis.null("string"))
    return ibis.cases(
        (
            kind.isin(FAILURES),
            _packed(Failure(events.domain, events.reason, events.status_code)),
        ),
        (kind == "click", _packed(Click(link(events.url), reason))),
        ((kind == "open") & is_machine, _packed(MachineOpen(reason))),
        else_=ibis.null("string"),
    )


def _is_machine(events: Table) -> Column:
    return events.is_machine.fill_null(False)  # noqa: FBT003 - the value that fills


def _lower(text: Column) -> Column:
    """Return a text with small letters; those beyond ASCII stay as they are."""
    return text.translate(ascii_uppercase, ascii_lowercase)


def _packed(values: Sequence[Column]) -> Column:
    """Return several values as one text."""
    import ibis

    parts = [(ibis.literal(MARK) + value.replace(SEPARATOR, " ")).fill_null("") for value in values]
    return ibis.literal(SEPARATOR).join(parts) if len(parts) > 1 else parts[0]
