"""The replay cache: keys of recent requests, limited in number and age."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_KEYS: Final = 200_000
"""Above this the oldest key is dropped; a replay then finds its events in the store already."""


class ReplayCache:
    """Keys of stored requests, each until it expires; not thread-safe."""

    def __init__(self, max_keys: int = _MAX_KEYS, clock: Callable[[], float] = time.time) -> None:
        self._max_keys, self._clock = max_keys, clock
        self._expiry: OrderedDict[bytes, float] = OrderedDict()
        self.in_progress: set[bytes] = set()
        """Keys of requests that are being stored: whether that succeeds is not known yet."""

    def __contains__(self, key: bytes) -> bool:
        return self._expiry.get(key, 0.0) > self._clock()

    def __len__(self) -> int:
        return len(self._expiry)

    def add(self, key: bytes, expires_at: float) -> None:
        """Remember a key until a time, in seconds since the epoch."""
        self._expiry[key] = expires_at
        self._expiry.move_to_end(key)
        now = self._clock()
        while self._expiry:
            oldest = next(iter(self._expiry))
            if len(self._expiry) <= self._max_keys and self._expiry[oldest] > now:
                break
            del self._expiry[oldest]

    def discard(self, key: bytes) -> None:
        """Forget a key."""
        self._expiry.pop(key, None)
