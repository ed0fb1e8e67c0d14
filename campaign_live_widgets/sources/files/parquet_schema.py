"""The columns of a Parquet file as fields: text, times, flags, and JSON of what is nested.

Columns of bytes are text, which some writers do not mark as such: bytes that are no UTF-8 reject
their row. Those of a fixed size are text if they are all visible, else 16 of them are a UUID, and
others hexadecimal digits. Names are spelled as the format has them, also in nested columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import duckdb

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.files.field_path import FieldPath
from campaign_live_widgets.sources.files.scan_sql import NO_HIVE
from campaign_live_widgets.sources.files.spelling import IDENTITY_MAP, spelling
from campaign_live_widgets.sources.formats.sql import identifier, literal, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from campaign_live_widgets.sources.formats.base import Format

    Places = dict[str, tuple[FieldPath, ...]]

_VISIBLE: Final = "([2-6][0-9A-F]|7[0-9A-E])+"
"""Bytes of visible ASCII, as hexadecimal digits."""
_UUID: Final = "(.{8})(.{4})(.{4})(.{4})(.{12})"


class ParquetColumns:
    """The columns of a Parquet file.

    Parameters
    ----------
    path : str
    con : duckdb.DuckDBPyConnection
    statistics : bool
        Whether to read what the file guarantees about values.

    Raises
    ------
    SourceError
        If it cannot be read.
    """

    def __init__(self, path: str, con: duckdb.DuckDBPyConnection, *, statistics: bool) -> None:
        try:
            relation = con.sql(f"SELECT * FROM read_parquet({literal(path)}, {NO_HIVE}) LIMIT 0")
        except duckdb.Error as error:
            message = f"{path}: cannot be read: it is damaged, or no Parquet file"
            raise SourceError(message) from error
        self._types: dict[str, Any] = dict(zip(relation.columns, relation.types, strict=True))
        self._statistics = _statistics(path, con) if statistics else {}
        has_bytes = any(kind.id == "blob" for kind in self._types.values())
        self._fixed = _fixed_sizes(path, con) if has_bytes else {}

    def places(self, known: Format | None = None) -> Places:
        """Return dotted lower-case path → where it is; as *known* names what is nested."""
        names = spelling(known) if known else {}
        fields = known.fields.values() if known else ()
        below = [path for paths in fields for path in paths]
        places: Places = {}
        for name, kind in self._types.items():
            self._add(places, name, identifier(name), kind, names, below)
        return places

    def _add(  # noqa: PLR0913 - what it adds to, and of what
        self,
        places: Places,
        name: str,
        sql: str,
        kind: Any,  # noqa: ANN401 - the engine's types are not typed
        names: Mapping[str, str],
        wanted: Collection[str],
    ) -> None:
        path = name.lower()
        if kind.id == "struct" and path != IDENTITY_MAP:
            for child, child_kind in kind.children:
                inner = f"{sql}.{identifier(child)}"
                self._add(places, f"{name}.{child}", inner, child_kind, names, wanted)
            return
        if kind.id in ("map", "list", "struct"):
            place = FieldPath(f"to_json({_plain(sql, kind, names)})")
            if kind.id == "map" and dict(kind.children)["key"].id in ("varchar", "blob"):
                for below in wanted:
                    parent, _, key = below.lower().rpartition(".")
                    if parent and f".{path}".endswith(f".{parent}"):
                        value = _in_map(sql, kind, key, names)
                        places.setdefault(f"{path}.{key}", (FieldPath(value),))
        else:
            place = self._plain_column(name, sql, kind)
        places.setdefault(path, (place,))

    def _plain_column(self, name: str, sql: str, kind: Any) -> FieldPath:  # noqa: ANN401
        path = name.lower()
        if kind.id == "blob":
            size = self._fixed.get(name.rpartition(".")[2])
            if size is None:
                return FieldPath(f"try(decode({sql}))", raw=sql)
            return FieldPath(_of_bytes(sql, size))
        if kind.id == "decimal":
            return FieldPath(_whole(sql))
        is_time = kind.id.startswith(("timestamp", "date"))
        native = "time" if is_time else "flag" if kind.id == "boolean" else ""
        complete, clean = self._statistics.get(path, (False, False))
        text = kind.id == "varchar"
        return FieldPath(
            sql,
            native=native,
            clean=clean and text,
            complete=complete and (bool(native) or (clean and text)),
        )


def unwrapped(places: Places, known: Format) -> Places:
    """Return places without the columns that a format's events are wrapped in.

    They are those of :attr:`Format.inside`, as columns of columns; in any case.
    """
    prefixes = [""]
    for step in known.inside or ():
        name, every, _ = step.lower().partition(".*")
        inner_prefixes = []
        for prefix in prefixes:
            inside = f"{prefix}{name}."
            rests = [path[len(inside) :] for path in places if path.startswith(inside)]
            members = dict.fromkeys(rest.split(".")[0] for rest in rests) if every else ("",)
            inner_prefixes += [
                f"{inside}{member}." if every else inside for member in members if rests
            ]
        prefixes = inner_prefixes or prefixes
    inner: Places = {}
    for prefix in prefixes:
        for path, paths in places.items():
            if path.startswith(prefix):
                inner[path[len(prefix) :]] = (*inner.get(path[len(prefix) :], ()), *paths)
    return inner


def _whole(sql: str) -> str:
    """Return SQL for a decimal number as text, without zeros at its end."""
    text = f"{sql}::VARCHAR"
    return f"CASE WHEN contains({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"


def _of_bytes(sql: str, size: int) -> str:
    """Return SQL for bytes of a fixed size as text."""
    digits = f"lower(hex({sql}))"
    if size == 16:  # noqa: PLR2004 - bytes of a UUID
        digits = f"regexp_replace({digits}, {quoted(_UUID)}, '\\1-\\2-\\3-\\4-\\5')"
    return (
        f"CASE WHEN regexp_full_match(hex({sql}), {quoted(_VISIBLE)}) THEN try(decode({sql})) "
        f"ELSE {digits} END"
    )


def _plain(sql: str, kind: Any, names: Mapping[str, str], depth: int = 0) -> str:  # noqa: ANN401
    """Return SQL for a nested value with text for bytes, and names as a format spells them."""
    if kind.id == "blob":
        return f"try(decode({sql}))"
    if not _is_changed(kind, names):
        return sql
    one = f"clw_{depth}"

    def inner(expression: str, child: Any) -> str:  # noqa: ANN401
        return _plain(expression, child, names, depth + 1)

    if kind.id == "list":
        ((_, child),) = kind.children
        return f"list_transform({sql}, lambda {one}: {inner(one, child)})"
    if kind.id == "map":
        children = dict(kind.children)
        key, value = inner(f"{one}.key", children["key"]), inner(f"{one}.value", children["value"])
        entries = f"list_transform(map_entries({sql}), lambda {one}: {{'k': {key}, 'v': {value}}})"
        return f"map_from_entries(list_filter({entries}, lambda {one}: {one}.k IS NOT NULL))"
    members = ", ".join(
        f"{quoted(_spelled(name, names))}: {inner(f'{sql}.{identifier(name)}', child)}"
        for name, child in kind.children
    )
    return f"CASE WHEN {sql} IS NOT NULL THEN {{{members}}} END"


def _spelled(name: str, names: Mapping[str, str]) -> str:
    return names.get(name.lower(), name)


def _is_changed(kind: Any, names: Mapping[str, str]) -> bool:  # noqa: ANN401
    """Return whether a nested type has bytes, or names that are spelled in another way."""
    if kind.id == "blob":
        return True
    if kind.id not in ("list", "map", "struct"):
        return False
    if kind.id == "struct" and any(_spelled(name, names) != name for name, _ in kind.children):
        return bool(names)
    return any(_is_changed(child, names) for _, child in kind.children)


def _in_map(sql: str, kind: Any, name: str, names: Mapping[str, str]) -> str:  # noqa: ANN401
    """Return SQL for the value of a name in a map, in any case of the name; JSON if nested."""
    children = dict(kind.children)
    key = _plain("clw_entry.key", children["key"], names)
    entry = (
        f"list_filter(map_entries({sql}), lambda clw_entry: "
        f"lower({key}) = {quoted(name.lower())})[1].value"
    )
    value = _plain(entry, children["value"], names)
    is_nested = children["value"].id in ("list", "map", "struct")
    return f"to_json({value})" if is_nested else value


def _statistics(path: str, con: duckdb.DuckDBPyConnection) -> dict[str, tuple[bool, bool]]:
    """Return statistics of a Parquet footer: path → (never null, never blank)."""
    query = (
        "SELECT path_in_schema, bool_and(stats_null_count = 0), "
        "bool_and(stats_min_value >= '!' OR stats_null_count = num_values) "  # ! follows blank
        f"FROM parquet_metadata({literal(path)}) GROUP BY path_in_schema"
    )
    rows = _rows(query, con)
    return {
        path.replace(", ", ".").lower(): (bool(full), bool(clean)) for path, full, clean in rows
    }


def _fixed_sizes(path: str, con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return the columns of bytes of a fixed size: name → size."""
    query = (
        f"SELECT name, type_length FROM parquet_schema({literal(path)}) "
        "WHERE type = 'FIXED_LEN_BYTE_ARRAY'"
    )
    return {name: int(size) for name, size in _rows(query, con)}


def _rows(query: str, con: duckdb.DuckDBPyConnection) -> list[Any]:
    try:
        return con.execute(query).fetchall()
    except duckdb.Error:  # a value that DuckDB cannot represent
        return []
