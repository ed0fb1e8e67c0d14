"""Words in every language the report speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOCALES: Final = ("en", "fr")
"""Languages of the report; the first one is the default."""


@dataclass(frozen=True, slots=True)
class Text:
    """One piece of wording in English and French: ``text("fr")`` gives the French one."""

    en: str
    fr: str

    def __call__(self, locale: str = "en") -> str:
        """Return the wording in *locale* (``en`` where the language is not known)."""
        return self.fr if locale == "fr" else self.en
