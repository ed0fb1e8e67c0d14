"""A folder of recent events that goes on filling, and what is true of it."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import duckdb
from generate import PER_FILE, START, query, write

if TYPE_CHECKING:
    from pathlib import Path

CAMPAIGN: Final = "campaign-1"
RATE: Final = 1_000
"""Events a second that :meth:`Feed.play` writes."""
BEATS: Final = 4
"""Writes a second in which they arrive."""


class Feed:
    """A folder with a history, and a file in it to which events are added."""

    def __init__(self, folder: Path, events: int) -> None:
        self.folder, self._next, self._written = folder, events, 0
        half = (
            "SELECT * REPLACE (now() - INTERVAL '12 hours 5 minutes' + to_microseconds("
            f"(epoch_us(timestamp) - epoch_us(TIMESTAMPTZ '{START}')) // 2) AS timestamp) FROM "
        )
        for low in range(0, events, PER_FILE):
            sql = query(low, min(low + PER_FILE, events), total=events)
            write(f"{half}({sql})", folder / f"history-{low // PER_FILE:04}.parquet")
        self._live = folder / "live.ndjson"
        self.add(("sent", "delivered"))

    def add(self, kinds: tuple[str, ...]) -> float:
        """Add e-mail events of one message; return the time just before the write."""
        common = {
            "timestamp": datetime.now(UTC).isoformat(),
            "campaign_id": CAMPAIGN,
            "message_id": "email-1",
            "channel": "email",
            "domain": "isp399.example",
        }
        lines = []
        for kind in kinds:
            self._written += 1
            own = {"event_id": f"live-{self._written}", "profile_id": f"live-{self._written}"}
            lines.append(json.dumps(common | own | {"event_type": kind}))
        return self._append("\n".join(lines) + "\n")

    def batches(self, seconds: int) -> list[str]:
        """Return the writes of *seconds* of mixed events, with placeholders for their time."""
        low, self._next = self._next, self._next + seconds * RATE
        sql = query(low, self._next, total=self._next, first=sys.maxsize)
        path = self.folder.parent / "batch.ndjson"
        write(f"SELECT * REPLACE ('@now' AS timestamp) FROM ({sql})", path)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        size = RATE // BEATS
        return ["".join(lines[i : i + size]) for i in range(0, len(lines), size)]

    def play(self, batches: list[str]) -> None:
        """Write batches one after another, each with the time it is written at."""
        started = time.monotonic()
        for number, batch in enumerate(batches):
            self._append(batch.replace("@now", datetime.now(UTC).isoformat()))
            time.sleep(max(0.0, started + (number + 1) / BEATS - time.monotonic()))

    def truth(self) -> dict[str, dict[str, int]]:
        """Return what the pages must show, counted over the whole folder."""
        columns = "event_id, campaign_id, channel, event_type, is_test, is_async"
        types = dict.fromkeys(columns.split(", "), "VARCHAR")
        types |= {"is_test": "BOOLEAN", "is_async": "BOOLEAN"}
        sql = f"""
            WITH event AS (
                SELECT DISTINCT {columns} FROM (
                    SELECT {columns} FROM read_parquet('{self.folder}/*.parquet') UNION ALL
                    SELECT {columns} FROM read_json('{self.folder}/*.ndjson', columns = {types})
                ) WHERE campaign_id = '{CAMPAIGN}' AND is_test IS NOT TRUE
            )
            SELECT count(*) FILTER (event_type = 'delivered')
                    - count(*) FILTER (event_type = 'bounce' AND is_async),
                count(*) FILTER (event_type = 'bounce')
            FROM event WHERE channel = 'email' OR $all
        """
        with duckdb.connect() as connection:
            counts = {
                name: connection.execute(sql, {"all": name == "all"}).fetchone()
                for name in ("email", "all")
            }
        return {n: {"delivered": row[0], "bounces": row[1]} for n, row in counts.items()}

    def _append(self, text: str) -> float:
        data, started = text.encode(), time.time()
        with self._live.open("ab", buffering=0) as stream:
            stream.write(data)
        return started
