"""What the first bytes of a file show: its kind, its compression and its encoding.

They count before its name. A name decides only where they leave it open: text that is no JSON is
CSV by its file extension, or if its first line is a header that a format knows.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import replace
from typing import Final

from campaign_live_widgets.sources.files.avro import MAGIC
from campaign_live_widgets.sources.files.csv_dialect import dialect_of, format_of_names
from campaign_live_widgets.sources.files.file_schema import format_of
from campaign_live_widgets.sources.files.json_documents import (
    first_bytes,
    first_lines,
    is_document,
    parsed,
    sample,
)
from campaign_live_widgets.sources.files.location import DataFile
from campaign_live_widgets.sources.files.path_columns import path_columns
from campaign_live_widgets.sources.files.zstd import is_whole

_HEAD: Final = 1 << 12
_SURE: Final = 16
"""Bytes of a compressed file by which it is known."""
_PACKED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
)
_SKIPPABLE_ZSTD: Final = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
_PARQUET: Final = (b"PAR1", b"PARE")
_MARKS: Final[tuple[tuple[bytes, str | None], ...]] = (
    (codecs.BOM_UTF8, None),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASCII_WIDE: Final = (
    (re.compile(rb"(?:[\t\n\r -~]\x00\x00\x00){2}"), "utf-32-le"),
    (re.compile(rb"(?:\x00\x00\x00[\t\n\r -~]){2}"), "utf-32-be"),
    (re.compile(rb"(?:[\t\n\r -~]\x00){4}"), "utf-16-le"),
    (re.compile(rb"(?:\x00[\t\n\r -~]){4}"), "utf-16-be"),
)
"""Text of ASCII in wide characters, without a byte-order mark."""
_JSON: Final = re.compile(r'\s*(?:\{\s*(?:["}]|$)|\[\s*(?:[\[\]{]|$))')
"""The start of an object, or of a list of objects or lists."""
_NAMES_FILES: Final = re.compile(
    rb'"[^"]*\.(?:json|ndjson|jsonl|csv|tsv|parquet|pq|avro|orc|gz|zst|bz2)"'
)


def looked_at(path: str, named: DataFile | None) -> DataFile | None:
    """Return what a file is; ``None`` where neither its name nor its content shows it.

    Parameters
    ----------
    path : str
    named : DataFile, optional
        What it is by its name.

    Raises
    ------
    OSError
        If it cannot be opened.
    SourceError
        If it is compressed, and damaged at its start.
    """
    with open(path, "rb") as stream:
        head = stream.read(_HEAD)
    if not head or (named is not None and named.compression and len(head) < _SURE):
        return named
    file = DataFile(path, named.kind if named else "csv", _compression(head))
    if file.compression == "zstd" and not is_whole(path):
        return file  # it waits
    if file.compression is not None:
        head = first_bytes(file, _HEAD)
    return _of_content(file, head, is_named=named is not None)


def _of_content(file: DataFile, head: bytes, *, is_named: bool) -> DataFile | None:
    """Return what a file with these first bytes, decompressed, is."""
    if head.startswith(_PARQUET):
        return replace(file, kind="parquet")
    if head.startswith(MAGIC):
        return replace(file, kind="avro")
    encoding, text = _decoded(head)
    file = replace(file, encoding=encoding)
    if _JSON.match(text):
        return replace(file, kind="ndjson")
    if _is_text(text.encode(errors="replace")) and _has_header(text, file.path):
        return replace(file, kind="csv")
    return file if is_named else None


def detected(file: DataFile, *, is_chosen: bool) -> tuple[DataFile, str | None]:
    """Return what a data file is by its content, and why it is skipped, or ``None``.

    *is_chosen*: a user has named it, or its format; then it is never skipped.

    Raises
    ------
    OSError, SourceError
        If it cannot be opened, or is damaged at its start.
    """
    actual = looked_at(file.path, file) or file
    if actual.kind != "ndjson" or (actual.compression == "zstd" and not is_whole(actual.path)):
        return actual, None
    document = is_document(actual)
    passed = None if is_chosen else passed_over(actual, document=document)
    return replace(actual, kind="json" if document else "ndjson"), passed


def in_known_format(file: DataFile) -> bool:
    """Return whether a file without a known name is in a format that is known.

    Raises
    ------
    SourceError
        If it cannot be opened.
    """
    if file.kind != "ndjson":
        return True
    values = sample(replace(file, kind="json" if is_document(file) else "ndjson"))
    return format_of(values, file.path) is not None


def passed_over(file: DataFile, *, document: bool) -> str | None:
    """Return why a file of JSON beside others is no file of events; ``None`` if it is one.

    A manifest, or what else a writer leaves beside its files: one object in no known format, or
    lines that name files, each in no known format.

    Raises
    ------
    SourceError
        If it cannot be opened.
    """
    if document:
        values = sample(replace(file, kind="json"))
        lines = [b""] * len(values)
    else:
        lines = [line for line in first_lines(file, 2) if line.strip()]
        values = parsed(lines)
    if not all(isinstance(value, dict) and value for value in values) or not values:
        return None
    if format_of(values, file.path) is not None:
        return None
    if len(lines) == len(values) == 1:
        return "is skipped: it is one JSON object in no known format, such as a manifest"
    if all(_NAMES_FILES.search(line) for line in lines) and not document:
        return "is skipped: its lines are in no known format and name files, as a manifest's"
    return None


def _compression(head: bytes) -> str | None:
    if _SKIPPABLE_ZSTD.match(head):
        return "zstd"
    return next((name for magic, name in _PACKED if head.startswith(magic)), None)


def _decoded(head: bytes) -> tuple[str | None, str]:
    """Return the encoding of a file, ``None`` for UTF-8, and its first bytes as text."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, head.decode(encoding or "utf-8-sig", errors="replace")
    for pattern, encoding in _ASCII_WIDE:
        if pattern.match(head):
            return encoding, head.decode(encoding, errors="replace")
    return None, head.decode(errors="replace")


def _is_text(head: bytes) -> bool:
    return b"\0" not in head


def _has_header(text: str, path: str) -> bool:
    """Return whether the first line is the header of a CSV in a known format."""
    in_path = path_columns(path)
    return format_of_names(dialect_of(text, in_path).columns, in_path) is not None
