"""Ways to damage a file, and what a report then shows of a store of :data:`DAYS` days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.rendering.language.phrases import health_notes
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 6


def cut(path: Path) -> None:
    """Remove the second half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """Change one bit in a file; its size stays the same."""
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x10
    path.write_bytes(content)


def sent(folder: Path) -> tuple[int, tuple[str, ...]]:
    """Return how many events of the last 30 days are counted as sent, and the notes about them."""
    rollup = open_rollup(folder, "c1", follow=False)
    snapshot = rollup.snapshot(at=AT, window=WINDOWS["30d"])
    rollup.close()
    notes = tuple(health_notes(snapshot.health, "UTC", "en"))
    return int(snapshot.counts["message_id"].column("sent").sum()), notes
