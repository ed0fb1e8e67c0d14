"""A viewer without a browser: opens a page of a server, and talks to it as its script does."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.request import HTTPCookieProcessor, Request, build_opener
from uuid import uuid4

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from websocket import WebSocketTimeoutException, create_connection

if TYPE_CHECKING:
    from collections.abc import Mapping

PROTOCOL = "v1.kernel.websocket.jupyter.org"
SECONDS = 20.0


@dataclass
class Viewer:
    """One page, open and connected.

    Parameters
    ----------
    address : str
        Of the server.
    query : str
        Of the page's address, with its question mark.
    headers : mapping
        Of all requests.
    """

    address: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.opener = build_opener(HTTPCookieProcessor())
        with self.opener.open(self.request(self.query), timeout=120) as answer:
            self.html = answer.read().decode()
        match = re.search(r'"kernelId": ?"([0-9a-f-]+)"', self.html)
        assert match, self.html[:2000]
        self.page_id = match[1]
        self.connect()

    def connect(self) -> None:
        """Open the page's websocket."""
        self._session = uuid4().hex
        address = f"{self.address.replace('http', 'ws', 1)}api/kernels/{self.page_id}/channels"
        self.socket = create_connection(
            f"{address}?session_id={self._session}",
            timeout=0.5,
            subprotocols=[PROTOCOL],
            header=dict(self.headers),
        )
        self._wait_for_kernel()
        self.socket.settimeout(SECONDS)
        self._note(self.states(), {"type": "hello", "search": self.query})

    def _note(self, states: Mapping[str, dict[str, Any]], content: dict[str, Any]) -> None:
        """Send a message of the script that watches the connection; a report waits for it."""
        monitor = next(model for model, state in states.items() if "heartbeat_seconds" in state)
        seen = {"viewer": self._session, "visible": True, "tick": states[monitor]["tick"]}
        data = {"method": "custom", "content": seen | content}
        self.send("comm_msg", {"comm_id": monitor, "data": data})

    def _wait_for_kernel(self) -> None:
        """Repeat a request: a kernel drops messages until its channels are open."""
        for _ in range(20):
            self.send("kernel_info_request", {})
            with suppress(WebSocketTimeoutException):
                self.receive()
                return
        message = "the page does not answer"
        raise AssertionError(message)

    def request(self, path: str, method: str = "GET") -> Request:
        """Return a request to the server, with the viewer's headers."""
        return Request(self.address + path, headers=dict(self.headers), method=method)  # noqa: S310

    def send(self, kind: str, content: dict[str, Any], channel: str = "shell") -> None:
        """Send a message."""
        header = {
            "msg_id": uuid4().hex,
            "msg_type": kind,
            "session": self._session,
            "username": "mallory",
            "version": "5.3",
            "date": datetime.now(UTC).isoformat(),
        }
        metadata = {"version": "1.0.0"} if kind == "comm_open" else {}
        parts = [json.dumps(part).encode() for part in (header, {}, metadata, content)]
        self.socket.send_binary(serialize_msg_to_ws_v1(parts, channel))

    def receive(self) -> tuple[str, dict[str, Any]]:
        """Return type and content of the next message."""
        _, (header, _, _, content, *_) = deserialize_msg_from_ws_v1(self.socket.recv())
        return json.loads(header)["msg_type"], json.loads(content)

    def states(self) -> dict[str, dict[str, Any]]:
        """Return the state of every widget, as a page asks for it."""
        return self._asked_states() or self._asked_states()  # the first ones are in the HTML

    def _asked_states(self) -> dict[str, dict[str, Any]]:
        comm, data = uuid4().hex, {"method": "request_states"}
        target = "jupyter.widget.control"
        self.send("comm_open", {"comm_id": comm, "target_name": target, "data": {}})
        self.send("comm_msg", {"comm_id": comm, "data": data})
        while True:
            kind, content = self.receive()
            if kind == "comm_msg" and content["comm_id"] == comm:
                return {i: model["state"] for i, model in content["data"]["states"].items()}

    def figures(self) -> dict[str, int]:
        """Return the key figures of the campaign by metric."""
        states = self.states()
        self._note(states, {"type": "ack"})
        for state in states.values():
            metrics = state.get("metrics", [])
            if "entered_profiles" in metrics and "counts" in state:
                return dict(zip(metrics, state["counts"], strict=True))
        message = "the page has no key figures"
        raise AssertionError(message)

    def wait_for(self, seconds: float = SECONDS, **figures: int) -> None:
        """Wait until the page shows key figures."""
        end = time.monotonic() + seconds
        while not figures.items() <= (current := self.figures()).items():
            assert time.monotonic() < end, f"the page shows {current}"
            time.sleep(0.1)

    def leave(self) -> None:
        """Disconnect, and end the page as a browser does."""
        self.socket.close()
        cookies = {cookie.name: cookie.value for cookie in self._cookies()}
        request = self.request(f"voila/api/shutdown/{self.page_id}", "POST")
        request.add_header("X-XSRFToken", cookies["_xsrf"] or "")
        self.opener.open(request, timeout=SECONDS).close()

    def _cookies(self) -> Any:  # noqa: ANN401 - of http.cookiejar
        return next(h for h in self.opener.handlers if isinstance(h, HTTPCookieProcessor)).cookiejar
