"""What a printed report shows: each tile whole, on one page, in the order of the layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pypdfium2 import PdfDocument

if TYPE_CHECKING:
    from pathlib import Path

    from pypdfium2 import PdfPage

TILES = """() => [...document.querySelectorAll(".clw-grid > .clw-tile")]
  .filter((tile) => tile.getClientRects().length)
  .sort((a, b) => getComputedStyle(a).order - getComputedStyle(b).order)
  .map((tile) => ({
    title: tile.querySelector(".clw-tile-title").textContent,
    texts: [...tile.querySelectorAll(
      ".clw-kpi-value, .clw-kpi-label, td, .axis text, .clw-bars-value, .clw-donut-sum"
        + ", .clw-donut-name, .clw-donut-count",
    )].filter((node) => node.getClientRects().length)
      .map((node) => node.textContent.trim())
      .filter((text) => /^[\\d,. ]+[KM%]?$|^[A-Z][a-z]+$/.test(text)),
  }))"""
"""Script that returns the tiles of the open tab, their titles, and numbers and names in them."""


def assert_whole(path: Path, tiles: list[dict[str, Any]]) -> None:
    """Assert that each page of a document has text, and that it shows *tiles* as the page does."""
    pages = [_Printed(page) for page in PdfDocument(path)]
    assert all(page.text for page in pages)
    places = []
    for tile in tiles:
        title = _compact(tile["title"])
        number, page = next((i, page) for i, page in enumerate(pages) if title in page.text)
        assert tile["texts"], tile["title"]
        missing = {text for text in tile["texts"] if _compact(text) not in page.text}
        assert missing == set(), tile["title"]
        places.append((number, page.top(title)))
    assert places == sorted(places)


class _Printed:
    """The text of a page without its spaces, which depend on how a browser places letters."""

    def __init__(self, page: PdfPage) -> None:
        self._page = page.get_textpage()
        characters = self._page.get_text_range()
        self._kept = [i for i, letter in enumerate(characters) if not letter.isspace()]
        self.text = _compact(characters)

    def top(self, text: str) -> float:
        """Return how far below the top of its page a text is, less the height of the page."""
        return -float(self._page.get_charbox(self._kept[self.text.index(text)])[3])


def _compact(text: str) -> str:
    return "".join(text.split())
