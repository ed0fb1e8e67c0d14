"""Values by their shape and kind: what is shown of a source never has a person's data in it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.engine.inspection.words import event_of, is_word

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST: Final = 24
_ADDRESS: Final = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[A-Za-z]{2,}>?")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")
_IS_PRIVATE: Final = re.compile(r"@|[0-9]{5,}|[0-9a-fA-F]{12,}|[^\s./]{40,}")
_KINDS: Final = {
    "address": _ADDRESS,
    "flag": re.compile(r"^(true|false)$", re.IGNORECASE),
    "number": re.compile(r"^-?[0-9]+([.,][0-9]+)?$"),
    "JSON": re.compile(r"^[\[{]"),
}
_MOST_ARE: Final = 0.8
"""The share of values that must be times of one form."""
FORMS: Final = (
    *("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"),
    *("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y", "%d.%m.%Y %H:%M:%S"),
    *("%d.%m.%Y %H:%M", "%d.%m.%Y", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%Y/%m/%d %H:%M:%S"),
    *("%Y/%m/%d %H:%M", "%d/%m/%y %H:%M", "%d.%m.%y %H:%M", "%d-%b-%Y %H:%M:%S", "%d %b %Y %H:%M"),
    *("%b %d, %Y %I:%M %p", "%B %d, %Y %I:%M %p", "%d %B %Y %H:%M", "%Y%m%d%H%M%S"),
)
"""Forms of times that are tried."""


def masked(value: str) -> str:
    """Return the shape of a value: letters as x, digits as 9."""
    shape = "".join("9" if c.isdigit() else "x" if c.isalnum() else c for c in value)
    shape = "".join(c if c.isprintable() else " " for c in shape)
    return shape if len(shape) <= _LONGEST else f"{shape[:_LONGEST]}…"


def safe_name(name: str) -> str:
    """Return the name of a column or file, by its shape where it may be somebody's."""
    return masked(name) if _IS_PRIVATE.search(name) else name


def examples(values: Sequence[str]) -> tuple[str, ...]:
    """Return up to three examples: known words of events as they are, all else by its shape."""
    texts = values if is_list_of_words(values) else [masked(value) for value in values]
    return tuple(dict.fromkeys(texts))[:3]


def is_list_of_words(values: Sequence[str]) -> bool:
    """Return whether values are the words of an enumeration: at least half are known ones."""
    distinct = set(values)
    words = [value for value in distinct if event_of(value) is not None or is_word(value)]
    is_short = all(len(value) <= _LONGEST and not _IS_PRIVATE.search(value) for value in distinct)
    return bool(distinct) and is_short and 2 * len(words) >= len(distinct)


def kind_of(values: Sequence[str]) -> str:
    """Return the kind of a column's values: address, time, number, flag, JSON or text."""
    given = list(dict.fromkeys(values))[:200]
    if not given:
        return "empty"
    if forms_of(given) is not None:
        return "time"
    return next(
        (kind for kind, pattern in _KINDS.items() if all(map(pattern.search, given))), "text"
    )


def forms_of(values: Sequence[str]) -> tuple[str, ...] | None:
    """Return the forms that most values are times of, the one of most of them first.

    None at all for ISO 8601; ``None`` if they are no times.
    """
    if not values:
        return None
    if sum(bool(_ISO.fullmatch(value)) for value in values) >= _MOST_ARE * len(values):
        return ()
    for digits, form in ((10, "epoch_s"), (13, "epoch_ms"), (16, "epoch_us"), (19, "epoch_ns")):
        if all(re.fullmatch(rf"1[0-9]{{{digits - 1}}}(\.[0-9]+)?", value) for value in values):
            return (form,)
    fitting = {form: sum(_is_of(value, form) for value in values) for form in FORMS}
    likely = [form for form, count in fitting.items() if count >= _MOST_ARE * len(values)]
    return tuple(sorted(likely, key=lambda form: -fitting[form])) or None


def _is_of(value: str, form: str) -> bool:
    try:
        return 1990 <= datetime.strptime(value.strip(), form).year <= 2100  # noqa: DTZ007, PLR2004
    except ValueError:
        return False
