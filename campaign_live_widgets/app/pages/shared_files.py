"""What all pages of one version share, as files that browsers keep."""

from __future__ import annotations

import json
from typing import Final

# All of the report's widgets, in whichever process: the version depends on them.
import campaign_live_widgets.dashboard  # noqa: F401
from campaign_live_widgets.rendering.html.templates import read
from campaign_live_widgets.rendering.model.palette import dark_declarations
from campaign_live_widgets.widgets.base.assets import library_source

IN_FILE: Final = ("loader", "scripts", "styles", "labels", "meanings")
"""Traits of the library that are in a file, and not in the page."""


def version() -> str:
    """Return the version of the scripts and styles: a digest of them."""
    return str(library_source()["version"])


def shared_files() -> dict[str, str]:
    """Return the files by name; each name has the version in it.

    ``VERSION.json`` has the traits :data:`IN_FILE` of the library, ``VERSION.css`` the page's
    style sheet, and ``VERSION.plain.css`` what a browser without JavaScript needs besides it.
    """
    source = library_source()
    name = source["version"]
    traits = {key: source[key] for key in IN_FILE}
    plain = read("rendering/first_paint/plain.css")
    return {
        f"{name}.json": json.dumps(traits, separators=(",", ":")),
        f"{name}.css": "\n".join(source["styles"].values()),
        f"{name}.plain.css": plain.replace("--clw-dark: 0;", f"{dark_declarations()};"),
    }
