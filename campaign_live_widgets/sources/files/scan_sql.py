"""SQL that reads the rows of files.

A :class:`FileSchema` has the path of each field; files with the same schema are read by one scan.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.files.field_path import FieldPath, FieldPaths, first_of
from campaign_live_widgets.sources.files.json_wrappers import IS_LIST, numbered
from campaign_live_widgets.sources.files.path_columns import column_for, path_columns
from campaign_live_widgets.sources.formats.base import FORMATS
from campaign_live_widgets.sources.formats.sql import (
    HOLDS_NOTHING,
    literal,
    quoted,
)
from campaign_live_widgets.sources.sends import outcomes_as_sends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.sources.formats.base import Format
    from campaign_live_widgets.sources.mapping.format import MappedFormat

MAX_LINE: Final = 1 << 24
FILE_BITS: Final = 32
REJECTS: Final = "clw_rejects"
REJECT_SCANS: Final = "clw_reject_scans"
BROKEN: Final = "clw_broken"
"""The column of a careful copy of a CSV with the reason why a row cannot be read."""
NOT_UTF8: Final = "is not valid UTF-8"
NOT_JSON: Final = "is not valid JSON"
NO_OBJECT: Final = "is a list inside a list"
UNRECOGNISED: Final = "is in no known format (canonical, Journey Optimizer's XDM or a sender's)"
_FILE: Final = "filename = 'clw_file'"
_ROW: Final = "row_number() OVER ()"
NO_HIVE: Final = "hive_partitioning = false"
"""Columns in paths are added here, for all kinds of files in one way."""
_UNION: Final = f"union_by_name = true, {NO_HIVE}, {_FILE}"


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
    mapped : MappedFormat or None
        The format that a mapping gives to the files, in place of ``format``.
    path_columns : tuple of str
        The columns in the folders of the files, which fill what the files lack.
    careful : bool
        The files are read from copies, see :mod:`.careful`; the last one of ``columns`` is
        then why a row cannot be read.
    encoding : str or None
        That of the files; ``None`` is UTF-8.
    guess : str or None
        What is not certain of all this, so that a reader should know.
    skipped, escape : int, str
        See :class:`.csv_dialect.Dialect`; others than the usual ones need careful reading.
    outcomes : bool
        Each delivery and each bounce counts as a send.
    """

    kind: str
    compression: str | None
    format: str | None
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    field_paths: FieldPaths = ()
    lowercased: bool = False
    inside: tuple[str, ...] | None = None
    mapped: MappedFormat | None = None
    outcomes: bool = False

    @property
    def known(self) -> Format:
        """Return the format of the rows: the canonical one where it is unknown."""
        return self.mapped or FORMATS[self.format or "canonical"]

    path_columns: tuple[str, ...] = ()
    careful: bool = False
    encoding: str | None = None
    skipped: int = 0
    escape: str = '"'
    guess: str | None = field(default=None, compare=False)

    @property
    def fields(self) -> dict[str, list[FieldPath]]:
        """Return the paths of each field of the format, the preferred one first."""
        field_paths = dict(self.field_paths)
        return {
            field: [
                *(place for path in spelled for place in field_paths.get(path.lower(), ())),
                *self._in_path(spelled),
            ]
            for field, spelled in self.known.fields.items()
        }

    def _in_path(self, spelled: Sequence[str]) -> list[FieldPath]:
        """Return the column of the folders that fills a field, if there is one."""
        column = column_for(spelled, self.path_columns) if self.path_columns else None
        return [FieldPath(column, in_path=True)] if column else []

    def with_path_columns(self, columns: Sequence[str]) -> FileSchema:
        """Return the schema of files in folders with *columns*; those without a use are left out.

        A column of the file that is never null needs no other one.
        """
        known = replace(self, path_columns=tuple(columns))
        used = {
            place.sql
            for places in known.fields.values()
            for place in places
            if place.in_path and not places[0].complete
        }
        return replace(self, path_columns=tuple(sorted(used)))

    def plain_fields(self) -> dict[str, FieldPath] | None:
        """Return the paths of the canonical fields that the files have.

        ``None`` if that is not all there is to read: the format is another one, or a field is
        spelled in several ways.
        """
        if self.format != "canonical" or self.mapped or self.inside is not None:
            return None
        if self.lowercased or self.outcomes or self.careful:
            return None
        fields = {name: places for name, places in self.fields.items() if places}
        is_json = self.kind in ("ndjson", "json")
        if any(
            len(places) > 1 or places[0].in_path or (is_json and not places[0].json_name)
            for places in fields.values()
        ):
            return None
        return {name: place for name, (place,) in fields.items()}

    def events(self, paths: Sequence[str], origins: Sequence[str] = ()) -> str:
        """Return SQL for the canonical events in files with this schema.

        *origins* are the files themselves where copies are read: their paths have columns.
        """
        complete, native = self._guarantees
        events = self.known.events(
            f"({self._with_paths(self.scan(paths, origins), origins or paths)})",
            complete=complete,
            native=native,
        )
        return self._counted(events)

    def _with_paths(self, scan: str, origins: Sequence[str]) -> str:
        """Return SQL for a scan with the fields that come from the paths of its files."""
        if self.mapped is None or not self.mapped.path_fields:
            return scan
        given = [self.mapped.of_path(path) for path in origins]
        texts = (
            f"{_each_file([values[name] for values in given])} AS {name}"
            for name in self.mapped.path_fields
        )
        return f"SELECT *, {', '.join(texts)} FROM ({scan})"

    @property
    def faults(self) -> tuple[str, ...] | None:
        """Return conditions of rejected and ignored rows; see :meth:`Format.faults`."""
        complete, native = self._guarantees
        if not self.format or self.outcomes:
            return None
        return self.known.faults(complete=complete, native=native)

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
        scan = _json_scan(numbered(rows, self.inside), "line", self.fields, broken)
        return self._counted(
            self.known.events(f"({self._with_paths(scan, ())})", complete=(), native=())
        )

    def _counted(self, events: str) -> str:
        """Return SQL for events, of which outcomes count as sends if that is wanted."""
        if not self.outcomes:
            return events
        return outcomes_as_sends(events, one_each=self.format == "canonical" and not self.mapped)

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
        wanted = self.known.natives.get(name)
        return len(places) == 1 and places[0].native == (wanted or "text")

    def scan(self, paths: Sequence[str], origins: Sequence[str] = ()) -> str:
        """Return SQL for the format's raw fields over files of this layout; see :meth:`events`.

        The columns are ``file`` and ``row`` (blank lines, a CSV's header and lines that are
        no CSV do not count), ``place`` (a number that no other row of the scan has; above its
        :data:`FILE_BITS` lowest bits are the index of the row's file in *paths*), ``broken``
        (why a row cannot be read, or null) and the fields of the format, those of the canonical
        one where it is in none that is known: text, null where blank, or a time or truth value
        where the file types it so.
        """
        fields = self._filled(origins or paths)
        broken = "NULL::VARCHAR" if self.format else quoted(UNRECOGNISED)
        if self.kind in ("ndjson", "json"):
            rows = numbered(self.values(paths), self.inside)
            return _json_scan(rows, "number" if self.kind == "json" else "line", fields, broken)
        if self.careful:
            broken = f"coalesce(nullif({self.columns[-1]}, ''), {broken})"
        if bad := [
            f"WHEN {place.raw} IS NOT NULL AND {place.sql} IS NULL "
            f"THEN {quoted(f'{name} {NOT_UTF8}')}"
            for name, places in fields.items()
            for place in places
            if place.raw
        ]:
            broken = f"coalesce({broken}, CASE {' '.join(bad)} END)"
        chosen = ", ".join(
            f"{places[0].sql if self._is_native(name, places) else first_of(places)} AS {name}"
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

    def values(self, paths: Sequence[str]) -> str:
        """Return SQL that reads the values of files of JSON; see :func:`lines`."""
        read = lines if self.kind == "ndjson" else _documents
        return read(paths)

    def _filled(self, origins: Sequence[str]) -> dict[str, list[FieldPath]]:
        """Return the fields, with the values of the columns in the paths of files."""
        if not self.path_columns:
            return self.fields
        columns = [path_columns(path) for path in origins]
        values = {name: [each.get(name) for each in columns] for name in self.path_columns}
        filled = {name: _each_file(texts, "file_index") for name, texts in values.items()}
        return {
            name: [replace(p, sql=filled[p.sql]) if p.in_path else p for p in places]
            for name, places in self.fields.items()
        }

    @property
    def is_copied(self) -> bool:
        """Return whether the files are always read from copies, which are plain text."""
        packed = self.compression or self.encoding
        return self.careful or self.lowercased or packed is not None

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
            f"auto_detect = false, delim = {quoted(',' if self.careful else self.delimiter)}, "
            f"quote = '\"', escape = '\"', compression = 'none', "
            f"max_line_size = {MAX_LINE}, {csv_options}{NO_HIVE}, {_FILE})"
        )


def _each_file(values: Sequence[str | None], index: str = f"place >> {FILE_BITS}") -> str:
    """Return SQL for a text of each file of a scan; null where none is known."""
    if len(set(values)) <= 1:
        return quoted(values[0]) if values and values[0] is not None else "NULL::VARCHAR"
    texts = ", ".join("NULL" if value is None else quoted(value) for value in values)
    return f"[{texts}][({index}) + 1]"


def _json_scan(rows: str, row: str, fields: dict[str, list[FieldPath]], broken: str) -> str:
    """Return SQL that parses each value once for all fields; *row* is what counts as its row."""
    every = [place for places in fields.values() for place in places]
    paths = list(dict.fromkeys(place.sql for place in every if not place.in_path))
    index = {path: FieldPath(f"v[{i + 1}]") for i, path in enumerate(paths)}
    chosen = ", ".join(
        f"{first_of([p if p.in_path else index[p.sql] for p in places])} AS {field}"
        for field, places in fields.items()
    )
    values = f"json_extract_string(json, {_list(paths)})" if paths else "NULL"
    return (
        f"SELECT file, {row} AS row, (file_index::BIGINT << {FILE_BITS}) + number AS place, "
        f"broken, {chosen} FROM (SELECT clw_file AS file, file_index, line, number, {values} AS v, "
        f"CASE WHEN json IS NULL THEN {quoted(NOT_JSON)} "
        f"WHEN {IS_LIST} THEN CASE json_array_length(json) WHEN 0 THEN {quoted(HOLDS_NOTHING)} "
        f"ELSE {quoted(NO_OBJECT)} END "
        f"ELSE {broken} END AS broken FROM ({rows}))"
    )


def lines(paths: Sequence[str]) -> str:
    """Return SQL that reads NDJSON: ``json`` (null where a line is not JSON) and ``clw_file``.

    Blank lines are skipped.
    """
    return (
        f"read_ndjson_objects({_files(paths)}, ignore_errors = true, "
        "compression = 'uncompressed', "
        f"maximum_object_size = {MAX_LINE}, {NO_HIVE}, {_FILE})"
    )


def _documents(paths: Sequence[str]) -> str:
    """Return SQL that reads whole documents: an array's values, or objects over many lines."""
    return (
        f"read_json_objects({_files(paths)}, format = 'auto', "
        "compression = 'uncompressed', "
        f"maximum_object_size = {MAX_LINE}, {NO_HIVE}, {_FILE})"
    )


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(map(quoted, texts)) + "]"


def _files(paths: Sequence[str]) -> str:
    return "[" + ", ".join(map(literal, paths)) + "]"
