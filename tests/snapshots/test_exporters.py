"""The files of a snapshot: complete, with the report's numbers, and reproducible."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest
from pyarrow import parquet

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.report import frame, rows, to_csv, to_json
from campaign_live_widgets.snapshot import ProviderSeries
from campaign_live_widgets.snapshots import FORMATS, verify, write_files
from tests.support.events.memory import NOW, Event, snapshot_of
from tests.support.reports.snapshot_folders import publish

CHARTS = {"donut", "bars", "lines", "intervals"}
HOSTILE = '<script>alert("1")</script>\u202e\r\n=1+1'
TYPES = {
    "text": pa.string(),
    "time": pa.timestamp("us", tz="UTC"),
    "count": pa.int64(),
    "unique": pa.int64(),
    "ratio": pa.float64(),
    "number": pa.float64(),
}


def view(locale: str = "en") -> ReportView:
    at = NOW - timedelta(hours=1)
    events = [
        *(Event("sent", at=at, profile=f"p{n}", domain="example.org") for n in range(9)),
        *(Event("delivered", at=at, domain="example.org") for _ in range(7)),
        Event("bounce", at=at, reason=HOSTILE, bounce_type="hard"),
        Event("bounce", at=at, reason="mailbox_full", bounce_type="soft"),
        Event("open", at=at, domain="example.org"),
        Event("error", channel="push", at=at, reason="x", platform="ios", message_id=HOSTILE),
    ]
    return ReportView(snapshot=snapshot_of(events), made_at=NOW, locale=locale)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_each_format_writes_its_files(tmp_path: Path) -> None:
    paths: list[str] = []
    write_files(view(), tmp_path, ["parquet", "csv"], progress=paths.append)
    expected = [
        "report.json",
        "report.csv",
        *(f"widgets/{tile}.csv" for tile in TILES),
        *(f"frames/{tile}.parquet" for tile in TILES),
    ]
    assert sorted(contents(tmp_path)) == sorted(expected)
    assert paths == expected


def test_without_formats_only_the_report_is_written(tmp_path: Path) -> None:
    one = view("fr")
    write_files(one, tmp_path, [])
    assert list(contents(tmp_path)) == ["report.json"]
    written = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert written == to_json(one.snapshot, "fr")


def test_csv_files_match_the_report(tmp_path: Path) -> None:
    one = view("fr")
    write_files(one, tmp_path, ["csv"])
    assert (tmp_path / "report.csv").read_bytes() == to_csv(one.snapshot, "fr").encode()
    for tile in TILES.values():
        text = (tmp_path / f"widgets/{tile.id}.csv").read_bytes().decode()
        read = list(csv.reader(text.splitlines(keepends=True)))
        table = frame(tile, one.snapshot)
        assert len(read) == len(table) + 1
        for line, row in zip(read[1:], rows(table), strict=True):
            numbers = {i: str(cell) for i, cell in enumerate(row) if isinstance(cell, int)}
            cells = line[len(line) - len(row) :]
            assert {i: cells[i] for i in numbers} == numbers
    assert b"\r\n'=1+1" in (tmp_path / "report.csv").read_bytes()


def test_parquet_files_contain_the_frames_with_their_types(tmp_path: Path) -> None:
    one = view()
    write_files(one, tmp_path, ["parquet"])
    for tile in TILES.values():
        read = parquet.read_table(tmp_path / f"frames/{tile.id}.parquet")
        assert tile.has_columns(read.column_names)
        for field in read.schema:
            assert field.type == TYPES[tile.column(field.name).kind]
        assert rows(read.to_pandas()) == rows(frame(tile, one.snapshot))
        assert read.schema.metadata[b"widget"] == tile.id.encode()
        assert read.schema.metadata[b"window_end"] == b"2026-11-23T15:05:00Z"


def test_a_share_of_zero_is_null_in_parquet_and_empty_in_csv(tmp_path: Path) -> None:
    empty = ReportView(snapshot=snapshot_of([]), made_at=NOW)
    write_files(empty, tmp_path, ["csv", "parquet"])
    read = parquet.read_table(tmp_path / "frames/email.sending_statistics.parquet")
    assert read["share"].to_pylist() == [None, None, None]
    text = (tmp_path / "widgets/email.sending_statistics.csv").read_text("utf-8")
    assert text.splitlines()[1] == "delivered,0,"


def test_the_same_window_gives_identical_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made = ReportView(snapshot=view().snapshot, made_at=datetime.now(UTC))
        write_files(made, tmp_path / name, ["csv", "parquet"])
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_an_unknown_format_is_rejected_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown format 'doc'; give some of html, csv"):
        write_files(view(), tmp_path, ["csv", "doc"])
    assert not contents(tmp_path)
    assert FORMATS == ("html", "csv", "parquet", "png", "svg", "pdf")


def test_lines_of_providers_are_a_picture(tmp_path: Path) -> None:
    snapshot = view().snapshot
    buckets = len(snapshot.window.buckets())
    series = ProviderSeries(("gmail",), ((80,) * buckets,), ((20,) * buckets,))
    folder = publish(tmp_path, replace(snapshot, provider_series=series), ("svg",))
    drawn = ET.fromstring(  # noqa: S314 - our own
        (folder / "pictures/deliverability.failures_over_time.svg").read_bytes()
    )
    assert "Gmail" in set(drawn.itertext())
    assert verify(folder) == []


@pytest.mark.usefixtures("matrix")
def test_charts_are_drawn_reproducibly(tmp_path: Path) -> None:
    charts = [tile for tile in TILES.values() if not CHARTS.isdisjoint(tile.views)]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_files(view("fr"), tmp_path / name, ["png", "svg"])
    made = contents(tmp_path / "a")
    assert made == contents(tmp_path / "b")
    assert sorted(made) == sorted(
        ["report.json", *(f"pictures/{t.id}.{form}" for t in charts for form in ("png", "svg"))]
    )
    for tile in charts:
        assert made[f"pictures/{tile.id}.png"].startswith(b"\x89PNG\r\n")
        drawn = ET.fromstring(made[f"pictures/{tile.id}.svg"])  # noqa: S314 - our own
        content = " ".join("".join(drawn.itertext()).split())
        assert " ".join(tile.title("fr").split()) in content
        assert "Spring sale" in content
