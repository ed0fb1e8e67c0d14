"""What has come already: bounded in number, forgotten by age."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST: Final = 200_000
"""Keys that are remembered; past that the oldest goes, and the store finds its events again."""


class Seen:
    """Remembers keys until a time each, and which are being stored; safe within one thread."""

    def __init__(self, most: int = _MOST, clock: Callable[[], float] = time.time) -> None:
        self._most, self._clock = most, clock
        self._until: OrderedDict[bytes, float] = OrderedDict()
        self.coming: set[bytes] = set()
        """Keys of requests that are not answered yet: nobody knows what becomes of them."""

    def __contains__(self, key: bytes) -> bool:
        return self._until.get(key, 0.0) > self._clock()

    def __len__(self) -> int:
        return len(self._until)

    def add(self, key: bytes, until: float) -> None:
        """Remember a key until a time, in seconds since the epoch."""
        self._until[key] = until
        self._until.move_to_end(key)
        now = self._clock()
        while self._until:
            oldest = next(iter(self._until))
            if len(self._until) <= self._most and self._until[oldest] > now:
                break
            del self._until[oldest]

    def discard(self, key: bytes) -> None:
        """Forget a key."""
        self._until.pop(key, None)
