"""Many clients of one reader, and those that are slow, hostile or of another user."""

from __future__ import annotations

import os
import socket
import stat
import struct
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.reader import client_connection
from campaign_live_widgets.app.reader.connection import ReaderConnection
from campaign_live_widgets.app.reader.messages.codec import Question, question_to
from campaign_live_widgets.app.reader.messages.protocol import (
    PREFIX,
    decode_body,
    encode_body,
    message,
)
from campaign_live_widgets.app.reader.shared_feed import SharedFeed
from campaign_live_widgets.app.reader.socket_file import SocketFile
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.engine import FileRollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import MACHINES, microseconds
from tests.support.events import files, generate
from tests.support.events.generate import AT
from tests.support.reader.running import running
from tests.support.reader.waiting import read_more

if TYPE_CHECKING:
    from tests.support.reader.running import RunningReader

WEEK = timedelta(days=7)
QUERY = Query(campaign="c1", at=AT, window=WEEK)
CLIENTS = 12


def queries(source: Path) -> list[Query]:
    """Return as many different queries as there are clients."""
    with closing(RollupFeed(str(source), QUERY)) as feed:
        feed.refresh()
        messages, executions = map(sorted, feed.names())
    return [
        Query(
            campaign=("c1", "c2")[number % 2],
            at=AT - timedelta(minutes=number),
            window="all" if number == 3 else timedelta(hours=1 + 13 * number),
            messages=tuple(messages[: number % 4]),
            executions=tuple(executions[:1]) if number % 5 == 4 else (),
            include_tests=number % 3 == 0,
            machines=MACHINES[number % 4 % 3],
        )
        for number in range(CLIENTS)
    ]


def direct(source: Path, wanted: list[Query]) -> list[dict[str, Any]]:
    with closing(RollupFeed(str(source), QUERY)) as feed:
        reports = []
        for query in wanted:
            feed.use(query.campaign)
            feed.set_query(query)
            feed.refresh()
            reports.append(to_json(feed.snapshot()))
        return reports


def test_many_clients_with_different_filters_have_each_their_numbers(
    source: Path, reader: RunningReader
) -> None:
    wanted, barrier = queries(source), threading.Barrier(CLIENTS + 1)
    reports: list[list[dict[str, Any]]] = [[] for _ in wanted]

    def view(number: int, query: Query) -> None:
        connection = ReaderConnection(reader.socket_path)
        with closing(connection):
            feed = SharedFeed(connection, query)
            feed.refresh()
            for turn in range(2):
                for _ in range(5):
                    report = to_json(feed.snapshot())
                    assert not reports[number][turn:] or reports[number][turn] == report
                    reports[number][turn:] = [report]
                barrier.wait(60)
                barrier.wait(60)
                if turn == 0:
                    read_more(feed)

    with ThreadPoolExecutor(CLIENTS) as pool:
        views = [pool.submit(view, *pair) for pair in enumerate(wanted)]
        barrier.wait(60)
        first = direct(source, wanted)
        files.write(generate.events(6, 60), source / "2.parquet")
        barrier.wait(60)
        barrier.wait(60)
        barrier.wait(60)
        for one in views:
            one.result(60)
    assert [report[0] for report in reports] == first
    assert [report[1] for report in reports] == direct(source, wanted) != first


def test_an_answer_is_made_once_for_all_clients(reader: RunningReader) -> None:
    clock = {"clock": lambda: AT.replace(second=5)}

    def ask(_number: int) -> int:
        with closing(ReaderConnection(reader.socket_path)) as connection:
            feed = SharedFeed(connection, QUERY, **clock)
            feed.refresh()
            return feed.snapshot().entered_profiles

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert len(set(pool.map(ask, range(CLIENTS)))) == 1
    status = reader.connection.status()
    assert (status.made, status.shared) == (1, CLIENTS - 1)


def test_a_process_asks_once_for_all_its_pages(reader: RunningReader) -> None:
    feeds = [reader.feed(campaign="c1", at=AT, clock=lambda: AT) for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(SharedFeed.refresh, feeds))
        snapshots = list(pool.map(SharedFeed.snapshot, feeds))
    assert len({id(snapshot) for snapshot in snapshots}) == 1
    status = reader.connection.status()
    assert (status.clients, status.made, status.shared) == (1, 1, 0)


def test_a_long_refresh_keeps_no_one_waiting(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = queries(source)
    refresh, go_on, is_reading = FileRollup.refresh, threading.Event(), threading.Event()
    go_on.set()

    def slow(rollup: FileRollup) -> bool:
        if not go_on.is_set():
            is_reading.set()
            assert go_on.wait(60)
        return refresh(rollup)

    monkeypatch.setattr(FileRollup, "refresh", slow)
    with running(source) as reader:
        feed = reader.feed(campaign="c1", at=AT, window=WEEK)
        feed.refresh()
        before = to_json(feed.snapshot())
        go_on.clear()
        files.write(generate.events(6, 60), source / "2.parquet")
        assert is_reading.wait(30)
        assert not feed.refresh()  # after half a second
        assert to_json(feed.snapshot()) == before
        for query in others:
            if query.campaign == "c1":
                SharedFeed(reader.connection, query).snapshot()
        assert reader.connection.status().polling_since is not None
        go_on.set()
        assert feed.wait(30)
        assert feed.refresh()
        assert to_json(feed.snapshot()) != before


def test_a_long_change_of_counts_keeps_no_page_waiting(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions that were answered before are answered as of then."""
    sum_health, go_on, is_changed = FileRollup._sum_health, threading.Event(), threading.Event()
    go_on.set()

    def slow(rollup: FileRollup) -> None:
        if not go_on.is_set():
            is_changed.set()
            assert go_on.wait(60)
        sum_health(rollup)

    monkeypatch.setattr(FileRollup, "_sum_health", slow)
    with running(source) as reader:
        feed = reader.feed(campaign="c1", window=WEEK)
        feed.refresh()
        before = to_json(feed.snapshot(AT))
        go_on.clear()
        files.write(generate.events(6, 60), source / "2.parquet")
        assert is_changed.wait(30)
        later = AT + timedelta(minutes=3)
        assert to_json(feed.snapshot(later)) == before
        go_on.set()
        assert feed.wait(30)
        assert feed.refresh()
        with closing(RollupFeed(str(source), Query(campaign="c1", window=WEEK))) as direct_feed:
            direct_feed.refresh()
            assert to_json(feed.snapshot(later)) == to_json(direct_feed.snapshot(later)) != before


def test_a_campaign_that_was_dropped_is_counted_again(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign_live_widgets.engine.base._HELD", 1)
    monkeypatch.setattr("campaign_live_widgets.engine.base._LATELY", -1.0)
    wanted = [query for query in queries(source) if query.campaign in {"c1", "c2"}]
    with running(source) as reader:
        feeds = [SharedFeed(reader.connection, query) for query in wanted]
        for feed in feeds:
            feed.refresh()
        reports = [to_json(feed.snapshot()) for _ in range(2) for feed in feeds]
    assert reports[: len(wanted)] == reports[len(wanted) :] == direct(source, wanted)


# --- slow and hostile clients ----------------------------------------------------------------


def connected(reader: RunningReader) -> socket.socket:
    raw = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    raw.settimeout(30)
    raw.connect(str(reader.socket_path))
    return raw


def request(number: int) -> bytes:
    question = question_to(Question.of(QUERY, "c1"))
    head = {"operation": "snapshot", "question": question, "now": microseconds(AT)}
    return message(number, encode_body(head))


def received(raw: socket.socket) -> bytes:
    """Return all that arrives until the reader disconnects."""
    data = b""
    while part := raw.recv(1 << 16):
        data += part
    return data


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        PREFIX.pack((4 << 20) + 1, 1),
        PREFIX.pack(0, 1),
        message(0, encode_body({"operation": "status"})),
        message(1, encode_body({"operation": "run"})),
        message(1, encode_body({})),
        message(1, encode_body({"operation": "refresh", "max_age_ms": "soon"})),
        message(1, encode_body({"operation": "snapshot", "question": [1], "now": 0})),
        message(1, encode_body({"operation": "hold", "campaign": None})),
        message(1, struct.pack("<II", 50_000, 0) + b"[" * 50_000),
    ],
)
def test_a_hostile_client_is_disconnected_and_others_are_served(
    reader: RunningReader, data: bytes
) -> None:
    feed = reader.feed(campaign="c1", at=AT, window=WEEK)
    feed.refresh()
    with connected(reader) as raw:
        raw.sendall(data)
        news = received(raw)
    head = decode_body(news[PREFIX.size :]).head  # nothing but the news was sent
    assert set(head) == {"format", "version", "failure", "read_at", "polling_since"}
    assert feed.snapshot().campaign_id == "c1"
    assert not feed.refresh()


def test_a_request_that_is_cut_off_is_forgotten(reader: RunningReader) -> None:
    reader.feed().refresh()
    with connected(reader) as raw:
        raw.sendall(request(1)[:-5])
    assert reader.feed().refresh()


def test_clients_that_leave_while_they_wait_stop_nothing(
    source: Path, reader: RunningReader
) -> None:
    feed = reader.feed(campaign="c1", at=AT, window=WEEK)
    feed.refresh()
    refresh = message(1, encode_body({"operation": "refresh", "max_age_ms": 0}))
    for number in range(2, 5):
        for _ in range(20):
            with connected(reader) as raw:
                raw.sendall(refresh)
        files.write(generate.events(number, 10), source / f"{number}.parquet")
        read_more(feed)


def requests_sent(raw: socket.socket) -> int:
    """Send requests until no more are read, and return how many were sent."""
    with suppress(TimeoutError, ConnectionError):
        for number in range(1, 1_000_000):
            raw.sendall(request(number))
    return number


def test_a_client_that_reads_nothing_is_disconnected(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_connection, "_STUCK_SECONDS", 0.5)
    with running(source) as reader, connected(reader) as raw:
        feed = reader.feed(campaign="c1", at=AT, window=WEEK)
        feed.refresh()
        raw.settimeout(0.2)
        sent = requests_sent(raw)
        assert sent < 20_000  # requests are not read while many have no answer
        deadline = time.monotonic() + 30
        while reader.connection.status().clients > 1:
            assert time.monotonic() < deadline
            assert feed.snapshot().campaign_id == "c1"
            time.sleep(0.02)


# --- access ----------------------------------------------------------------------------------


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_may_use_the_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a path that is short enough
    made = SocketFile("new/folder/r.sock")
    try:
        folder = tmp_path / "new" / "folder"
        assert (mode(folder), mode(folder / "r.sock")) == (0o700, 0o600)
        with pytest.raises(Exception, match="another reader uses this socket"):
            SocketFile("new/folder/r.sock")
    finally:
        made.socket.close()
        made.close()
    assert not list(folder.iterdir())


def test_the_socket_of_a_killed_reader_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = SocketFile("r/r.sock")
    first.socket.close()  # as at a kill: the file stays
    second = SocketFile("r/r.sock")
    first.close()  # it does not remove the file of another reader
    assert (tmp_path / "r" / "r.sock").exists()
    second.socket.close()
    second.close()


_STRANGER = 60_001
_GROUP = 60_002
AS_ROOT = pytest.mark.skipif(
    getattr(os, "geteuid", int)() != 0, reason="only root can be another user"
)


def as_stranger(path: Path, groups: list[int]) -> bytes:
    """Connect in a process of another user, and return the first byte that it receives."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups(groups)
            os.setgid(_STRANGER)
            os.setuid(_STRANGER)
            with socket.socket(socket.AF_UNIX) as raw:
                raw.settimeout(30)
                raw.connect(str(path))
                os.write(writes, raw.recv(1))
        finally:
            os._exit(0)
    os.close(writes)
    with open(reads, "rb") as stream:
        data = stream.read()
    os.waitpid(child, 0)
    return data


@AS_ROOT
@pytest.mark.usefixtures("processes")
def test_a_process_of_another_user_is_refused(reader: RunningReader) -> None:
    """Also where the modes of the folder and the socket let it connect."""
    reader.socket_path.parent.chmod(0o755)
    reader.socket_path.chmod(0o666)
    feed = SharedFeed(reader.connection, QUERY)
    feed.refresh()
    assert as_stranger(reader.socket_path, [_GROUP]) == b""
    assert reader.connection.status().clients == 1


@AS_ROOT
@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize(("groups", "is_admitted"), [([_GROUP], True), ([], False)])
def test_a_member_of_the_group_is_admitted(groups: list[int], *, is_admitted: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="clw-") as parent:
        Path(parent).chmod(0o711)
        path = Path(parent) / "made" / "r.sock"
        made = SocketFile(path, _GROUP)
        assert (mode(path.parent), mode(path)) == (0o710, 0o660)
        assert (path.parent.stat().st_gid, path.stat().st_gid) == (_GROUP, _GROUP)
        path.parent.chmod(0o711)
        path.chmod(0o666)

        def accept() -> None:
            peer, _ = made.socket.accept()
            with peer:
                if made.allows(peer):
                    peer.sendall(b"y")

        thread = threading.Thread(target=accept)
        thread.start()
        assert as_stranger(path, groups) == b"y" * is_admitted
        thread.join()
        made.socket.close()
        made.close()


def test_requests_fail_without_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign_live_widgets.app.reader.channel._FIRST_PATIENCE", 0.1)
    with closing(ReaderConnection(tmp_path / "none.sock")) as connection:
        feed = SharedFeed(connection, QUERY)
        for ask in (feed.refresh, feed.snapshot, feed.names, feed.campaigns, connection.status):
            with pytest.raises(SourceError, match="does not answer"):
                ask()
