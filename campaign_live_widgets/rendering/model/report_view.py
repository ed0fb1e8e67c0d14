"""The input of every static output: one snapshot, and how its reader wants to see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.layouts.needed import visible_places
from campaign_live_widgets.layouts.places import places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A snapshot as one reader sees it, for pages, pictures and files that outlive the kernel.

    Attributes
    ----------
    snapshot : Snapshot
    made_at : datetime
        When the view was made (aware); its numbers are those of ``snapshot.window``.
    locale : str
        ``en`` or ``fr``.
    time_zone : str
        IANA name of the zone in which times are shown.
    places : mapping of tab to places
        Which tiles there are, their places, and the views in which they are drawn.
    """

    snapshot: Snapshot
    made_at: datetime
    locale: str = "en"
    time_zone: str = "UTC"
    places: Mapping[str, Sequence[Place]] = field(default_factory=lambda: places(TILES.values()))

    @property
    def visible(self) -> dict[str, list[tuple[Tile, Place]]]:
        """Return the tiles to show and their places by tab: no removed ones, none without data."""
        return visible_places(self.places, self.snapshot)
