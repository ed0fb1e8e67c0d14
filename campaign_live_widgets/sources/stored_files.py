"""Whether the files of a store are still what was written: by their size, and by their digest."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from campaign_live_widgets.snapshot import EPOCH, Lost
from campaign_live_widgets.sources.digests import file_digest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from campaign_live_widgets.io.file_status import FileStatus
    from campaign_live_widgets.sources.store_log import StoredFile


@lru_cache(maxsize=1 << 16)
def has_digest(path: str, status: FileStatus, digest: str) -> bool:  # noqa: ARG001 - of the key
    """Return whether the content of a file has a digest; it is read once for each *status*.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return file_digest(path) == digest


def file_problem(path: Path, size: int, digest: str) -> str | None:
    """Return what is wrong with a file; ``None`` if its content is what was written."""
    try:
        actual = os.path.getsize(path)
        if actual < size:
            return f"is truncated: {actual:,} of {size:,} bytes"
        if actual > size:
            return f"has grown from {size:,} to {actual:,} bytes"
        return None if file_digest(path) == digest else "is damaged: its content has changed"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def lost_by_campaign(files: Iterable[StoredFile]) -> tuple[Lost, ...]:
    """Return what damaged files have lost, the campaign with most events first."""
    campaigns: dict[str, list[StoredFile]] = defaultdict(list)
    for file in files:
        campaigns[file.campaign].append(file)
    lost = [
        Lost(
            campaign=campaign,
            days=tuple(
                (EPOCH + timedelta(days=day)).date() for day in sorted({f.day for f in files})
            ),
            files=len(files),
            events=sum(file.rows for file in files),
        )
        for campaign, files in campaigns.items()
    ]
    return tuple(sorted(lost, key=lambda one: (-one.events, one.campaign)))
