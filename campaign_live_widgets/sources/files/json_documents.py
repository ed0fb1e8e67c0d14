"""JSON documents: one array, one object over many lines, and events inside wrappers.

A file of one array or object is a *document* and is read when it is complete. Wrappers of events
(a page of an API, the envelope of a message bus) are removed: here for the sample from which the
format is detected, in SQL for the rows.
"""

from __future__ import annotations

import gzip
import json
import zlib
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import duckdb

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.files.scan_sql import MAX_LINE, text_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from campaign_live_widgets.sources.files.location import DataFile

_SAMPLE: Final = 200
_SEARCHED_LINES: Final = 2000
"""Lines that are searched for the sample; some may not be JSON."""
_HEADS: Final = (1 << 16, 1 << 20, MAX_LINE)
"""Bytes of a document that are read, until they contain a value."""
_LARGEST: Final = 1 << 28
"""Largest damaged document that is parsed, in bytes."""
_FIRST_LINE: Final = 1 << 22
_GOES_ON: Final = (b"{", b"[", b",")
_DECODER: Final = json.JSONDecoder()
_UNREADABLE: Final = (OSError, EOFError, zlib.error)


def is_document(file: DataFile) -> bool:
    """Return whether a JSON file is one document, not JSON lines.

    A document is an array that does not end with its first line, an object over several lines, or
    concatenated objects without a separator.

    Raises
    ------
    SourceError
        If the file cannot be opened.
    """
    first = [line.strip() for line in _lines(file, 4) if line.strip()]
    if not first:
        return False
    head = first[0].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"["):
        return len(first) == 1 or not _is_json(head)
    if not head.startswith(b"{") or _is_json(head):
        return False
    if len(first) > 1 and head.endswith(_GOES_ON):
        return not _is_json(first[1])
    return len(list(islice(_values(head.decode(errors="replace")), 2))) > 1


def ends_whole(path: str, size: int) -> bool:
    """Return whether the last character of an uncompressed document may be its end."""
    with open(path, "rb") as stream:
        stream.seek(max(0, size - 4096))
        return stream.read(4096).rstrip().endswith((b"]", b"}"))


def sample(file: DataFile) -> list[Any]:
    """Return the first values of a file of JSON, unchanged: lines, or what a document holds.

    Raises
    ------
    SourceError
        If the file cannot be opened.
    """
    if file.kind == "ndjson":
        return parsed(_lines(file, _SEARCHED_LINES))[:_SAMPLE]
    values: list[Any] = []
    for size in _HEADS:
        head = _head(file, size)
        text = head.decode("utf-8-sig", errors="replace").lstrip()
        values = list(islice(_values(text), _SAMPLE))
        if values or len(head) < size:
            break
    return values


def parsed(lines: Iterable[bytes]) -> list[Any]:
    """Return the JSON values among lines."""
    values = []
    for line in lines:
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError):
            continue
    return values


def records(values: Iterable[Any], inside: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the objects among *values* with what they are wrapped in taken off.

    Parameters
    ----------
    inside : sequence of str
        See :attr:`Format.inside`; the same as :func:`scan.opened` does for rows.
    """
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _unwrapped(one, inside)


def _unwrapped(value: dict[str, Any], inside: Sequence[str]) -> Iterator[dict[str, Any]]:
    if not inside:
        yield value
        return
    name, every, _ = inside[0].partition(".*")
    inner = value.get(name)
    if isinstance(inner, str):
        inner = next(iter(parsed([inner.encode(errors="replace")])), None)
    if every and isinstance(inner, dict):
        inner = list(inner.values())
    yield from records([inner if isinstance(inner, (dict, list)) else value], inside[1:])


def lines_of(file: DataFile) -> Iterator[bytes]:
    """Yield the values of a damaged document, one a line, up to the damage.

    The rest becomes one line that is not JSON.

    Raises
    ------
    SourceError
        If the file cannot be opened, or is too large to be parsed in memory.
    """
    content = _head(file, _LARGEST + 1)
    if len(content) > _LARGEST:
        message = f"{file.path}: cannot be read: it is damaged"
        raise SourceError(message)
    text = content.decode("utf-8-sig", errors="replace").strip()
    place = 0
    for value, place in _placed(text):  # noqa: B007 - the last one is needed below
        yield json.dumps(value).encode() + b"\n"
    if text[place:].strip(" \t\r\n,]"):
        yield b"not JSON\n"


def first_lines(file: DataFile, count: int) -> list[bytes]:
    """Return the first lines of a file, whatever its compression.

    Raises
    ------
    SourceError
        If the file cannot be opened.
    """
    return _lines(file, count, MAX_LINE)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _values(text: str) -> Iterator[Any]:
    """Yield the values of an array, or values one after the other, as far as they go."""
    return (value for value, _ in _placed(text))


def _placed(text: str) -> Iterator[tuple[Any, int]]:
    """Yield the same values, each with the place where it ends."""
    place, size = (1 if text.startswith("[") else 0), len(text)
    while True:
        while place < size and text[place] in " \t\r\n,":
            place += 1
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            return
        yield value, place


def _lines(file: DataFile, count: int, longest: int = _FIRST_LINE) -> list[bytes]:
    if file.compression == "zstd":
        return _zstd_lines(file.path, count)
    try:
        with _opened(file) as stream:
            return list(islice(iter(lambda: stream.readline(longest), b""), count))
    except _UNREADABLE as error:
        message = f"{file.path}: cannot be read ({error})"
        raise SourceError(message) from error


def _head(file: DataFile, size: int) -> bytes:
    if file.compression == "zstd":
        return b"\n".join(_zstd_lines(file.path, _SEARCHED_LINES))[:size]
    try:
        with _opened(file) as stream:
            return stream.read(size)
    except _UNREADABLE as error:
        message = f"{file.path}: cannot be read ({error})"
        raise SourceError(message) from error


def _opened(file: DataFile) -> BinaryIO:
    opened = gzip.open if file.compression == "gzip" else open
    return opened(file.path, "rb")  # type: ignore[return-value] # both read bytes


def _zstd_lines(path: str, count: int) -> list[bytes]:
    """Return the first lines of a zstd file, by the engine (Python 3.11 has no zstd)."""
    try:
        rows = duckdb.execute(f"SELECT line FROM {text_lines(path, 'zstd')} LIMIT {count}")
        return [(line or "").encode() for (line,) in rows.fetchall()]
    except duckdb.Error as error:
        message = f"{path}: cannot be read ({str(error).splitlines()[0]})"
        raise SourceError(message) from error
