"""Times of a mapping's forms in a database, as Ibis expressions for any engine.

The parsers of engines differ, also in what is an error. So a text is written
as ISO 8601 by a pattern, checked by another one, and only then cast: no cast can fail.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.sources.mapping.time_forms import DIRECTIVES, EPOCHS

if TYPE_CHECKING:
    from campaign_live_widgets.sources.tables.mapped_functions import Functions

    Column = Any

_SPECIAL: Final = re.compile(r"([.^$*+?()\[\]{}|\\])")
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_NUMBER: Final = r"^-?[0-9]{1,18}(\.[0-9]{1,9})?$"
_PIVOT: Final = "69"
"""Years of two digits from here on are of the last century, as POSIX has it."""
_DAYS: Final = (
    r"[0-9]{4}-(0?[13578]|1[02])-(0?[1-9]|[12][0-9]|3[01])",
    r"[0-9]{4}-(0?[469]|11)-(0?[1-9]|[12][0-9]|30)",
    r"[0-9]{4}-0?2-(0?[1-9]|1[0-9]|2[0-8])",
    r"([0-9][0-9](0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-0?2-29",
)
"""The days that there are."""
_CLOCK: Final = r" ([01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](\.[0-9]+)?"
_HALF_DAY: Final = r" (0?[1-9]|1[0-2]):[0-5]?[0-9]:[0-5]?[0-9](\.[0-9]+)?"
_OFFSET: Final = r"([+-](0[0-9]|1[0-4]):[0-5][0-9])?"


def time_of_form(text: Column, form: str, functions: Functions) -> tuple[Column, bool]:
    """Return a text as a time, null where it is not of a form, and whether it is of UTC.

    Parameters
    ----------
    text : ibis column
    form : str
    functions : Functions
        Of the engine.
    """
    import ibis

    text = text.strip()
    if form in EPOCHS:
        number = ibis.ifelse(text.re_search(_NUMBER), text, ibis.null("string")).cast(
            "decimal(38, 9)"
        )
        scaled = number / 1000 if form == "epoch_ns" else number * EPOCHS[form]
        return functions.instant(scaled.floor().cast("int64")), True
    pattern, groups = _pattern(form)
    written = text.re_replace(pattern, _iso(groups, functions.group))
    if "b" in groups or "B" in groups:
        written = _with_numbers(written.lower(), short="b" in groups)
    if "y" in groups:
        century = ibis.ifelse(written.substr(0, 2) < _PIVOT, "20", "19")
        written = century + written
    clock = _HALF_DAY if "I" in groups else _CLOCK
    is_valid = text.re_search(pattern) & written.re_search(f"^({'|'.join(_DAYS)}){clock}{_OFFSET}$")
    kind = "timestamp('UTC')" if "z" in groups else "timestamp"
    time = ibis.ifelse(is_valid, written, ibis.null("string")).cast(kind)
    if "I" in groups:
        time = _in_half(time, text)
    return time, "z" in groups


def _pattern(form: str) -> tuple[str, dict[str, int]]:
    """Return the pattern of a form, and the numbers of the groups of its directives."""
    groups: dict[str, int] = {}
    written, at, number = "^", 0, 1
    while at < len(form):
        if form[at] != "%":
            written += _SPECIAL.sub(r"\\\1", form[at])
            at += 1
            continue
        name = form[at + 1]
        at += 2
        if name == "%":
            written += "%"
        else:
            groups[name] = number
            written += r"([+-][0-9]{2}):?([0-9]{2})" if name == "z" else DIRECTIVES[name]
            number += 2 if name == "z" else 1
    return f"{written}$", groups


def _iso(groups: dict[str, int], mark: str) -> str:
    """Return what a time is replaced by: ISO 8601, but for the names of months.

    *mark* is what is before the number of a group.
    """

    def group(*names: str) -> str:
        return next((f"{mark}{groups[name]}" for name in names if name in groups), "00")

    fraction = f".{group('f')}" if "f" in groups else ""
    offset = f"{mark}{groups['z']}:{mark}{groups['z'] + 1}" if "z" in groups else ""
    return (
        f"{group('Y', 'y')}-{group('m', 'b', 'B')}-{group('d')} "
        f"{group('H', 'I')}:{group('M')}:{group('S')}{fraction}{offset}"
    )


def _with_numbers(written: Column, *, short: bool) -> Column:
    """Return a time with the numbers of months in place of their names."""
    for number, name in enumerate(_MONTHS, 1):
        word = name[:3] if short else name
        written = written.replace(f"-{word}-", f"-{number:02}-")
    return written


def _in_half(time: Column, text: Column) -> Column:
    """Return a time of the twelve hours as one of the day: 12 is 0, and PM adds twelve."""
    import ibis

    is_noon, is_late = time.hour() == 12, text.lower().re_search("pm")  # noqa: PLR2004
    hours = ibis.cases(
        (is_noon & ~is_late, ibis.interval(hours=-12)),
        (~is_noon & is_late, ibis.interval(hours=12)),
        else_=ibis.interval(hours=0),
    )
    return time + hours
