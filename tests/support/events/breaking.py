"""Ctrl-C at chosen moments of a look at a source."""

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


def seconds_of(look: Rollup) -> float:
    """Return how long a first refresh takes without an interruption."""
    started = time.monotonic()
    look.refresh()
    return time.monotonic() - started


def look_until_through(rollup: Rollup, length: float, chance: random.Random) -> int:
    """Look with a Ctrl-C within *length* seconds until a look is through before it comes.

    Returns
    -------
    int
        How many looks were broken off.
    """
    broken_off = 0
    while True:
        after = chance.uniform(0, length)
        timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        through = False
        with suppress(KeyboardInterrupt):
            rollup.refresh()
            through = True
            timer.cancel()
            timer.join()
        if through:
            return broken_off
        broken_off += 1
        length *= 1.5  # looks may have become slower: one of them is to get through
