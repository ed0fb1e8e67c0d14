"""Frames on the socket between the web server and a page host.

A frame is its length and kind, then its bytes. A connection starts with a request, one frame of
JSON, and its answer. One that has attached to a page then carries the frames of a websocket.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from asyncio import StreamReader

_HEAD: Final = struct.Struct(">IB")
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a frame; a longer one is no frame of ours."""
_JSON, _TEXT, _BINARY = range(3)


def pack(data: str | bytes | dict[str, Any]) -> bytes:
    """Return the frame of a request or an answer (a dict), or of a websocket's frame."""
    if isinstance(data, dict):
        body, kind = json.dumps(data).encode(), _JSON
    elif isinstance(data, str):
        body, kind = data.encode(), _TEXT
    else:
        body, kind = data, _BINARY
    return _HEAD.pack(len(body), kind) + body


async def read_frame(reader: StreamReader) -> str | bytes | dict[str, Any]:
    """Return what the next frame holds.

    Raises
    ------
    asyncio.IncompleteReadError
        If the other side has closed the connection.
    ConnectionError
        If it is lost, or what comes is no frame.
    """
    size, kind = _head(await reader.readexactly(_HEAD.size))
    return _body(await reader.readexactly(size), kind)


def read_frame_now(file: BinaryIO) -> str | bytes | dict[str, Any]:
    """Return what the next frame of a blocking connection holds.

    Raises
    ------
    ConnectionError
        If the other side has closed the connection, or what comes is no frame.
    """
    head = file.read(_HEAD.size)
    size, kind = _head(head) if len(head) == _HEAD.size else (-1, _JSON)
    body = file.read(max(0, size))
    if len(body) != size:
        message = "the connection is closed"
        raise ConnectionError(message)
    return _body(body, kind)


def _head(data: bytes) -> tuple[int, int]:
    size, kind = _HEAD.unpack(data)
    if size > _LARGEST:
        message = f"a frame of {size} bytes"
        raise ConnectionError(message)
    return size, kind


def _body(body: bytes, kind: int) -> str | bytes | dict[str, Any]:
    if kind == _JSON:
        answer: dict[str, Any] = json.loads(body)
        return answer
    return body.decode() if kind == _TEXT else body
