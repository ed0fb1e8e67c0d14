"""Avro files: what of them is read, when, and how a damaged one is reported."""

from __future__ import annotations

import gzip
import io
import os
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import fastavro
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.store import Store
from tests.support.channels import avro_files
from tests.support.events import plain
from tests.support.events.staged import staged

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup

pytestmark = pytest.mark.usefixtures("matrix")

Row = dict[str, Any]


event = partial(plain.event, timestamp="2025-11-20T12:00:00Z", message_id="m", channel="push")


def counts_of(rollup: Rollup) -> tuple[int, int]:
    return rollup.health.events, rollup.health.rejected


def once(path: Path) -> tuple[int, int]:
    return counts_of(open_rollup(path, "c1", follow=False))


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard", "bzip2", "xz"])
def test_every_codec_is_read(tmp_path: Path, codec: str) -> None:
    rows = [event(n, note=None) for n in range(3000)]
    avro_files.write(rows, tmp_path / "a.avro", codec)
    assert once(tmp_path) == (3000, 0)


@pytest.mark.parametrize("name", ["part-0", "a.json", "b.csv", "c.parquet", "d.txt"])
def test_a_file_is_known_by_its_first_bytes(tmp_path: Path, name: str) -> None:
    avro_files.write([event(1)], tmp_path / name)
    assert once(tmp_path / name) == (1, 0)
    avro_files.write([event(2)], tmp_path / "of-another-name.avro")
    assert once(tmp_path) == (2, 0)


def test_a_gzip_of_an_avro_file_is_read(tmp_path: Path) -> None:
    avro_files.write([event(1), event(2)], tmp_path / "plain")
    (tmp_path / "a.avro.gz").write_bytes(gzip.compress((tmp_path / "plain").read_bytes()))
    (tmp_path / "plain").unlink()
    assert once(tmp_path) == (2, 0)


def test_values_of_every_type_become_text_times_and_flags(tmp_path: Path) -> None:
    kinds = {
        "event_id": {"type": "string", "logicalType": "uuid"},
        "timestamp": {"type": "long", "logicalType": "timestamp-micros"},
        "campaign_id": {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 1},
        "message_id": "long",
        "channel": {"type": "enum", "name": "Channel", "symbols": ["email", "push"]},
        "profile_id": "bytes",
        "event_type": ["null", "string"],
        "domain": "double",
        "variant": {"type": "fixed", "name": "Two", "size": 2},
        "is_test": "boolean",
    }
    at = datetime(2025, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)
    row = {
        "event_id": "9496ee00-7c2b-11ec-8001-a58968c2bc84",
        "timestamp": at,
        "campaign_id": Decimal("12.5"),
        "message_id": 7,
        "channel": "email",
        "profile_id": "é".encode(),
        "event_type": "sent",
        "domain": float("nan"),
        "variant": b"B\xff",
        "is_test": True,
    }
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    schema = {"type": "record", "name": "Event", "fields": fields}
    with (tmp_path / "a.avro").open("wb") as out:
        fastavro.writer(out, schema, [row])
    (got,) = staged(tmp_path)
    wanted = {
        **row,
        "campaign_id": "12.5",
        "message_id": "7",
        "profile_id": "é",
        "domain": None,
        "variant": "B\ufffd",
        "us": round(at.timestamp() * 1e6),
        "cause": None,
    }
    del wanted["timestamp"]
    assert {name: got[name] for name in wanted} == wanted


def test_nested_records_are_read_as_json_is(tmp_path: Path) -> None:
    fields = [{"name": "campaign_id", "type": "string"}]
    inner = {"type": "record", "name": "Properties", "fields": fields}
    user = {"type": "record", "name": "User", "fields": [{"name": "user_id", "type": "string"}]}
    kinds = {"id": "string", "time": "long", "event_type": "string", "properties": inner}
    schema = {
        "type": "record",
        "name": "Event",
        "fields": [
            *({"name": name, "type": kind} for name, kind in kinds.items()),
            {"name": "user", "type": user},
            {"name": "dispatch_id", "type": ["null", "string"], "default": None},
        ],
    }
    row = {
        "id": "b1",
        "time": 1763640000,
        "event_type": "users.messages.email.Send",
        "properties": {"campaign_id": "autumn-sale"},
        "user": {"user_id": "customer-7"},
    }
    with (tmp_path / "a.avro").open("wb") as out:
        fastavro.writer(out, schema, [row])
    (got,) = staged(tmp_path)
    assert (got["event_type"], got["campaign_id"]) == ("sent", "autumn-sale")
    assert got["profile_id"] == "customer-7"


def test_a_file_is_read_once_its_last_block_is_whole(tmp_path: Path) -> None:
    avro_files.write([event(n) for n in range(500)], tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "whole").unlink()
    path = tmp_path / "a.avro"
    rollup = open_rollup(tmp_path, "c1", follow=True)
    for size in (2, 30, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        rollup.refresh()
        assert counts_of(rollup) == (0, 0)
        note = "a.avro: incomplete Avro file: the end of its last block is missing (yet)"
        assert rollup.health.notes == (note,)
    path.write_bytes(content)
    rollup.refresh()
    assert counts_of(rollup) == (500, 0)
    assert rollup.health.notes == ()


def test_a_file_that_grows_by_blocks_is_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "a.avro"
    avro_files.write([event(n) for n in range(200)], path)
    rollup = open_rollup(tmp_path, "c1", follow=True)
    with path.open("a+b") as out:
        schema = fastavro.reader(io.BytesIO(path.read_bytes())).writer_schema
        fastavro.writer(out, schema, [event(n) for n in range(200, 260)])
    rollup.refresh()
    assert counts_of(rollup) == (260, 0)


def test_a_damaged_file_is_named_and_nothing_of_it_is_counted(tmp_path: Path) -> None:
    avro_files.write([event(n) for n in range(500)], tmp_path / "a.avro")
    content = bytearray((tmp_path / "a.avro").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = os.urandom(40)
    (tmp_path / "a.avro").write_bytes(content)
    avro_files.write([event(1000)], tmp_path / "b.avro")
    rollup = open_rollup(tmp_path, "c1", follow=False)
    assert counts_of(rollup) == (1, 0)
    assert [note.partition(":")[0] for note in rollup.health.notes] == ["a.avro"]
    assert "damaged" in rollup.health.notes[0]
    (tmp_path / "b.avro").unlink()
    with pytest.raises(SourceError, match="damaged"):
        open_rollup(tmp_path / "a.avro", "c1", follow=False)


def test_a_rejected_record_is_reported_by_its_number(tmp_path: Path) -> None:
    rows = [event(n, event_type="teleported" if n == 400 else "sent") for n in range(500)]
    avro_files.write(rows, tmp_path / "a.avro")
    rollup = open_rollup(tmp_path, "c1", follow=False)
    assert [(r.file, r.row) for r in rollup.health.rejects] == [("a.avro", 401)]


def test_a_store_ingests_avro_files_once(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    avro_files.write([event(n) for n in range(50)], tmp_path / "in" / "a.avro")
    for _ in range(2):
        with Store.open(tmp_path / "store") as store:
            store.ingest(str(tmp_path / "in"))
    assert once(tmp_path / "store") == (50, 0)


def test_a_folder_names_a_column_that_its_files_do_not_have(tmp_path: Path) -> None:
    for kind in ("sent", "open"):
        folder = tmp_path / f"event_type={kind}" / "date=2025-11-20-12"
        folder.mkdir(parents=True)
        row = event(1, event_id=kind)
        del row["event_type"]
        avro_files.write([row], folder / "a.avro")
    assert sorted(row["event_type"] for row in staged(tmp_path)) == ["open", "sent"]
