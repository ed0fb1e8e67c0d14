"""The body of a request as JSON values."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.webhooks.errors import RequestRejectedError, invalid_body

if TYPE_CHECKING:
    from collections.abc import Mapping

_GZIP: Final = 16 + zlib.MAX_WBITS
_BLANK: Final = " \t\r\n"


def decompress(body: bytes, max_size: int) -> bytes:
    """Return the content of a gzip body.

    Raises
    ------
    RequestRejectedError
        If the content is larger than *max_size* bytes, or the body is not one complete gzip
        stream.
    """
    stream = zlib.decompressobj(_GZIP)
    try:
        content = stream.decompress(body, max_size + 1)
    except zlib.error:
        raise invalid_body("the body is not gzip; its Content-Encoding is gzip") from None
    if len(content) > max_size:
        raise too_large(max_size)
    if not stream.eof or stream.unused_data:
        raise invalid_body("the body is not one complete gzip stream")
    return content


def parse_rows(body: bytes, *, ndjson: bool = False) -> list[Any]:
    """Return the values of a JSON array, or a single JSON object as a list.

    With *ndjson*, a body of one value a line is parsed as well. A line that is not JSON becomes
    a value that is not an event: the store rejects and counts it.

    Raises
    ------
    RequestRejectedError
        If the body is not one of these.
    """
    try:
        value = parse_json(body)
    except ValueError:
        if ndjson and b"\n" in body.strip():
            return [_parse_line(line) for line in body.splitlines() if line.strip()]
        raise invalid_body("the body is not JSON") from None
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    raise invalid_body("the body is neither a JSON array nor a JSON object")


def parse_object(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object in a body.

    Raises
    ------
    RequestRejectedError
        If the body is something else.
    """
    try:
        value = parse_json(body)
    except ValueError:
        raise invalid_body("the body is not JSON") from None
    if not isinstance(value, dict):
        raise invalid_body("the body is not a JSON object")
    return value


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value; raise ``ValueError`` for invalid JSON and for too deep nesting."""
    try:
        return json.loads(body.decode("utf-8-sig").strip(_BLANK), parse_constant=_refuse_constant)
    except RecursionError as error:
        message = "nested too deep"
        raise ValueError(message) from error


def too_large(max_size: int) -> RequestRejectedError:
    """Return the error of a body that is larger than *max_size* bytes."""
    line = f"the body is larger than {max_size:,} bytes; send fewer events in a request"
    return RequestRejectedError(413, "oversized", line)


def _parse_line(line: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return parse_json(line)
    except ValueError:
        return None


def _refuse_constant(name: str) -> Any:  # noqa: ANN401 - it never returns
    """Refuse ``NaN`` and ``Infinity``, which Python's parser accepts and JSON does not have."""
    message = f"{name} is not JSON"
    raise ValueError(message)
