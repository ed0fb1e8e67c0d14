"""Avro files with rows of text, numbers and truth values."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import fastavro

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]


def write(rows: list[Row], path: Path, codec: str = "deflate", block: int = 1000) -> None:
    """Write rows to a file, in blocks of about *block* bytes."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    schema = {
        "type": "record",
        "name": "Event",
        "fields": [{"name": n, "type": _kinds(n, rows), "default": None} for n in names],
    }
    with path.open("wb") as out:
        fastavro.writer(out, schema, rows, codec=codec, sync_interval=block)


def _kinds(name: str, rows: list[Row]) -> list[Any]:
    is_time = any(isinstance(row.get(name), datetime) for row in rows)
    number = {"type": "long", "logicalType": "timestamp-micros"} if is_time else "long"
    return ["null", "boolean", number, "string"]
