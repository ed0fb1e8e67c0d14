"""The HTML around every page, with marks in place of what differs from page to page."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MARKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "page": "00000000-0000-4000-8000-campaignpage",
        "model": "campaign-live-mark-model",
        "version": "campaign-live-mark-version",
        "theme": "campaign-live-mark-theme",
        "light": "campaign-live-mark-light",
        "dark": "campaign-live-mark-dark",
        "style": "campaign-live-mark-style",
        "html": "campaign-live-mark-html",
        "states": "campaign-live-mark-states",
        "locale": "campaign-live-mark-locale",
    }
)
"""What a page host answers → the mark in its place."""
_MARK: Final = re.compile("|".join(map(re.escape, MARKS.values())))


@dataclass(frozen=True, slots=True)
class PageShell:
    """The template, rendered once, and the folders of what it asks for.

    Attributes
    ----------
    html : str
        With :data:`MARKS`.
    static, extensions : tuple of str
        Folders of the template's static files and of the front end's extensions.
    entries : tuple of str
        The entry script of each extension that the page loads, below those folders.
    """

    html: str
    static: tuple[str, ...]
    extensions: tuple[str, ...]
    entries: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the shell as JSON values."""
        return asdict(self)

    @classmethod
    def read(cls, file: Path) -> PageShell:
        """Return the shell that a file contains."""
        values = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            html=values["html"],
            static=tuple(values["static"]),
            extensions=tuple(values["extensions"]),
            entries=tuple(values["entries"]),
        )

    def page(self, answer: Mapping[str, str]) -> str:
        """Return the HTML of a page, from the answer of its host."""
        by_mark = {mark: answer[name] for name, mark in MARKS.items()}
        return _MARK.sub(lambda match: by_mark[match[0]], self.html)
