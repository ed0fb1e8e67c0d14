"""SQL for the events of a row, from a vendor's name of what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.sources.formats.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping


def when(column: str, events: Mapping[str, tuple[str, ...]], prefix: str = "") -> str:
    """Return the branches of a ``CASE``: a vendor's names, after *prefix*, and their events."""
    return " ".join(
        f"WHEN {column} = {quoted(prefix + name)} THEN {list(kinds)}::VARCHAR[]"
        for name, kinds in events.items()
    )
