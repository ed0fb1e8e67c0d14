"""Rows in the shape that vendors document: each event, field by field, and whose a row is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaign_live_widgets.sources import FORMATS, holds
from tests.support.channels import avro_files
from tests.support.channels import samples as channels
from tests.support.channels.samples import COMMON, SECONDS
from tests.support.cli import call
from tests.support.events.staged import staged
from tests.support.vendors import generate_vendors, mail_samples

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]

SAMPLES = channels.SAMPLES | mail_samples.SAMPLES


@pytest.mark.parametrize("vendor", SAMPLES)
def test_each_row_becomes_its_events(tmp_path: Path, vendor: str) -> None:
    lines = [json.dumps(raw) + "\n" for raw, _ in SAMPLES[vendor]]
    (tmp_path / "posted.ndjson").write_text("".join(lines), encoding="utf-8")
    by_row: dict[int, list[Row]] = {}
    for event in staged(tmp_path):
        by_row.setdefault(event["row"], []).append(event)
    for number, (raw, wanted) in enumerate(SAMPLES[vendor], 1):
        events = [event for event in by_row[number] if event["part"]]
        assert [e["event_type"] for e in events] == [e["event_type"] for e in wanted], raw
        for event, expected in zip(events, wanted, strict=True):
            meant = COMMON | expected
            meant.setdefault("message_id", meant["campaign_id"])
            assert {name: event[name] for name in meant} == meant, raw
            assert event["event_id"].startswith(f"{vendor}:")
    stored = json.dumps(list(by_row.values()), default=str).lower()
    assert "jane" not in stored, "an address is not kept"


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("form", ["parquet", "avro"])
def test_an_export_of_bigquery_is_read_with_its_types(tmp_path: Path, form: str) -> None:
    table = pa.Table.from_pylist(
        [
            raw
            | {
                "event_timestamp": datetime.fromtimestamp(SECONDS, UTC),
                "bulk_id": 77,
                "analytics_label": "autumn-sale",
            }
            for raw, _ in SAMPLES["fcm"]
        ]
    )
    if form == "parquet":
        pq.write_table(table, tmp_path / "part-0.parquet")
    else:
        avro_files.write(table.to_pylist(), tmp_path / "part-0.avro", "snappy")
    rows = staged(tmp_path)
    assert [row["event_type"] for row in rows] == ["sent", "delivered", "error", "sent", None]
    events = [row for row in rows if row["part"]]
    assert {(row["us"], row["campaign_id"], row["execution_id"]) for row in events} == {
        (SECONDS * 1_000_000, "autumn-sale", "77")
    }


@pytest.mark.parametrize("vendor", SAMPLES)
def test_each_row_is_recognised_as_its_vendors_alone(vendor: str) -> None:
    for raw, _ in SAMPLES[vendor]:
        if raw != {"events": []}:
            assert [name for name in FORMATS if holds([raw], name)] == [vendor], raw


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
def test_each_generated_row_is_recognised_as_its_vendors_alone(vendor: str) -> None:
    for made in generate_vendors.rows(vendor, seed=1, size=60):
        whose = [name for name in FORMATS if holds([made.raw], name)]
        assert whose == [vendor] or (not made.events and not whose), made.raw


@pytest.mark.usefixtures("matrix")
def test_no_address_profile_or_reply_of_a_row_is_printed_or_stored(tmp_path: Path) -> None:
    source, store = tmp_path / "source", tmp_path / "store"
    source.mkdir()
    for vendor, rows in SAMPLES.items():
        lines = [json.dumps(raw) + "\n" for raw, _ in rows]
        (source / f"{vendor}.ndjson").write_text("".join(lines), encoding="utf-8")
    campaign_and_time = ("--campaign", "autumn-sale", "--at", "2025-11-20T12:30:00Z")
    runs = [call("inspect", str(source)), call("ingest", str(source), "--into", str(store))]
    runs += [
        call("report", str(source), *campaign_and_time, "--format", form)
        for form in ("text", "json")
    ]
    runs += [call("report", str(store), *campaign_and_time, "--format", "csv")]
    for run in runs:
        assert run.code == 0, run.err
        for secret in ("jane", "customer-7", "user unknown", "no such user"):
            assert secret not in (run.out + run.err).lower(), run
    stored = [pq.read_table(path, partitioning=None) for path in store.rglob("*.parquet")]
    texts = json.dumps([table.to_pylist() for table in stored], default=str).lower()
    assert "jane" not in texts
    assert "user unknown" not in texts
