"""The style rules that one first paint needs besides the style sheets of the live page."""

from __future__ import annotations

from typing import Final

_PREFIX: Final = "clw-first-"


class Sheet:
    """Ids of elements, and the rules that choose among their forms by the room there is."""

    def __init__(self) -> None:
        self._ids = 0
        self._rules: list[str] = []

    def id(self) -> str:
        """Return an id that no other element of the page has."""
        self._ids += 1
        return f"{_PREFIX}{self._ids}"

    def where(self, container: str, query: str, selector: str, declarations: str) -> None:
        """Add a rule that applies where *container* meets *query*, such as ``(width < 80px)``."""
        self._rules.append(f"@container {container} {query}{{{selector}{{{declarations}}}}}")

    @property
    def text(self) -> str:
        """Return the rules, later ones winning."""
        return "\n".join(self._rules)
