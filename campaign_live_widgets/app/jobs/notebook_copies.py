"""Copies of the bundled notebooks and samples, in a folder of your own."""

from __future__ import annotations

import filecmp
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign_live_widgets.app.settings.installation import notebook_path, samples_path
from campaign_live_widgets.errors import CampaignLiveError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = "campaign_live_report.ipynb"
"""The notebook to open first."""
_SAMPLES = "samples"
_DATA = frozenset({".csv", ".md", ".ndjson", ".parquet"})


@dataclass(frozen=True, slots=True)
class Copies:
    """The files of one copy, as paths below the target folder, in order.

    Attributes
    ----------
    written : tuple of str
        Files that did not exist before.
    changed : tuple of str
        Files that exist with another content; they stay as they are.
    """

    written: tuple[str, ...]
    changed: tuple[str, ...]


def copy_notebooks(folder: Path) -> Copies:
    """Copy the notebooks and the samples into *folder*; existing files stay as they are.

    Parameters
    ----------
    folder : Path
        Created if it does not exist.

    Raises
    ------
    UsageError
        If *folder* is a file.
    CampaignLiveError
        If a file cannot be written, or the notebooks are not installed.
    """
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is a file; give a folder"
        raise UsageError(message)
    written, changed = [], []
    try:
        for source, name in _bundled():
            target = folder / name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                written.append(name)
            elif not filecmp.cmp(source, target, shallow=False):
                changed.append(name)
    except OSError as error:
        message = f"{folder}: the notebooks cannot be copied: {error.strerror}"
        raise CampaignLiveError(message) from error
    return Copies(tuple(written), tuple(changed))


def _bundled() -> Iterator[tuple[Path, str]]:
    """Yield each file to copy, and its path below the target folder."""
    for path in sorted(notebook_path(FIRST).parent.glob("*.ipynb")):
        yield path, path.name
    for path in sorted(samples_path().iterdir()):
        if path.suffix in _DATA:
            yield path, f"{_SAMPLES}/{path.name}"
