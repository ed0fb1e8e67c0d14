"""Events → Parquet files, each of one campaign and one UTC day."""

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
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.store_log import DAY_US, StoredFile, file_digest

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

EVENTS: Final = "events"
_PARTS: Final = "store_parts"
_DAY: Final = f"(us - ((us % {DAY_US}) + {DAY_US}) % {DAY_US}) // {DAY_US}"  # down, before 1970 too
_WRITTEN: Final = ", ".join(
    "make_timestamp(us)::TIMESTAMPTZ AS timestamp" if column == "timestamp" else f"event.{column}"
    for column in COLUMNS
)
PARQUET: Final = "FORMAT parquet, COMPRESSION zstd, RETURN_STATS true"
_EPOCH: Final = date(1970, 1, 1)
_SLUG: Final = 40
_FEW: Final = 16
_SMALL: Final = 20_000
"""Parts, and rows of all of them, up to which one scan for each is quicker than to sort them."""


def folder_of(campaign: str, day: int) -> str:
    """Return the folder of a campaign's events of a day, within the store; any name is safe.

    >>> folder_of("Spring/../sale", 20000)
    'events/campaign=spring-sale-b3a2b6f5d36e/day=2024-10-04'
    """
    slug = dashed(campaign.lower()[: 4 * _SLUG]).strip("-")[:_SLUG].strip("-")
    digest = blake2b(campaign.encode(), digest_size=6).hexdigest()
    name = f"{slug}-{digest}" if slug else digest
    return f"{EVENTS}/campaign={name}/day={_EPOCH + timedelta(days=day)}"


def write_events(
    con: duckdb.DuckDBPyConnection, events: str, aside: Path, number: int
) -> dict[str, StoredFile]:
    """Write a relation of canonical events (with ``us``) into files below *aside*.

    Returns
    -------
    dict
        Where a file stands → the file as the store will know it, once it is moved there.
    """
    rows = con.execute(f"""
        SELECT campaign_id, {_DAY} AS day, count(*), min(us), max(us),
               max(struct_pack(us := us, name := campaign_name))
                   FILTER (campaign_name IS NOT NULL)
        FROM {events} GROUP BY ALL ORDER BY ALL""").fetchall()
    parts = [
        StoredFile("", count, 0, "", campaign, day, oldest, newest, _name(name))
        for campaign, day, count, oldest, newest, name in rows
    ]
    written = _copy(con, events, parts, aside) if parts else []
    found = {path: stored_at(path, parts[part], count, number) for path, part, count in written}
    if sum(file.rows for file in found.values()) != sum(part.rows for part in parts):
        message = "the engine has not written every event"
        raise RuntimeError(message)
    return found


def stored_at(made: str, known: StoredFile, rows: int, number: int) -> StoredFile:
    """Return what a file that has been made is in the store from commit *number* on."""
    folder = folder_of(known.campaign, known.day)
    return replace(
        known,
        path=f"{folder}/{number:012}-{secrets.token_hex(4)}.parquet",
        rows=rows,
        size=os.path.getsize(made),
        digest=file_digest(made),
    )


def _copy(
    con: duckdb.DuckDBPyConnection, events: str, parts: list[StoredFile], aside: Path
) -> list[tuple[str, int, int]]:
    """Write the parts; return for each file its path, its part and its rows."""
    if len(parts) == 1 or (len(parts) <= _FEW and sum(part.rows for part in parts) <= _SMALL):
        return [_copy_one(con, events, parts, place, aside) for place in range(len(parts))]
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
            f"ON {_PARTS}.campaign = event.campaign_id AND {_PARTS}.day = {_DAY}) "
            f"TO {quoted(str(aside / 'parts'))} ({PARQUET}, PARTITION_BY (part))"
        ).fetchall()
    finally:
        con.unregister(_PARTS)
    return [
        (path, int(os.path.basename(os.path.dirname(path)).removeprefix("part=")), count)
        for path, count, *_ in stats
    ]


def _copy_one(
    con: duckdb.DuckDBPyConnection, events: str, parts: list[StoredFile], place: int, aside: Path
) -> tuple[str, int, int]:
    """Write one part; return its path, its place and its rows."""
    part, path = parts[place], str(aside / f"{place}.parquet")
    own = f" WHERE campaign_id = {quoted(part.campaign)} AND {_DAY} = {part.day}"
    stats = con.execute(
        f"COPY (SELECT {_WRITTEN} FROM {events} AS event{own if len(parts) > 1 else ''}) "
        f"TO {quoted(path)} ({PARQUET})"
    ).fetchall()
    return path, place, stats[0][1]


def _name(found: dict[str, object] | None) -> tuple[int, str] | None:
    return (int(str(found["us"])), str(found["name"])) if found else None
