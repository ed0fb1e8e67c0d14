"""JSON documents: one array, one object over many lines, and events inside wrappers.

A file of one array or object is a *document* and is read when it is complete. Wrappers of events
(a page of an API, the envelope of a message bus) are removed: here for the sample from which the
format is detected, in SQL for the rows.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.files.avro import avro_lines
from campaign_live_widgets.sources.files.opened import DAMAGED, opened, why
from campaign_live_widgets.sources.files.plain_json import DECODER, is_decoded, plain_json
from campaign_live_widgets.sources.files.scan_sql import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
_UNREADABLE: Final = (OSError, *DAMAGED)


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
        end = stream.read(4096).replace(b"\0", b"")  # of wide characters
        return end.rstrip().endswith((b"]", b"}"))


def sample(file: DataFile) -> list[Any]:
    """Return the first values of a file of JSON, unchanged: lines, or what a document holds.

    Raises
    ------
    SourceError
        If the file cannot be opened.
    """
    if file.kind == "avro":
        return parsed(islice(avro_lines(file), _SAMPLE))
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
            values.append(json.loads(_text(line)))
        except (ValueError, RecursionError):
            continue
    return values


def _text(line: bytes) -> str:
    return line.decode("utf-8-sig", errors="replace")


def records(
    values: Iterable[Any], inside: Sequence[str], *, any_case: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the objects among *values* with what they are wrapped in taken off.

    Parameters
    ----------
    inside : sequence of str
        See :attr:`Format.inside`; the same as :func:`scan.opened` does for rows.
    any_case : bool
        Whether wrappers may be spelled in any case.
    """
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _unwrapped(one, inside, any_case=any_case)


def _unwrapped(
    value: dict[str, Any], inside: Sequence[str], *, any_case: bool
) -> Iterator[dict[str, Any]]:
    if not inside:
        yield value
        return
    name, every, _ = inside[0].partition(".*")
    if any_case:
        name = next((given for given in value if given.lower() == name.lower()), name)
    inner = value.get(name)
    if isinstance(inner, str):
        inner = next(iter(parsed([inner.encode(errors="replace")])), None)
    if every and isinstance(inner, dict):
        inner = list(inner.values())
    below = inner if isinstance(inner, (dict, list)) else value
    yield from records([below], inside[1:], any_case=any_case)


def lines_of(file: DataFile) -> Iterator[bytes]:
    """Yield the values of an Avro file or of a damaged document, one a line.

    Of a document they go up to the damage; the rest becomes one line that is not JSON.

    Raises
    ------
    SourceError
        If the file cannot be opened, or is too large to be parsed in memory.
    """
    if file.kind == "avro":
        yield from avro_lines(file)
        return
    content = _head(file, _LARGEST + 1)
    if len(content) > _LARGEST:
        message = f"{file.path}: cannot be read: it is damaged"
        raise SourceError(message)
    text = content.decode("utf-8-sig", errors="surrogateescape").strip()
    place = 0
    for value, end in _placed(text):
        is_text, place = is_decoded(text[place:end]), end
        yield plain_json(value).encode() + b"\n" if is_text else b"not JSON\n"
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
        json.loads(_text(line))
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
            value, place = DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            return
        yield value, place


def first_bytes(file: DataFile, size: int) -> bytes:
    """Return the first *size* bytes of a file of text as UTF-8, whatever its compression.

    Raises
    ------
    SourceError
        If the file cannot be opened.
    """
    return _head(file, size)


def _lines(file: DataFile, count: int, longest: int = _FIRST_LINE) -> list[bytes]:
    try:
        with opened(file) as stream:
            return list(islice(iter(lambda: stream.readline(longest), b""), count))
    except _UNREADABLE as error:
        raise _unreadable(file.path, error) from error


def _head(file: DataFile, size: int) -> bytes:
    try:
        with opened(file) as stream:
            return stream.read(size)
    except _UNREADABLE as error:
        raise _unreadable(file.path, error) from error


def _unreadable(path: str, error: Exception) -> SourceError:
    """Return the error for a file that cannot be opened, in the package's words."""
    return SourceError(f"{path}: {why(error)}")
