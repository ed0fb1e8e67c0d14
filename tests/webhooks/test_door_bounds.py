"""A door under more than it can take, over a store that fails, and when it is told to stop."""

from __future__ import annotations

import json
import resource
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import door_signing as signing
import psutil
import pytest
from door_process import (
    BEARER,
    EVENTS,
    SLOW,
    TOKEN,
    Answer,
    Running,
    answer_of,
    event,
    eventually,
    running,
)
from filelock import FileLock

from campaign_live_widgets.store import check
from campaign_live_widgets.webhooks.replay_cache import Seen

if TYPE_CHECKING:
    from pathlib import Path

HEAD = f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
PENDING = "campaign_live_receive_{}".format


def held(door: Running) -> FileLock:
    """Keep the store from being written: another writer has it."""
    return FileLock(door.folder / "_lock")


def waits_for(door: Running, requests: int) -> None:
    eventually(
        lambda: door.metrics()[PENDING("pending_requests")] == requests, f"{requests} requests"
    )


@pytest.mark.usefixtures("processes")
def test_more_requests_than_may_wait(tmp_path: Path) -> None:
    with (
        running(tmp_path, EVENTS, "--max-pending", "3") as door,
        ThreadPoolExecutor(3) as pool,
    ):
        with held(door):
            waiting = [
                pool.submit(door.ask, "/events", json.dumps([event(f"e{n}")]), BEARER)
                for n in range(3)
            ]
            waits_for(door, 3)
            got = door.ask("/events", json.dumps([event("one more")]), BEARER)
            assert (got.status, got.headers["Retry-After"]) == (503, "5")
            assert door.get("/health").status == 200
            assert not any(one.done() for one in waiting)
        assert [one.result().status for one in waiting] == [200, 200, 200]
        assert door.ask("/events", json.dumps([event("one more")]), BEARER).status == 200
        told = door.metrics()
        assert told[PENDING('refused_total{reason="busy",route="events"}')] == 1
        assert told[PENDING("pending_bytes")] == told[PENDING("pending_requests")] == 0
        assert door.stop() == 0


@pytest.mark.usefixtures("processes")
def test_more_bytes_than_may_wait(tmp_path: Path) -> None:
    options = ("--max-body", "40K", "--max-pending-bytes", "100K")
    large = json.dumps([event("large", url="x" * 38_000)])
    with running(tmp_path, EVENTS, *options) as door, ThreadPoolExecutor(2) as pool:
        with held(door):
            waiting = [pool.submit(door.ask, "/events", large, BEARER) for _ in range(2)]
            waits_for(door, 2)
            assert door.ask("/events", large, BEARER).status == 503
        assert [one.result().status for one in waiting] == [200, 200]
        assert door.ask("/events", large, BEARER).status == 200
        assert door.metrics()[PENDING("pending_bytes")] == 0


@pytest.mark.usefixtures("processes")
@pytest.mark.stress
def test_memory_stays_bounded(tmp_path: Path) -> None:
    """Forty times what may wait is sent at a store that does not move, and then does."""
    body = json.dumps([event(f"e{n}", url="x" * 1000) for n in range(700)])
    options = ("--max-body", "1M", "--max-pending-bytes", "8M")
    with running(tmp_path, EVENTS, *options) as door:
        process = psutil.Process(door.process.pid)
        assert door.ask("/events", body, BEARER).status == 200
        before, peak = process.memory_info().rss, 0
        answers: list[int] = []
        enough = threading.Event()

        def send() -> None:
            while not enough.is_set():
                try:
                    answers.append(door.ask("/events", body, BEARER).status)
                except OSError:  # it was refused while it was being sent
                    answers.append(503)

        senders = [threading.Thread(target=send) for _ in range(40)]
        with held(door):
            for sender in senders:
                sender.start()
            until = time.monotonic() + SLOW
            while len(answers) < 400 and time.monotonic() < until:
                peak = max(peak, process.memory_info().rss)
                time.sleep(0.05)
            assert len(answers) >= 400
            assert set(answers) == {503}
        enough.set()
        while any(sender.is_alive() for sender in senders):
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.05)
        assert 1 <= answers.count(200) <= 50
        # eight megabytes of bodies, of which one is objects and lines of JSON again at a time
        assert peak - before < 300 << 20, (peak - before) >> 20
        assert door.metrics()[PENDING("pending_bytes")] == 0
    assert check(door.folder).problems == []


@pytest.mark.usefixtures("processes")
def test_more_connections_than_may_be_open(tmp_path: Path) -> None:
    with running(tmp_path, EVENTS, "--max-connections", "3") as door, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", door.port)))
        last = socket.create_connection(("127.0.0.1", door.port), timeout=SLOW)
        assert last.recv(100).startswith(b"HTTP/1.1 503 ")
        stack.close()
        eventually(lambda: _opens(door), "no room came back")


def _opens(door: Running) -> bool:
    try:
        return door.get("/health").status == 200
    except (OSError, ValueError):
        return False


@pytest.mark.usefixtures("processes")
def test_requests_that_never_end(tmp_path: Path) -> None:
    with running(tmp_path, EVENTS, "--patience", "1s") as door, ExitStack() as stack:
        wires = []
        for begun in (
            "POST /events HTTP/1.1\r\nHost: x\r\n",
            f"{HEAD}Content-Length: 99\r\n\r\n[",
            f"{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n[    ",
        ):
            address = ("127.0.0.1", door.port)
            wires.append(stack.enter_context(socket.create_connection(address, timeout=SLOW)))
            wires[-1].sendall(begun.encode())
        assert [wire.recv(100) for wire in wires] == [b"", b"", b""]
        told = door.metrics()
        assert told[PENDING("pending_requests")] == told[PENDING("pending_bytes")] == 0
        assert told[PENDING('refused_total{reason="cut",route="events"}')] == 2


@pytest.mark.usefixtures("processes")
def test_a_sender_that_has_gone_may_come_again_with_the_same(tmp_path: Path) -> None:
    """It has not heard that its events are stored, and is to hear it."""
    vendor = signing.SendGrid()
    row = {"email": "a@b.example", "event": "processed", "timestamp": 1763640000}
    request = vendor.posted([row | {"category": "c1", "sg_event_id": "1", "sg_message_id": "1"}])
    with running(tmp_path, {"CAMPAIGN_LIVE_SENDGRID_KEYS": vendor.public}) as door:
        with held(door):
            connection = door.connection()
            connection.request("POST", "/sendgrid", *request)
            waits_for(door, 1)
            assert door.ask("/sendgrid", *request).status == 503  # what becomes of it is not known
            connection.close()
        waits_for(door, 0)
        got = door.ask("/sendgrid", *request)
        assert (got.status, got.content["duplicates"]) == (200, 1)
        assert door.ask("/sendgrid", *request).status == 409


def test_what_is_remembered_is_bounded_and_forgotten() -> None:
    now = 100.0
    seen = Seen(most=3, clock=lambda: now)
    for number in range(5):
        seen.add(bytes([number]), 110.0)
    assert [bytes([n]) in seen for n in range(5)] == [False, False, True, True, True]
    now = 111.0
    assert bytes([4]) not in seen
    seen.add(b"new", 120.0)
    assert len(seen) == 1
    seen.discard(b"new")
    assert b"new" not in seen


# ── a store that fails ───────────────────────────────────────────────────────────────────


def limit_files(door: Running, size: int) -> None:
    """Let the process write no larger files than that, as if the disk were full there."""
    resource.prlimit(door.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.usefixtures("processes")
def test_a_full_disk_and_room_again(tmp_path: Path) -> None:
    vendor = signing.Mailgun()
    with running(tmp_path, EVENTS | {"CAMPAIGN_LIVE_MAILGUN_KEYS": vendor.key}) as door:
        assert door.ask("/events", json.dumps(event("before")), BEARER).status == 200
        limit_files(door, 2000)
        signed = vendor.posted(
            {"id": "1", "timestamp": 1763640000, "event": "accepted", "log-level": "info"}
            | {"recipient": "a@b.example", "tags": ["c1"]}
        )
        for path, *request in (("/events", json.dumps(event("e")), BEARER), ("/mailgun", *signed)):
            got = door.ask(path, *request)
            assert (got.status, got.headers["Retry-After"]) == (503, "5")
            assert str(tmp_path) not in got.content["error"]
        ready = door.get("/ready")
        assert (ready.status, ready.content["ready"]) == (503, False)
        assert "File too large" in ready.content["why"]
        assert str(tmp_path) not in ready.content["why"]
        assert door.metrics()[PENDING("ready")] == 0
        assert door.get("/health").status == 200
        limit_files(door, resource.RLIM_INFINITY)
        eventually(lambda: door.get("/ready").status == 200, "the store was not tried again")
        # what failed is no replay: the very same request goes through
        assert door.ask("/mailgun", *signed).content["stored"] == 1
        assert door.ask("/events", json.dumps(event("e")), BEARER).content["stored"] == 1
        assert door.stop() == 0
    said = door.err.read_text()
    assert said.count("the store fails") == said.count("the store can be written again") == 1
    found = check(door.folder)
    assert (found.problems, found.events) == ([], 3)


@pytest.mark.usefixtures("processes")
def test_ready_finds_out_by_itself(tmp_path: Path) -> None:
    with running(tmp_path, EVENTS) as door:
        limit_files(door, 100)
        eventually(lambda: door.get("/ready").status == 503, "nobody noticed")
        limit_files(door, resource.RLIM_INFINITY)
        eventually(lambda: door.get("/ready").status == 200, "nobody noticed")
    assert list(door.folder.glob(".*")) == []


# ── an end ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_what_is_in_flight(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, EVENTS) as door, ThreadPoolExecutor(8) as pool:
        kept = door.connection()
        kept.request("POST", "/events", json.dumps(event("first")), BEARER)
        assert answer_of(kept.getresponse()).status == 200
        with held(door):
            waiting = [
                pool.submit(door.ask, "/events", json.dumps(event(f"e{n}")), BEARER)
                for n in range(8)
            ]
            waits_for(door, 8)
            door.process.send_signal(number)
            eventually(lambda: not _opens(door), "it goes on to take connections")
            kept.request("POST", "/events", json.dumps(event("late")), BEARER)
            assert answer_of(kept.getresponse()).status == 503
        assert [one.result().status for one in waiting] == [200] * 8
        assert door.process.wait(SLOW) == 0
    found = check(door.folder)
    assert (found.problems, found.events) == ([], 9)


@pytest.mark.usefixtures("processes")
def test_the_pages_on_a_port_of_their_own(tmp_path: Path) -> None:
    with running(tmp_path, EVENTS, "--admin-port", "0") as door:
        lines = eventually(
            lambda: len(door.out.read_text().splitlines()) == 2 and door.out.read_text(), "a line"
        ).splitlines()
        assert door.get("/ready").status == 404
        assert door.get("/metrics").status == 404
        other = Running(
            door.process, door.folder, int(lines[1].rpartition(":")[2]), door.out, door.err
        )
        assert other.get("/ready").status == 200
        assert isinstance(other.ask("/events", b"[]", BEARER), Answer)
        assert other.ask("/events", b"[]", BEARER).status == 404
        assert door.stop() == 0
