"""Messages between the reader and its clients: their limits and how their bytes are arranged.

A message is a length, the number of the request that it belongs to, and a body::

    0        4          8                    8 + length
    | length | request  | body               |

Both numbers are unsigned and little-endian. Requests are numbered by the client; messages that
the reader sends without a request have the number 0. A body is JSON and arrays of 64-bit numbers,
which begin at a multiple of 8 bytes::

    0        4                    8      8 + head      multiple of 8
    | head   | number of arrays   | JSON | padding     | lengths of the arrays | array | array …

A body that breaks a rule raises :class:`DamagedMessageError`, whatever its bytes are, and nothing
larger than the message itself is allocated for it.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from campaign_live_widgets.errors import CampaignLiveError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Json = dict[str, Any]

FORMAT: Final = 3
"""Version of the messages; a client and a reader of different versions refuse each other."""
MAX_REQUEST: Final = 4 << 20
"""Bytes of the largest request: a selection of thousands of names."""
MAX_ANSWER: Final = 256 << 20
"""Bytes of the largest answer."""
NEWS: Final = 0
"""The number of messages that are no answer to a request."""
PREFIX: Final = struct.Struct("<II")
"""Length of the body, and the number of the request."""
_HEAD: Final = struct.Struct("<II")
_WORD: Final = 8
_DTYPE: Final = np.dtype("<i8")


class DamagedMessageError(CampaignLiveError):
    """Bytes that are not a message of this format."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"a message of the reader is damaged: {cause}")


class Body(NamedTuple):
    """A decoded body."""

    head: Json
    arrays: Sequence[Ints]
    """One-dimensional, read-only."""


def encode_body(head: Json, arrays: Sequence[Ints] = ()) -> bytes:
    """Return a body; arrays of more dimensions are written row by row."""
    text = json.dumps(head, separators=(",", ":"), allow_nan=False).encode("ascii")
    parts = [_HEAD.pack(len(text), len(arrays)), text, b"\0" * (-len(text) % _WORD)]
    parts.append(np.array([array.size for array in arrays], _DTYPE).tobytes())
    parts += [np.ascontiguousarray(array, _DTYPE).tobytes() for array in arrays]
    return b"".join(parts)


def decode_body(body: bytes) -> Body:
    """Return the parts of a body; the arrays share its memory.

    Raises
    ------
    DamagedMessageError
        If it is not one.
    """
    if len(body) < _HEAD.size:
        raise DamagedMessageError("it is too short")
    head_bytes, count = _HEAD.unpack_from(body)
    start = _HEAD.size + head_bytes + -head_bytes % _WORD
    if start + count * _WORD > len(body):
        raise DamagedMessageError("it is cut off")
    try:
        head = json.loads(body[_HEAD.size : _HEAD.size + head_bytes].decode("ascii"))
    except (ValueError, RecursionError):
        raise DamagedMessageError("it is not JSON") from None
    if not isinstance(head, dict):
        raise DamagedMessageError("its head is not an object")
    lengths = np.frombuffer(body, _DTYPE, count, start)
    offset = start + count * _WORD
    available = (len(body) - offset) // _WORD
    arrays: list[Ints] = []
    for length in lengths.tolist():
        if not 0 <= length <= available:
            raise DamagedMessageError("an array is cut off")
        arrays.append(np.frombuffer(body, _DTYPE, length, offset).astype(np.int64, copy=False))
        offset, available = offset + length * _WORD, available - length
    if offset != len(body):
        raise DamagedMessageError("it is too long")
    return Body(head, arrays)


def message(request: int, body: bytes) -> bytes:
    """Return a whole message."""
    return PREFIX.pack(len(body), request) + body
