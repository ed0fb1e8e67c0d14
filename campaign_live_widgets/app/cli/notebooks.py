"""``campaign-live notebooks`` and ``lab``: copies of the bundled notebooks, ready to run."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from campaign_live_widgets.app.cli.console import log
from campaign_live_widgets.errors import MissingExtraError

FOLDER: Final = "campaign-live-notebooks"
"""The folder of ``lab`` where none is named."""
_Folder: Final = click.Path(file_okay=True, path_type=Path)


@click.command()
@click.argument("folder", metavar="DIR", type=_Folder)
def notebooks(folder: Path) -> None:
    """Copy the notebook templates and the sample campaign into DIR.

    Files that exist in DIR stay as they are. The paths of new files are printed.
    """
    for path in _copied(folder):
        click.echo(path)


@click.command()
@click.argument("folder", metavar="[DIR]", type=_Folder, default=FOLDER)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def lab(folder: Path, no_browser: bool) -> None:  # noqa: FBT001 - click passes options so
    """Copy the notebooks into DIR and open JupyterLab there.

    By default DIR is campaign-live-notebooks in the current folder.
    """
    from campaign_live_widgets.app.jobs.notebook_copies import FIRST

    _copied(folder)
    if find_spec("jupyterlab") is None:
        log(f"the notebooks are in {folder}")
        raise MissingExtraError("JupyterLab", "lab")
    command = [sys.executable, "-m", "jupyterlab", str(folder / FIRST)]
    if no_browser:
        command.append("--no-browser")
    try:
        done = subprocess.run(command, check=False)  # noqa: S603 - our own interpreter
    except KeyboardInterrupt:
        return
    sys.exit(done.returncode)


def _copied(folder: Path) -> list[Path]:
    """Copy the notebooks; return the new files, and list those that differ."""
    from campaign_live_widgets.app.jobs.notebook_copies import copy_notebooks

    copies = copy_notebooks(folder)
    for name in copies.changed:
        log(f"{folder / name} exists with other content and was not replaced.")
    return [folder / name for name in copies.written]
