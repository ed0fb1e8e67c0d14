"""A receiver that is killed at any time loses no event that it has acknowledged."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from campaign_live_widgets.sources.store_log import Log, parquet
from campaign_live_widgets.store import check
from tests.support.repeats import repeats
from tests.support.servers import webhook_signing as signing
from tests.support.servers.receiver_process import BEARER, EVENTS, SLOW, Running, event, running

if TYPE_CHECKING:
    from pathlib import Path

KILLS = repeats(100)
CLIENTS = 4
TOGETHER = 5

pytestmark = [pytest.mark.stress, pytest.mark.usefixtures("processes")]


class Client:
    """A vendor that posts each batch until it gets 200, then the next one."""

    def __init__(self, number: int, vendor: signing.SendGrid) -> None:
        self.number, self.vendor = number, vendor
        self.acknowledged: list[str] = []
        self.sent: set[str] = set()
        self.answers: dict[int, int] = {}
        self.port = self.interrupted = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        batch = 0
        while not self.over.is_set():
            keys = [f"{self.number}-{batch}-{place}" for place in range(TOGETHER)]
            self.sent |= set(keys)
            path, body, headers = self.request(keys)
            if self.posted(path, body, headers):
                self.acknowledged += keys
                batch += 1

    def request(self, keys: list[str]) -> tuple[str, bytes, dict[str, str]]:
        if self.number % 2:
            return "/events", json.dumps([event(key) for key in keys]).encode(), BEARER
        rows = [
            {"email": "a@b.example", "event": "processed", "timestamp": 1763640000}
            | {"category": "c1", "sg_event_id": key, "sg_message_id": key}
            for key in keys
        ]
        return "/sendgrid", *self.vendor.posted(rows)

    def posted(self, path: str, body: bytes, headers: dict[str, str]) -> bool:
        """Post until the answer is 200; return False if the test ends before."""
        while not self.over.is_set():
            try:
                receiver = Running(None, None, self.port, None, None)  # type: ignore[arg-type]
                got = receiver.ask(path, body, headers)
            except ConnectionRefusedError:  # not started yet
                time.sleep(0.02)
                continue
            except (OSError, HTTPException, ValueError):  # killed before or in its answer
                self.interrupted += 1
                continue
            self.answers[got.status] = self.answers.get(got.status, 0) + 1
            if got.status == 200:
                return True
        return False


def stored(folder: Path) -> list[str]:
    state = Log(folder).state()
    query = f"SELECT event_id FROM {parquet(folder, state.files.values())}"
    return [key for (key,) in duckdb.connect().execute(query).fetchall()]


def test_killed_receiver_loses_no_acknowledged_event(tmp_path: Path) -> None:
    vendor = signing.SendGrid()
    secrets = EVENTS | {"CAMPAIGN_LIVE_SENDGRID_KEYS": vendor.public}
    clients = [Client(number, vendor) for number in range(CLIENTS)]
    rng = random.Random(7)  # noqa: S311 - test data
    for _ in range(KILLS):
        with running(tmp_path, secrets) as receiver:
            for client in clients:
                client.port = receiver.port
            time.sleep(rng.uniform(0.0, 1.5))
            receiver.process.send_signal(signal.SIGKILL)
            receiver.process.wait(SLOW)
        assert "Traceback" not in receiver.output()
    with running(tmp_path, secrets) as receiver:
        for client in clients:
            client.port = receiver.port
        time.sleep(2)
        for client in clients:
            client.over.set()
        for client in clients:
            client.thread.join(SLOW)
        assert receiver.stop() == 0
    acknowledged = {key for client in clients for key in client.acknowledged}
    keys = [key.removeprefix("sendgrid:") for key in stored(tmp_path / "store")]
    assert len(acknowledged) > KILLS
    assert sum(client.interrupted for client in clients) > KILLS
    assert len(keys) == len(set(keys))
    assert acknowledged <= set(keys) <= {key for client in clients for key in client.sent}
    assert {status for client in clients for status in client.answers} <= {200, 503}
    checked: Any = check(tmp_path / "store")
    assert (checked.problems, checked.events) == ([], len(keys))
