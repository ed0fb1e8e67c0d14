"""Large Parquet files are read in place, and a single bad row in them is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.sources.files.file_schema import detect_schema
from campaign_live_widgets.sources.files.location import DataFile
from campaign_live_widgets.sources.formats.times import NOT_A_TIME

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 150_000
"""With random ids these are more than 4 MB."""
BAD = {
    "channel": ("'pigeon' AS channel", "unknown channel 'pigeon'"),
    "event type": ("'teleported' AS event_type", "unknown event_type 'teleported'"),
    "bounce type": ("'odd' AS bounce_type", "unknown bounce_type 'odd'"),
    "time": ("TIMESTAMPTZ '12000-01-01 00:00:00+00' AS timestamp", NOT_A_TIME),
    "no id": ("NULL AS event_id", "event_id is missing"),
    "blank campaign": ("' ' AS campaign_id", "campaign_id is missing"),
}


def write(path: Path, change: str | None) -> None:
    """Write events, with the change to one of them."""
    bad = f"SELECT * REPLACE ({change}) FROM event WHERE number = 70000" if change else ""
    with duckdb.connect() as con:
        con.execute(
            f"""
            CREATE TABLE event AS
            SELECT number, md5(number::VARCHAR) AS event_id,
                   TIMESTAMPTZ '2026-11-20 12:00:00+00' AS timestamp, 'c1' AS campaign_id,
                   'm1' AS message_id, 'email' AS channel, 'p-' || number % 100 AS profile_id,
                   'bounce' AS event_type, CASE number % 2 WHEN 1 THEN 'soft' END AS bounce_type,
                   true AS is_async, false AS is_test, NULL::BOOLEAN AS is_machine
            FROM range({ROWS}) AS numbers(number)"""
        )
        rows = f"SELECT * FROM event WHERE number <> 70000 UNION ALL {bad}" if bad else "FROM event"
        con.execute(f"COPY (SELECT * EXCLUDE (number) FROM ({rows})) TO '{path}' (FORMAT parquet)")
    assert path.stat().st_size > 1 << 22


@pytest.mark.parametrize("fault", [None, *BAD])
def test_a_bad_row_among_many_is_rejected(tmp_path: Path, fault: str | None) -> None:
    change, cause = BAD[fault] if fault else (None, "")
    write(tmp_path / "a.parquet", change)
    rollup = open_rollup(tmp_path, "c1", follow=True)
    assert rollup.health.rejected == (fault is not None)
    assert rollup.health.events == ROWS - (fault is not None)
    assert [reject.cause for reject in rollup.health.rejects] == ([cause] if fault else [])
    rollup.close()


def test_of_a_file_with_complete_columns_only_the_words_and_times_are_checked(
    tmp_path: Path,
) -> None:
    write(tmp_path / "a.parquet", None)
    with duckdb.connect() as con:
        schema = detect_schema(DataFile(str(tmp_path / "a.parquet"), "parquet"), con)
    assert schema.faults is not None
    assert [fault.split()[0] for fault in schema.faults] == [
        *("us", "channel", "event_type", "bounce_type"),
    ]
