"""What the tests ask of a browser other than Chromium."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from typing import Any

WAIT_SECONDS = 60.0


class OtherBrowser(ABC):
    """One window with one page."""

    @abstractmethod
    def open(self, address: str) -> None:
        """Go to an address."""

    @abstractmethod
    def run(self, script: str) -> Any:  # noqa: ANN401 - JSON
        """Call a function in the page; return what it, or its promise, gives."""

    @abstractmethod
    def act(self, moves: list[dict[str, Any]]) -> None:
        """Perform actions of the mouse, as WebDriver defines them."""

    @abstractmethod
    def print_page(self, ready: str) -> bytes:
        """Return the page on A4 as a PDF document, printed once a function gives a true value."""

    @abstractmethod
    def screenshot(self) -> bytes:
        """Return what is seen of the page, as PNG."""

    def wait_for(self, script: str, seconds: float = WAIT_SECONDS) -> Any:  # noqa: ANN401 - JSON
        """Return the first value of a function that is true."""
        end = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"in vain: {script}"
            time.sleep(0.1)
        return value

    def click(self, selector: str) -> None:
        """Click the middle of the first element that a selector gives."""
        x, y = self._middle(selector)
        self.act([_move(x, y), _press("Down"), _press("Up")])

    def drag(self, selector: str, dx: int, dy: int) -> None:
        """Drag an element by its middle."""
        x, y = self._middle(selector)
        steps = [_move(x + dx * i // 4, y + dy * i // 4) for i in range(1, 5)]
        self.act([_move(x, y), _press("Down"), *steps, _press("Up")])

    def _middle(self, selector: str) -> tuple[int, int]:
        box = self.wait_for(
            f"""() => {{
              const node = [...document.querySelectorAll({json.dumps(selector)})]
                .find((node) => node.getClientRects().length);
              node?.scrollIntoView({{ block: "center" }});
              const box = node?.getBoundingClientRect();
              return box && [box.x + box.width / 2, box.y + box.height / 2];
            }}"""
        )
        return round(box[0]), round(box[1])


def mouse(moves: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the mouse with its actions, as both protocols of WebDriver take it."""
    return {
        "type": "pointer",
        "id": "mouse",
        "parameters": {"pointerType": "mouse"},
        "actions": moves,
    }


def _move(x: int, y: int) -> dict[str, Any]:
    return {"type": "pointerMove", "x": x, "y": y, "duration": 30}


def _press(way: str) -> dict[str, Any]:
    return {"type": f"pointer{way}", "button": 0}
