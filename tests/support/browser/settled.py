"""Wait until a page has drawn, instead of for a fixed time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

FRAMES = 24
_SETTLED = """([selector, frames]) => {
    const places = [...document.querySelectorAll(selector)].map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        return [x, y, width, height];
    });
    const ticks = [...document.querySelectorAll(selector)].map((e) => e.dataset.tick);
    const now = JSON.stringify([selector, places, ticks]);
    const before = window.clwSettled;
    const same = before?.now === now ? before.same + 1 : 0;
    window.clwSettled = { now, same };
    return same >= frames;
}"""


def settle(page: Page, selector: str) -> None:
    """Wait until no element moves, and no update comes, for some frames of the browser."""
    page.wait_for_function(_SETTLED, arg=[selector, FRAMES])
