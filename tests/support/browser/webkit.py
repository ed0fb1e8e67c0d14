"""WebKitGTK, driven over WebDriver."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from glob import glob
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection, socket
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.support.browser.other import OtherBrowser, mouse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DRIVER = "WebKitWebDriver"
BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
PYTHON = "/usr/bin/python3"
PRINT = str(Path(__file__).with_name("print_webkit.py"))
TIMEOUT = 120.0


@dataclass
class WebKit(OtherBrowser):
    """One window of WebKitGTK's browser."""

    port: int
    binary: str
    env: Mapping[str, str]
    session: str = ""

    def __post_init__(self) -> None:
        options = {"binary": self.binary, "args": ["--automation", "--geometry=1400x1200"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self.session = self.call("POST", "", capabilities=wanted)["sessionId"]
        self.call("POST", "/window/rect", width=1400, height=1200)
        self.call("POST", "/timeouts", script=round(TIMEOUT * 1000))

    def call(self, method: str, path: str, **parameters: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a command; return its value."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        address = f"/session/{self.session}{path}" if self.session else "/session"
        body = json.dumps(parameters) if method == "POST" else None
        connection.request(method, address, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        value = json.loads(answer.read())["value"]
        connection.close()
        assert answer.status == 200, value
        return value

    def open(self, address: str) -> None:
        self.call("POST", "/url", url=address)

    def run(self, script: str) -> Any:  # noqa: ANN401 - JSON
        text = f"const done = arguments[0]; Promise.resolve(({script})()).then(done)"
        return self.call("POST", "/execute/async", script=text, args=[])

    def act(self, moves: list[dict[str, Any]]) -> None:
        self.call("POST", "/actions", actions=[mouse(moves)])

    def print_page(self, ready: str) -> bytes:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "page.pdf"
            subprocess.run(  # noqa: S603 - the driver cannot print, the browser can
                [PYTHON, PRINT, self.call("GET", "/url"), ready, str(file)],
                env=self.env,
                timeout=TIMEOUT,
                check=True,
                stderr=subprocess.DEVNULL,
            )
            return file.read_bytes()

    def screenshot(self) -> bytes:
        return base64.b64decode(self.call("GET", "/screenshot"))

    def quit(self) -> None:
        self.call("DELETE", "")


@contextmanager
def webkit() -> Iterator[WebKit]:
    """Run WebKitGTK's browser on a separate X server."""
    driver, binary = shutil.which(DRIVER), next(iter(glob(BROWSERS)), None)
    assert driver is not None, "the browser tests need WebKitGTK's driver"
    assert binary is not None, "the browser tests need WebKitGTK's browser"
    with _screen() as display, socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        env = os.environ | {"DISPLAY": display, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
        process = subprocess.Popen(  # noqa: S603 - the installed driver
            [driver, f"--port={port}"],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(port)
            browser = WebKit(port, binary, env)
            yield browser
            browser.quit()
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def _screen() -> Iterator[str]:
    """Run an X server without a display device; give its name."""
    program = shutil.which("Xvfb")
    assert program, "the browser tests need Xvfb"
    read, write = os.pipe()
    command = [
        program,
        "-displayfd",
        str(write),
        "-screen",
        "0",
        "1500x1400x24",
        "-nolisten",
        "tcp",
    ]
    process = subprocess.Popen(  # noqa: S603 - the installed program
        command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(write)
    try:
        with os.fdopen(read) as number:
            yield f":{number.readline().strip()}"
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    end = time.monotonic() + 20
    while True:
        with suppress(OSError):
            create_connection(("127.0.0.1", port), 1).close()
            return
        assert time.monotonic() < end, "the driver does not answer"
        time.sleep(0.1)
