"""How a file is laid out: the dotted paths it holds and SQL that reads its rows.

Names come in any case and nested or dotted; a :class:`Layout` tells where each stands in this
one file, so that files of one layout are read by one scan.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources._format import FORMATS, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from campaign_live_widgets.sources._format import Format
    from campaign_live_widgets.sources.location import DataFile

_SAMPLE_LINES: Final = 200
_DELIMITERS: Final = ",;\t|"
_MAX_LINE: Final = 1 << 24
REJECTS: Final = "clw_rejects"
REJECT_SCANS: Final = "clw_reject_scans"
NOT_JSON: Final = "is not valid JSON"
UNRECOGNISED: Final = "is in no known format (canonical, or Journey Optimizer's XDM)"
_FILE: Final = "filename = 'clw_file'"
_UNION: Final = f"union_by_name = true, {_FILE}"
Style: TypeAlias = tuple[bool, Callable[[str], str]]
_CASES: Final[tuple[Callable[[str], str], ...]] = (str, str.lower, str.upper)


@dataclass(frozen=True, slots=True)
class Layout:
    """What files read by one scan have in common.

    Attributes
    ----------
    format : str or None
        Name of the format; ``None`` where the file is in none that is known.
    columns : tuple
        For CSV the header; for Parquet and NDJSON nothing.
    places : tuple of (path, SQL expressions)
        Dotted lower-case path → where it stands: one entry per spelling.
    folded : bool
        Names are spelled in several ways within the file: it is read with all in lower case.
    """

    kind: str
    compression: str | None
    format: str | None
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    places: tuple[tuple[str, tuple[str, ...]], ...] = ()
    folded: bool = False

    def scan(self, paths: Sequence[str]) -> str:
        """Return SQL for the format's raw fields over files of this layout.

        The columns are ``file`` and ``row`` (from 1; blank lines, a CSV's header and lines
        that are no CSV do not count), ``broken`` (why a row cannot be read, or null) and the
        fields of the format, those of the canonical one where it is in none that is known.
        """
        places = dict(self.places)
        fields = {
            field: [place for path in spelled for place in places.get(path.lower(), ())]
            for field, spelled in FORMATS[self.format or "canonical"].fields.items()
        }
        broken = "NULL::VARCHAR" if self.format else quoted(UNRECOGNISED)
        if self.kind == "ndjson":
            return _json_scan(lines(paths, self.compression), fields, broken)
        chosen = ", ".join(f"{_first(found)} AS {field}" for field, found in fields.items())
        if self.kind == "parquet":
            row = "file_row_number + 1"
            files = f"read_parquet({_list(paths)}, file_row_number = true, {_UNION})"
        else:
            row = "row_number() OVER ()"
            columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in self.columns)
            files = (
                f"read_csv({_list(paths)}, columns = {{{columns}}}, header = true, "
                f"auto_detect = false, delim = {quoted(self.delimiter)}, quote = '\"', "
                f"escape = '\"', compression = {quoted(self.compression or 'none')}, "
                f"max_line_size = {_MAX_LINE}, store_rejects = true, rejects_limit = 0, "
                f"rejects_table = '{REJECTS}', rejects_scan = '{REJECT_SCANS}', {_FILE})"
            )
        return f"SELECT clw_file AS file, {row} AS row, {broken} AS broken, {chosen} FROM {files}"


def _first(expressions: Sequence[str]) -> str:
    """Return SQL for the first of several places that is not blank."""
    if not expressions:
        return "NULL"
    if len(expressions) == 1:
        return expressions[0]
    return "coalesce(" + ", ".join(f"nullif({e}::VARCHAR, '')" for e in expressions) + ")"


def _json_scan(rows: str, fields: dict[str, list[str]], broken: str) -> str:
    """Return SQL that parses each line once for all fields."""
    paths = list(dict.fromkeys(path for found in fields.values() for path in found))
    index = {path: i + 1 for i, path in enumerate(paths)}
    chosen = ", ".join(
        f"{_first([f'v[{index[path]}]' for path in found])} AS {field}"
        for field, found in fields.items()
    )
    values = f"json_extract_string(json, {_list(paths)})" if paths else "NULL"
    return (
        f"SELECT file, row, broken, {chosen} FROM (SELECT clw_file AS file, "
        f"row_number() OVER () AS row, {values} AS v, "
        f"CASE WHEN json IS NULL THEN {quoted(NOT_JSON)} ELSE {broken} END AS broken FROM {rows})"
    )


def layout(file: DataFile, con: duckdb.DuckDBPyConnection, wanted: str | None = None) -> Layout:
    """Return the layout of a file, its format recognised by its fields unless *wanted*.

    Raises
    ------
    SourceError
        Where the file cannot be opened or is not what its name says.
    """
    if file.kind == "parquet":
        places = _parquet_places(file.path, con)
        return Layout("parquet", None, _format(places, wanted), places=_sorted(places))
    if file.kind == "csv":
        header, delimiter = _csv_header(file)
        columns = tuple(_distinct(header))
        places = {name.lower(): (_identifier(name),) for name in reversed(columns)}
        return Layout(
            "csv",
            file.compression,
            _format(places, wanted),
            columns,
            delimiter,
            _sorted(places),
        )
    sampled = _json_places(_sample(file))
    name = _format(sampled, wanted)
    if name is None:
        return Layout("ndjson", file.compression, None)
    plain = Layout("ndjson", file.compression, name)
    styles = _styles(sampled, name)
    if styles is None:
        return fold(plain)
    return replace(plain, places=_spelled(sampled, name, styles))


def fold(old: Layout) -> Layout:
    """Return the layout of the same lines once every name in them is in lower case."""
    styles = [(False, str.lower), (True, str.lower)]
    places = _spelled({}, str(old.format), styles)
    return replace(old, compression=None, places=places, folded=True)


def spells_otherwise(known: Layout, lines_refused: Iterable[str]) -> bool:
    """Tell whether any of these lines holds a field of the format under another spelling."""
    places = dict(known.places)
    objects = [value for line in lines_refused if isinstance(value := json.loads(line), dict)]
    return any(
        not set(found) <= set(places[path])
        for path, found in _json_places(objects).items()
        if path in places
    )


def folded_line(line: bytes) -> bytes:
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


def _format(places: dict[str, tuple[str, ...]], wanted: str | None) -> str | None:
    if wanted is not None:
        return wanted
    return next((name for name, f in FORMATS.items() if f.recognises(places.keys())), None)


def _paths(known: Format) -> set[str]:
    return {path for paths in known.fields.values() for path in paths}


def _sorted(places: dict[str, tuple[str, ...]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted(places.items()))


def _json_path(path: str, *, dotted: bool) -> str:
    parts = [path] if dotted else path.split(".")
    return "$" + "".join(f".{_json_name(part)}" for part in parts)


def _styles(sampled: dict[str, tuple[str, ...]], name: str) -> list[Style] | None:
    """Return how this file spells the format's paths; ``None`` where no one way fits.

    A style says whether names are dotted (or nested) and in which case they stand.
    """
    found: dict[Style, None] = {}
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
            if "." in path:  # a single lower-case word fits every style and tells nothing
                found[fitting[0]] = None
    return list(found) or [(False, str)]


def _spelled(
    sampled: dict[str, tuple[str, ...]], name: str, styles: Sequence[Style]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return where each path of the format stands: as sampled, else as the rest is spelled."""
    places = {}
    for path in _paths(FORMATS[name]):
        rendered = (_json_path(case(path), dotted=dotted) for dotted, case in styles)
        places[path.lower()] = sampled.get(path.lower()) or tuple(dict.fromkeys(rendered))
    return _sorted(places)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _json_name(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _distinct(names: Iterable[str]) -> Iterable[str]:
    """Yield names that no other name equals, whatever the case; a repeated one gets a number."""
    seen: set[str] = set()
    for name in names:
        unique, number = name, 1
        while unique.lower() in seen:
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique.lower())
        yield unique


def _parquet_places(path: str, con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    import duckdb as engine  # noqa: PLC0415 - for its errors only

    try:
        relation = con.sql(f"SELECT * FROM read_parquet({quoted(path)}) LIMIT 0")  # noqa: S608
    except engine.Error as error:
        message = f"{path}: is not a Parquet file that can be read ({_first_line(error)})"
        raise SourceError(message) from error
    places: dict[str, tuple[str, ...]] = {}
    for name, kind in zip(relation.columns, relation.types, strict=True):
        _struct_places(name.lower(), _identifier(name), kind, places)
    return places


def _struct_places(
    path: str, expression: str, kind: Any, places: dict[str, tuple[str, ...]]  # noqa: ANN401
) -> None:
    if kind.id == "struct":
        for name, child in kind.children:
            _struct_places(
                f"{path}.{name.lower()}", f"{expression}.{_identifier(name)}", child, places
            )
    elif kind.id in {"map", "list"}:
        places.setdefault(path, (f"to_json({expression})",))
    else:
        places.setdefault(path, (expression,))
    if path == "identitymap":  # a struct of namespaces in some exports: wanted whole
        places[path] = (f"to_json({expression})",) if kind.id != "varchar" else (expression,)


def _open(file: DataFile) -> io.BufferedIOBase | Any:  # noqa: ANN401
    if file.compression == "gzip":
        return gzip.open(file.path, "rb")
    return open(file.path, "rb")  # noqa: PTH123, SIM115 - the caller closes it


def _csv_header(file: DataFile) -> tuple[list[str], str]:
    line = next(iter(_first_lines(file, 1)), b"")
    text = line.decode("utf-8-sig", errors="replace").rstrip("\r\n")
    delimiter = max(_DELIMITERS, key=text.count)
    header = next(csv.reader([text], delimiter=delimiter), [])
    return [name.strip() for name in header], delimiter


def _sample(file: DataFile) -> list[dict[str, Any]]:
    objects = []
    for line in _first_lines(file, _SAMPLE_LINES):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            objects.append(value)
    return objects


def _first_lines(file: DataFile, count: int) -> list[bytes]:
    """Return the first lines of a file, whatever its compression."""
    try:
        if file.compression == "zstd":
            return _zstd_lines(file.path, count)
        with _open(file) as stream:
            return list(islice(iter(lambda: stream.readline(_MAX_LINE), b""), count))
    except (OSError, EOFError) as error:
        message = f"{file.path}: cannot be read ({error})"
        raise SourceError(message) from error


def _zstd_lines(path: str, count: int) -> list[bytes]:
    """Return the first lines of a zstd file, by the engine (Python 3.11 has no zstd)."""
    import duckdb as engine  # noqa: PLC0415

    try:
        found = engine.sql(
            f"SELECT json FROM {lines([path], 'zstd')} LIMIT {count}"  # noqa: S608
        ).fetchall()
    except engine.Error as error:
        message = f"{path}: cannot be read ({_first_line(error)})"
        raise SourceError(message) from error
    return [(line or "").encode() for (line,) in found]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _json_places(objects: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Return dotted lower-case path → JSON paths as spelled, over a sample of lines."""
    places: dict[str, dict[str, None]] = {}

    def visit(value: dict[str, Any], path: str, place: str) -> None:
        for name, child in value.items():
            below = f"{path}.{name.lower()}" if path else name.lower()
            here = f"{place}.{_json_name(name)}"
            if isinstance(child, dict) and below != "identitymap":
                visit(child, below, here)
            else:
                places.setdefault(below, {})[here] = None

    for value in objects:
        visit(value, "", "$")
    return {path: tuple(found) for path, found in places.items()}


def lines(paths: Sequence[str], compression: str | None) -> str:
    """Return SQL that reads NDJSON: ``json`` (null where a line is none) and ``clw_file``.

    Blank lines are skipped.
    """
    return (
        f"read_ndjson_objects({_list(paths)}, ignore_errors = true, "
        f"compression = {quoted(compression or 'uncompressed')}, "
        f"maximum_object_size = {_MAX_LINE}, {_FILE})"
    )


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(map(quoted, texts)) + "]"
