"""The forms of times in a mapping: what of ``strptime`` all engines can read."""

from __future__ import annotations

import re
from typing import Final

EPOCHS: Final = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1, "epoch_ns": 0}
"""Form of a number → microseconds in its unit; nanoseconds are divided."""
DIRECTIVES: Final = {
    "Y": r"([0-9]{4})",
    "y": r"([0-9]{2})",
    "m": r"([0-9]{1,2})",
    "d": r"([0-9]{1,2})",
    "b": r"([A-Za-z]{3})",
    "B": r"([A-Za-z]{3,9})",
    "H": r"([0-9]{1,2})",
    "I": r"([0-9]{1,2})",
    "p": r"([AaPp][Mm])",
    "M": r"([0-9]{1,2})",
    "S": r"([0-9]{1,2})",
    "f": r"([0-9]{1,6})",
    "z": r"([+-][0-9]{2}:?[0-9]{2})",
}
"""Directive of ``strptime`` → the text that it reads."""
_DIRECTIVE: Final = re.compile(r"%(.)", re.DOTALL)
_TWICE: Final = (("Y", "y"), ("m", "b", "B"), ("H", "I"))
"""Directives that give the same part of a time."""


class TimeFormError(ValueError):
    """A form of times that is not supported; the message gives those that are."""


def check_form(form: str) -> None:
    """Raise :class:`TimeFormError` unless a form is an epoch's or one of ``strptime``."""
    if form in EPOCHS:
        return
    names = _DIRECTIVE.findall(form)
    if not names:
        message = f"is no form of a time; give one such as %d/%m/%Y %H:%M, or {', '.join(EPOCHS)}"
        raise TimeFormError(message)
    unknown = [name for name in names if name != "%" and name not in DIRECTIVES]
    if unknown or form.replace("%%", "").endswith("%"):
        known = " ".join(f"%{name}" for name in DIRECTIVES)
        what = f"%{unknown[0]}" if unknown else "a % at its end"
        message = f"has {what}; supported: {known}"
        raise TimeFormError(message)
    given = [name for name in names if name != "%"]
    twice = [name for name in given if given.count(name) > 1]
    twice += ["/".join(same) for same in _TWICE if sum(name in same for name in given) > 1]
    if twice:
        message = f"gives %{twice[0]} more than once"
        raise TimeFormError(message)
    lacking = [
        of
        for of, same in (("year", "Yy"), ("month", "mbB"), ("day", "d"))
        if not any(name in same for name in given)
    ]
    if lacking:
        message = f"has no {lacking[0]}"
        raise TimeFormError(message)
    if ("I" in given) != ("p" in given):
        message = "needs both %I and %p, or %H"
        raise TimeFormError(message)


def has_zone(form: str) -> bool:
    """Return whether times of a form say their zone themselves."""
    return form in EPOCHS or "z" in _DIRECTIVE.findall(form)
