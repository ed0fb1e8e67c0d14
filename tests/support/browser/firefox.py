"""Firefox, driven over WebDriver BiDi."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from websockets.sync.client import connect

from tests.support.browser.front import SIZE
from tests.support.browser.other import OtherBrowser, mouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.client import ClientConnection

PROGRAMS = ("firefox-esr", "firefox")
TIMEOUT = 120.0


@dataclass
class Firefox(OtherBrowser):
    """One window of Firefox."""

    socket: ClientConnection
    context: str = ""

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self.call("session.new", capabilities={})
        self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]
        self.call("browsingContext.setViewport", viewport=SIZE)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Send a command; return its result."""
        number = next(self._numbers)
        if self.context and method.partition(".")[0] != "script":
            parameters["context"] = self.context
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv(timeout=TIMEOUT))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return dict(answer["result"])

    def open(self, address: str) -> None:
        self.call("browsingContext.navigate", url=address, wait="interactive")

    def run(self, script: str) -> Any:  # noqa: ANN401 - JSON
        result = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({script})()))()",
            target={"context": self.context},
            awaitPromise=True,
        )
        assert result["type"] == "success", result
        value = result["result"].get("value")
        return None if value is None else json.loads(value)

    def act(self, moves: list[dict[str, Any]]) -> None:
        self.call("input.performActions", actions=[mouse(moves)])

    def print_page(self, ready: str) -> bytes:
        self.wait_for(ready)
        page = {"width": 21.0, "height": 29.7}
        return base64.b64decode(self.call("browsingContext.print", page=page)["data"])

    def screenshot(self) -> bytes:
        return base64.b64decode(self.call("browsingContext.captureScreenshot")["data"])


@contextmanager
def firefox() -> Iterator[Firefox]:
    """Run Firefox without a window on the screen."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "the browser tests need Firefox"
    with TemporaryDirectory(prefix="clw-firefox-", ignore_cleanup_errors=True) as profile:
        options = ["--headless", "--no-remote", "--profile", profile]
        process = subprocess.Popen(  # noqa: S603 - the installed browser
            [program, *options, "--remote-debugging-port", "0", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            matches = (re.search(r"WebDriver BiDi listening on (\S+)", line) for line in lines)
            address = next(match[1] for match in matches if match)
            with connect(f"{address}/session", proxy=None, max_size=None) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()
            process.wait(20)
