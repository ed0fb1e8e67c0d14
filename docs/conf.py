"""Configuration of the documentation site; ``python docs/build.py`` builds and checks it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS / "_ext"))

about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "campaign_live_widgets"
author = "The campaign_live_widgets developers"
copyright = author  # noqa: A001 - the name that Sphinx reads
version = release = about["version"]

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_click",
    "site_pages",
]
exclude_patterns = ["generated/offline/**"]
html_extra_path = ["generated/offline"]
suppress_warnings = ["myst.header"]  # an included file may begin at a lower level

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
nb_execution_mode = "off"  # the notebooks have been run by `site_pages`, with parameters
nb_mime_priority_overrides = [("html", "text/html", 1)]  # a widget shows its static form
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # the default asks other hosts for scripts

autodoc_typehints = "none"  # the docstrings name the types
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "campaign_live_widgets"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {page: list[str]() for page in ("index", "tutorial", "generated/gallery")}
html_theme_options = {
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": [], "example": []},
    "footer_start": ["copyright"],
    "footer_end": [],
    "logo": {"text": "campaign_live_widgets"},
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
