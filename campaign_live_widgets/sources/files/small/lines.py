"""Lines of NDJSON as Python reads them, where DuckDB reads them in the same way."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.sources.files.file_state import FileSlice

_ESCAPES: Final = re.compile(
    rb"\\\\u|\\u0000|\\ud[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..)\\ud[c-f]", re.IGNORECASE
)
"""Escapes that libraries treat in different ways: halves of a character, and none at all."""

Objects = list[list[dict[str, Any]]]
"""The objects of each slice."""


def objects_of(slices: Sequence[FileSlice], limit: int) -> Objects | None:
    """Return the objects in slices of NDJSON that is not compressed, one a line.

    ``None`` if there are more than *limit*, or if some line is not a plain object: it is another
    value, has a name twice, or a number that is not one.

    Raises
    ------
    ValueError
        If a line is not JSON, or not UTF-8.
    OSError
        If a file cannot be read.
    """
    groups: Objects = []
    for file_slice in slices:
        with open(file_slice.file.path, "rb") as stream:
            stream.seek(file_slice.start)
            data = stream.read(file_slice.end - file_slice.start)
        if data.count(b"\n") > limit or _is_unusual(data):
            return None
        objects = [_DECODE(line) for line in data.decode().split("\n") if line.strip(" \t")]
        if not all(type(value) is dict for value in objects):
            return None
        limit -= len(objects)
        groups.append(objects)
    return groups


def _is_unusual(data: bytes) -> bool:
    """Return whether there are line ends or characters that libraries treat differently."""
    return b"\r" in data or b"\0" in data or (b"\\" in data and _ESCAPES.search(data) is not None)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raise :class:`ValueError` if it has a name twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


_DECODE: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number).decode
