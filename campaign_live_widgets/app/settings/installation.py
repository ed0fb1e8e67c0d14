"""Where the notebooks and the Voilà template are: in a wheel, or in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import CampaignLiveError

if TYPE_CHECKING:
    from typing import NoReturn

_PACKAGE: Final = Path(__file__).resolve().parents[2]
NOTEBOOKS: Final = (_PACKAGE / "_notebooks", _PACKAGE.parent / "notebooks")
"""Folders of the bundled notebooks: a wheel contains them, a checkout has them at its root."""
VOILA_TEMPLATES: Final = _PACKAGE.parent / "voila_templates"
"""Folder of the Voilà template in a checkout; a wheel installs it as shared Jupyter data."""


def notebook_path(file: str) -> Path:
    """Return the path of a bundled notebook.

    Raises
    ------
    CampaignLiveError
        If the notebook is not installed.
    """
    for folder in NOTEBOOKS:
        if (folder / file).is_file():
            return folder / file
    return raise_missing(f"the notebook {file}")


def samples_path() -> Path:
    """Return the folder of the bundled sample campaign, an export of Journey Optimizer.

    Raises
    ------
    CampaignLiveError
        If the samples are not installed.
    """
    for folder in NOTEBOOKS:
        if (folder / "samples").is_dir():
            return folder / "samples"
    return raise_missing("the sample campaign")


def raise_missing(what: str) -> NoReturn:
    """Raise the error for a part of the package that is not installed."""
    message = f"{what} is not installed; reinstall campaign-live-widgets"
    raise CampaignLiveError(message)
