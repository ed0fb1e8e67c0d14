"""Columns of Parquet as programs write them: bytes, ids of any type, maps, names in any case."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.store import Store
from tests.support.events import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign_live_widgets.snapshot import Health

pytestmark = pytest.mark.usefixtures("matrix")
Row = dict[str, Any]


event = partial(plain.event, campaign_id="été")


def health(source: Path, *, follow: bool = False) -> Health:
    rollup = open_rollup(source, None, follow=follow)
    rollup.close()
    return rollup.health


def stored(source: Path, column: str) -> list[str]:
    with Store.open(source.parent / "store") as store:
        store.ingest(source)
    files = f"{source.parent}/store/**/*.parquet"
    rows = duckdb.execute(f"SELECT DISTINCT {column} FROM '{files}' ORDER BY 1").fetchall()
    return [value for (value,) in rows]


def columns(rows: list[Row], **typed: pa.Array) -> pa.Table:
    table = pa.Table.from_pylist(rows)
    for name, column in typed.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def as_bytes(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([(name, pa.binary()) for name in table.column_names]))


@pytest.mark.parametrize("follow", [False, True])
def test_bytes_are_text_and_others_reject_their_row(tmp_path: Path, follow: bool) -> None:  # noqa: FBT001
    table = as_bytes(pa.Table.from_pylist([event(number) for number in range(4)]))
    place = table.column_names.index("message_id")
    names = pa.array([b"l'offre", "é".encode(), b"\xff\xfe", b"x"], pa.binary())
    path = tmp_path / "a.parquet"
    pq.write_table(table.set_column(place, "message_id", names), path)
    result = health(path, follow=follow)
    assert (result.events, result.rejected) == (3, 1)
    if not follow:
        assert [reject.cause for reject in result.rejects] == ["message_id is not valid UTF-8"]
        assert stored(path, "message_id") == ["l'offre", "x", "é"]
        assert stored(path, "campaign_id") == ["été"]


def test_ids_of_any_type_are_readable(tmp_path: Path) -> None:
    ids = [uuid.UUID(int=(number << 120) | 0xFF) for number in range(1, 4)]
    given = {
        "uuid": (pa.array([u.bytes for u in ids], pa.binary(16)), [str(u) for u in ids]),
        "text": (pa.array([b"0123456789abcde" + b"%d" % n for n in range(3)], pa.binary(16)), None),
        "short": (
            pa.array([b"\x00\x01\xff", b"\x00\x02\xff", b"\x00\x03\xff"], pa.binary(3)),
            None,
        ),
        "decimal": (pa.array([Decimal(n) for n in (120, 121, 122)], pa.decimal128(38, 10)), None),
        "int": (pa.array([2**63 + n for n in range(3)], pa.uint64()), None),
        "dictionary": (pa.array(["a", "b", "c"]).dictionary_encode(), None),
    }
    expected = {
        "text": [f"0123456789abcde{n}" for n in range(3)],
        "short": ["0001ff", "0002ff", "0003ff"],
        "decimal": ["120", "121", "122"],
        "int": [str(2**63 + n) for n in range(3)],
        "dictionary": ["a", "b", "c"],
    }
    for name, (column, texts) in given.items():
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "a.parquet"
        pq.write_table(columns([event(n) for n in range(3)], profile_id=column), path)
        assert stored(path, "profile_id") == (texts or expected[name]), name


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("old", [False, True])
def test_times_of_any_unit_are_read(tmp_path: Path, unit: str, zone: str | None, old: bool) -> None:  # noqa: FBT001
    times = pa.array([1_770_091_506] * 2, pa.int64()).cast(pa.timestamp("s", zone))
    path = tmp_path / "a.parquet"
    pq.write_table(
        columns([event(1), event(2)], timestamp=times.cast(pa.timestamp(unit, zone))),
        path,
        use_deprecated_int96_timestamps=old,
    )
    assert [str(time)[:19] for time in stored(path, "timestamp")] == ["2026-02-03 04:05:06"]


def ses(number: int) -> Row:
    return {
        "eventType": "Bounce",
        "mail": {
            "timestamp": "2026-02-03T04:05:06Z",
            "messageId": f"s{number}",
            "destination": [f"r{number}@b.example"],
            "tags": {"campaign_id": ["c1"], "message_id": ["m1"]},
        },
        "bounce": {
            "timestamp": "2026-02-03T04:05:07Z",
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "remoteMtaIp": "127.0.0.1",
            "bouncedRecipients": [
                {
                    "emailAddress": f"r{number}@b.example",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
            ],
        },
    }


def renamed(value: object, rename: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {rename(name): renamed(inner, rename) for name, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, rename) for inner in value]
    return value


TEXTS = pa.list_(pa.string())


@pytest.mark.parametrize("rename", [str, str.lower, str.upper])
@pytest.mark.parametrize("tags", ["map", "bytes", "struct"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_nested_columns_may_be_maps_and_names_in_any_case(
    tmp_path: Path,
    rename: Callable[[str], str],
    tags: str,
    wrapped: bool,  # noqa: FBT001
) -> None:
    rows = [renamed(ses(number), rename) for number in range(3)]
    table = pa.Table.from_pylist(rows)
    if tags != "struct":
        mail = rename("mail")
        kind = pa.binary() if tags == "bytes" else pa.string()
        entries = [("campaign_id", ["c1"]), ("Message_ID", ["m1"])]
        for row in rows:
            row[mail][rename("tags")] = entries
        fields = [
            pa.field(f.name, pa.map_(kind, pa.list_(kind))) if f.name == rename("tags") else f
            for f in table.schema.field(mail).type
        ]
        schema = table.schema.set(table.column_names.index(mail), pa.field(mail, pa.struct(fields)))
        table = pa.Table.from_pylist(rows, schema)
    if wrapped:
        table = pa.table({rename("detail"): table.to_struct_array()})
    pq.write_table(table, tmp_path / "a.parquet")
    for follow in (False, True):
        result = health(tmp_path, follow=follow)
        assert (result.events, result.rejected) == (3, 0)
    assert stored(tmp_path / "a.parquet", "reason || bounce_type || domain") == [
        "Invalid-Recipienthardb.example"
    ]


@pytest.mark.parametrize("rename", [str.lower, str.upper])
@pytest.mark.parametrize("envelope", [False, True])
def test_senders_json_may_have_names_in_any_case(
    tmp_path: Path,
    rename: Callable[[str], str],
    envelope: bool,  # noqa: FBT001
) -> None:
    rows = [{"Records": [{"body": ses(n)}]} if envelope else ses(n) for n in range(3)]
    lines = [json.dumps(renamed(row, rename)) + "\n" for row in rows]
    (tmp_path / "a.ndjson").write_text("".join(lines), encoding="utf-8")
    for follow in (False, True):
        result = health(tmp_path, follow=follow)
        assert (result.events, result.rejected) == (3, 0)
    assert stored(tmp_path / "a.ndjson", "reason || bounce_type || domain") == [
        "Invalid-Recipienthardb.example"
    ]
