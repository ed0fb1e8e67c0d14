"""How far the files of a source were read → plain values, and back."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from campaign_live_widgets.io.file_status import FileStatus
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources.files.field_path import FieldPath
from campaign_live_widgets.sources.files.file_state import FileState, ReadPart, Tally
from campaign_live_widgets.sources.files.location import DataFile
from campaign_live_widgets.sources.files.scan_sql import FileSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

_STATUSES = ("idle_state", "opened")
_PLAIN = ("waiting", "problem", "is_counted", "passed", "rests_at")


def save_files(files: Mapping[str, FileState], arrays: Arrays) -> dict[str, Any]:
    """Return the states of files; add the repeated rows of all of them as arrays."""
    schemas: dict[tuple[Any, ...], int] = {}
    states = [
        (path, {name: value for name, value in _plain(state, schemas).items() if value is not None})
        for path, state in files.items()
    ]
    known = [state.repeats for state in files.values()]
    arrays["repeats.sizes"] = np.array(
        [-1 if repeats is None else len(repeats) for repeats in known], dtype=np.int64
    )
    arrays["repeats.positions"] = np.concatenate(
        [np.empty(0, np.int64), *(repeats for repeats in known if repeats is not None)]
    )
    return {"states": states, "schemas": list(schemas)}


def restore_files(plain: Mapping[str, Any], arrays: Arrays) -> dict[str, FileState]:
    """Return the states of files that were saved."""
    schemas = [_schema(values) for values in plain["schemas"]]
    files = {path: _state(values, schemas) for path, values in plain["states"]}
    sizes, positions = arrays["repeats.sizes"].tolist(), arrays["repeats.positions"].copy()
    start = 0
    for state, size in zip(files.values(), sizes, strict=True):
        state.repeats = None if size < 0 else positions[start : start + size]
        start += max(size, 0)
    return files


def _plain(state: FileState, schemas: dict[tuple[Any, ...], int]) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(state, name) for name in (*_PLAIN, *_STATUSES)}
    if state.schema is not None:
        values["schema"] = schemas.setdefault(_values(state.schema), len(schemas))
    values["detected"] = None if state.detected is None else _file(state.detected)
    tally, read = state.tally, state.read
    rejects = [(reject.file, reject.row, reject.cause) for reject in tally.rejects]
    values["tally"] = (tally.duplicates, tally.rejected, tally.ignored, rejects, tally.kept)
    if read is not None:
        values["read"] = (_file(read.file), read.end, read.lines, read.state, read.mark.hex())
    return values


def _state(values: Mapping[str, Any], schemas: list[FileSchema]) -> FileState:
    state = FileState(**{name: values[name] for name in _PLAIN if name in values})
    if "schema" in values:
        state.schema = schemas[values["schema"]]
    state.idle_state, state.opened = (
        FileStatus(*values[name]) if name in values else None for name in _STATUSES
    )
    state.detected = DataFile(*values["detected"]) if "detected" in values else None
    duplicates, rejected, ignored, rejects, most = values["tally"]
    rows = [Reject(file, row, cause) for file, row, cause in rejects]
    state.tally = Tally(duplicates, rejected, ignored, rows, most)
    if "read" in values:
        file, end, lines, status, mark = values["read"]
        state.read = ReadPart(DataFile(*file), end, lines, FileStatus(*status), bytes.fromhex(mark))
    return state


def _file(file: DataFile) -> tuple[str, str, str | None, str | None]:
    return file.path, file.kind, file.compression, file.encoding


def _values(schema: FileSchema) -> tuple[Any, ...]:
    """Return a schema as values that are equal only where all of it is."""
    values = asdict(replace(schema, mapped=None))  # the address gives both again
    del values["mapped"], values["outcomes"]
    paths = tuple(
        (name, tuple(tuple(path.values()) for path in spelled))
        for name, spelled in values.pop("field_paths")
    )
    return (tuple(values.items()), paths)


def _schema(plain: list[Any]) -> FileSchema:
    items, paths = plain
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in items}
    field_paths = tuple(
        (field, tuple(FieldPath(*path) for path in spelled)) for field, spelled in paths
    )
    return FileSchema(**values, field_paths=field_paths)
