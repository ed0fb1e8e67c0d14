"""The memory of this process."""

from __future__ import annotations

import os


def resident_bytes() -> int:
    """Return the bytes of memory that this process has; 0 where the system does not report it."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
