"""Files with the same schema in their footers are described once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaign_live_widgets.sources.files.known_schemas import KnownSchemas
from campaign_live_widgets.sources.files.location import DataFile
from campaign_live_widgets.sources.files.parquet_footer import read_footer, schema_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TABLES = {
    "text": {"event_id": ["a"], "event_type": ["sent"], "timestamp": ["2026-11-20"]},
    "time": {"event_id": ["a"], "event_type": ["sent"], "timestamp": [NOW]},
    "another order": {"event_type": ["sent"], "event_id": ["a"], "timestamp": [NOW]},
    "a list": {"event_id": ["a"], "event_type": ["sent"], "timestamp": [[NOW]]},
    "nested": {"event_id": ["a"], "event_type": [{"kind": "sent", "own": [{"x": True}]}]},
    "another name": {"event_id": ["a"], "event_typE": ["sent"], "timestamp": [NOW]},
    "many": {f"column_{number}": [number] for number in range(300)} | {"event_type": ["sent"]},
}


@pytest.fixture
def known() -> Iterator[KnownSchemas]:
    with duckdb.connect() as con:
        yield KnownSchemas(con, None)


def write(path: Path, columns: dict[str, Any], **options: Any) -> DataFile:  # noqa: ANN401 - pyarrow's
    pq.write_table(pa.table(columns), path, **options)
    return DataFile(str(path), "parquet")


def start_of(file: DataFile, size: int) -> bytes:
    footer = read_footer(file.path, size)
    assert footer is not None
    start = schema_bytes(footer)
    assert start
    return start


def size_of(path: Path) -> int:
    return path.stat().st_size


@pytest.mark.parametrize("name", TABLES)
def test_the_schema_is_the_same_whatever_the_rows(tmp_path: Path, name: str) -> None:
    one, many = tmp_path / "one.parquet", tmp_path / "many.parquet"
    columns = TABLES[name]
    start = start_of(write(one, columns), size_of(one))
    times = {column: values * 5000 for column, values in columns.items()}
    file = write(many, times, compression="zstd", row_group_size=100)
    assert start_of(file, size_of(many)) == start
    with duckdb.connect() as con:
        path = tmp_path / "copy.parquet"
        con.execute(f"COPY (FROM '{one}') TO '{path}'")
        twice = tmp_path / "twice.parquet"
        con.execute(f"COPY (FROM '{one}' UNION ALL FROM '{one}') TO '{twice}'")
    assert start_of(DataFile(str(path), "parquet"), size_of(path)) == start_of(
        DataFile(str(twice), "parquet"), size_of(twice)
    )


def test_other_schemas_are_other_bytes_and_none_starts_like_another(tmp_path: Path) -> None:
    starts = []
    for name, columns in TABLES.items():
        path = tmp_path / f"{name}.parquet"
        starts.append(start_of(write(path, columns), size_of(path)))
    assert len(set(starts)) == len(TABLES)
    for one in starts:
        assert [other for other in starts if other.startswith(one)] == [one]


def test_a_footer_that_was_cut_has_no_schema(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    footer = read_footer(write(path, TABLES["nested"]).path, size_of(path))
    assert footer is not None
    start = schema_bytes(footer)
    assert start is not None
    for length in range(len(start)):
        assert schema_bytes(footer[:length]) is None
    assert schema_bytes(footer[: len(start)]) == start
    assert schema_bytes(b"\x15\x02\x15\x02") is None
    assert schema_bytes(b"") is None


def test_only_whole_files_have_a_footer(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    file = write(path, TABLES["time"])
    size = size_of(path)
    assert read_footer(file.path, size) is not None
    assert read_footer(file.path, size - 1) is None
    path.write_bytes(path.read_bytes()[:-8] + b"\xff\xff\xff\x00PAR1")
    assert read_footer(file.path, size) is None
    path.write_bytes(b"PAR1")
    assert read_footer(file.path, 4) is None


def test_a_large_footer_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = {f"column_{number}": [number] * 8 for number in range(500)}
    file = write(path, columns, row_group_size=1)
    footer = read_footer(file.path, size_of(path))
    assert footer is not None
    assert len(footer) > 1 << 16
    assert start_of(file, size_of(path)) == footer[: len(start_of(file, size_of(path)))]


def test_metadata_that_change_a_type_are_not_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table(TABLES["time"]).replace_schema_metadata({"geo": "{}"})
    pq.write_table(table, path)
    assert read_footer(str(path), size_of(path)) is None


def test_a_schema_is_described_once_and_another_one_again(
    tmp_path: Path, known: KnownSchemas
) -> None:
    def schema(name: str, number: int) -> Any:  # noqa: ANN401
        path = tmp_path / f"{name}-{number}.parquet"
        file = write(path, {key: values * (number + 1) for key, values in TABLES[name].items()})
        return known.schema_of(file, size_of(path))

    first = {name: schema(name, 0) for name in TABLES}
    for name, described in first.items():
        assert schema(name, 1) is described, name
    assert first["time"].format == "canonical"
    assert dict(first["time"].field_paths)["timestamp"][0].native == "time"
    assert dict(first["text"].field_paths)["timestamp"][0].native == ""
