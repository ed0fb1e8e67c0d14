"""Ctrl-C at chosen moments of a refresh."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

    from campaign_live_widgets.engine import Rollup


def seconds_of(rollup: Rollup) -> float:
    """Return how long a first refresh takes without an interruption."""
    started = time.monotonic()
    rollup.refresh()
    return time.monotonic() - started


def refresh_until_complete(rollup: Rollup, length: float, chance: random.Random) -> int:
    """Refresh with a Ctrl-C within *length* seconds until a refresh ends before it comes.

    Returns
    -------
    int
        The number of refreshes that were interrupted.
    """
    interrupted = 0
    while True:
        after = chance.uniform(0, length)
        timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        is_complete = False
        with suppress(KeyboardInterrupt):
            rollup.refresh()
            is_complete = True
            timer.cancel()
            timer.join()
        if is_complete:
            return interrupted
        interrupted += 1
        length *= 1.5  # refreshes may have become slower: one of them has to be completed
