"""Avro files: their records as lines of JSON, read block by block, and whether one is complete."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.files.opened import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.sources.files.location import DataFile

MAGIC: Final = b"Obj\x01"
"""The first bytes of an Avro file."""
_SYNC: Final = 16
"""Bytes of the marker that ends the header and each block of a file."""


def avro_lines(file: DataFile) -> Iterator[bytes]:
    """Yield the records of an Avro file as JSON, one a line.

    Raises
    ------
    SourceError
        If the file cannot be opened or is damaged.
    """
    import fastavro  # noqa: PLC0415 - 200 ms, only where there is such a file

    try:
        with opened(file) as stream:
            yield from map(_line, fastavro.reader(stream))
    except OSError as error:
        message = f"{file.path}: cannot be read: {error.strerror or 'it is damaged'}"
        raise SourceError(message) from error
    except Exception as error:  # damaged bytes may raise anything
        message = f"{file.path}: cannot be read: it is damaged, or not an Avro file"
        raise SourceError(message) from error


def ends_with_block(path: str, size: int) -> bool:
    """Return whether a file of *size* bytes ends with a block; True if it is not an Avro file.

    A file that is not Avro raises an error when it is read.
    """
    import fastavro  # noqa: PLC0415 - as above

    with open(path, "rb") as stream:
        try:
            fastavro.reader(stream)
        except Exception:  # noqa: BLE001 - damaged bytes may raise anything
            stream.seek(0)
            return not MAGIC.startswith(stream.read(len(MAGIC))) and size > len(MAGIC)
        start = stream.tell() - _SYNC  # codespell:ignore tell
        stream.seek(start)
        marker = stream.read(_SYNC)
        stream.seek(size - _SYNC)
        return stream.read(_SYNC) == marker


def _line(record: Any) -> bytes:  # noqa: ANN401 - a value of any schema
    try:
        return json.dumps(record, default=_text, allow_nan=False).encode() + b"\n"
    except ValueError:
        return json.dumps(_finite(record), default=_text).encode() + b"\n"


def _finite(value: Any) -> Any:  # noqa: ANN401 - as above
    """Return a value with null for numbers that JSON cannot express."""
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(value: object) -> str:
    """Return a value that is not one of JSON's as text: a time, a number, bytes, an id."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
