"""Removes old snapshots."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING

from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.snapshots.draft import locked, sweep
from campaign_live_widgets.snapshots.index.index import write_index
from campaign_live_widgets.snapshots.listing import failed_runs, snapshots
from campaign_live_widgets.snapshots.paths import REMOVING

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path


def retain(out: Path, keep: timedelta, now: datetime, locale: str = "en") -> list[Path]:
    """Remove snapshots whose window ended more than *keep* before *now*; return their folders.

    The newest snapshot of a campaign is kept at any age. Failed runs are removed by the time at
    which they failed, and so is what killed runs have left behind. A folder is hidden before it is
    deleted, so that no reader sees a part of one. The index is written again.

    Raises
    ------
    ArchiveError
        If *out* is not a folder of snapshots, or a folder cannot be removed.
    """
    sweep(out)
    removed: list[tuple[Path, Path]] = []
    with locked(out):
        seen: set[str] = set()
        old: list[Path] = []
        for one in snapshots(out):
            campaign = one.manifest.campaign_id
            if campaign in seen and one.as_of < now - keep:
                old.append(one.folder)
            seen.add(campaign)
        old += [run.folder for run in failed_runs(out) if run.failed_at < now - keep]
        for folder in old:
            hidden = out / f"{REMOVING}{secrets.token_hex(4)}"
            try:
                folder.rename(hidden)
            except OSError as error:
                message = f"{folder} cannot be removed: {error.strerror}"
                raise ArchiveError(message) from None
            removed.append((folder, hidden))
    write_index(out, locale)
    for _, hidden in removed:
        shutil.rmtree(hidden, ignore_errors=True)
    return [folder for folder, _ in removed]
