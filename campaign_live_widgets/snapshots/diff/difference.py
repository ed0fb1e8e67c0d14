"""The difference of two snapshots, as JSON, as text and as a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign_live_widgets.snapshots.diff.compare import changes
from campaign_live_widgets.snapshots.diff.model import Changes

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Difference(Changes):
    """All that differs between two snapshots."""

    def to_text(self, locale: str = "en", *, width: int = 120) -> str:
        """Return what changed for people at a terminal, in lines of at most *width* columns."""
        from campaign_live_widgets.snapshots.diff.text import to_text

        return to_text(self, locale, width)

    def to_html(self, locale: str = "en") -> str:
        """Return what changed as one page, without scripts and with nothing from elsewhere."""
        from campaign_live_widgets.snapshots.diff.page import to_html

        return to_html(self, locale)


def difference(before: Path, after: Path) -> Difference:
    """Return what changed from one snapshot to another: folders, or ``report.json`` files.

    The two may be of one campaign at two times, or of two campaigns.

    Raises
    ------
    ArchiveError
        Where one is no snapshot, or one that this version does not understand.
    """
    data = changes(before, after)
    return Difference(data.before, data.after, data.facts, data.widgets)
