"""A receiver in a process, and requests to it over real sockets."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

COMMAND = (sys.executable, "-m", "campaign_live_widgets", "receive")
TOKEN = "token-of-the-tests-0123456789"  # noqa: S105 - a secret that opens nothing
BEARER = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
EVENTS = {"CAMPAIGN_LIVE_EVENTS_TOKENS": TOKEN}
SLOW = 120.0
"""Timeout in seconds, generous for a busy machine."""


class Answer(NamedTuple):
    """The answer to a request."""

    status: int
    content: Any
    headers: http.client.HTTPMessage


@dataclass
class Running:
    """A receiver that accepts requests."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    out: Path
    err: Path

    def connection(self, timeout: float = SLOW) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def require_stored_once(
        self,
        path: str,
        body: Any,  # noqa: ANN401 - what http.client takes
        headers: Mapping[str, str],
        events: int,
    ) -> None:
        """Post a request with this number of new events, and then the same again."""
        got = self.ask(path, body, headers)
        assert (got.status, got.content["rejected"]) == (200, 0)
        assert got.content["stored"] == events
        again = self.ask(path, body, headers)
        assert again.status == 409
        assert again.content == {"error": "the same request has been received before"}

    def ask(
        self,
        path: str,
        body: Any = None,  # noqa: ANN401 - what http.client takes
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> Answer:
        connection = self.connection()
        try:
            connection.request(method, path, body, dict(headers or {}))
            return answer_of(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.ask(path, method="GET")

    def metrics(self) -> dict[str, float]:
        lines = self.get("/metrics").content.splitlines()
        pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def output(self) -> str:
        """Return standard output and standard error."""
        return self.out.read_text() + self.err.read_text()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SLOW)


def answer_of(response: http.client.HTTPResponse) -> Answer:
    text = response.read().decode()
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    content = json.loads(text) if is_json and text else text
    return Answer(response.status, content, response.headers)


@contextmanager
def running(folder: Path, secrets: Mapping[str, str], *options: str) -> Iterator[Running]:
    """Start a receiver that writes to *folder*/store; kill it if the test has not stopped it."""
    folder.mkdir(parents=True, exist_ok=True)
    out, err = folder / "out", folder / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*COMMAND, "--into", str(folder / "store"), "--port", "0", *options],
            stdout=stdout,
            stderr=stderr,
            env=environment(secrets),
        )
    try:
        yield Running(process, folder / "store", port_of(process, out, err), out, err)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(SLOW)


def environment(secrets: Mapping[str, str]) -> dict[str, str]:
    bare = {n: v for n, v in os.environ.items() if not n.startswith("CAMPAIGN_LIVE_")}
    return {**bare, **secrets}


def port_of(process: subprocess.Popen[bytes], out: Path, err: Path) -> int:
    until = time.monotonic() + SLOW
    while not out.read_text().endswith("\n"):
        assert process.poll() is None, err.read_text()
        assert time.monotonic() < until, err.read_text()
        time.sleep(0.02)
    return int(out.read_text().splitlines()[0].rpartition(":")[2])


def eventually(condition: Any, what: str) -> Any:  # noqa: ANN401
    """Return the value of *condition* once it is true."""
    until = time.monotonic() + SLOW
    while not (value := condition()):
        assert time.monotonic() < until, what
        time.sleep(0.05)
    return value


def usage_error(tmp_path: Path, secrets: Mapping[str, str], *options: str) -> str:
    """Return the one line of a call that exits with a usage error."""
    done = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, "--into", str(tmp_path / "store"), *options],
        capture_output=True,
        text=True,
        env=environment(secrets),
        timeout=SLOW,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


def event(key: str, **more: object) -> dict[str, object]:
    return {
        "event_id": key,
        "timestamp": "2026-11-23T10:00:00Z",
        "campaign_id": "c1",
        "message_id": "m1",
        "channel": "email",
        "profile_id": f"profile-of-{key}",
        "event_type": "sent",
        **more,
    }
