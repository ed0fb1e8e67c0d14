"""The report in a notebook: three lines, and it is live."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from ipywidgets import VBox

from campaign_live_widgets.app.feed import RollupFeed
from campaign_live_widgets.app.times import parse_at, parse_locale, parse_time_zone, parse_window
from campaign_live_widgets.catalog import tile
from campaign_live_widgets.dashboard import Dashboard, Live
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.report import frame
from campaign_live_widgets.widgets import TileWidget

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    import pandas as pd

    from campaign_live_widgets.snapshot import Snapshot

SOURCE: Final = "CAMPAIGN_LIVE_SOURCE"
CAMPAIGN: Final = "CAMPAIGN_LIVE_CAMPAIGN"


class CampaignReport(VBox):
    """The live report of one campaign: shown as a cell's last value, the tabbed dashboard.

    Parameters
    ----------
    source : str or path, optional
        A file, a folder or a glob of Parquet, CSV or NDJSON; by default what the environment
        variable ``CAMPAIGN_LIVE_SOURCE`` names.
    campaign : str, optional
        By default ``CAMPAIGN_LIVE_CAMPAIGN``, else the campaign with the newest event.
    window : str or timedelta
        How far the report looks back: ``15m``, ``6h``, ``24h``, ``7d``.
    at : str or datetime, optional
        Where the window ends; by default now, or at the campaign's newest event where that
        is longer ago than the window is long.
    locale : str
        ``en`` or ``fr``.
    include_tests : bool
        Whether test sends count.
    time_zone : str
        IANA name of the zone in which times are shown; counting is in UTC.
    live : bool
        Whether to keep up with the source by itself while the report is looked at.

    Raises
    ------
    UsageError
        Where a parameter is wrong.
    SourceError
        Where the source cannot be read.
    """

    def __init__(  # noqa: PLR0913 - the report's parameters, all but two by name
        self,
        source: str | os.PathLike[str] | None = None,
        campaign: str | None = None,
        *,
        window: str | timedelta = "24h",
        at: str | datetime | None = None,
        locale: str = "en",
        include_tests: bool = False,
        time_zone: str = "UTC",
        live: bool = True,
    ) -> None:
        named = os.fspath(source) if source else os.environ.get(SOURCE, "")
        if not named:
            message = f"no source: give a file, a folder or a glob, or set {SOURCE}"
            raise UsageError(message)
        self._locale, self._time_zone = parse_locale(locale), parse_time_zone(time_zone)
        self._feed = RollupFeed(
            named,
            campaign=campaign or os.environ.get(CAMPAIGN) or None,
            window=parse_window(window),
            at=parse_at(at),
            include_tests=include_tests,
        )
        self._feed.refresh()
        self._feed.require_campaign()
        self._live: Live | None = None
        super().__init__((self._dashboard_of(self._feed.snapshot()),))
        if live:
            self.live()

    def _dashboard_of(self, snapshot: Snapshot) -> Dashboard:
        self.dashboard = Dashboard(
            snapshot, locale=self._locale, time_zone=self._time_zone, on_query=self._on_query
        )
        """The page: a head and the tabs."""
        return self.dashboard

    @property
    def snapshot(self) -> Snapshot:
        """Return the numbers as they are now; what is new in the source is read."""
        self._feed.refresh()
        return self._feed.snapshot()

    def frame(self, tile_id: str) -> pd.DataFrame:
        """Return the numbers of one tile as they are now, as a frame.

        Columns, order and rows are those of the contract; counts are ``int64``, shares
        ``float64``. Raises :class:`UnknownNameError` for a tile that there is not.
        """
        return frame(tile(tile_id), self.snapshot)

    def widget(self, tile_id: str) -> TileWidget:
        """Return one tile as a widget of its own, usable in any layout.

        It follows :meth:`refresh`, and the live report while that is looked at.
        """
        snapshot = self.snapshot
        alone = TileWidget(
            tile(tile_id),
            frame(tile(tile_id), snapshot),
            locale=self._locale,
            names=snapshot.message_names,
            time_zone=self._time_zone,
        )
        self.dashboard.follow(alone)
        return alone

    def refresh(self) -> None:
        """Read what is new and show it, in every tab and every tile that stands alone."""
        self.dashboard.show(self.snapshot, force_all=True)

    def live(self, every: float = 2.0) -> None:
        """Keep up with the source in the background while the report is looked at.

        Parameters
        ----------
        every : float
            Seconds between two looks where the source does not tell of changes itself.
        """
        self.stop()
        self._live = Live(self.dashboard, self._feed, every=every)
        self._live.start()

    def stop(self) -> None:
        """Stop keeping up; the last numbers stay."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _on_query(self, query: dict[str, str]) -> None:
        """Do what the page's address asks for: ``?campaign=…&window=…&at=…&locale=…``."""
        if "locale" in query:
            self._locale = parse_locale(query["locale"])
            self.dashboard.speak(self._locale)
        if "window" in query:
            self._feed.window = parse_window(query["window"])
        if "at" in query:
            self._feed.at = parse_at(query["at"])
        if query.get("campaign"):
            self._feed.use(query["campaign"])
