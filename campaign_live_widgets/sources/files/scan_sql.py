"""SQL that reads the rows of files.

A :class:`FileSchema` has the path of each field; files with the same schema are read by one scan.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from campaign_live_widgets.sources.formats.base import FORMATS
from campaign_live_widgets.sources.formats.sql import (
    HOLDS_NOTHING,
    WHITESPACE,
    literal,
    not_blank,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


MAX_LINE: Final = 1 << 24
FILE_BITS: Final = 32
REJECTS: Final = "clw_rejects"
REJECT_SCANS: Final = "clw_reject_scans"
NOT_JSON: Final = "is not valid JSON"
NO_OBJECT: Final = "is a list inside a list"
UNRECOGNISED: Final = (
    "is in no known format (canonical, Journey Optimizer's XDM or a mail vendor's)"
)
_FILE: Final = "filename = 'clw_file'"
_ROW: Final = "row_number() OVER ()"
_UNION: Final = f"union_by_name = true, {_FILE}"


@dataclass(frozen=True, slots=True)
class FieldPath:
    """The path of a field in a file, and what the file guarantees about its values.

    Attributes
    ----------
    sql : str
        The expression that reads it; for NDJSON the JSON path.
    native : str
        ``time`` or ``flag`` where the file types it so; else nothing.
    clean : bool
        It is never blank: known from a Parquet file's statistics.
    complete : bool
        It is never null, likewise.
    """

    sql: str
    native: str = ""
    clean: bool = field(default=False, compare=False)  # files of one scan differ in these
    complete: bool = field(default=False, compare=False)

    @property
    def json_name(self) -> str | None:
        """Return the name in a JSON object that it is the path of; ``None`` if it is another."""
        name = self.sql[3:-1]
        is_name = self.sql == f'$."{name}"' and not set(name) & {'"', "\\"}
        return name if is_name else None


FieldPaths: TypeAlias = tuple[tuple[str, tuple[FieldPath, ...]], ...]
"""Dotted lower-case path → its field paths, one per spelling."""


@dataclass(frozen=True, slots=True)
class FileSchema:
    """The schema of files that are read by one scan.

    Attributes
    ----------
    format : str or None
        Name of the format; ``None`` if it is unknown.
    columns : tuple
        For CSV the header; for Parquet and NDJSON nothing.
    field_paths : FieldPaths
    lowercased : bool
        Names are spelled in several ways within the file, so it is read in lower case.
    inside : tuple of str or None
        What each event is wrapped in, see :attr:`Format.inside`; ``None`` where a line of
        NDJSON is one event.
    """

    kind: str
    compression: str | None
    format: str | None
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    field_paths: FieldPaths = ()
    lowercased: bool = False
    inside: tuple[str, ...] | None = None

    @property
    def fields(self) -> dict[str, list[FieldPath]]:
        """Return the paths of each field of the format, the preferred one first."""
        field_paths = dict(self.field_paths)
        return {
            field: [place for path in spelled for place in field_paths.get(path.lower(), ())]
            for field, spelled in FORMATS[self.format or "canonical"].fields.items()
        }

    def plain_fields(self) -> dict[str, FieldPath] | None:
        """Return the paths of the canonical fields that the files have.

        ``None`` if that is not all there is to read: the format is another one, or a field is
        spelled in several ways.
        """
        if self.format != "canonical" or self.inside is not None or self.lowercased:
            return None
        fields = {name: places for name, places in self.fields.items() if places}
        is_json = self.kind in ("ndjson", "json")
        if any(
            len(places) > 1 or (is_json and not places[0].json_name) for places in fields.values()
        ):
            return None
        return {name: place for name, (place,) in fields.items()}

    def events(self, paths: Sequence[str]) -> str:
        """Return SQL for the canonical events in files with this schema."""
        complete, native = self._guarantees
        return FORMATS[self.format or "canonical"].events(
            f"({self.scan(paths)})", complete=complete, native=native
        )

    @property
    def faults(self) -> tuple[str, ...] | None:
        """Return conditions of rejected and ignored rows; see :meth:`Format.faults`."""
        complete, native = self._guarantees
        return (
            FORMATS[self.format].faults(complete=complete, native=native) if self.format else None
        )

    @property
    def _guarantees(self) -> tuple[set[str], set[str]]:
        """Return the fields that are never null, and those with their own type."""
        fields = self.fields
        return (
            {f for f, places in fields.items() if places and places[0].complete},
            {f for f, places in fields.items() if self._is_native(f, places)},
        )

    def events_of(self, rows: str) -> str:
        """Return SQL for the canonical events in a relation of JSON objects.

        Its columns are ``json`` (null where a row is not JSON), ``clw_file`` and ``file_index``.
        """
        broken = "NULL::VARCHAR" if self.format else quoted(UNRECOGNISED)
        scan = _json_scan(_numbered(rows, self.inside), "line", self.fields, broken)
        return FORMATS[self.format or "canonical"].events(f"({scan})", complete=(), native=())

    def also(self, other: FileSchema) -> FileSchema:
        """Return the schema of the files of both: only with the guarantees that both give."""
        field_paths = tuple(
            (
                path,
                tuple(
                    replace(a, clean=a.clean and b.clean, complete=a.complete and b.complete)
                    for a, b in zip(mine, others, strict=True)
                ),
            )
            for (path, mine), (_, others) in zip(self.field_paths, other.field_paths, strict=True)
        )
        return replace(self, field_paths=field_paths)

    def _is_native(self, name: str, places: Sequence[FieldPath]) -> bool:
        """Return whether the file stores a field with its own type."""
        wanted = FORMATS[self.format or "canonical"].natives.get(name)
        return len(places) == 1 and places[0].native == (wanted or "text")

    def scan(self, paths: Sequence[str]) -> str:
        """Return SQL for the format's raw fields over files of this layout.

        The columns are ``file`` and ``row`` (blank lines, a CSV's header and lines that are
        no CSV do not count), ``place`` (a number that no other row of the scan has; above its
        :data:`FILE_BITS` lowest bits are the index of the row's file in *paths*), ``broken``
        (why a row cannot be read, or null) and the fields of the format, those of the canonical
        one where it is in none that is known: text, null where blank, or a time or truth value
        where the file types it so.
        """
        fields = self.fields
        broken = "NULL::VARCHAR" if self.format else quoted(UNRECOGNISED)
        if self.kind in ("ndjson", "json"):
            read = lines if self.kind == "ndjson" else _documents
            rows = _numbered(read(paths, self.compression), self.inside)
            return _json_scan(rows, "number" if self.kind == "json" else "line", fields, broken)
        chosen = ", ".join(
            f"{places[0].sql if self._is_native(name, places) else _first(places)} AS {name}"
            for name, places in fields.items()
        )
        row = "file_row_number + 1" if self.kind == "parquet" else _ROW
        rejects = (
            f"store_rejects = true, rejects_limit = 0, "
            f"rejects_table = '{REJECTS}', rejects_scan = '{REJECT_SCANS}', "
        )
        return (
            f"SELECT clw_file AS file, {row} AS row, {self.place} AS place, {broken} AS broken, "
            f"{chosen} FROM {self.rows(paths, rejects)}"
        )

    @property
    def place(self) -> str:
        """Return SQL for the place of a row of Parquet or CSV; see :meth:`scan`."""
        row = "file_row_number" if self.kind == "parquet" else _ROW
        return f"(file_index::BIGINT << {FILE_BITS}) + {row}"

    def rows(self, paths: Sequence[str], csv_options: str = "") -> str:
        """Return SQL that reads Parquet or CSV as it is, with ``file_index`` and ``clw_file``.

        Without further options, a line that is no row of the CSV is an error.
        """
        if self.kind == "parquet":
            return f"read_parquet({_files(paths)}, file_row_number = true, {_UNION})"
        columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in self.columns)
        return (
            f"read_csv({_files(paths)}, columns = {{{columns}}}, header = true, "
            f"auto_detect = false, delim = {quoted(self.delimiter)}, quote = '\"', "
            f"escape = '\"', compression = {quoted(self.compression or 'none')}, "
            f"max_line_size = {MAX_LINE}, {csv_options}{_FILE})"
        )


def _first(field_paths: Sequence[FieldPath]) -> str:
    """Return SQL for the first of several field paths that is not blank."""
    if not field_paths:
        return "NULL"
    values = [place.sql if place.clean else not_blank(place.sql) for place in field_paths]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def _json_scan(rows: str, row: str, fields: dict[str, list[FieldPath]], broken: str) -> str:
    """Return SQL that parses each value once for all fields; *row* is what counts as its row."""
    paths = list(dict.fromkeys(place.sql for places in fields.values() for place in places))
    index = {path: i + 1 for i, path in enumerate(paths)}
    chosen = ", ".join(
        f"{_first([FieldPath(f'v[{index[place.sql]}]') for place in places])} AS {field}"
        for field, places in fields.items()
    )
    values = f"json_extract_string(json, {_list(paths)})" if paths else "NULL"
    return (
        f"SELECT file, {row} AS row, (file_index::BIGINT << {FILE_BITS}) + number AS place, "
        f"broken, {chosen} FROM (SELECT clw_file AS file, file_index, line, number, {values} AS v, "
        f"CASE WHEN json IS NULL THEN {quoted(NOT_JSON)} "
        f"WHEN {_IS_LIST} THEN CASE json_array_length(json) WHEN 0 THEN {quoted(HOLDS_NOTHING)} "
        f"ELSE {quoted(NO_OBJECT)} END "
        f"ELSE {broken} END AS broken FROM ({rows}))"
    )


def _numbered(rows: str, inside: Sequence[str] | None) -> str:
    """Return SQL for JSON values with their ``line`` in what is read, and their ``number``.

    What they are wrapped in is taken off; an empty list stays.
    """
    opened = f"SELECT clw_file, file_index, json, row_number() OVER () AS line FROM {rows}"
    if inside is None:
        return f"SELECT *, line AS number FROM ({opened})"
    opened = _each(opened)
    for step in inside:
        name, every, _ = step.partition(".*")
        path, below = (quoted(f'$."{name}"{end}') for end in ("", ".*"))
        extracted = f"json_extract(json, {path})"
        if every:
            extracted = (
                f"CASE WHEN json_exists(json, {path}) THEN to_json(json_extract(json, {below})) END"
            )
        named = quoted(f'"{name}"')
        inner = f"CASE WHEN contains(json::VARCHAR, {named}) THEN {extracted} END"
        opened = _each(
            f"SELECT * EXCLUDE (inner_json) REPLACE ({_UNWRAPPED} AS json) "
            f"FROM (SELECT *, {inner} AS inner_json FROM ({opened}))"
        )
    return f"SELECT *, row_number() OVER () AS number FROM ({opened})"


def _each(rows: str) -> str:
    """Return SQL that unnests the values of lists, one a row."""
    return (
        f"SELECT * REPLACE (unnest(CASE WHEN {_IS_LIST} "
        "AND json_array_length(json) > 0 THEN json_extract(json, '$[*]') ELSE [json] END) "
        f"AS json) FROM ({rows})"
    )


_IS_LIST: Final = f"starts_with(ltrim(json::VARCHAR, {WHITESPACE}), '[')"
_UNWRAPPED: Final = """
    CASE
        WHEN inner_json IS NULL THEN json
        WHEN json_type(inner_json) IN ('OBJECT', 'ARRAY') THEN inner_json
        WHEN json_type(inner_json) = 'VARCHAR' AND json_valid(inner_json->>'$')
            AND json_type((inner_json->>'$')::JSON) IN ('OBJECT', 'ARRAY')
            THEN (inner_json->>'$')::JSON
        ELSE json
    END"""


def lines(paths: Sequence[str], compression: str | None) -> str:
    """Return SQL that reads NDJSON: ``json`` (null where a line is not JSON) and ``clw_file``.

    Blank lines are skipped.
    """
    return (
        f"read_ndjson_objects({_files(paths)}, ignore_errors = true, "
        f"compression = {quoted(compression or 'uncompressed')}, "
        f"maximum_object_size = {MAX_LINE}, {_FILE})"
    )


def _documents(paths: Sequence[str], compression: str | None) -> str:
    """Return SQL that reads whole documents: an array's values, or objects over many lines."""
    return (
        f"read_json_objects({_files(paths)}, format = 'auto', "
        f"compression = {quoted(compression or 'uncompressed')}, "
        f"maximum_object_size = {MAX_LINE}, {_FILE})"
    )


def text_lines(path: str, compression: str) -> str:
    """Return SQL that reads any text line by line, as ``line``; bad encoding is left out."""
    return (
        f"read_csv({literal(path)}, columns = {{'line': 'VARCHAR'}}, header = false, "
        f"auto_detect = false, delim = '\x01', quote = '', escape = '', strict_mode = false, "
        f"compression = {quoted(compression)}, max_line_size = {MAX_LINE}, ignore_errors = true)"
    )


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(map(quoted, texts)) + "]"


def _files(paths: Sequence[str]) -> str:
    return "[" + ", ".join(map(literal, paths)) + "]"
