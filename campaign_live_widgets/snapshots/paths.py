"""The names of folders and files of snapshots."""

from __future__ import annotations

import re
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.io.durations import format_duration
from campaign_live_widgets.io.names import dashed, digest, to_ascii

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.snapshot import Machines, Window

MANIFEST: Final = "manifest.json"
"""Exists only in a finished snapshot."""
FAILURE: Final = "failed.json"
"""Exists in the folder of a failed run."""
FAILED: Final = ".failed"
"""Suffix of such a folder's name, before the number of a repeated one."""
INDEX: Final = "index.html"
ADVICE: Final = "give a folder that campaign-live snapshot has written"
"""The end of an error about a path that is not a snapshot."""
NOTEBOOK: Final = "notebook.ipynb"
"""The executed notebook of a run."""
LOCK: Final = ".lock"
MAKING: Final = ".making-"
"""Prefix of a folder that a run is writing."""
OWNER: Final = ".owner"
"""A lock in such a folder, held as long as the process lives."""
REMOVING: Final = ".removing-"
"""Prefix of a folder that is being deleted."""

_LONGEST: Final = 48
_PLAIN: Final = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?", re.ASCII)
_MARKS: Final = re.compile(r"_\d+[dhm](_part)?(_tests)?(_nomachines|_machines)?(-\d+)?$", re.ASCII)

_MACHINES: Final[Mapping[Machines, str]] = MappingProxyType(
    {"include": "", "exclude": "nomachines", "only": "machines"}
)


def snapshot_name(
    campaign_id: str, window: Window, *, part: bool, tests: bool, machines: Machines = "include"
) -> str:
    """Return the folder's name: campaign, end of the window in UTC, length of the window.

    ``autumn-sale-2026_2026-11-20T1212Z_24h``, with ``_part`` if only a part of the campaign is
    counted, ``_tests`` if test sends are, and ``_nomachines`` or ``_machines`` if opens and clicks
    of machines are left out or counted alone. The name is valid on every file system, also where
    ``A`` and ``a`` are the same; snapshots of two campaigns never have the same name.
    """
    parts = [
        slug(campaign_id),
        window.end.astimezone(UTC).strftime("%Y-%m-%dT%H%MZ"),
        format_duration(window.length),
        "part" if part else "",
        "tests" if tests else "",
        _MACHINES[machines],
    ]
    return "_".join(filter(None, parts))


def is_part(name: str) -> bool:
    """Return whether a snapshot of that name counts less than the whole campaign."""
    marks = _MARKS.search(name)
    return bool(marks and marks[1])


def with_tests(name: str) -> bool:
    """Return whether a snapshot of that name counts test sends."""
    marks = _MARKS.search(name)
    return bool(marks and marks[2])


def machines_of(name: str) -> Machines:
    """Return which opens and clicks a snapshot of that name counts."""
    marks = _MARKS.search(name)
    mark = (marks[3] or "").lstrip("_") if marks else ""
    return next(machines for machines, known in _MACHINES.items() if known == mark)


def slug(name: str) -> str:
    """Return *name* in lower-case letters, digits and dashes.

    A name that is changed gets a ``~`` and a short hash of the original, so that two names never
    give the same slug.
    """
    if len(name) <= _LONGEST and _PLAIN.fullmatch(name):
        return name
    short = dashed(to_ascii(name[: 4 * _LONGEST]).lower()).strip("-")[:_LONGEST].strip("-")
    return f"{short or 'campaign'}~{digest(name, 10)}"
