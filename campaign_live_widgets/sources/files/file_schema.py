"""Detection of the schema of a file: its format, and the path of each field."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from campaign_live_widgets.sources.files.csv_dialect import dialect_of, format_of_names
from campaign_live_widgets.sources.files.field_path import FieldPath, FieldPaths
from campaign_live_widgets.sources.files.json_documents import (
    first_bytes,
    parsed,
    records,
    sample,
)
from campaign_live_widgets.sources.files.parquet_schema import ParquetColumns, unwrapped
from campaign_live_widgets.sources.files.path_columns import path_columns
from campaign_live_widgets.sources.files.rounded_ids import rounded_in_csv, rounded_in_json
from campaign_live_widgets.sources.files.scan_sql import BROKEN, FileSchema
from campaign_live_widgets.sources.files.spelling import IDENTITY_MAP
from campaign_live_widgets.sources.formats.base import FORMATS
from campaign_live_widgets.sources.formats.sql import identifier, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import duckdb

    from campaign_live_widgets.sources.files.location import DataFile
    from campaign_live_widgets.sources.formats.base import Format
    from campaign_live_widgets.sources.mapping.format import MappedFormat

_DIALECT_BYTES: Final = 1 << 16
"""Bytes of a CSV in which it shows how it is written."""
Style: TypeAlias = tuple[bool, Callable[[str], str]]
_ALL_BELOW: Final = ".*"
"""The end of a path that means all paths below it; see :attr:`Format.fields`."""
_COLUMN: Final = re.compile(r'"(?:[^"]|"")*"(?:\."(?:[^"]|"")*")*')
_CASES: Final[tuple[Callable[[str], str], ...]] = (str, str.lower, str.upper)


def detect_schema(
    file: DataFile,
    con: duckdb.DuckDBPyConnection,
    wanted: str | None = None,
    *,
    statistics: bool = True,
    mapped: MappedFormat | None = None,
) -> FileSchema:
    """Return the schema of a file; its format is detected by its fields unless *wanted*.

    A *mapped* one, which a mapping gives to the file, takes the place of others.

    What a Parquet file guarantees about its values comes from its *statistics*.

    Raises
    ------
    SourceError
        If the file cannot be opened, or does not match its file extension.
    """
    wanted = mapped.name if mapped else wanted
    in_path = sorted(path_columns(file.path))
    if file.kind == "parquet":
        columns = ParquetColumns(file.path, con, statistics=statistics)
        known = _parquet_schema(columns, mapped or (FORMATS[wanted] if wanted else None), in_path)
    elif file.kind == "csv":
        known = _csv_schema(file, wanted, in_path, mapped)
    else:
        raw = FileSchema(file.kind, file.compression, None, mapped=mapped)
        if file.kind == "avro":  # read from a copy of lines
            raw = replace(raw, kind="ndjson", compression=None)
        values = sample(file)
        known = _json_schema(values, raw, wanted, in_path)
        if known.format:
            known = replace(known, guess=rounded_in_json(values, known.known, mapped) or None)
    guess = _guess(file, known.guess)
    known = replace(known, encoding=file.encoding, guess=guess, mapped=mapped)
    return known.with_path_columns(in_path) if in_path else known


def _guess(file: DataFile, other: str | None) -> str | None:
    """Return what is not certain of a file: that it is UTF-16, where it has no byte-order mark."""
    encoding, _, order = (file.encoding or "").rpartition("-")
    if order not in ("le", "be"):
        return other
    words = f"is read as {encoding.upper()}, although it has no byte-order mark"
    return f"{words}; {other}" if other else words


def schema_of_values(
    values: list[Any], wanted: str | None = None, mapped: MappedFormat | None = None
) -> FileSchema:
    """Return the schema of JSON values, one a line; see :func:`detect_schema`.

    If it is *lowercased*, names are spelled in several ways; see :func:`.spelled_line`.
    """
    return _json_schema(values, FileSchema("ndjson", None, None, mapped=mapped), wanted)


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
    values: list[Any], raw: FileSchema, wanted: str | None, in_path: Sequence[str] = ()
) -> FileSchema:
    """Return *raw* with the format of values.

    Names *in_path* decide about their format only if no others do.
    """
    kind, mapped = raw.kind, raw.mapped
    formats = [mapped] if mapped else [FORMATS[wanted]] if wanted else FORMATS.values()
    is_given = bool(wanted or mapped)
    tries = [(known, added) for added in dict.fromkeys(((), tuple(in_path))) for known in formats]
    # Without its wrappers a format sees the same objects as others do: they share the paths.
    names = {name for record in records(values, ()) for name in record}
    unwrapped: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}
    for known, added in tries:
        inside = known.inside
        has_wrapper = any(name.partition(".*")[0] in names for name in inside or ())
        wrappers = inside if inside and has_wrapper else ()
        if wrappers not in unwrapped:
            unwrapped[wrappers] = _json_paths(records(values, wrappers))
        sampled = unwrapped[wrappers]
        if inside and not known.recognises(sampled) and _has_wrapper(inside, names):
            sampled = _json_paths(records(values, inside, any_case=True)) or sampled
        if not is_given and not (sampled and known.recognises({*sampled, *added})):
            continue
        plain = replace(raw, format=known.name, inside=inside)
        if inside is not None:
            plain = replace(plain, field_paths=_spelled({}, known, [(False, str)]))
            if kind != "json" and _is_respelled(values, sampled, known):
                plain = replace(plain, compression=None, lowercased=True)
            return plain
        if kind == "json" or any(isinstance(value, list) for value in values):
            plain = replace(plain, inside=())
        styles = _styles(sampled, known)
        if styles is None and kind == "json":
            styles = [(dotted, case) for dotted in (False, True) for case in _CASES]
        if styles is None:
            return lowercased_schema(plain)
        return replace(plain, field_paths=_spelled(sampled, known, styles))
    return raw


def _has_wrapper(inside: Sequence[str], names: Collection[str]) -> bool:
    """Return whether any of *names* is a wrapper of events, in any case."""
    lower = {name.lower() for name in names}
    return any(name.partition(".*")[0].lower() in lower for name in inside)


def _is_respelled(values: list[Any], sampled: Mapping[str, tuple[str, ...]], known: Format) -> bool:
    """Return whether events, or what they are wrapped in, have names in another case."""
    as_spelled = {path.lower(): _json_path(path, dotted=False) for path in _paths(known)}
    if any(
        spelled != (as_spelled[path],) for path, spelled in sampled.items() if path in as_spelled
    ):
        return True
    return sampled.keys() != _json_paths(records(values, known.inside or ())).keys()


def lowercased_schema(old: FileSchema) -> FileSchema:
    """Return the schema of the same lines with every name in lower case."""
    styles = [(False, str.lower), (True, str.lower)]
    field_paths = _spelled({}, old.known, styles)
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


def format_of(values: list[Any], path: str) -> str | None:
    """Return the format of JSON values in a file of this path, ``None`` if it is unknown."""
    raw = FileSchema("ndjson", None, None)
    return _json_schema(values, raw, None, sorted(path_columns(path))).format


def _paths(known: Format) -> set[str]:
    return {path for paths in known.fields.values() for path in paths}


def _gathered(
    field_paths: Mapping[str, tuple[FieldPath, ...]],
) -> dict[str, tuple[FieldPath, ...]]:
    """Return the paths of formats that mean all columns below a name, as JSON objects."""
    wanted = (path.lower() for known in FORMATS.values() for path in _paths(known))
    gathered: dict[str, tuple[FieldPath, ...]] = {}
    for path in wanted:
        if not path.endswith(_ALL_BELOW):
            continue
        members = []
        for below, places in field_paths.items():
            if below.startswith(path[:-1]):
                value = places[0].sql
                if not value.startswith("to_json("):
                    value = f"CASE WHEN json_valid({value}::VARCHAR) THEN {value}::JSON END"
                members += [quoted(_column_name(places[0].sql)), value]
        if members:
            gathered[path] = (FieldPath(f"to_json(json_object({', '.join(members)}))"),)
    return gathered


def _column_name(expression: str) -> str:
    """Return the name of the column in an expression of one."""
    column = _COLUMN.search(expression)
    expression = column.group() if column else f'"{expression}"'
    return expression[expression.index('"') + 1 : expression.rindex('"')].replace('""', '"')


def _sorted(field_paths: Mapping[str, tuple[FieldPath, ...]]) -> FieldPaths:
    return tuple(sorted(field_paths.items()))


def _json_path(path: str, *, dotted: bool) -> str:
    parts = [path] if dotted else path.split(".")
    return "$" + "".join(f".{_json_name(part)}" for part in parts)


def _styles(sampled: dict[str, tuple[str, ...]], known: Format) -> list[Style] | None:
    """Return how this file spells the format's paths; ``None`` if several ways are mixed.

    A style is whether names are dotted (or nested), and their case.
    """
    styles: dict[Style, None] = {}
    for path in _paths(known):
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
    sampled: Mapping[str, tuple[str, ...]], known: Format, styles: Sequence[Style]
) -> FieldPaths:
    """Return the field paths of the format: as in the sample, else as the other fields."""
    field_paths: dict[str, tuple[FieldPath, ...]] = {}
    for path in _paths(known):
        if path.endswith(_ALL_BELOW):
            if any(other.startswith(path[:-1].lower()) for other in sampled):
                field_paths[path.lower()] = (FieldPath("$"),)
            continue
        rendered = (_json_path(case(path), dotted=dotted) for dotted, case in styles)
        spelled = sampled.get(path.lower()) or tuple(dict.fromkeys(rendered))
        field_paths[path.lower()] = tuple(map(FieldPath, spelled))
    return _sorted(field_paths)


def _json_name(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parquet_schema(
    columns: ParquetColumns, wanted: Format | None, in_path: Sequence[str]
) -> FileSchema:
    """Return the schema of a Parquet file, whose columns may be wrapped in others."""
    places = columns.places()
    known = wanted or FORMATS.get(format_of_names(places, in_path) or "")
    if known is None:
        wrapped = (f for f in FORMATS.values() if f.inside)
        known = next((f for f in wrapped if f.recognises(unwrapped(places, f).keys())), None)
    if known is not None:
        places = columns.places(known)
        if not known.recognises(places.keys()) and known.recognises(
            (inner := unwrapped(places, known)).keys()
        ):
            places = inner
    places |= _gathered(places)
    return FileSchema("parquet", None, known.name if known else None, field_paths=_sorted(places))


def _csv_schema(
    file: DataFile, wanted: str | None, in_path: Sequence[str], mapped: MappedFormat | None
) -> FileSchema:
    start = first_bytes(file, _DIALECT_BYTES).decode("utf-8-sig", errors="replace")
    dialect = dialect_of(start, in_path)
    columns = dialect.columns
    field_paths: dict[str, tuple[FieldPath, ...]] = {
        name.lower(): (FieldPath(identifier(name)),) for name in columns
    }
    field_paths |= _gathered(field_paths)
    careful = bool(dialect.skipped) or dialect.escape != '"'
    known = wanted or format_of_names(columns, in_path)
    rounded = rounded_in_csv(start, dialect, mapped or FORMATS[known], mapped) if known else ""
    return FileSchema(
        "csv",
        None if careful else file.compression,
        known,
        (*columns, BROKEN) if careful else columns,
        dialect.delimiter,
        _sorted(field_paths),
        careful=careful,
        skipped=dialect.skipped,
        escape=dialect.escape,
        guess="; ".join(filter(None, (dialect.guess, rounded))) or None,
    )


def _json_paths(objects: Iterable[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Return dotted lower-case path → JSON paths as spelled, over a sample of lines."""
    field_paths: dict[str, dict[str, None]] = {}

    def visit(value: dict[str, Any], path: str, place: str) -> None:
        for name, child in value.items():
            below = f"{path}.{name.lower()}" if path else name.lower()
            here = f"{place}.{_json_name(name)}"
            if isinstance(child, dict) and below != IDENTITY_MAP:
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
