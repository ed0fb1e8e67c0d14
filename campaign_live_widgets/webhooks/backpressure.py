"""Who may come in: so many requests and bytes at once, and no more."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from campaign_live_widgets.webhooks.errors import busy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Gate:
    """Counts what is in flight, from its headers to its answer, and refuses what is too much."""

    def __init__(self, requests: int, size: int) -> None:
        self._most, self._largest = requests, size
        self.requests = self.size = 0
        self._empty = asyncio.Event()
        self._empty.set()

    def enter(self) -> None:
        """Let a request in, or raise; each that was let in leaves by :meth:`leave`."""
        if self.requests >= self._most:
            raise busy("too many requests are waiting for the store; try again")
        self.requests += 1
        self._empty.clear()

    def grow(self, size: int) -> None:
        """Count bytes that have come, or raise."""
        if self.size + size > self._largest:
            raise busy("too many bytes are waiting for the store; try again")
        self.size += size

    def leave(self, size: int) -> None:
        """Count a request, and the bytes that it brought, as gone."""
        self.requests -= 1
        self.size -= size
        if not self.requests:
            self._empty.set()

    async def emptied(self, timeout: float) -> bool:  # noqa: ASYNC109 - told by its answer
        """Wait until nothing is in flight; tell whether that came in time."""
        try:
            await asyncio.wait_for(self._empty.wait(), timeout)
        except TimeoutError:
            return False
        return True


class Room:
    """Bytes that are worked on at once; who does not fit waits, the first come first."""

    def __init__(self, size: int) -> None:
        self._size, self._used = size, 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def of(self, size: int) -> AsyncIterator[None]:
        """Wait for room; more than there is at all gets it alone."""
        size = min(size, self._size)
        if self._waiting or self._used + size > self._size:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((size, turn))
            await turn
        else:
            self._used += size
        try:
            yield
        finally:
            self._used -= size
            while self._waiting and self._used + self._waiting[0][0] <= self._size:
                wanted, turn = self._waiting.popleft()
                self._used += wanted
                turn.set_result(None)
