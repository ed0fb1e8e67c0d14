"""Messages between a page and the browser's front end, in the two forms of Jupyter's websocket.

A message is a dict with ``header``, ``parent_header``, ``metadata``, ``content``, ``buffers`` and
``channel``, as Jupyter's messaging specification describes it.
"""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from jupyter_client.jsonutil import json_clean, json_default

if TYPE_CHECKING:
    from collections.abc import Sequence

Message = dict[str, Any]

V1: Final = "v1.kernel.websocket.jupyter.org"
"""The name of the protocol in which each part of a message is a binary part of a frame."""
PROTOCOL_VERSION: Final = "5.3"
"""The version of the messaging specification."""
_PARTS: Final = ("header", "parent_header", "metadata", "content")
_WORD: Final = 8
"""Bytes of an offset in the protocol :data:`V1`."""
_SHORT_WORD: Final = 4
"""Bytes of an offset in the default protocol."""


class InvalidMessageError(ValueError):
    """A frame of a browser that is no message."""


def make_message(  # noqa: PLR0913 - the parts of a message, all but two by name
    kind: str,
    content: dict[str, Any],
    *,
    session: str,
    channel: str,
    parent: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    buffers: Sequence[Any] = (),
) -> Message:
    """Return a message of a kernel.

    Parameters
    ----------
    kind : str
        Its type, such as ``comm_msg``.
    parent : dict, optional
        The header of the message that it answers.
    """
    header = {
        "msg_id": uuid4().hex,
        "msg_type": kind,
        "username": "page",
        "session": session,
        "date": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "version": PROTOCOL_VERSION,
    }
    return {
        "header": header,
        "parent_header": parent or {},
        "metadata": metadata or {},
        "content": content,
        "buffers": [memoryview(buffer).tobytes() for buffer in buffers],
        "channel": channel,
    }


def encode(message: Message, protocol: str) -> str | bytes:
    """Return the frame of a message: bytes in :data:`V1`, else text unless it has buffers."""
    if protocol == V1:
        return encode_v1(message)
    text = _dump({**{part: message[part] for part in _PARTS}, "channel": message["channel"]})
    if not message["buffers"]:
        return text.decode()
    parts = [text, *message["buffers"]]
    offsets = [_SHORT_WORD * (len(parts) + 1)]
    for part in parts[:-1]:
        offsets.append(offsets[-1] + len(part))
    return b"".join((struct.pack(f"!{len(parts) + 1}I", len(parts), *offsets), *parts))


def decode(frame: str | bytes, protocol: str) -> Message:
    """Return the message of a frame.

    Raises
    ------
    InvalidMessageError
        If the frame is none.
    """
    try:
        message = _decode(frame, protocol)
        for part in _PARTS:
            if not isinstance(message.setdefault(part, {}), dict):
                raise InvalidMessageError(part)
        if not isinstance(message["header"]["msg_type"], str):
            raise InvalidMessageError("msg_type")
    except (KeyError, IndexError, TypeError, ValueError, struct.error, RecursionError) as error:
        raise InvalidMessageError(str(error)) from None
    return message


def encode_v1(message: Message) -> bytes:
    """Return the frame of a message in :data:`V1`."""
    parts = [message["channel"].encode(), *(_dump(message[part]) for part in _PARTS)]
    parts += message["buffers"]
    offsets = [_WORD * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return b"".join((struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets), *parts))


def _decode(frame: str | bytes, protocol: str) -> Message:
    if isinstance(frame, str):
        message: Message = json.loads(frame)
        return message | {"buffers": []}
    if protocol == V1:
        count = int.from_bytes(frame[:_WORD], "little")
        if not len(_PARTS) + 1 < count <= len(frame) // _WORD:
            raise InvalidMessageError(count)
        offsets = struct.unpack_from(f"<{count}Q", frame, _WORD)
        channel, *rest = (frame[a:b] for a, b in pairwise(offsets))
        parts = dict(zip(_PARTS, map(json.loads, rest[: len(_PARTS)]), strict=True))
        return {**parts, "buffers": rest[len(_PARTS) :], "channel": channel.decode()}
    count = int.from_bytes(frame[:_SHORT_WORD], "big")
    if not 0 < count <= len(frame) // _SHORT_WORD:
        raise InvalidMessageError(count)
    places = [*struct.unpack_from(f"!{count}I", frame, _SHORT_WORD), len(frame)]
    text, *buffers = (frame[a:b] for a, b in pairwise(places))
    message = json.loads(text)
    return message | {"buffers": buffers}


def _dump(value: object) -> bytes:
    try:
        text = json.dumps(
            value, default=json_default, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
    except ValueError:  # not a number, which JSON does not have
        text = json.dumps(json_clean(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
