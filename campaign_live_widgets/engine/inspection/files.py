"""Inspect the files of a source."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import duckdb

from campaign_live_widgets.engine.inspection.findings import Column, Group, Inspection
from campaign_live_widgets.engine.inspection.shapes import kind_of
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources import Location, Tail, quoted
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.files.json_documents import records
from campaign_live_widgets.sources.files.opened import why
from campaign_live_widgets.sources.files.scan_sql import BROKEN
from campaign_live_widgets.sources.files.staging import UNREADABLE, Stage
from campaign_live_widgets.sources.mapping.rules import part_of_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campaign_live_widgets.sources import FileSchema, FileSlice

ROWS: Final = 1_000
"""Rows of a group's first file that are read."""
_LOOKED_AT: Final = 2_000
"""Files whose form is found out."""
_FORMS: Final = {
    "csv": "CSV",
    "parquet": "Parquet",
    "ndjson": "NDJSON",
    "json": "JSON",
    "avro": "Avro",
}
_ADDED: Final = ("clw_file", "file_row_number", BROKEN)
"""Columns that are not in the file."""
_COLUMNS: Final = 500
_DEEPEST: Final = 8


def inspect_files(location: Location) -> Inspection:
    """Return what is in the files of a source; raise :class:`SourceError` if there are none."""
    with closing(duckdb.connect()) as con:
        con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        mapped = location.mapped_files()
        tail = Tail(location, follow=False, mapped=mapped)
        stage = Stage(con, location.format, tail.files, mapped=mapped)
        try:
            con.execute(f"SET temp_directory = {quoted(stage.folder)}")
            return _inspect(con, stage, tail, location)
        finally:
            stage.close()


def _inspect(
    con: duckdb.DuckDBPyConnection, stage: Stage, tail: Tail, location: Location
) -> Inspection:
    slices = tail.poll()
    if not slices and not tail.waiting and not tail.problems:
        message = f"{location.text}: there is no event file (Parquet, CSV or NDJSON)"
        raise SourceError(message)
    groups: dict[Any, list[tuple[FileSlice, FileSchema]]] = defaultdict(list)
    broken: dict[str, list[str]] = defaultdict(list)
    for file_slice in slices[:_LOOKED_AT]:
        name = _below(file_slice, location)
        try:
            schema = stage.schema_of(file_slice)
        except SourceError as error:
            broken[str(error).removeprefix(f"{file_slice.file.path}: ")].append(name)
            continue
        names = None if schema.format else frozenset(path for path, _ in schema.field_paths)
        groups[schema.kind, schema.format, schema.mapped, names].append((file_slice, schema))
    inspected = [_group(con, stage, location, members) for members in groups.values()]
    inspected += [Group("file", None, names, problem=problem) for problem, names in broken.items()]
    notes = [
        f"{_below_path(path, location)}: {text}"
        for path, text in sorted({**tail.waiting, **tail.problems, **tail.passed}.items())
    ]
    if len(slices) > _LOOKED_AT:
        notes.append(f"{len(slices) - _LOOKED_AT:,} more files were not read")
    return Inspection(inspected, notes)


def _group(
    con: duckdb.DuckDBPyConnection,
    stage: Stage,
    location: Location,
    members: list[tuple[FileSlice, FileSchema]],
) -> Group:
    first, schema = members[0]
    group = Group(
        _FORMS.get(first.file.kind, first.file.kind),
        None if schema.mapped and schema.mapped.rule.is_free else schema.format,
        [_below(file_slice, location) for file_slice, _ in members],
        is_mapped=schema.mapped is not None,
    )
    try:
        read = stage.open_slice(schema, first)
        rows = _rows(con, schema, read.path)
        group.rows, group.columns = len(rows), columns_of(rows)
        events = schema.events([read.path], [first.file.path])
        stage.clear_rejects()
        counted = con.execute(
            f"SELECT cause, part = 0, count(*) FROM (SELECT cause, part FROM ({events}) "
            f"LIMIT {ROWS}) GROUP BY ALL ORDER BY 3 DESC, 1"
        ).fetchall()
        _count(group, counted)
    except UNREADABLE as error:
        stop_if_interrupted(error)
        group.problem = why(error)
    finally:
        stage.clear_rejects()
        stage.remove_copies()
    return group


def _count(group: Group, counted: Iterable[tuple[str | None, bool, int]]) -> None:
    for cause, has_no_part, number in counted:
        if cause:
            group.rejected[cause] = group.rejected.get(cause, 0) + number
        elif has_no_part or cause == "":
            group.ignored += number
        else:
            group.events += number


def _rows(con: duckdb.DuckDBPyConnection, schema: FileSchema, path: str) -> list[dict[str, Any]]:
    """Return the first rows of a file as nested objects."""
    if schema.kind in ("ndjson", "json"):
        fetched = con.execute(f"SELECT json FROM {schema.values([path])} LIMIT {ROWS}").fetchall()
        values = [json.loads(text) for (text,) in fetched if text is not None]
        return list(records(values, schema.inside or ()))[:ROWS]
    lenient = "ignore_errors = true, " if schema.kind == "csv" else ""
    relation = con.execute(f"SELECT * FROM {schema.rows([path], lenient)} LIMIT {ROWS}")
    names = [column[0] for column in relation.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
    return [{name: value for name, value in row.items() if name not in _ADDED} for row in rows]


def columns_of(rows: list[dict[str, Any]]) -> list[Column]:
    """Return the columns of rows, nested ones by their dotted paths."""
    values: dict[str, list[str]] = {}

    def visit(row: dict[Any, Any], path: str, depth: int) -> None:
        for name, value in row.items():
            below = f"{path}{name}"
            if isinstance(value, dict) and value and depth < _DEEPEST:
                visit(value, f"{below}.", depth + 1)
            elif below in values or len(values) < _COLUMNS:
                texts = values.setdefault(below, [])
                text = _text(value)
                if text.strip():
                    texts.append(text)

    for row in rows:
        visit(row, "", 0)
    return [
        Column(name, kind_of(texts), tuple(texts), min(1.0, len(texts) / len(rows)))
        for name, texts in values.items()
    ]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, default=str)
    return str(value)


def _below(file_slice: FileSlice, location: Location) -> str:
    return _below_path(file_slice.file.path, location)


def _below_path(path: str, location: Location) -> str:
    return part_of_path(path, str(location.watched), "all") or path
