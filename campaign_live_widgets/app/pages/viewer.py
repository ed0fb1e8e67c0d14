"""One browser that looks at a page: its connection, and what waits to be sent on it."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.pages.frames import pack
from campaign_live_widgets.app.pages.messages import V1, decode, encode

if TYPE_CHECKING:
    from asyncio import StreamWriter

LONGEST_QUEUE: Final = 16 * 1024 * 1024
"""Bytes that may wait for a browser that reads slowly; then its connection is closed.

A page sends the next tick once the last one is painted, so a slow browser skips ticks and has at
most one in its queue. A browser that reads nothing at all has to connect again: it then asks for
the current state.
"""


class Viewer:
    """Sends a page's messages to one browser, in order.

    Parameters
    ----------
    writer : StreamWriter
    protocol : str
        The websocket's protocol.
    """

    def __init__(self, writer: StreamWriter, protocol: str) -> None:
        self._writer, self._protocol = writer, protocol
        self._queue = deque[bytes]()
        self._waiting = 0
        self._added = asyncio.Event()
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Return how many bytes wait to be sent."""
        return self._waiting

    @property
    def is_closed(self) -> bool:
        """Return whether the connection was closed here, such as since too much was waiting."""
        return self._is_closed

    def send(self, data: bytes) -> None:
        """Queue a message in :data:`V1`; close the connection if too much is waiting."""
        if self._is_closed:
            return
        frame = pack(data if self._protocol == V1 else encode(decode(data, V1), self._protocol))
        self._queue.append(frame)
        self._waiting += len(frame)
        self._added.set()
        if self._waiting > LONGEST_QUEUE:
            self.close()

    def close(self) -> None:
        """Drop what is waiting, and close the connection."""
        self._is_closed = True
        self._queue.clear()
        self._waiting = 0
        self._added.set()
        self._writer.transport.abort()

    async def run(self) -> None:
        """Send what is queued until the connection is closed or lost."""
        with suppress(ConnectionError):
            while not self._is_closed:
                await self._added.wait()
                self._added.clear()
                await self._send_queued()

    async def _send_queued(self) -> None:
        while self._queue:
            frame = self._queue.popleft()
            self._writer.write(frame)
            await self._writer.drain()
            self._waiting -= len(frame)
