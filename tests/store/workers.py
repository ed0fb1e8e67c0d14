"""Processes that write to a store until they are killed; they say what has been acknowledged."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from generate import END

from campaign_live_widgets.engine import rollup
from campaign_live_widgets.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

TOGETHER = 100
"""Events of one call of a writer at a steady rate."""
SMALL_CHUNK = 20_000
"""Bytes of files in one commit, so that one ingestion is many."""


def row(key: str, *, day: int = 0) -> dict[str, Any]:
    """Return an event that only its key and day tell from others."""
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
    """Say that all is imported, then work."""
    ready.send_bytes(b"ready")
    work(*arguments)


def append(folder: str, acknowledged: str, start: int) -> None:
    """Append batches for ever; each is acknowledged on disk once the call has returned."""
    with Store(folder, grace=0.0) as store, open(acknowledged, "ab", buffering=0) as out:
        number = start
        while True:
            keys = [f"e{number + place}" for place in range(5)]
            repeated = [f"e{max(number - 7, 0)}"]
            store.append([row(key, day=len(key) % 2) for key in (*keys, *repeated)])
            out.write("".join(f"{key}\n" for key in keys).encode())
            number += 5
            if number % 40 == 0:
                store.compact()


def ingest(folder: str, source: str, done: str) -> None:
    """Ingest a folder in many commits, then merge what there is; then say that it is done."""
    rollup._CHUNK_BYTES = SMALL_CHUNK
    with Store(folder, grace=0.0) as store:
        store.ingest(source)
        store.compact()
    os.close(os.open(done, os.O_CREAT | os.O_WRONLY))


def write(folder: str, total: int, per_second: int) -> None:
    """Append so many events, at that rate if it can be had, and merge files now and then."""
    import time  # noqa: PLC0415

    with Store(folder, grace=0.5) as store:
        started = time.monotonic()
        for number in range(0, total, TOGETHER):
            keys = [f"w{number + place}" for place in range(TOGETHER)]
            store.append([row(key, day=place % 2) for place, key in enumerate(keys)])
            time.sleep(max(0.0, started + number / per_second - time.monotonic()))
            if number % (10 * TOGETHER) == 0:
                store.compact()


def read(folder: str, total: int, until: float, out: str) -> None:
    """Follow a store until it holds so many events; note what each look saw, and fresh ones."""
    import json  # noqa: PLC0415
    import time  # noqa: PLC0415

    from generate import AT, WINDOWS  # noqa: PLC0415

    from campaign_live_widgets.engine import new_rollup, open_rollup  # noqa: PLC0415

    following = new_rollup(folder, "c1")
    seen = []
    while time.time() < until and (not seen or seen[-1][1] < total):
        for one in (following, open_rollup(folder, "c1", follow=False)):
            one.refresh()
            snapshot = one.snapshot(at=AT, window=WINDOWS["7d"])
            sent = {name: int(table["sent"].sum()) for name, table in snapshot.counts.items()}
            asked = (snapshot.health.events, snapshot.entered_profiles, sent["message_id"])
            seen.append([one is following, *asked, sent["bucket"], len(snapshot.health.notes)])
        one.close()
        time.sleep(0.3)
    with open(out, "w", encoding="utf-8") as stream:
        json.dump(seen, stream)
