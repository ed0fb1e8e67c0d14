"""A plain page of tables in one file: no script, no picture, no request to another host."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256

from markupsafe import Markup

from campaign_live_widgets.rendering.html import templates


def plain_page(template: str, title: str, locale: str, **values: object) -> str:
    """Return a whole HTML page from a template that uses ``plain_page.html.j2``."""
    style, style_hash = _style()
    return templates.render(
        template, title=title, locale=locale, style=style, style_hash=style_hash, **values
    )


@cache
def _style() -> tuple[Markup, str]:
    """Return the style sheet, and its hash for the page's security policy."""
    style = templates.read("snapshots/index/plain_page.css")
    return Markup(style), b64encode(sha256(style.encode()).digest()).decode()  # noqa: S704 - ours
