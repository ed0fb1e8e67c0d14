"""A receiver above its limits, with a store that fails, and while it stops."""

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

import psutil
import pytest
from filelock import FileLock

from campaign_live_widgets.store import check
from campaign_live_widgets.webhooks.replay_cache import ReplayCache
from tests.support.servers import webhook_signing as signing
from tests.support.servers.receiver_process import (
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

if TYPE_CHECKING:
    from pathlib import Path

HEAD = f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
PENDING = "campaign_live_receive_{}".format


def store_lock(receiver: Running) -> FileLock:
    """Return the lock of another writer, which keeps the receiver from writing."""
    return FileLock(receiver.folder / "_lock")


def wait_for_pending(receiver: Running, requests: int) -> None:
    eventually(
        lambda: receiver.metrics()[PENDING("pending_requests")] == requests, f"{requests} requests"
    )


@pytest.mark.usefixtures("processes")
def test_requests_above_max_pending_get_503(tmp_path: Path) -> None:
    with (
        running(tmp_path, EVENTS, "--max-pending", "3") as receiver,
        ThreadPoolExecutor(3) as pool,
    ):
        with store_lock(receiver):
            pending = [
                pool.submit(receiver.ask, "/events", json.dumps([event(f"e{n}")]), BEARER)
                for n in range(3)
            ]
            wait_for_pending(receiver, 3)
            got = receiver.ask("/events", json.dumps([event("one more")]), BEARER)
            assert (got.status, got.headers["Retry-After"]) == (503, "5")
            assert receiver.get("/health").status == 200
            assert not any(one.done() for one in pending)
        assert [one.result().status for one in pending] == [200, 200, 200]
        assert receiver.ask("/events", json.dumps([event("one more")]), BEARER).status == 200
        metrics = receiver.metrics()
        assert metrics[PENDING('refused_total{reason="busy",route="events"}')] == 1
        assert metrics[PENDING("pending_bytes")] == metrics[PENDING("pending_requests")] == 0
        assert receiver.stop() == 0


@pytest.mark.usefixtures("processes")
def test_requests_above_max_pending_bytes_get_503(tmp_path: Path) -> None:
    options = ("--max-body", "40K", "--max-pending-bytes", "100K")
    large = json.dumps([event("large", url="x" * 38_000)])
    with running(tmp_path, EVENTS, *options) as receiver, ThreadPoolExecutor(2) as pool:
        with store_lock(receiver):
            pending = [pool.submit(receiver.ask, "/events", large, BEARER) for _ in range(2)]
            wait_for_pending(receiver, 2)
            assert receiver.ask("/events", large, BEARER).status == 503
        assert [one.result().status for one in pending] == [200, 200]
        assert receiver.ask("/events", large, BEARER).status == 200
        assert receiver.metrics()[PENDING("pending_bytes")] == 0


@pytest.mark.usefixtures("processes")
@pytest.mark.stress
def test_memory_stays_within_the_limits(tmp_path: Path) -> None:
    """Forty times the limit is sent while the store is locked, and after it."""
    body = json.dumps([event(f"e{n}", url="x" * 1000) for n in range(700)])
    options = ("--max-body", "1M", "--max-pending-bytes", "8M")
    with running(tmp_path, EVENTS, *options) as receiver:
        process = psutil.Process(receiver.process.pid)
        assert receiver.ask("/events", body, BEARER).status == 200
        before, peak = process.memory_info().rss, 0
        answers: list[int] = []
        enough = threading.Event()

        def send() -> None:
            while not enough.is_set():
                try:
                    answers.append(receiver.ask("/events", body, BEARER).status)
                except OSError:  # the connection was closed while the body was being sent
                    answers.append(503)

        senders = [threading.Thread(target=send) for _ in range(40)]
        with store_lock(receiver):
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
        # eight megabytes of bodies, of which one is parsed at a time
        assert peak - before < 300 << 20, (peak - before) >> 20
        assert receiver.metrics()[PENDING("pending_bytes")] == 0
    assert check(receiver.folder).problems == []


@pytest.mark.usefixtures("processes")
def test_connections_above_the_limit_get_503(tmp_path: Path) -> None:
    with running(tmp_path, EVENTS, "--max-connections", "3") as receiver, ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", receiver.port)))
        last = socket.create_connection(("127.0.0.1", receiver.port), timeout=SLOW)
        assert last.recv(100).startswith(b"HTTP/1.1 503 ")
        stack.close()
        eventually(lambda: _opens(receiver), "no connection was accepted again")


def _opens(receiver: Running) -> bool:
    try:
        return receiver.get("/health").status == 200
    except (OSError, ValueError):
        return False


@pytest.mark.usefixtures("processes")
def test_incomplete_requests_are_closed_after_the_timeout(tmp_path: Path) -> None:
    with running(tmp_path, EVENTS, "--patience", "1s") as receiver, ExitStack() as stack:
        wires = []
        for begun in (
            "POST /events HTTP/1.1\r\nHost: x\r\n",
            f"{HEAD}Content-Length: 99\r\n\r\n[",
            f"{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n[    ",
        ):
            address = ("127.0.0.1", receiver.port)
            wires.append(stack.enter_context(socket.create_connection(address, timeout=SLOW)))
            wires[-1].sendall(begun.encode())
        assert [wire.recv(100) for wire in wires] == [b"", b"", b""]
        metrics = receiver.metrics()
        assert metrics[PENDING("pending_requests")] == metrics[PENDING("pending_bytes")] == 0
        assert metrics[PENDING('refused_total{reason="cut",route="events"}')] == 2


@pytest.mark.usefixtures("processes")
def test_request_without_a_delivered_answer_may_be_sent_again(tmp_path: Path) -> None:
    """The sender does not know that its events are stored, so a retry has to be accepted."""
    vendor = signing.SendGrid()
    row = {"email": "a@b.example", "event": "processed", "timestamp": 1763640000}
    request = vendor.posted([row | {"category": "c1", "sg_event_id": "1", "sg_message_id": "1"}])
    with running(tmp_path, {"CAMPAIGN_LIVE_SENDGRID_KEYS": vendor.public}) as receiver:
        with store_lock(receiver):
            connection = receiver.connection()
            connection.request("POST", "/sendgrid", *request)
            wait_for_pending(receiver, 1)
            assert receiver.ask("/sendgrid", *request).status == 503  # it is still being stored
            connection.close()
        wait_for_pending(receiver, 0)
        got = receiver.ask("/sendgrid", *request)
        assert (got.status, got.content["duplicates"]) == (200, 1)
        assert receiver.ask("/sendgrid", *request).status == 409


def test_replay_cache_is_limited_and_expires() -> None:
    now = 100.0
    seen = ReplayCache(max_keys=3, clock=lambda: now)
    for number in range(5):
        seen.add(bytes([number]), 110.0)
    assert [bytes([n]) in seen for n in range(5)] == [False, False, True, True, True]
    now = 111.0
    assert bytes([4]) not in seen
    seen.add(b"new", 120.0)
    assert len(seen) == 1
    seen.discard(b"new")
    assert b"new" not in seen


# ── failures of the store ───────────────────────────────────────────────────────────────────


def limit_files(receiver: Running, size: int) -> None:
    """Limit the size of the files that the process can write, as on a full disk."""
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.mark.usefixtures("processes")
def test_full_disk_gets_503_until_there_is_space(tmp_path: Path) -> None:
    vendor = signing.Mailgun()
    with running(tmp_path, EVENTS | {"CAMPAIGN_LIVE_MAILGUN_KEYS": vendor.key}) as receiver:
        assert receiver.ask("/events", json.dumps(event("before")), BEARER).status == 200
        limit_files(receiver, 2000)
        signed = vendor.posted(
            {"id": "1", "timestamp": 1763640000, "event": "accepted", "log-level": "info"}
            | {"recipient": "a@b.example", "tags": ["c1"]}
        )
        for path, *request in (("/events", json.dumps(event("e")), BEARER), ("/mailgun", *signed)):
            got = receiver.ask(path, *request)
            assert (got.status, got.headers["Retry-After"]) == (503, "5")
            assert str(tmp_path) not in got.content["error"]
        ready = receiver.get("/ready")
        assert (ready.status, ready.content["ready"]) == (503, False)
        assert "File too large" in ready.content["why"]
        assert str(tmp_path) not in ready.content["why"]
        assert receiver.metrics()[PENDING("ready")] == 0
        assert receiver.get("/health").status == 200
        limit_files(receiver, resource.RLIM_INFINITY)
        eventually(lambda: receiver.get("/ready").status == 200, "the store was not probed again")
        # a failed request is not a replay: the same one is accepted
        assert receiver.ask("/mailgun", *signed).content["stored"] == 1
        assert receiver.ask("/events", json.dumps(event("e")), BEARER).content["stored"] == 1
        assert receiver.stop() == 0
    log = receiver.err.read_text()
    assert (
        log.count("the store cannot be written; requests")
        == log.count("the store can be written again")
        == 1
    )
    checked = check(receiver.folder)
    assert (checked.problems, checked.events) == ([], 3)


@pytest.mark.usefixtures("processes")
def test_ready_page_probes_the_store(tmp_path: Path) -> None:
    with running(tmp_path, EVENTS) as receiver:
        limit_files(receiver, 100)
        eventually(lambda: receiver.get("/ready").status == 503, "the change was not noticed")
        limit_files(receiver, resource.RLIM_INFINITY)
        eventually(lambda: receiver.get("/ready").status == 200, "the change was not noticed")
    assert list(receiver.folder.glob(".*")) == []


# ── stopping ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_receiver_answers_pending_requests(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, EVENTS) as receiver, ThreadPoolExecutor(8) as pool:
        connection = receiver.connection()
        connection.request("POST", "/events", json.dumps(event("first")), BEARER)
        assert answer_of(connection.getresponse()).status == 200
        with store_lock(receiver):
            pending = [
                pool.submit(receiver.ask, "/events", json.dumps(event(f"e{n}")), BEARER)
                for n in range(8)
            ]
            wait_for_pending(receiver, 8)
            receiver.process.send_signal(number)
            eventually(lambda: not _opens(receiver), "it still accepts connections")
            connection.request("POST", "/events", json.dumps(event("late")), BEARER)
            assert answer_of(connection.getresponse()).status == 503
        assert [one.result().status for one in pending] == [200] * 8
        assert receiver.process.wait(SLOW) == 0
    checked = check(receiver.folder)
    assert (checked.problems, checked.events) == ([], 9)


@pytest.mark.usefixtures("processes")
def test_admin_port_serves_only_the_admin_pages(tmp_path: Path) -> None:
    with running(tmp_path, EVENTS, "--admin-port", "0") as receiver:
        lines = eventually(
            lambda: len(receiver.out.read_text().splitlines()) == 2 and receiver.out.read_text(),
            "a line",
        ).splitlines()
        assert receiver.get("/ready").status == 404
        assert receiver.get("/metrics").status == 404
        other = Running(
            receiver.process,
            receiver.folder,
            int(lines[1].rpartition(":")[2]),
            receiver.out,
            receiver.err,
        )
        assert other.get("/ready").status == 200
        assert isinstance(other.ask("/events", b"[]", BEARER), Answer)
        assert other.ask("/events", b"[]", BEARER).status == 404
        assert receiver.stop() == 0
