"""Numbers and shares as people of a language write them."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from typing import Final

from babel.numbers import format_decimal, format_percent, get_group_symbol

ABSENT: Final = "\N{EN DASH}"
"""The text for a missing number."""

_STEP: Final = Decimal("0.001")
"""The smallest difference a share shows: a tenth of a percent."""
_FINE_BELOW: Final = 0.01
_FINE_STEP: Final = Decimal("0.0001")
"""Rates below that are shown to a hundredth of a percent."""


def format_number(value: float | None, locale: str = "en") -> str:
    """Return a count with its thousands grouped: ``1,234`` or, in French, ``1 234``."""
    if value is None or math.isnan(value):
        return ABSENT
    if math.isfinite(value) and value == int(value):
        return f"{int(value):,}".replace(",", _group_symbol(locale))
    return str(format_decimal(value, format="#,##0", locale=locale))


def format_share(share: float | None, locale: str = "en") -> str:
    """Return a share (0 to 1) in percent with one decimal.

    A share that would round to nothing or to everything without being so reads ``<0.1%``
    or ``>99.9%``.
    """
    if share is None or math.isnan(share):
        return ABSENT
    sign, rounded = "", Decimal(repr(float(share))).quantize(_STEP, ROUND_HALF_UP)
    if share > 0 and not rounded:
        sign, rounded = "<", _STEP
    elif share < 1 == rounded:
        sign, rounded = ">", 1 - _STEP
    return sign + _percent(str(rounded), locale)


def format_fraction(value: float | None, locale: str = "en") -> str:
    """Return a number with two decimals."""
    if value is None or math.isnan(value):
        return ABSENT
    return str(format_decimal(round(float(value), 2), format="#,##0.00", locale=locale))


def format_rate(rate: float | None, locale: str = "en") -> str:
    """Return a rate (0 to 1) that is compared with a line: below 1 % with two decimals.

    A rate that would round to nothing without being so reads ``<0.01%``.
    """
    if rate is None or math.isnan(rate) or rate <= 0 or rate >= _FINE_BELOW:
        return format_share(rate, locale)
    rounded = Decimal(repr(float(rate))).quantize(_FINE_STEP, ROUND_HALF_UP)
    if not rounded:
        return "<" + _percent(str(_FINE_STEP), locale, "0.00")
    return _percent(str(rounded), locale, "0.00")


@lru_cache(maxsize=1 << 12)
def _percent(share: str, locale: str, digits: str = "#,##0.0") -> str:
    pattern = f"{digits}\N{NO-BREAK SPACE}%" if locale == "fr" else f"{digits}%"
    return str(format_percent(Decimal(share), format=pattern, locale=locale))


@cache
def _group_symbol(locale: str) -> str:
    """Return what groups the thousands of a number."""
    return str(get_group_symbol(locale))
