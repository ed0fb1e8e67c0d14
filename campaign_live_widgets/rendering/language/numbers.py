"""Numbers, shares and times as people of a language write them."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent

if TYPE_CHECKING:
    from datetime import datetime

ABSENT: Final = "\N{EN DASH}"
"""The text for a missing number."""

_STEP: Final = Decimal("0.001")
"""The smallest difference a share shows: a tenth of a percent."""


def format_number(value: float | None, locale: str = "en") -> str:
    """Return a count with its thousands grouped: ``1,234`` or, in French, ``1 234``."""
    if value is None or math.isnan(value):
        return ABSENT
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
    pattern = "#,##0.0\N{NO-BREAK SPACE}%" if locale == "fr" else "#,##0.0%"
    return sign + str(format_percent(rounded, format=pattern, locale=locale))


def format_time(
    moment: datetime, locale: str = "en", time_zone: str = "UTC", *, seconds: bool = False
) -> str:
    """Return an aware moment as a date and a time of 24 hours in *time_zone*."""
    local = moment.astimezone(ZoneInfo(time_zone))
    day = "d MMM y" if locale == "fr" else "MMM d, y"
    clock = "HH:mm:ss" if seconds else "HH:mm"
    return str(format_datetime(local, f"{day}, {clock}", locale=locale))
