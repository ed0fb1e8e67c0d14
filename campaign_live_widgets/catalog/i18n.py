"""Texts in the languages of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOCALES: Final = ("en", "fr")
"""Languages of the report; the first one is the default."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in English and French: ``text("fr")`` returns the French one."""

    en: str
    fr: str

    def __call__(self, locale: str = "en") -> str:
        """Return the text in *locale* (in English if the language is unknown)."""
        return self.fr if locale == "fr" else self.en
