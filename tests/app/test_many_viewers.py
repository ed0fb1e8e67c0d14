"""Fifty viewers of one server at a thousand events a second: each sees its numbers, to the last."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psutil
import pytest

from campaign_live_widgets.app.demo.demo import EventWriter
from campaign_live_widgets.app.demo.simulation import Simulation
from tests.support.browser.front import running
from tests.support.crowd import WebsocketViewer, viewing
from tests.support.events.writing import writing
from tests.support.repeats import repeats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.stress, pytest.mark.usefixtures("processes")]

VIEWERS = repeats(50)
SECONDS = repeats(600)
SPEED = 30.0
"""About 1,000 events a second."""
MESSAGES = (None, "email-announcement", "email-loyalty")
"""What the viewers select, in turns; ``None`` for all."""
MEGABYTE = 1_000_000


class Entered:
    """The entered profiles that one viewer has seen, which must never become fewer."""

    def __init__(self, message: str | None) -> None:
        self.message, self.number, self.backwards = message, 0, 0

    @property
    def query(self) -> str:
        return urlencode({"message": self.message} if self.message else {})

    def note(self, viewer: WebsocketViewer) -> None:
        if figures := viewer.figures("entered_profiles"):
            self.backwards += figures[0] < self.number
            self.number = figures[0]


def memory(server: psutil.Process) -> float:
    """Return the memory of a server's processes, in MB."""
    family = [server, *server.children(recursive=True)]
    return sum(process.memory_full_info().pss for process in family) / MEGABYTE


def delivered(folder: Path) -> Counter[str | None]:
    """Count what has been delivered, of each message and in all, from the files."""
    lines = [line for file in folder.glob("*.ndjson") for line in file.read_text().splitlines()]
    events = {event["event_id"]: event for event in map(json.loads, lines)}.values()
    numbers: Counter[str | None] = Counter()
    for event in events:
        if event.get("is_test"):
            continue
        later = event["event_type"] == "bounce" and event.get("is_async")
        number = -1 if later else event["event_type"] == "delivered"
        numbers.update({event["message_id"]: number, None: number})
    return numbers


def wait_until(check: Callable[[], bool], seconds: float) -> None:
    """Wait until a check is true, but no longer than some seconds."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end
        time.sleep(1)


async def watch(address: str, writer: EventWriter, folder: Path, server: psutil.Process) -> None:
    seen = [Entered(MESSAGES[i % len(MESSAGES)]) for i in range(VIEWERS)]
    async with AsyncExitStack() as stack:
        viewers = [
            await stack.enter_async_context(viewing(f"{address}?{one.query}", one.note))
            for one in seen
        ]
        with writing(writer):
            await asyncio.sleep(SECONDS / 3)
            early = memory(server)
            await asyncio.sleep(SECONDS * 2 / 3)
            late, ended = memory(server), time.monotonic()
        truth = delivered(folder)
        for viewer, one in zip(viewers, seen, strict=True):
            expected = truth[one.message]
            await viewer.wait_for(lambda v, n=expected: n in v.figures("delivered")[:1])
            assert len(viewer.ticks) > SECONDS / 10
            assert max(t for t in viewer.ticks if t <= ended) > ended - 10
        assert [one.backwards for one in seen] == [0] * VIEWERS
        assert late - early < max(20.0, 0.1 * early)


def test_many_viewers_see_right_numbers_and_leave_no_memory_behind(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    simulation = Simulation(7, datetime.now(UTC) - timedelta(minutes=30))
    writer = EventWriter(folder, simulation)
    writer.write()
    simulation.speed = SPEED
    command = ["campaign_live_widgets", "serve", str(folder), "--no-browser"]
    with running(command, dict(os.environ)) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        server = psutil.Process(process.pid)
        asyncio.run(watch(address, writer, folder, server))
        # As little as a server that never had a viewer, and has as many events to count.
        with running(command, dict(os.environ)) as other:
            unseen = psutil.Process(other.pid)
            wait_until(lambda: memory(server) < memory(unseen) + 25, seconds=120)
