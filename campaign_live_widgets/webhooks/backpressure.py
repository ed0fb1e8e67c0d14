"""Backpressure: limits on the requests and bytes that are in memory at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from campaign_live_widgets.webhooks.errors import busy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class PendingRequests:
    """Counts requests from their headers to their answer, and rejects those above a limit.

    Parameters
    ----------
    max_requests, max_size : int
        Requests, and bytes of their bodies, that may be pending at a time.
    """

    def __init__(self, max_requests: int, max_size: int) -> None:
        self._max_requests, self._max_size = max_requests, max_size
        self.requests = self.size = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self) -> None:
        """Count a request, or raise; each counted request has to be removed."""
        if self.requests >= self._max_requests:
            raise busy("too many requests are waiting to be stored; try again")
        self.requests += 1
        self._idle.clear()

    def add_bytes(self, size: int) -> None:
        """Count received bytes of a body, or raise."""
        if self.size + size > self._max_size:
            raise busy("too many bytes are waiting to be stored; try again")
        self.size += size

    def remove(self, size: int) -> None:
        """Remove a request, and the *size* bytes of it that were counted."""
        self.requests -= 1
        self.size -= size
        if not self.requests:
            self._idle.set()

    async def wait_until_idle(self, timeout: float) -> bool:  # noqa: ASYNC109 - returns False then
        """Wait until no request is pending; return False if that takes longer than *timeout*."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout)
        except TimeoutError:
            return False
        return True


class ByteBudget:
    """A semaphore that counts bytes: reservations wait in order until they fit.

    With 64 MiB in all and 40 MiB reserved, a reservation of 30 MiB waits. One of 10 MiB that
    comes after it waits too, though it would fit: otherwise small ones could keep a large one
    waiting for ever.
    """

    def __init__(self, size: int) -> None:
        self._size, self._used = size, 0
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def reserve(self, size: int) -> AsyncIterator[None]:
        """Wait until *size* bytes are free; more than the whole budget waits until it is unused."""
        size = min(size, self._size)
        if self._queue or self._used + size > self._size:
            granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._queue.append((size, granted))
            await granted
        else:
            self._used += size
        try:
            yield
        finally:
            self._used -= size
            while self._queue and self._used + self._queue[0][0] <= self._size:
                next_size, granted = self._queue.popleft()
                self._used += next_size
                granted.set_result(None)
