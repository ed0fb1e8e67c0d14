"""A body → the JSON values in it."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.webhooks.errors import RefusedError, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

_GZIP: Final = 16 + zlib.MAX_WBITS
_BLANK: Final = " \t\r\n"


def unpacked(body: bytes, largest: int) -> bytes:
    """Return what a gzip body holds, unless that is too much.

    Raises
    ------
    RefusedError
        Where it holds more than *largest* bytes, or is not gzip, whole and nothing else.
    """
    packed = zlib.decompressobj(_GZIP)
    try:
        plain = packed.decompress(body, largest + 1)
    except zlib.error:
        raise unreadable("the body is not gzip, as its Content-Encoding says") from None
    if len(plain) > largest:
        raise oversized(largest)
    if not packed.eof or packed.unused_data:
        raise unreadable("the body is not one whole gzip stream")
    return plain


def values(body: bytes, *, lines: bool = False) -> list[Any]:
    """Return the values of an array, or one object alone; with *lines* also one value a line.

    A line that is no JSON is a value that is no event: it is rejected and counted by the store.

    Raises
    ------
    RefusedError
        Where it is none of these.
    """
    try:
        found = parsed(body)
    except ValueError:
        if lines and b"\n" in body.strip():
            return [_line(line) for line in body.splitlines() if line.strip()]
        raise unreadable("the body is not JSON") from None
    if isinstance(found, list):
        return found
    if isinstance(found, dict):
        return [found]
    raise unreadable("the body is neither an array nor an object of JSON")


def one_object(body: bytes) -> Mapping[str, Any]:
    """Return the object of JSON that a body is.

    Raises
    ------
    RefusedError
        Where it is none.
    """
    try:
        found = parsed(body)
    except ValueError:
        raise unreadable("the body is not JSON") from None
    if not isinstance(found, dict):
        raise unreadable("the body is not one object of JSON")
    return found


def parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value; raise ``ValueError`` for anything else, too deep a one as well."""
    try:
        return json.loads(body.decode("utf-8-sig").strip(_BLANK), parse_constant=_no_number)
    except RecursionError as error:
        message = "nested too deep"
        raise ValueError(message) from error


def oversized(largest: int) -> RefusedError:
    """Return the refusal of a body that is too large."""
    line = f"the body is larger than {largest:,} bytes; send less at once"
    return RefusedError(413, "oversized", line)


def _line(line: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return parsed(line)
    except ValueError:
        return None


def _no_number(name: str) -> Any:  # noqa: ANN401 - it never returns
    message = f"{name} is no JSON"
    raise ValueError(message)
