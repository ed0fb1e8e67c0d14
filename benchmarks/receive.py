"""Webhooks: the receiver beside a bare server that stores nothing, and beside the store alone.

Each contender is a separate process with a separate store; clients keep their connections
and post the next batch when the one before is answered. Contenders take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import psutil
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from campaign_live_widgets.store import Store, check

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN: Final = "token-of-the-benchmark"  # noqa: S105 - a secret that opens nothing
HEADERS: Final = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
_KEYS: Final = count()


def batch(size: int) -> list[dict[str, object]]:
    """Return events that have never come before."""
    return [
        {
            "event_id": f"event-{next(_KEYS)}",
            "timestamp": "2026-11-23T10:00:00Z",
            "campaign_id": f"campaign-{number % 4}",
            "message_id": f"message-{number % 12}",
            "channel": "email",
            "profile_id": f"profile-{number}",
            "event_type": "delivered",
            "domain": f"isp{number % 40}.example",
        }
        for number in range(size)
    ]


class Bare(RequestHandler):
    async def post(self) -> None:
        self.finish({"stored": 0})


def bare() -> None:
    """Answer 200 to everything, and do nothing else."""

    async def run() -> None:
        server = HTTPServer(Application([(r"/.*", Bare)], log_function=lambda _: None))
        server.listen(0, "127.0.0.1")
        port = next(iter(server._sockets.values())).getsockname()[1]  # noqa: SLF001
        print(f"http://127.0.0.1:{port}", flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


def served(command: list[str], clients: int, size: int, seconds: float) -> tuple[float, ...]:
    """Return requests and events a second, the process's CPU, and its largest memory."""
    environment = {**os.environ, "CAMPAIGN_LIVE_EVENTS_TOKENS": TOKEN}
    process = subprocess.Popen(  # noqa: S603 - our own
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().decode().rpartition(":")[2])

    def post(connection: HTTPConnection) -> None:
        connection.request("POST", "/events", json.dumps(batch(size)).encode(), HEADERS)
        response = connection.getresponse()
        assert response.status == 200, response.read()
        response.read()

    connections = [HTTPConnection("127.0.0.1", port, timeout=120) for _ in range(clients)]
    try:
        return loaded(psutil.Process(process.pid), connections, post, size, seconds)
    finally:
        process.terminate()
        process.wait(120)


def loaded(
    process: psutil.Process,
    senders: list[HTTPConnection],
    post: Callable[[HTTPConnection], None],
    size: int,
    seconds: float,
) -> tuple[float, ...]:
    until = float("inf")

    def run(sender: HTTPConnection) -> list[float]:
        took = []
        while (started := time.perf_counter()) < until:
            post(sender)
            took.append(time.perf_counter() - started)
        return took

    for sender in senders:
        post(sender)
    cpu = sum(process.cpu_times()[:2])
    started = time.perf_counter()
    until = started + seconds
    with ThreadPoolExecutor(len(senders)) as pool:
        took = [one for some in pool.map(run, senders) for one in some]
    elapsed = time.perf_counter() - started
    cpu = sum(process.cpu_times()[:2]) - cpu
    rate = len(took) / elapsed
    took.sort()
    return (
        rate,
        rate * size,
        1e3 * statistics.median(took),
        1e3 * took[int(0.99 * len(took))],
        1e6 * cpu / max(1, len(took) * size),
        process.memory_info().rss / 1e6,
    )


def stored(folder: Path, clients: int, size: int, seconds: float) -> tuple[float, ...]:
    """Return the same of ``Store.append`` from as many threads, without HTTP."""
    with Store.open(folder) as store:
        return loaded(
            psutil.Process(),
            [HTTPConnection("nowhere") for _ in range(clients)],
            lambda _: store.append(batch(size)) and None,
            size,
            seconds,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--size", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        bare()
        return
    print(
        "| clients | events a request | contender | requests/s | events/s | ratio to the receiver "
        "| median ms | 99 % ms | CPU µs an event | memory MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for size in given.size:
        for clients in given.clients:
            one_load(clients, size, given.seconds)


def one_load(clients: int, size: int, seconds: float) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place, "receiver")
        receive = [sys.executable, "-m", "campaign_live_widgets", "receive", "--port", "0"]
        results = {
            "receiver": served([*receive, "--into", str(folder)], clients, size, seconds),
            "store alone": stored(Path(place, "alone"), clients, size, seconds),
            "bare server": served([sys.executable, __file__, "--bare"], clients, size, seconds),
        }
        assert check(folder).problems == []
    base = results["receiver"][0]
    for name, (rate, events, median, late, cpu, memory) in results.items():
        print(
            f"| {clients} | {size} | {name} | {rate:,.0f} | {events:,.0f} | {rate / base:.2f} "
            f"| {median:,.0f} | {late:,.0f} | {cpu:,.0f} | {memory:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
