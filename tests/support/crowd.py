"""Many viewers of a served page in one event loop, each without a browser.

Each sends what a browser sends: it requests the page, which has the states of all models, opens its
websocket, greets, and acknowledges each tick. So hundreds fit on one machine.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

PROTOCOL: Final = "v1.kernel.websocket.jupyter.org"
PATIENCE: Final = 60.0


@dataclass
class WebsocketViewer:
    """One viewer of one page.

    Attributes
    ----------
    states : dict
        Model id → the model's state, as the browser would have it now.
    ticks : list of float
        When each tick came, on the clock of :func:`time.monotonic`.
    on_change : callable, optional
        Is called after each message that has changed something.
    """

    kernel_id: str
    end_address: str
    cookies: dict[str, str]
    socket: WebSocketClientConnection
    search: str
    states: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    ticks: list[float] = field(default_factory=list)
    received_bytes: int = 0
    on_change: Callable[[WebsocketViewer], object] | None = None
    _id: str = field(default_factory=lambda: uuid4().hex)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def figures(self, metric: str) -> list[int]:
        """Return a metric's number on each tile of key figures that has it."""
        return [
            state["counts"][state["metrics"].index(metric)]
            for state in self.states.values()
            if metric in state.get("metrics", ()) and state.get("counts")
        ]

    def take(self, models: dict[str, dict[str, Any]]) -> None:
        """Take over the states of models, as the page's HTML and the control comm have them."""
        for model_id, model in models.items():
            self.states[model_id] |= model["state"]

    async def wait_for(self, check: Callable[[WebsocketViewer], object]) -> None:
        """Wait until a check of this viewer is true, at most :data:`PATIENCE`."""
        async with asyncio.timeout(PATIENCE):
            while not check(self):
                self._changed.clear()
                await self._changed.wait()

    async def read(self) -> None:
        """Apply and acknowledge messages until the connection ends."""
        while (frame := await self.socket.read_message()) is not None:
            self.received_bytes += len(frame)
            assert isinstance(frame, bytes)
            kind, content = _decode(frame)
            if not kind.startswith("comm_"):
                continue
            if self._apply(content):
                self._changed.set()
                if self.on_change is not None:
                    self.on_change(self)

    async def ping(self) -> None:
        """Send what a page sends four times a minute, for ever."""
        while True:
            await asyncio.sleep(15)
            self.say("ping")

    def say(self, kind: str, **more: object) -> None:
        """Send a message of the page's connection monitor."""
        monitor = self._monitor()
        content = {"type": kind, "viewer": self._id, "visible": True, **more}
        data = {"method": "custom", "content": content}
        self._send("comm_msg", {"comm_id": monitor, "data": data})

    def greet(self) -> None:
        """Ask for what has changed since the page was made, and say hello."""
        self.say("repeat")
        self.say("hello", search=self.search)
        self.say("ack", tick=self.states[self._monitor()]["tick"])

    def _monitor(self) -> str:
        """Return the model id of the connection monitor."""
        return next(i for i, state in self.states.items() if "heartbeat_seconds" in state)

    def _apply(self, content: dict[str, Any]) -> bool:
        data = content.get("data") or {}
        method = data.get("method")
        if method == "update_states":
            self.take(data["states"])
            return True
        states: dict[str, dict[str, Any]] = {}
        if method == "update" or "state" in data:
            states = {content["comm_id"]: data["state"]}
        elif method == "custom" and data["content"].get("type") == "update":
            states = data["content"]["states"]
        for model_id, state in states.items():
            self.states[model_id] |= state
        tick = states.get(self._monitor(), {}).get("tick")
        if tick is not None:
            self.ticks.append(time.monotonic())
            self.say("ack", tick=tick)
        return bool(states)

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        header = {"msg_id": uuid4().hex, "msg_type": kind, "username": "", "session": self._id}
        header |= {"version": "5.3", "date": "2026-01-01T00:00:00Z"}
        parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        with suppress(WebSocketClosedError):
            self.socket.write_message(serialize_msg_to_ws_v1(parts, "shell"), binary=True)


def _decode(frame: bytes) -> tuple[str, dict[str, Any]]:
    _, (header, _, _, content, *_) = deserialize_msg_from_ws_v1(frame)
    return json.loads(header)["msg_type"], json.loads(content)


@asynccontextmanager
async def viewing(
    address: str,
    on_change: Callable[[WebsocketViewer], object] | None = None,
    **headers: str,
) -> AsyncIterator[WebsocketViewer]:
    """Open the page at *address*, view it during the block, and close it as a browser does."""
    client = AsyncHTTPClient()
    answer = await client.fetch(address, headers=headers, request_timeout=PATIENCE)
    cookies = dict(
        cookie.partition(";")[0].split("=", 1) for cookie in answer.headers.get_list("Set-Cookie")
    )
    headers = headers | {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
    text = answer.body.decode()
    kernel = re.search(r'"kernelId": ?"([\w-]+)"', text)
    assert kernel is not None, "the page names no kernel"
    kernel_id = kernel[1]
    root = urljoin(address, urlsplit(address).path)
    channels = urljoin(root, f"api/kernels/{kernel_id}/channels").replace("http", "ws", 1)
    socket = await websocket_connect(
        HTTPRequest(channels, headers=headers), subprotocols=[PROTOCOL], max_message_size=1 << 26
    )
    end = urljoin(root, f"voila/api/shutdown/{kernel_id}")
    search = urlsplit(address).query
    viewer = WebsocketViewer(kernel_id, end, cookies, socket, search and f"?{search}")
    viewer.on_change = on_change
    states = re.search(r'<script type="application/json" id="clw-states">(.*?)</script>', text)
    assert states is not None, "the page has no states"
    viewer.take(json.loads(states[1])["models"])
    tasks = [asyncio.create_task(viewer.read()), asyncio.create_task(viewer.ping())]
    try:
        viewer.greet()
        yield viewer
        assert not tasks[0].done() or tasks[0].result() is None, "a message could not be read"
    finally:
        for task in tasks:
            task.cancel()
        viewer.say("bye")
        await _close(client, viewer, headers)


async def _close(client: AsyncHTTPClient, viewer: WebsocketViewer, headers: dict[str, str]) -> None:
    """Close the connection, and end the page."""
    viewer.socket.close()
    token = viewer.cookies.get("_xsrf", "")
    headers = headers | {"X-XSRFToken": token}
    with suppress(HTTPClientError, OSError):  # the server has gone
        await client.fetch(viewer.end_address, method="POST", body="", headers=headers)
