"""Processes that write to a store until they are killed, and record acknowledged events."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.sources.files import chunks
from campaign_live_widgets.store import Store
from campaign_live_widgets.store.compaction import compact as merging
from tests.support.events.generate import AT, END, WINDOWS

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

TOGETHER = 100
"""Events of one call of a writer at a steady rate."""
SMALL_CHUNK = 20_000
"""Bytes of files in one commit, so that one ingestion is many."""


def row(key: str, *, day: int = 0) -> dict[str, Any]:
    """Return an event that differs from others only by its key and day."""
    return {
        "event_id": key,
        "timestamp": END - timedelta(days=day, minutes=5),
        "campaign_id": "c1",
        "message_id": "m1",
        "channel": "email",
        "profile_id": key,
        "event_type": "sent",
    }


def begin(ready: Connection, work: Callable[..., None], *arguments: object) -> None:
    """Report that everything is imported, then work."""
    ready.send_bytes(b"ready")
    work(*arguments)


def append(folder: str, acknowledged: str, start: int) -> None:
    """Append batches until killed; record the events of each call that has returned."""
    with Store(folder, grace=0.0) as store:
        number = start
        while True:
            keys = [f"e{number + place}" for place in range(5)]
            repeated = [f"e{max(number - 7, 0)}"]
            store.append([row(key, day=len(key) % 2) for key in (*keys, *repeated)])
            with open(acknowledged, "ab", buffering=0) as out:
                out.write("".join(f"{key}\n" for key in keys).encode())
            number += 5
            if number % 40 == 0:
                store.compact()


def ingest(folder: str, source: str, done: str) -> None:
    """Ingest a folder in many commits, then merge all files; then create the file *done*."""
    chunks._CHUNK_BYTES = SMALL_CHUNK
    with Store(folder, grace=0.0) as store:
        store.ingest(source)
        store.compact()
    Path(done).touch()


def compact(folder: str, done: str) -> None:
    """Merge all files, a few in a commit; then create the file *done*."""
    merging._GROUP_BYTES = SMALL_CHUNK
    with Store(folder, grace=0.0) as store:
        store.compact()
    Path(done).touch()


def written(total: int) -> list[list[dict[str, Any]]]:
    """Return the rows of each call of a writer at a steady rate."""
    keys = [f"w{number}" for number in range(total)]
    rows = [row(key, day=number % TOGETHER % 2) for number, key in enumerate(keys)]
    return [rows[start : start + TOGETHER] for start in range(0, total, TOGETHER)]


def write(folder: str, total: int, per_second: int) -> None:
    """Append *total* events, at *per_second* if possible, and merge files from time to time."""
    with Store(folder, grace=0.5) as store:
        started = time.monotonic()
        for number, rows in enumerate(written(total)):
            store.append(rows)
            if number % 10 == 0:
                store.compact()
            due = started + (number + 1) * TOGETHER / per_second
            time.sleep(max(0.0, due - time.monotonic()))


def read(folder: str, total: int, until: float, out: str) -> None:
    """Follow a store until it has *total* events; record the numbers of each refresh.

    Each time, a new reader is opened as well, and its numbers are recorded."""
    following = new_rollup(folder, "c1")
    seen: list[list[int | bool]] = []
    while time.time() < until and (not seen or min(one[1] for one in seen[-2:]) < total):
        next_refresh = time.monotonic() + 1
        for one in (following, open_rollup(folder, "c1", follow=False)):
            one.refresh()
            snapshot = one.snapshot(at=AT, window=WINDOWS["7d"])
            sent = {
                name: int(table.column("sent").sum()) for name, table in snapshot.counts.items()
            }
            numbers = (snapshot.health.events, snapshot.entered_profiles, sent["message_id"])
            seen.append([one is following, *numbers, sent["bucket"], len(snapshot.health.notes)])
        one.close()
        time.sleep(max(0.0, next_refresh - time.monotonic()))
    following.refresh()
    report = to_json(following.snapshot(at=AT, window=WINDOWS["7d"]))
    with open(out, "w", encoding="utf-8") as stream:
        json.dump({"seen": seen, "report": report}, stream)
