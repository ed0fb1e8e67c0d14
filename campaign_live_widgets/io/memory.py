"""The memory of this process."""

from __future__ import annotations

import ctypes
import gc
import os
from contextlib import suppress
from typing import Final

_ARENA_MAX: Final = -8
"""``M_ARENA_MAX`` of ``mallopt`` in glibc."""


def resident_bytes() -> int:
    """Return the bytes of memory that this process has; 0 where the system does not report it."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def free_memory() -> None:
    """Collect garbage, and give free memory back to the system where that is possible."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def share_memory_of_threads() -> None:
    """Let all threads of this process, and of those forked from it, allocate in two places.

    Else each of dozens of threads keeps what it has freed in a separate place.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)
