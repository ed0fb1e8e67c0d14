"""The schema in the footer of a Parquet file, as bytes: equal bytes are equal schemas.

A footer is a structure in Thrift's compact encoding. Its first two fields are the version and the
schema; a row count and what describes the single file follow. So the bytes up to the end of the
schema recognise the files of one writer without describing their columns.
"""

from __future__ import annotations

from typing import Final

_TAIL: Final = 8
"""Bytes at the end of a file: the length of the footer, and a magic number."""
_MAGIC: Final = b"PAR1"
_READ_AT_ONCE: Final = 1 << 14
_LARGEST: Final = 1 << 24
"""Bytes of a footer above which it is not searched for its schema."""
_SPECIAL: Final = b"\x03geo"
"""The name of metadata by which a reader gives columns another type."""
_VERSION_FIELD: Final = 0x15
_SCHEMA_FIELD: Final = 0x19
_LONG: Final = 15
"""A length that does not fit into the first byte of a list."""
_LARGEST_SIZE_BYTES: Final = 10
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 12
_NUMBERS: Final = (4, 5, 6)
_WIDTHS: Final = {_TRUE: 0, _FALSE: 0, _BYTE: 1, _DOUBLE: 8}
"""Bytes of values of a fixed width; in a structure the type of a truth value is the value."""


def read_footer(path: str, size: int) -> bytes | None:
    """Return the footer of a Parquet file of *size* bytes.

    ``None`` where its schema does not follow from it alone: the file is encrypted or damaged, or
    its metadata give columns another type.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    start = max(0, size - _READ_AT_ONCE)
    with open(path, "rb") as stream:
        stream.seek(start)
        end = stream.read(size - start)
        if len(end) < _TAIL or end[-4:] != _MAGIC:
            return None
        length = int.from_bytes(end[-_TAIL:-4], "little")
        if length + _TAIL <= len(end):
            footer = end[len(end) - _TAIL - length : -_TAIL]
        elif length > min(_LARGEST, size - _TAIL):
            return None
        else:
            stream.seek(size - _TAIL - length)
            footer = stream.read(length)
    return None if _SPECIAL in footer else footer


def schema_bytes(footer: bytes) -> bytes | None:
    """Return the start of a footer that defines the schema; ``None`` if it cannot be found.

    No other schema starts with these bytes: they contain the lengths of all their parts.
    """
    try:
        end = _schema_end(footer)
    except (IndexError, ValueError, RecursionError):
        return None
    return footer[:end] if end <= len(footer) else None


def _schema_end(footer: bytes) -> int:
    """Return where the schema ends; raise :class:`ValueError` where it is not the second field."""
    if footer[0] != _VERSION_FIELD:
        raise ValueError
    _, place = _number(footer, 1)
    if footer[place] != _SCHEMA_FIELD:
        raise ValueError
    return _after(footer, place + 1, _LIST)


def _number(data: bytes, place: int) -> tuple[int, int]:
    """Return an unsigned number of variable length, and where it ends."""
    value = 0
    for index in range(_LARGEST_SIZE_BYTES):
        byte = data[place + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:  # noqa: PLR2004 - the highest bit: a byte follows
            return value, place + index + 1
    raise ValueError


def _after(data: bytes, place: int, kind: int) -> int:
    """Return where a value of a Thrift type that starts at *place* ends."""
    if kind in _WIDTHS:
        return place + _WIDTHS[kind]
    if kind in _NUMBERS:
        return _number(data, place)[1]
    if kind == _BINARY:
        length, place = _number(data, place)
        return place + length
    if kind in (_LIST, _SET):
        return _after_list(data, place)
    if kind == _STRUCT:
        return _after_struct(data, place)
    raise ValueError


def _after_list(data: bytes, place: int) -> int:
    head = data[place]
    count, place = head >> 4, place + 1
    if count == _LONG:
        count, place = _number(data, place)
    kind = head & 0x0F
    for _ in range(count):
        place = place + 1 if kind in (_TRUE, _FALSE) else _after(data, place, kind)
    return place


def _after_struct(data: bytes, place: int) -> int:
    while head := data[place]:
        place += 1
        if not head >> 4:  # the number of the field follows
            _, place = _number(data, place)
        place = _after(data, place, head & 0x0F)
    return place + 1
