"""What is in an archive: snapshots and failed runs, the newest first."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.io.clock import parse_rfc3339
from campaign_live_widgets.snapshots.manifest import Manifest
from campaign_live_widgets.snapshots.paths import FAILED, FAILURE, MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

_FAILED: Final = re.compile(re.escape(FAILED) + r"(-\d+)?")


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """A finished snapshot: its folder and its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def as_of(self) -> datetime:
        """Return the end of the window (aware)."""
        return parse_rfc3339(self.manifest.as_of)


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that failed: its folder, when, and why in one line."""

    folder: Path
    failed_at: datetime
    reason: str
    """Empty where the disk was too full to write it down."""
    campaign_id: str | None


def snapshots(out: Path) -> list[KeptSnapshot]:
    """Return the finished snapshots of an archive, that of the newest window first.

    Failed runs, unfinished folders and other folders are skipped, as is a snapshot whose
    manifest is broken: :func:`~campaign_live_widgets.snapshots.verify` reports those.

    Raises
    ------
    ArchiveError
        Where *out* is no folder that can be read.
    """
    entries = []
    for folder in folders(out):
        if not (folder / MANIFEST).is_file() or (folder / FAILURE).exists():
            continue
        try:
            entries.append(KeptSnapshot(folder, Manifest.read(folder)))
        except ArchiveError:
            continue
    return sorted(
        entries,
        key=lambda one: (one.as_of, parse_rfc3339(one.manifest.made_at), one.folder.name),
        reverse=True,
    )


def failed_runs(out: Path) -> list[FailedRun]:
    """Return the runs of an archive that failed, the newest first."""
    entries = [_failed(folder) for folder in folders(out) if _FAILED.search(folder.name)]
    return sorted(entries, key=lambda one: (one.failed_at, one.folder.name), reverse=True)


def folders(out: Path) -> list[Path]:
    """Return the folders in an archive by name, without hidden ones and what is linked there."""
    try:
        entries = [p for p in out.iterdir() if p.is_dir() and not p.is_symlink()]
    except OSError as error:
        message = f"{out} is not a folder of snapshots: {error.strerror}"
        raise ArchiveError(message) from None
    return sorted(path for path in entries if not path.name.startswith("."))


def _failed(folder: Path) -> FailedRun:
    try:
        failure = json.loads((folder / FAILURE).read_text(encoding="utf-8"))
        campaign = failure["parameters"].get("campaign")
        return FailedRun(
            folder,
            parse_rfc3339(failure["failed_at"]),
            str(failure["reason"]),
            campaign if isinstance(campaign, str) else None,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        changed = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        return FailedRun(folder, changed, "", None)
