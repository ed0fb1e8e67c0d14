"""Which file systems report changes of files: those of disks of this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_MOUNTS: Final = "/proc/self/mountinfo"
"""The mounts of this process, on Linux."""
_LOCAL: Final = frozenset(
    (
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "bcachefs", "f2fs", "jfs", "zfs"),
        *("tmpfs", "ramfs", "overlay"),
    )
)
"""File systems that no other machine can change."""


def is_on_local_disks(folder: str | os.PathLike[str]) -> bool:
    """Return whether all changes below a folder are made by this machine's kernel.

    Then the kernel reports each of them, unlike those that another machine makes on a network
    drive. Known only on Linux, without a folder that is mounted from another system.
    """
    try:
        lines = Path(_MOUNTS).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return False
    return _is_local(lines, os.path.realpath(folder))


def _is_local(lines: list[str], folder: str) -> bool:
    """Return whether a real path, and all that is mounted below it, is on a local file system."""
    kinds: dict[str, str] = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        point, kind = before.split()[4], after.split(" ", 1)[0]
        kinds[_unescaped(point)] = kind  # the last one of a folder covers the others
    below = folder.rstrip("/") + "/"
    holders = [point for point in kinds if below.startswith(point.rstrip("/") + "/")]
    inside = [point for point in kinds if point.startswith(below)]
    if not holders:
        return False
    return all(kinds[point] in _LOCAL for point in (max(holders, key=len), *inside))


def _unescaped(point: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), point)
