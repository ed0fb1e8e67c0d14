"""JSON as Python reads it, in the form that every reader takes for the same.

Of a name that an object has twice the last value counts; NaN, Infinity and numbers beyond a
double's range are null; the half of a character becomes U+FFFD; whole numbers keep their digits.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final


def plain_json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a value that :data:`DECODER` has read as JSON that every reader takes."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


DECODER: Final = json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite, strict=False)
"""Reads JSON; of a name that is given twice the last value counts."""


def is_decoded(text: str) -> bool:
    """Return whether all bytes of a text could be decoded."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
