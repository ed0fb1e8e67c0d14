"""The memory of this process."""

from __future__ import annotations

import ctypes
import gc
import os
import re
from contextlib import suppress
from typing import Final

_ARENA_MAX: Final = -8
"""``M_ARENA_MAX`` of ``mallopt`` in glibc."""
_DONTNEED: Final = 4
"""``MADV_DONTNEED`` of ``madvise`` in Linux."""
_FILE_PART: Final = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* .*\n(?:\w+: .*\n)*?"
    r"Shared_Dirty: +0 kB\n(?:\w+: .*\n)*?Private_Dirty: +0 kB\n",
    re.MULTILINE,
)
"""A part of a file in the memory of a process that it neither writes nor has changed."""


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
    give_back()


def give_back() -> None:
    """Give memory that is free already back to the system where that is possible."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def share_memory_of_threads() -> None:
    """Let all threads of this process, and of those forked from it, allocate in two places.

    Else each of dozens of threads keeps what it has freed in a separate place.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 2)


def unload_files() -> None:
    """Take files that were loaded, such as libraries, out of this process's memory.

    For a process that runs little of them from now on. What it still needs is loaded again, mostly
    from the system's cache. Does nothing but on Linux.
    """
    with suppress(OSError, AttributeError):
        madvise = ctypes.CDLL(None).madvise
        with open("/proc/self/smaps", encoding="utf-8", errors="replace") as file:
            parts = _FILE_PART.findall(file.read())
        for part in parts:
            start, end = (int(address, 16) for address in part)
            madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DONTNEED)
