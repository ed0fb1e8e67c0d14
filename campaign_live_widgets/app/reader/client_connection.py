"""The reader's end of the connection to one client."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.reader.messages.protocol import (
    MAX_REQUEST,
    NEWS,
    PREFIX,
    DamagedMessageError,
    decode_body,
    encode_body,
    message,
)

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Awaitable, Callable

    from campaign_live_widgets.app.reader.messages.protocol import Json

    Handle = Callable[[Json], Awaitable[bytes]]

_UNANSWERED: Final = 64
"""Requests of one client that are answered at a time; further ones are not read yet."""
_STUCK_SECONDS: Final = 30.0
"""How long a client may receive nothing before it is disconnected."""


class ClientConnection:
    """Answers the requests of one client, and sends it the news.

    A client that reads slowly has at most one message of news that waits, always the last one, and
    its requests are not read while it has many without an answer. One that reads nothing for long
    is disconnected.

    Parameters
    ----------
    reader, writer : StreamReader, StreamWriter
    handle : callable
        Returns the body of the answer to a request.
    news : callable
        Returns the news as they are now.
    """

    def __init__(
        self,
        reader: StreamReader,
        writer: StreamWriter,
        handle: Handle,
        news: Callable[[], Json],
    ) -> None:
        self._reader, self._writer, self._handle, self._news = reader, writer, handle, news
        self._room = asyncio.Semaphore(_UNANSWERED)
        self._has_news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def notify(self) -> None:
        """Send the news soon."""
        self._has_news.set()

    def close(self) -> None:
        """Disconnect the client."""
        self._writer.transport.abort()

    async def serve(self) -> None:
        """Serve the client until it disconnects."""
        self.notify()
        self._start(self._send_news())
        try:
            with suppress(ConnectionError, EOFError, DamagedMessageError, TimeoutError):
                while True:
                    await self._room.acquire()
                    self._start(self._answer(*await self._request()))
        finally:
            for task in self._tasks:
                task.cancel()
            self._writer.close()

    def _start(self, work: Awaitable[None]) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._writer.transport.abort()

    async def _request(self) -> tuple[int, Json]:
        """Return the number and the head of the next request."""
        length, number = PREFIX.unpack(await self._reader.readexactly(PREFIX.size))
        if length > MAX_REQUEST or number == NEWS:
            raise DamagedMessageError("it is no request")
        return number, decode_body(await self._reader.readexactly(length)).head

    async def _answer(self, number: int, head: Json) -> None:
        try:
            await self._send(message(number, await self._handle(head)))
        finally:
            self._room.release()

    async def _send_news(self) -> None:
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            await self._send(message(NEWS, encode_body(self._news())))

    async def _send(self, data: bytes) -> None:
        """Send a message; raise if the client reads nothing for long."""
        self._writer.write(data)
        await asyncio.wait_for(self._writer.drain(), _STUCK_SECONDS)
