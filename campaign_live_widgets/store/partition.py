"""Write events as Parquet files, each of one campaign and one UTC day."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from datetime import date, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign_live_widgets.io.names import dashed
from campaign_live_widgets.sources import quoted
from campaign_live_widgets.sources.digests import file_digest
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.store_log import DAY_US, StoredFile

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

EVENTS: Final = "events"
_PARTS: Final = "store_parts"
DAY: Final = f"(us - ((us % {DAY_US}) + {DAY_US}) % {DAY_US}) // {DAY_US}"  # down, before 1970 too
_WRITTEN: Final = ", ".join(
    "make_timestamp(us)::TIMESTAMPTZ AS timestamp" if column == "timestamp" else f"event.{column}"
    for column in COLUMNS
)
PARQUET: Final = "FORMAT parquet, COMPRESSION zstd, RETURN_STATS true"
_EPOCH: Final = date(1970, 1, 1)
_SLUG_LENGTH: Final = 40
_FEW_PARTS: Final = 16
_FEW_ROWS: Final = 20_000
"""Up to these numbers, one scan for each part is faster than a partitioned COPY."""


def folder_of(campaign: str, day: int) -> str:
    """Return the folder of one campaign and day in the store; any campaign id is safe.

    >>> folder_of("Spring/../sale", 20000)
    'events/campaign=spring-sale-b3a2b6f5d36e/day=2024-10-04'
    """
    slug = dashed(campaign.lower()[: 4 * _SLUG_LENGTH]).strip("-")[:_SLUG_LENGTH].strip("-")
    digest = blake2b(campaign.encode(), digest_size=6).hexdigest()
    name = f"{slug}-{digest}" if slug else digest
    return f"{EVENTS}/campaign={name}/day={_EPOCH + timedelta(days=day)}"


def write_events(
    con: duckdb.DuckDBPyConnection, events: str, folder: Path, number: int
) -> dict[str, StoredFile]:
    """Write a relation of canonical events (with ``us``) into files below *folder*.

    Returns
    -------
    dict
        Path of a written file → its entry in commit *number*, which moves it into the store.
    """
    rows = con.execute(f"""
        SELECT campaign_id, {DAY} AS day, count(*), min(us), max(us),
               max(struct_pack(us := us, name := campaign_name))
                   FILTER (campaign_name IS NOT NULL)
        FROM {events} GROUP BY ALL ORDER BY ALL""").fetchall()
    parts = [
        StoredFile("", count, 0, "", campaign, day, oldest, newest, _name(name))
        for campaign, day, count, oldest, newest, name in rows
    ]
    written = _copy(con, events, parts, folder) if parts else []
    files = {path: stored_at(path, parts[part], count, number) for path, part, count in written}
    if sum(file.rows for file in files.values()) != sum(part.rows for part in parts):
        message = "DuckDB has not written every event"
        raise RuntimeError(message)
    return files


def stored_at(written: str, part: StoredFile, rows: int, number: int) -> StoredFile:
    """Return the entry of a written file in commit *number*, with its path in the store."""
    folder = folder_of(part.campaign, part.day)
    return replace(
        part,
        path=f"{folder}/{number:012}-{secrets.token_hex(4)}.parquet",
        rows=rows,
        size=os.path.getsize(written),
        digest=file_digest(written),
        modified=os.stat(written).st_mtime_ns,
    )


def _copy(
    con: duckdb.DuckDBPyConnection, events: str, parts: list[StoredFile], folder: Path
) -> list[tuple[str, int, int]]:
    """Write the parts; return the path, the index of the part and the rows of each file."""
    rows = sum(part.rows for part in parts)
    if len(parts) == 1 or (len(parts) <= _FEW_PARTS and rows <= _FEW_ROWS):
        return [_copy_one(con, events, parts, index, folder) for index in range(len(parts))]
    frame = pd.DataFrame(
        {
            "campaign": pd.Series([part.campaign for part in parts], dtype="str"),
            "day": np.array([part.day for part in parts], dtype=np.int64),
            "part": np.arange(len(parts), dtype=np.int64),
        }
    )
    con.register(_PARTS, frame)
    try:
        stats = con.execute(
            f"COPY (SELECT {_WRITTEN}, {_PARTS}.part FROM {events} AS event JOIN {_PARTS} "
            f"ON {_PARTS}.campaign = event.campaign_id AND {_PARTS}.day = {DAY}) "
            f"TO {quoted(str(folder / 'parts'))} ({PARQUET}, PARTITION_BY (part))"
        ).fetchall()
    finally:
        con.unregister(_PARTS)
    return [
        (path, int(os.path.basename(os.path.dirname(path)).removeprefix("part=")), count)
        for path, count, *_ in stats
    ]


def _copy_one(
    con: duckdb.DuckDBPyConnection, events: str, parts: list[StoredFile], index: int, folder: Path
) -> tuple[str, int, int]:
    """Write one part; return its path, its index and its rows."""
    part, path = parts[index], str(folder / f"{index}.parquet")
    where = f" WHERE campaign_id = {quoted(part.campaign)} AND {DAY} = {part.day}"
    stats = con.execute(
        f"COPY (SELECT {_WRITTEN} FROM {events} AS event{where if len(parts) > 1 else ''}) "
        f"TO {quoted(path)} ({PARQUET})"
    ).fetchall()
    return path, index, stats[0][1]


def _name(newest: dict[str, object] | None) -> tuple[int, str] | None:
    return (int(str(newest["us"])), str(newest["name"])) if newest else None
