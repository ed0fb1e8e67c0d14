"""Rows written as the files a source may find, with plain pyarrow, csv and json."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]
Rename = Callable[[str], str]

FORMS: Final = ("parquet", "csv", "csv.gz", "csv.zst", "ndjson", "ndjson.gz", "ndjson.zst")
CASINGS: Final[Mapping[str, Rename]] = {
    "schema": str,
    "lower": str.lower,
    "upper": str.upper,
    "title": lambda name: name[:1].upper() + name[1:],
    "camel": lambda name: name.replace("Deliveryfeedback", "DeliveryFeedback"),
}
"""Ways in which exports and query tools have been seen to spell the same fields."""

_IDENTITIES: Final = pa.map_(
    pa.string(), pa.list_(pa.struct({"id": pa.string(), "primary": pa.bool_()}))
)
_TEXT, _FLAG, _TIME = pa.string(), pa.bool_(), pa.timestamp("us", "UTC")


def recased(row: Row, rename: Rename) -> Row:
    """Return a nested row with its field names respelt; names of identities stay."""
    return {
        rename(name): recased(value, rename)
        if isinstance(value, dict) and name != "identityMap"
        else value
        for name, value in row.items()
    }


def flattened(row: Row, path: str = "") -> Row:
    """Return a nested row with dotted names; maps and lists stay as they are."""
    flat: Row = {}
    for name, value in row.items():
        if isinstance(value, dict) and name.lower() != "identitymap":
            flat |= flattened(value, f"{path}{name}.")
        else:
            flat[path + name] = value
    return flat


def _columns(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(value)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return json.dumps(value)
    return _json(value) if isinstance(value, datetime) else value


def csv_text(rows: list[Row]) -> str:
    """Return rows as RFC 4180 text, null as an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _columns(rows), restval="")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def ndjson_text(rows: list[Row]) -> str:
    """Return rows as one JSON object a line."""
    return "".join(json.dumps(row, default=_json, ensure_ascii=False) + "\n" for row in rows)


def _type(name: str, values: list[Any]) -> pa.DataType:
    """Return the type that holds every value: the schema's own, or text."""
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if name.lower() == "identitymap":
        return _IDENTITIES
    if kinds == {dict}:
        return pa.struct({n: _type(n, [v.get(n) for v in present]) for n in _columns(present)})
    if not kinds and name in ("is_async", "is_test", "is_machine"):
        return _FLAG
    own = {datetime: _TIME, bool: _FLAG, int: pa.int64()}
    return own.get(kinds.pop(), _TEXT) if len(kinds) == 1 else _TEXT


def _fitted(value: object, kind: pa.DataType) -> object:
    if isinstance(value, dict):
        if pa.types.is_map(kind):
            return list(value.items())
        return {name: _fitted(inner, kind.field(name).type) for name, inner in value.items()}
    if value is not None and pa.types.is_string(kind):
        return value if isinstance(value, str) else _cell(value)
    return value


def table(rows: list[Row]) -> pa.Table:
    """Return rows as an Arrow table; what breaks its column's type makes the column text."""
    columns = {}
    for name in _columns(rows):
        values = [row.get(name) for row in rows]
        kind = _type(name, values)
        columns[name] = pa.array([_fitted(value, kind) for value in values], kind)
    return pa.table(columns)


def write(rows: list[Row], path: Path) -> Path:
    """Write rows in the format of the file's extension; the file appears complete, in one step."""
    hidden = path.with_name(f".{path.name}.part")
    if path.suffix == ".parquet":
        pq.write_table(table(rows), hidden, compression="zstd")
    else:
        text = csv_text(rows) if ".csv" in path.name else ndjson_text(rows)
        raw = text.encode()
        if path.suffix == ".gz":
            raw = gzip.compress(raw, mtime=0)
        elif path.suffix == ".zst":
            raw = zstandard.compress(raw)
        hidden.write_bytes(raw)
    os.replace(hidden, path)
    return path


def split(rows: list[Row], count: int, seed: int) -> list[list[Row]]:
    """Return rows cut at random places into *count* shuffled parts."""
    rng = random.Random(seed)  # noqa: S311 - test data
    parts: list[list[Row]] = [[] for _ in range(count)]
    for row in rows:
        rng.choice(parts).append(row)
    rng.shuffle(parts)
    return [part for part in parts if part]
