"""Detection of the schema of a file: its format, and the path of each field."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import duckdb

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.files.json_documents import first_lines, parsed, records, sample
from campaign_live_widgets.sources.files.scan_sql import FieldPath, FieldPaths, FileSchema
from campaign_live_widgets.sources.formats.base import FORMATS
from campaign_live_widgets.sources.formats.sql import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campaign_live_widgets.sources.files.location import DataFile, FileType
    from campaign_live_widgets.sources.formats.base import Format

_DELIMITERS: Final = ",;\t|"
Style: TypeAlias = tuple[bool, Callable[[str], str]]
_CASES: Final[tuple[Callable[[str], str], ...]] = (str, str.lower, str.upper)


def detect_schema(
    file: DataFile,
    con: duckdb.DuckDBPyConnection,
    wanted: str | None = None,
    *,
    statistics: bool = True,
) -> FileSchema:
    """Return the schema of a file; its format is detected by its fields unless *wanted*.

    What a Parquet file guarantees about its values comes from its *statistics*.

    Raises
    ------
    SourceError
        If the file cannot be opened, or does not match its file extension.
    """
    if file.kind == "parquet":
        field_paths = _parquet_paths(file.path, con, statistics=statistics)
        return FileSchema(
            "parquet", None, _format(field_paths, wanted), field_paths=_sorted(field_paths)
        )
    if file.kind == "csv":
        header, delimiter = _csv_header(file)
        columns = tuple(_distinct(header))
        field_paths = {name.lower(): (FieldPath(_identifier(name)),) for name in columns}
        return FileSchema(
            "csv",
            file.compression,
            _format(field_paths, wanted),
            columns,
            delimiter,
            _sorted(field_paths),
        )
    return _json_schema(sample(file), file.kind, file.compression, wanted)


def schema_of_values(values: list[Any], wanted: str | None = None) -> FileSchema:
    """Return the schema of JSON values, one a line; see :func:`detect_schema`.

    If it is *lowercased*, names are spelled in several ways; see :func:`lowercase_keys`.
    """
    return _json_schema(values, "ndjson", None, wanted)


def holds(values: list[Any], name: str) -> bool | None:
    """Return whether an event of a format is among JSON values, by its fields.

    ``None`` if all values are objects with nothing inside their wrappers.
    """
    known = FORMATS[name]
    is_known = None if any(isinstance(value, dict) for value in values) else False
    for record in records(values, known.inside or ()):
        if known.recognises(_json_paths([record]).keys()):
            return True
        is_known = False
    return is_known


def _json_schema(
    values: list[Any], kind: FileType, compression: str | None, wanted: str | None
) -> FileSchema:
    for name in [wanted] if wanted else FORMATS:
        inside = FORMATS[name].inside
        sampled = _json_paths(records(values, inside or ()))
        if not wanted and not FORMATS[name].recognises(sampled.keys()):
            continue
        plain = FileSchema(kind, compression, name, inside=inside)
        if inside is not None:
            return replace(plain, field_paths=_spelled({}, name, [(False, str)]))
        if kind == "json" or any(isinstance(value, list) for value in values):
            plain = replace(plain, inside=())
        styles = _styles(sampled, name)
        if styles is None and kind == "json":
            styles = [(dotted, case) for dotted in (False, True) for case in _CASES]
        if styles is None:
            return lowercased_schema(plain)
        return replace(plain, field_paths=_spelled(sampled, name, styles))
    return FileSchema(kind, compression, None)


def lowercased_schema(old: FileSchema) -> FileSchema:
    """Return the schema of the same lines with every name in lower case."""
    styles = [(False, str.lower), (True, str.lower)]
    field_paths = _spelled({}, str(old.format), styles)
    return replace(old, compression=None, field_paths=field_paths, lowercased=True)


def spelled_differently(known: FileSchema, rejected_lines: Iterable[str]) -> bool:
    """Return whether any of these lines has a field of the format under another spelling."""
    field_paths = dict(known.field_paths)
    objects = records(parsed(line.encode() for line in rejected_lines), ())
    return any(
        not set(spelled_paths) <= {place.sql for place in field_paths[path]}
        for path, spelled_paths in _json_paths(objects).items()
        if path in field_paths
    )


def lowercase_keys(line: bytes) -> bytes:
    """Return one line of NDJSON with every name in lower case; a bad line stays as it is."""
    try:
        return json.dumps(_lower(json.loads(line))).encode()
    except (ValueError, RecursionError):
        return line


def _lower(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {name.lower(): _lower(v) for name, v in value.items()}
    if isinstance(value, list):
        return [_lower(v) for v in value]
    return value


def _format(field_paths: Mapping[str, object], wanted: str | None) -> str | None:
    if wanted is not None:
        return wanted
    return next((name for name, f in FORMATS.items() if f.recognises(field_paths.keys())), None)


def _paths(known: Format) -> set[str]:
    return {path for paths in known.fields.values() for path in paths}


def _sorted(field_paths: Mapping[str, tuple[FieldPath, ...]]) -> FieldPaths:
    return tuple(sorted(field_paths.items()))


def _json_path(path: str, *, dotted: bool) -> str:
    parts = [path] if dotted else path.split(".")
    return "$" + "".join(f".{_json_name(part)}" for part in parts)


def _styles(sampled: dict[str, tuple[str, ...]], name: str) -> list[Style] | None:
    """Return how this file spells the format's paths; ``None`` if several ways are mixed.

    A style is whether names are dotted (or nested), and their case.
    """
    styles: dict[Style, None] = {}
    for path in _paths(FORMATS[name]):
        spelled = sampled.get(path.lower(), ())
        if len(spelled) > 1:
            return None
        for actual in spelled:
            fitting = [
                (dotted, case)
                for dotted in (False, True)
                for case in _CASES
                if _json_path(case(path), dotted=dotted) == actual
            ]
            if not fitting:
                return None
            if "." in path:  # a single lower-case word fits every style
                styles[fitting[0]] = None
    return list(styles) or [(False, str)]


def _spelled(
    sampled: Mapping[str, tuple[str, ...]], name: str, styles: Sequence[Style]
) -> FieldPaths:
    """Return the field paths of the format: as in the sample, else as the other fields."""
    field_paths = {}
    for path in _paths(FORMATS[name]):
        rendered = (_json_path(case(path), dotted=dotted) for dotted, case in styles)
        spelled = sampled.get(path.lower()) or tuple(dict.fromkeys(rendered))
        field_paths[path.lower()] = tuple(map(FieldPath, spelled))
    return _sorted(field_paths)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _json_name(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _distinct(names: Iterable[str]) -> Iterable[str]:
    """Yield unique names, regardless of case; a repeated one gets a number."""
    seen: set[str] = set()
    for name in names:
        unique, number = name, 1
        while unique.lower() in seen:
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique.lower())
        yield unique


def _parquet_paths(
    path: str, con: duckdb.DuckDBPyConnection, *, statistics: bool
) -> dict[str, tuple[FieldPath, ...]]:
    try:
        relation = con.sql(f"SELECT * FROM read_parquet({literal(path)}) LIMIT 0")
    except duckdb.Error as error:
        message = f"{path}: is not a Parquet file that can be read ({_first_line(error)})"
        raise SourceError(message) from error
    known = _statistics(path, con) if statistics else {}
    field_paths: dict[str, tuple[FieldPath, ...]] = {}
    for name, kind in zip(relation.columns, relation.types, strict=True):
        _struct_paths(name, _identifier(name), kind, known, field_paths)
    return field_paths


def _statistics(path: str, con: duckdb.DuckDBPyConnection) -> dict[str, tuple[bool, bool]]:
    """Return statistics of a Parquet footer: path → (never null, never blank)."""
    query = (
        "SELECT path_in_schema, bool_and(stats_null_count = 0), "
        "bool_and(stats_min_value >= '!' OR stats_null_count = num_values) "  # ! follows blank
        f"FROM parquet_metadata({literal(path)}) GROUP BY path_in_schema"
    )
    try:
        rows = con.execute(query).fetchall()
    except duckdb.Error:  # a minimum or maximum that DuckDB cannot represent
        return {}
    return {
        path.replace(", ", ".").lower(): (bool(full), bool(clean)) for path, full, clean in rows
    }


def _struct_paths(
    name: str,
    expression: str,
    kind: Any,  # noqa: ANN401 - the engine's types are not typed
    statistics: Mapping[str, tuple[bool, bool]],
    field_paths: dict[str, tuple[FieldPath, ...]],
) -> None:
    path = name.lower()
    if kind.id == "struct" and path != "identitymap":
        for child, child_kind in kind.children:
            _struct_paths(
                f"{name}.{child}",
                f"{expression}.{_identifier(child)}",
                child_kind,
                statistics,
                field_paths,
            )
        return
    if kind.id in {"map", "list", "struct"}:
        place = FieldPath(f"to_json({expression})")
    else:
        is_time = kind.id.startswith(("timestamp", "date"))
        native = "time" if is_time else "flag" if kind.id == "boolean" else ""
        complete, clean = statistics.get(path, (False, False))
        text = kind.id == "varchar"
        place = FieldPath(
            expression,
            native=native,
            clean=clean and text,
            complete=complete and (bool(native) or (clean and text)),
        )
    field_paths.setdefault(path, (place,))


def _csv_header(file: DataFile) -> tuple[list[str], str]:
    line = next(iter(first_lines(file, 1)), b"")
    text = line.decode("utf-8-sig", errors="replace").rstrip("\r\n")
    delimiter = max(_DELIMITERS, key=text.count)
    try:
        header = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error as error:
        message = f"{file.path}: its header is not CSV ({error})"
        raise SourceError(message) from error
    return [name.strip() for name in header], delimiter


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _json_paths(objects: Iterable[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Return dotted lower-case path → JSON paths as spelled, over a sample of lines."""
    field_paths: dict[str, dict[str, None]] = {}

    def visit(value: dict[str, Any], path: str, place: str) -> None:
        for name, child in value.items():
            below = f"{path}.{name.lower()}" if path else name.lower()
            here = f"{place}.{_json_name(name)}"
            if isinstance(child, dict) and below != "identitymap":
                visit(child, below, here)
            else:
                field_paths.setdefault(below, {})[here] = None

    seen: set[tuple[str, ...]] = set()
    for value in objects:
        names = tuple(value)
        if names not in seen or dict in map(type, value.values()):
            visit(value, "", "$")
            seen.add(names)
    return {path: tuple(paths) for path, paths in field_paths.items()}
