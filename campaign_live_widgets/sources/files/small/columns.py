"""The columns of a small batch that counting needs, with values that need no further check."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.sources.files.scan_sql import FILE_BITS
from campaign_live_widgets.sources.formats.base import CHANNELS, EVENT_TYPES
from campaign_live_widgets.sources.formats.sql import DOMAIN_ENDS, WORDS
from campaign_live_widgets.sources.formats.times import plain_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from campaign_live_widgets.sources.files.field_path import FieldPath
    from campaign_live_widgets.sources.files.scan_sql import FileSchema
    from campaign_live_widgets.sources.files.small.lines import Objects

    Ints = NDArray[np.int64]
    Hashes = tuple[NDArray[np.uint64], NDArray[np.uint64]]
    Fields = Mapping[str, FieldPath]

_IDS: Final = ("event_id", "profile_id")
_REQUIRED: Final = ("campaign_id", "message_id", "channel", "event_type")
_OPTIONAL: Final = (
    *("campaign_name", "message_name", "execution_id", "reason", "bounce_type"),
    *("domain", "platform", "url", "status_code", "machine_reason"),
)
_FLAGS: Final = ("is_async", "is_test", "is_machine")
VALUES: Final = (*_REQUIRED, *_OPTIONAL, *_FLAGS)
"""The columns of values; a flag is ``True``, ``False`` or ``None``."""
_CHECKED: Final = (*_IDS, *VALUES)
_WORDS: Final = {
    "channel": frozenset(CHANNELS),
    "event_type": frozenset(EVENT_TYPES),
    "bounce_type": frozenset((None, *BOUNCE_TYPES)),
}
_FIRST_VISIBLE: Final = "!"
"""The first character that is not blank; control characters are before it."""


@dataclass(slots=True)
class Columns:
    """Events, column by column.

    Attributes
    ----------
    values : dict
        Name of the column, see :data:`VALUES` → a value for each event.
    us : array of int64
        Times, in microseconds since the epoch.
    hashes : dict
        ``event_id``, ``profile_id`` → the two halves of the hashes (arrays of uint64).
    position : array of int64
        See :meth:`~campaign_live_widgets.sources.files.staging.Batch.files_of`.
    ignored : dict
        Index of a file → the number of its rows that have no event.
    """

    values: dict[str, list[Any]]
    us: Ints
    hashes: dict[str, Hashes]
    position: Ints
    ignored: dict[int, int] = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """Return the events of all parts; there is at least one."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            {name: [v for part in parts for v in part.values[name]] for name in VALUES},
            np.concatenate([part.us for part in parts]),
            {
                name: (
                    np.concatenate([part.hashes[name][0] for part in parts]),
                    np.concatenate([part.hashes[name][1] for part in parts]),
                )
                for name in _IDS
            },
            np.concatenate([part.position for part in parts]),
        )

    def where(self, chosen: NDArray[np.bool_]) -> Columns:
        """Return the events that are chosen, in this order."""
        flags = chosen.tolist()
        return Columns(
            {name: list(compress(values, flags)) for name, values in self.values.items()},
            self.us[chosen],
            {name: (high[chosen], low[chosen]) for name, (high, low) in self.hashes.items()},
            self.position[chosen],
        )


class PlainColumns:
    """Reads columns; see :class:`~campaign_live_widgets.sources.files.small.reader.SmallReader`.

    All methods return ``None`` where a value is not as expected.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, hashes: Callable[[str], str]) -> None:
        self._con = con
        self._hashes = ", ".join(hashes(f"{name}").replace(" AS ", f" AS {name}_") for name in _IDS)

    def _fetch(self, query: str, parameters: list[Any] | None = None) -> dict[str, NDArray[Any]]:
        """Return the columns of a result."""
        columns: dict[str, Any] = {**self._con.execute(query, parameters).fetchnumpy()}
        return columns

    def of_objects(self, objects: Objects, fields: Fields) -> Columns | None:
        """Return the columns of canonical events in JSON objects, for each file one list."""
        every = [value for group in objects for value in group]
        keys = {
            name: fields[name].json_name or ""
            for name in (*_CHECKED, "timestamp")
            if name in fields
        }
        raw = {name: [value.get(key) for value in every] for name, key in keys.items()}
        values = _checked(raw, len(every), types=True)
        times = raw.get("timestamp")
        if values is None or times is None or not _are(str, times):
            return None
        given = [raw["event_id"], raw["profile_id"], times]
        fetched = self._fetch(
            f"SELECT {self._hashes}, {plain_microseconds('seen_at', native=False)} AS us FROM "
            "(SELECT unnest($1) AS event_id, unnest($2) AS profile_id, unnest($3) AS seen_at)",
            given,
        )
        numbers = 1 + np.arange(len(every))
        file = np.repeat(np.arange(len(objects)), [len(group) for group in objects])
        return _columns(values, fetched, (file << FILE_BITS) + numbers)

    def of_files(
        self, schema: FileSchema, paths: Sequence[str], fields: Fields, limit: int
    ) -> Columns | None:
        """Return the columns of canonical events in files of Parquet or CSV."""
        if "timestamp" not in fields or not fields.keys() >= {*_IDS, *_REQUIRED}:
            return None
        native = schema.kind == "parquet"
        if native and not _has_own_types(fields):
            return None
        chosen = ", ".join(
            f"{fields[name].sql}{'' if native and name in _FLAGS else '::VARCHAR'} AS {name}"
            for name in _CHECKED
            if name in fields
        )
        time = plain_microseconds(fields["timestamp"].sql, native=native)
        fetched = self._fetch(
            f"SELECT *, {self._hashes} FROM "
            f"(SELECT {chosen}, {time} AS us, {schema.place} AS place "
            f"FROM {schema.rows(paths)} LIMIT {limit + 1})"
        )
        if len(fetched["us"]) > limit:
            return None
        raw: dict[str, list[Any]] = {
            name: fetched[name].tolist() for name in _CHECKED if name in fetched
        }
        values = _checked(raw, len(fetched["us"]), types=native)
        return None if values is None else _columns(values, fetched, fetched["place"])

    def of_format(
        self, schema: FileSchema, paths: Sequence[str], origins: Sequence[str], limit: int
    ) -> Columns | None:
        """Return the columns of events in files of any format, by the SQL of the format.

        See :meth:`.FileSchema.events` for *origins*.
        """
        fetched = self._fetch(
            f"SELECT {', '.join(VALUES)}, us, place, part, cause IS NOT NULL AS is_rejected, "
            f"{self._hashes} FROM ({schema.events(paths, origins)}) LIMIT {limit + 1}"
        )
        part, place = fetched["part"], fetched["place"]
        if len(part) > limit or fetched["is_rejected"].any():
            return None
        ignored: dict[int, int] = {}
        is_event = part > 0
        if not is_event.all():
            files, counts = np.unique(place[~is_event] >> FILE_BITS, return_counts=True)
            ignored = dict(zip(files.tolist(), counts.tolist(), strict=True))
            fetched = {name: column[is_event] for name, column in fetched.items()}
        values = {name: fetched[name].tolist() for name in VALUES}
        columns = _columns(values, fetched, fetched["place"], fetched["part"] > 1)
        if columns is not None:
            columns.ignored = ignored
        return columns


def _columns(
    values: dict[str, list[Any]],
    fetched: Mapping[str, NDArray[Any]],
    place: NDArray[Any],
    second: NDArray[np.bool_] | int = 0,
) -> Columns | None:
    """Return columns of the numbers that a statement has returned; none of them may be null."""
    names = ("us", *(f"{name}_{half}" for name in _IDS for half in ("high", "low")))
    if any(np.ma.getmaskarray(fetched[name]).any() for name in names):
        return None
    numbers = {name: np.ma.getdata(fetched[name]) for name in names}
    return Columns(
        values,
        numbers["us"].astype(np.int64),
        {name: (numbers[f"{name}_high"], numbers[f"{name}_low"]) for name in _IDS},
        np.ma.getdata(place).astype(np.int64) * 2 + second,
    )


def _has_own_types(fields: Fields) -> bool:
    """Return whether a file stores times and flags as such."""
    flags = (fields[name].native for name in _FLAGS if name in fields)
    return fields["timestamp"].native == "time" and all(native == "flag" for native in flags)


def _checked(
    raw: Mapping[str, list[Any]], rows: int, *, types: bool
) -> dict[str, list[Any]] | None:
    """Return canonical values as the format's SQL returns them; ``None`` in any doubt.

    *types*: flags are truth values, not text.
    """
    for name in _IDS:
        if not _are(str, raw.get(name, (None,))) or min(raw[name], default="x") < _FIRST_VISIBLE:
            return None
    values: dict[str, list[Any]] = {}
    for name in _FLAGS:
        flags = _flags(raw.get(name), rows, types=types)
        if flags is None:
            return None
        values[name] = flags
    for name in (*_REQUIRED, *_OPTIONAL):
        values[name] = raw.get(name) or [None] * rows
        distinct = set(values[name])
        if "" in distinct and name in _OPTIONAL:
            values[name] = [value or None for value in values[name]]
            distinct = set(values[name])
        if not _is_plain(name, distinct):
            return None
    lower = {domain: domain and domain.lower() for domain in set(values["domain"])}
    values["domain"] = [lower[domain] for domain in values["domain"]]
    return values


def _flags(raw: list[Any] | None, rows: int, *, types: bool) -> list[Any] | None:
    if raw is None:
        return [None] * rows
    if types:
        return raw if set(map(type, raw)) <= {bool, type(None)} else None
    try:
        return [_TRUTH[value] for value in raw]
    except KeyError:
        return None


_TRUTH: Final = {"true": True, "false": False, "": None, None: None}


def _is_plain(name: str, distinct: set[Any]) -> bool:
    """Return whether the distinct values of a column need no parsing and no message."""
    if name in _WORDS:
        return distinct <= _WORDS[name]
    if name in _OPTIONAL:
        distinct.discard(None)
    if not _are(str, distinct) or min(distinct, default="x") < _FIRST_VISIBLE:
        return False
    if name in WORDS:
        return all(re.fullmatch(WORDS[name], value) for value in distinct)
    return name != "domain" or (
        all(map(str.isascii, distinct))
        and not any(mark in value for value in distinct for mark in DOMAIN_ENDS)
    )


def _are(kind: type, values: Iterable[object]) -> bool:
    return set(map(type, values)) <= {kind}
