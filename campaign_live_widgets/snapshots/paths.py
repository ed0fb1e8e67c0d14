"""What the folders of an archive are called."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.io.durations import format_duration
from campaign_live_widgets.io.names import dashed, digest, to_ascii

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Window

MANIFEST: Final = "manifest.json"
"""Stands in a finished snapshot and nowhere else."""
FAILURE: Final = "failed.json"
"""Stands in the folder of a run that failed."""
FAILED: Final = ".failed"
"""How the name of such a folder ends, before the number of a repeated one."""
INDEX: Final = "index.html"
NOTEBOOK: Final = "notebook.ipynb"
"""The executed notebook of a run."""
LOCK: Final = ".lock"
MAKING: Final = ".making-"
"""How the name of a folder begins in which a run is at work."""
OWNER: Final = ".owner"
"""In such a folder: locked as long as the process that makes it lives."""
REMOVING: Final = ".removing-"
"""How the name of a folder begins that nobody needs any more."""

_LONGEST: Final = 48
_PLAIN: Final = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?", re.ASCII)
_MARKS: Final = re.compile(r"_\d+[dhm](_part)?(_tests)?(-\d+)?$", re.ASCII)


def snapshot_name(campaign_id: str, window: Window, *, part: bool, tests: bool) -> str:
    """Return the folder's name: campaign, end of the window in UTC, length of the window.

    ``autumn-sale-2026_2026-11-20T1212Z_24h``, with ``_part`` if only a part of the campaign is
    counted and ``_tests`` if test sends are. The name is valid on every file system, also where
    ``A`` and ``a`` are the same; snapshots of two campaigns never have the same name.
    """
    parts = [
        slug(campaign_id),
        window.end.astimezone(UTC).strftime("%Y-%m-%dT%H%MZ"),
        format_duration(window.length),
        "part" if part else "",
        "tests" if tests else "",
    ]
    return "_".join(filter(None, parts))


def is_part(name: str) -> bool:
    """Return whether a snapshot of that name counts less than the whole campaign."""
    found = _MARKS.search(name)
    return bool(found and found[1])


def with_tests(name: str) -> bool:
    """Return whether a snapshot of that name counts test sends."""
    found = _MARKS.search(name)
    return bool(found and found[2])


def slug(name: str) -> str:
    """Return *name* in small letters, digits and dashes.

    A name that has to be changed for that gets a ``~`` and a short hash of what it was, so that
    two names never become one.
    """
    if len(name) <= _LONGEST and _PLAIN.fullmatch(name):
        return name
    short = dashed(to_ascii(name[: 4 * _LONGEST]).lower()).strip("-")[:_LONGEST].strip("-")
    return f"{short or 'campaign'}~{digest(name, 10)}"
