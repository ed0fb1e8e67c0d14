"""Values that are made once for each snapshot, for all the pages of a process that show it."""

from __future__ import annotations

from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.snapshot import Snapshot

A = TypeVar("A")
T = TypeVar("T")


def once_per_snapshot(make: Callable[[Snapshot, A], T]) -> Callable[[Snapshot, A], T]:
    """Keep what *make* returns, by its second argument, for as long as the snapshot lives.

    Pages ask in several threads; only the first call makes the value, which is not to be
    changed. It may not refer to the snapshot.
    """
    known: WeakKeyDictionary[Snapshot, dict[Any, T]] = WeakKeyDictionary()
    lock = RLock()

    @wraps(make)
    def made(snapshot: Snapshot, of: A) -> T:
        with lock:
            values = known.setdefault(snapshot, {})
            if of not in values:
                values[of] = make(snapshot, of)
            return values[of]

    return made
