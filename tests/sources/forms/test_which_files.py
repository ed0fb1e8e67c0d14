"""Which files of a source are read, and which columns their paths add."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.store import Store
from tests.support.events.plain import event

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.snapshot import Health

Row = dict[str, Any]
MATRIX = pytest.mark.matrix


def lines(*rows: Row) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def health(source: Path | str, *, follow: bool = False) -> Health:
    rollup = open_rollup(source, "c1", follow=follow)
    rollup.close()
    return rollup.health


def counts(source: Path | str, **options: bool) -> tuple[int, int, int]:
    result = health(source, **options)
    return result.events, result.rejected, result.ignored


def table(rows: list[Row]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue())


def csv_text(rows: list[Row], delimiter: str = ",") -> bytes:
    texts = [delimiter.join(rows[0]), *(delimiter.join(map(str, row.values())) for row in rows)]
    return ("\n".join(texts) + "\n").encode()


WRITERS = {
    "ndjson": lambda rows: lines(*rows),
    "json": lambda rows: json.dumps(rows, indent=1).encode(),
    "csv": csv_text,
    "parquet": table,
    "ndjson.gz": lambda rows: gzip.compress(lines(*rows)),
}


def without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


@pytest.mark.parametrize(
    "kind", ["parquet", *(pytest.param(k, marks=MATRIX) for k in WRITERS if k != "parquet")]
)
def test_a_column_in_the_path_fills_what_the_file_lacks(tmp_path: Path, kind: str) -> None:
    rows = [without(event(number), "campaign_id", "channel") for number in range(3)]
    put(tmp_path, f"Channel=email/campaign_id=c%201/x=y/part.{kind}", WRITERS[kind](rows))
    put(tmp_path, f"other.{kind}", WRITERS[kind]([event(9, campaign_id="c 1")]))
    for source in (tmp_path, tmp_path / "Channel=email", f"{tmp_path}/**/*.{kind}"):
        rollup = open_rollup(source, "c 1", follow=False)
        whole = source != tmp_path / "Channel=email"
        assert (rollup.health.events, rollup.health.rejected) == (3 + whole, 0)
        assert [campaign.id for campaign in rollup.campaigns()] == ["c 1"]
    alone = next(tmp_path.rglob(f"part.{kind}"))
    assert open_rollup(alone, "c 1", follow=True).health.events == 3


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("kind", WRITERS)
def test_a_column_of_the_file_counts_before_one_in_the_path(tmp_path: Path, kind: str) -> None:
    rows = [event(1), event(2)]
    put(tmp_path, f"campaign_id=other/timestamp=2020-01-01/a.{kind}", WRITERS[kind](rows))
    rollup = open_rollup(tmp_path, "c1", follow=False)
    assert [(c.id, c.events) for c in rollup.campaigns()] == [("c1", 2)]
    rollup = open_rollup(tmp_path, "c1", follow=True)
    assert [(c.id, c.events) for c in rollup.campaigns()] == [("c1", 2)]


@pytest.mark.usefixtures("matrix")
def test_the_inner_column_of_a_path_counts_and_hives_null_is_null(tmp_path: Path) -> None:
    row = without(event(1), "campaign_id", "event_type")
    put(tmp_path, "campaign_id=a/CAMPAIGN_ID=b/event_type=sent/a.ndjson", lines(row))
    null = "campaign_id=__HIVE_DEFAULT_PARTITION__/event_type=sent/a.ndjson"
    put(tmp_path, null, lines(row | {"event_id": "e2"}))
    rollup = open_rollup(tmp_path, "b", follow=False)
    assert [(c.id, c.events) for c in rollup.campaigns()] == [("b", 1)]
    assert [reject.cause for reject in rollup.health.rejects] == ["campaign_id is missing"]


@pytest.mark.usefixtures("matrix")
def test_a_vendors_events_take_the_campaign_of_the_path(tmp_path: Path) -> None:
    row = {
        "email": "a@b.example",
        "timestamp": 1763640000,
        "event": "processed",
        "sg_event_id": "1",
    }
    put(tmp_path, "campaign_id=c1/a.ndjson", lines(row))
    assert counts(tmp_path) == (1, 0, 0)


def test_hidden_files_are_left_out_but_columns_with_an_underscore_are_read(tmp_path: Path) -> None:
    for number, name in enumerate(
        ("_DATE=1/a.ndjson", "b.ndjson", "manifesto.ndjson", "_a=1/_b=2/c.ndjson"), 1
    ):
        put(tmp_path, name, lines(event(number)))
    for name in ("_tmp/a.ndjson", ".x=1/a.ndjson", "_a.ndjson", "_a=1.ndjson", "_SUCCESS"):
        put(tmp_path, name, lines(event(99)))
    for follow in (False, True):
        assert health(tmp_path, follow=follow).notes == ()
        assert counts(tmp_path, follow=follow) == (4, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        '{"files": 3}',
        '{\n "entries": [{"url": "s3://b/a.parquet", "mandatory": true}]\n}',
        '{"dataFileS3Key": "x/a.json.gz"}\n{"dataFileS3Key": "x/b.json.gz"}\n',
    ],
)
def test_a_manifest_is_known_by_its_content_and_noted(tmp_path: Path, text: str) -> None:
    put(tmp_path, "a.ndjson", lines(event(1)))
    put(tmp_path, "export.json", text.encode())
    for follow in (False, True):
        result = health(tmp_path, follow=follow)
        assert (result.events, result.rejected, result.ignored) == (1, 0, 0)
        (note,) = result.notes
        assert note.startswith("export.json: is skipped")


@pytest.mark.usefixtures("matrix")
def test_a_skipped_file_is_read_once_it_has_events(tmp_path: Path) -> None:
    put(tmp_path, "a.ndjson", lines(event(1)))
    path = put(tmp_path, "b.ndjson", b'{"files": 3}\n')
    rollup = open_rollup(tmp_path, "c1", follow=True)
    path.write_bytes(lines(event(2), event(3)))
    rollup.refresh()
    assert (rollup.health.events, rollup.health.notes) == (3, ())


PACKED = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("pack", PACKED)
@pytest.mark.parametrize("kind", ["ndjson", "csv", "together", "pretty"])
@pytest.mark.parametrize("name", ["part-0", "part-0.log", "known", "wrong"])
def test_content_decides_what_a_file_is(tmp_path: Path, pack: str, kind: str, name: str) -> None:
    rows = [event(number) for number in range(5)]
    text = {
        "ndjson": lines(*rows),
        "csv": csv_text(rows, ";"),
        "together": "".join(map(json.dumps, rows)).encode(),
        "pretty": b"\n".join(json.dumps(row, indent=2).encode() for row in rows),
    }[kind]
    endings = {"known": f"a.{'csv' if kind == 'csv' else 'json'}{pack}"}
    endings["wrong"] = "a.parquet" if kind == "csv" else "a.csv.gz"
    put(tmp_path, endings.get(name, name + pack * (name == "part-0.log")), PACKED[pack](text))
    for follow in (False, True):
        assert counts(tmp_path, follow=follow) == (5, 0, 0)


def test_text_that_is_no_events_is_noted_and_not_read(tmp_path: Path) -> None:
    put(tmp_path, "a.ndjson", lines(event(1)))
    put(tmp_path, "LICENSE", b"Permission is hereby granted, free of charge, to any person\n")
    put(tmp_path, "notes.txt", b"one, two, three\n1, 2, 3\n")
    put(tmp_path, "app.log", b'{"level": "info"}\n{"level": "warn"}\n')
    put(tmp_path, "picture", b"\x89PNG\r\n\x1a\n\0\0")
    for follow in (False, True):
        result = health(tmp_path, follow=follow)
        assert (result.events, result.rejected) == (1, 0)
        assert result.notes[0].startswith("4 files were not read, because neither name nor content")


@pytest.mark.usefixtures("matrix")
def test_files_without_an_extension_are_followed_and_stored(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    path = put(folder, "stream-1", lines(event(1)))
    rollup = open_rollup(folder, "c1", follow=True)
    assert rollup.health.events == 1
    with path.open("ab") as out:
        out.write(lines(event(2)))
    put(folder, "stream-2.gz", gzip.compress(json.dumps(event(3)).encode()))
    rollup.refresh()
    assert (rollup.health.events, rollup.health.notes) == (3, ())
    path.unlink()
    rollup.refresh()
    assert rollup.health.events == 1
    with Store.open(tmp_path / "store") as store:
        stored = store.ingest(folder)
    assert (stored.events, stored.problems) == (1, {})


@pytest.mark.usefixtures("matrix")
def test_links_and_odd_names_cost_nothing_else(tmp_path: Path) -> None:
    put(tmp_path, "a.ndjson", lines(event(1)))
    put(tmp_path, "two\nlines.ndjson", lines(event(2)))
    (tmp_path / "folder.ndjson").mkdir()
    put(tmp_path, "folder.ndjson/b.csv", csv_text([event(3)]))
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.ndjson").symlink_to("self.ndjson")
    (tmp_path / "nowhere.ndjson").symlink_to("absent.ndjson")
    put(tmp_path, "empty.parquet", b"")
    put(tmp_path, "empty", b"")
    for follow in (False, True):
        assert counts(tmp_path, follow=follow) == (3, 0, 0)
