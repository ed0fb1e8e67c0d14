"""Which texts and numbers are times, and which; the same in each kind of file and in a store."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from campaign_live_widgets.sources.formats.times import NOT_A_TIME
from campaign_live_widgets.store import Store
from tests.support.events.staged import staged

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HALF_PAST = datetime(2026, 11, 20, 12, 30, 15, 250_000, tzinfo=UTC)
TIMES: dict[str | float, datetime] = {
    **dict.fromkeys(
        (
            *("2026-11-20T12:00:00Z", "2026-11-20T12:00:00", "2026-11-20 14:00:00+02"),
            *("2026-11-20T12:00Z", "2026-11-20T13:00:00+0100", "2026-11-20t12:00:00z"),
            *("2026-11-20T12:00:00,000Z", "20261120T120000Z", "20261120T1300+01", "2026-11-20T12Z"),
            *("2026-W47-5T12:00:00Z", "2026W475T120000Z", "2026-324T12:00:00Z", "2026324T1200Z"),
            *("2026-11-20T13:00:00+01:00[Europe/Paris]", "2026-11-20T12:00:00Z[UTC]"),
            *("2026-11-20T13:00[Europe/Paris]", "2026-11-20T12:00:00Z[Europe/Paris][u-ca=gregory]"),
            *("Fri, 20 Nov 2026 12:00:00 +0000", "20 Nov 2026 12:00 GMT"),
            *("fri, 20 nov 2026 07:00:00 EST", "Fri, 20 Nov 2026 13:00:00 +0100 (CET)"),
            *(1795176000, 1795176000000, 1795176000000000, 1795176000000000000),
            *("1795176000", "1795176000000", "1795176000.0", " 2026-11-20T12:00:00,0z "),
        ),
        NOON,
    ),
    **dict.fromkeys(
        (
            *("2026-11-20T12:30:15.25Z", "2026-11-20T12:30:15,25Z", "20261120T123015.250000Z"),
            *("2026-11-20T12:30:15.2500009Z", 1795177815.25, 1795177815250, 1795177815250000),
            *("1795177815250000999", "2026-11-20T07:30:15,25-05:00[America/New_York]"),
        ),
        HALF_PAST,
    ),
    "2026-12-31T23:59:60Z": datetime(2027, 1, 1, tzinfo=UTC),
    "2026-11-19T24:00:00Z": datetime(2026, 11, 20, tzinfo=UTC),
    "1990-01-01": datetime(1990, 1, 1, tzinfo=UTC),
    4133980799: datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC),
}
OTHERS: tuple[str | float, ...] = (
    *("20/11/26 12:01", "26-11-20", "5/3/24 8:15", "20/11/2026 12:03", "11/20/2026", "20.11.2026"),
    *("1989-12-31T23:59:59Z", "2101-01-01", "12026-11-20", "0026-11-20T12:00:00Z", "1970-01-01"),
    *("epoch", "now", "infinity", "2026-02-30", "2026-W54-1", "2026-366", "2026-11-20T25:00Z"),
    *("20 Nov 26 12:00 GMT", "Fri, 20 Foo 2026 12:00:00 GMT", "2026-11-20T12:00:00[No/Zone]"),
    *("1.79518E+12", "1,79518E+12", 0, 1, -1795176000, 4133980800, 631151999, 17951760000, "x"),
)
BASE = {
    "campaign_id": "c",
    "message_id": "m",
    "channel": "email",
    "profile_id": "p",
    "event_type": "sent",
}
ROWS: list[dict[str, Any]] = [
    BASE | {"event_id": str(number), "timestamp": value}
    for number, value in enumerate((*TIMES, *OTHERS))
]


def write(form: str, folder: Path) -> Path:
    path = folder / f"rows.{form}"
    texts = [row | {"timestamp": str(row["timestamp"])} for row in ROWS]
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(texts), path)
    elif form == "csv":
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, texts[0])
            writer.writeheader()
            writer.writerows(texts)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_times_of_all_writers_are_read_and_others_rejected(form: str, tmp_path: Path) -> None:
    read = {row["event_id"]: (row["us"], row["cause"]) for row in staged(write(form, tmp_path))}
    us = [(at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() for at in TIMES.values()]
    wanted = [(round(second * 1_000_000), None) for second in us]
    wanted += [(None, NOT_A_TIME)] * len(OTHERS)
    given = {str(row["timestamp"]): read[row["event_id"]] for row in ROWS}
    assert given == dict(zip((str(row["timestamp"]) for row in ROWS), wanted, strict=True))


def test_rows_of_a_program_have_the_same_times(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        result = store.append(ROWS)
    assert (result.events, result.rejected) == (len(TIMES), len(OTHERS))


def test_numbers_in_a_column_of_numbers_are_times(tmp_path: Path) -> None:
    numbers = pa.array([1795176000000, 1795176000000, 5], pa.int64())
    rows = pa.Table.from_pylist(ROWS[:3]).drop(["timestamp"])
    pq.write_table(rows.append_column("timestamp", numbers), tmp_path / "a.parquet")
    assert [row["us"] for row in staged(tmp_path)] == [1795176000000000] * 2 + [None]
