"""The report in a notebook: three lines, and it is live."""

from __future__ import annotations

import os
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ipywidgets import VBox

from campaign_live_widgets.app.notebook.controller import Control
from campaign_live_widgets.app.notebook.save_snapshot import offer_saving
from campaign_live_widgets.app.reader.feed_choice import open_feed
from campaign_live_widgets.app.settings import address as page_address
from campaign_live_widgets.app.settings.identity import UNKNOWN_USER, awaits_request, identify_user
from campaign_live_widgets.app.settings.installation import samples_path
from campaign_live_widgets.app.settings.query import FASTEST, SLOWEST, parse_query
from campaign_live_widgets.app.settings.secret_reference import public_name, resolve, viewers_name
from campaign_live_widgets.catalog import Text, tile_of
from campaign_live_widgets.dashboard import Coordinator, Dashboard
from campaign_live_widgets.dashboard.page.context import context
from campaign_live_widgets.dashboard.page.shown_view import shown_view
from campaign_live_widgets.errors import CampaignLiveError, SourceError, UsageError
from campaign_live_widgets.io.environment import CAMPAIGN, CAMPAIGN_FILE, SOURCE
from campaign_live_widgets.layouts.files import REPORT, FileLayouts, layouts_folder
from campaign_live_widgets.layouts.shared import read_layout_file, shared_layout, write_layout_file
from campaign_live_widgets.layouts.storage import TabLayouts
from campaign_live_widgets.rendering.html.notebook import report_html
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.text import text
from campaign_live_widgets.report import frame, names_of, tile_table
from campaign_live_widgets.sources.mapping.prefix import with_no_campaign
from campaign_live_widgets.sources.sends import read_as
from campaign_live_widgets.widgets import TileWidget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import pandas as pd

    from campaign_live_widgets.app.settings.query import Query, WindowGiven
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.snapshot import Snapshot

_SAMPLES: Final = Text(
    "This is the bundled sample campaign. To see your own, set source to a file, a folder, a glob "
    f"or a database, or set the environment variable {SOURCE}.",
    "Ceci est la campagne d'exemple fournie. Pour voir la vôtre, donnez à source un fichier, un "
    f"dossier, un motif ou une base de données, ou définissez la variable {SOURCE}.",
)
_COVERED: Final = "clw-covered"
"""CSS class of a page whose numbers are hidden."""
_POLL: Final = 2.0
"""Seconds between two polls of a source that reports no changes itself."""


class CampaignReport(VBox):
    """The live report of one campaign: shown as a cell's last value, the tabbed dashboard.

    Parameters
    ----------
    source : str or path, optional
        A file, a folder or a glob of Parquet, CSV or NDJSON, a database's address, or
        ``env:NAME`` for the value of that environment variable, which is never shown; by
        default what the variable ``CAMPAIGN_LIVE_SOURCE`` names, else the bundled samples.
    campaign : str, optional
        By default ``CAMPAIGN_LIVE_CAMPAIGN``, else the campaign with the newest event.
    window : str, timedelta or pair
        The length of the window (``15m``, ``6h``, ``7d``, ``2w``), ``all`` since the
        campaign's first event, or start and end of exact minutes.
    at : str or datetime, optional
        The end of the window; by default now, or the campaign's newest event if that
        is longer ago than the window is long.
    locale : str
        ``en`` or ``fr``.
    include_tests : bool
        Whether test sends count.
    machines : str
        ``exclude`` leaves out opens and clicks of machines, ``only`` counts them alone; with
        ``include`` all count.
    basis : str
        What the shares of key figures divide by: ``sent``, ``delivered``, ``decided`` (delivered +
        bounces) or ``targeted``; with ``default`` each tile's own metric.
    providers : path, optional
        A CSV file with the columns ``pattern,family``: mailbox providers of recipient domains,
        before those that the package knows.
    small_cells : int
        Domains with fewer profiles that opened, and links with fewer that clicked, share a row; 0
        for none. Of files and stores only.
    uniques : bool
        Whether unique opens and clicks are counted; without them a report takes less time and
        memory. Not where a reader reads the source for all pages.
    time_zone : str
        IANA name of the zone in which times are shown; counting is in UTC.
    live : bool
        Whether to follow the source while the report is open in a page.
    messages, executions : iterable of str
        Ids of what is counted; by default all of the campaign.
    every : float
        Seconds between two refreshes at the least, from 0.5 to 60.
    tab : str
        The tab that is open at first: ``campaign``, ``email`` or ``push``.
    layout : path, mapping or places, optional
        The layout that everybody starts with and a reset goes back to: a layout file, what
        one holds, or :class:`Place` values; by default the file that
        ``CAMPAIGN_LIVE_LAYOUT`` names, else the product's own.
    name : str
        Of the report: each person has a separate layout for each name.
    address : str
        The query string of a page's address; what it names replaces the parameters.
    lazy : bool
        Whether the tiles of a tab are made when it is opened; a notebook that is stored needs
        all of them.
    mapping : path, optional
        A mapping file, by which the rows of the source are read; see docs/mapping.md.
    no_campaign : str
        ``keep`` to count rows without a campaign as those of ``(no campaign)``; by default they
        are rejected.
    sends : str, optional
        What counts as sent: ``events`` of sending, the default, or ``outcomes``: each delivery and
        each bounce. Of files only.

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
        window: WindowGiven = "24h",
        at: str | datetime | None = None,
        locale: str = "en",
        include_tests: bool = False,
        machines: str = "include",
        basis: str = "default",
        providers: str | os.PathLike[str] | None = None,
        small_cells: int = 0,
        uniques: bool = True,
        time_zone: str = "UTC",
        live: bool = True,
        messages: Iterable[str] = (),
        executions: Iterable[str] = (),
        every: float = FASTEST,
        tab: str = "campaign",
        layout: str | os.PathLike[str] | Mapping[str, object] | Iterable[Place] | None = None,
        name: str = REPORT,
        address: str = "",
        lazy: bool = False,
        mapping: str | os.PathLike[str] | None = None,
        sends: str | None = None,
        no_campaign: str = "reject",
    ) -> None:
        named = os.fspath(source) if source else os.environ.get(SOURCE, "")
        self._shows_samples = not named
        if not named:
            named = _samples(campaign)
        named = read_as(named, with_no_campaign(mapping, no_campaign), sends)
        query = parse_query(
            campaign=campaign or os.environ.get(CAMPAIGN) or None,
            window=window,
            at=at,
            messages=messages,
            executions=executions,
            include_tests=include_tests,
            machines=machines,
            basis=basis,
            providers=providers,
            small_cells=small_cells,
            uniques=uniques,
            time_zone=time_zone,
            locale=locale,
            every=every,
            tab=tab,
        )
        self._name, (self._standard, notices) = name, shared_layout(layout)
        self._feed = open_feed(
            resolve(named),
            query,
            name=public_name(named) if source else viewers_name(named),
        )
        self._feed.refresh()
        self._feed.require(query)
        _publish_campaign(self._feed.campaign)
        self._live: Coordinator | None = None
        first, _ = page_address.parse_address(page_address.read_address(address), query)
        super().__init__((self._dashboard_of(self._feed.snapshot(), first, lazy=lazy),))
        self._control = Control(self.dashboard, self._feed, query, address)
        offer_saving(self.dashboard, named if source else "")
        if self._shows_samples:
            notices = (_SAMPLES, *notices)
        for notice in notices:
            self.dashboard.notify(notice)
        self._is_covered = False
        if awaits_request():
            self._cover()
        if not identify_user(self._keep_layouts_of, self._opened_by):
            self._uncover()
        if live:
            self.live()

    def _dashboard_of(self, snapshot: Snapshot, query: Query, *, lazy: bool) -> Dashboard:
        self.dashboard = Dashboard(
            snapshot,
            locale=query.locale,
            time_zone=query.time_zone,
            layouts=TabLayouts(self._standard),
            name=self._name,
            tab=query.tab,
            lazy=lazy,
        )
        """The page: a head and the tabs."""
        return self.dashboard

    def _keep_layouts_of(self, person: str | None) -> None:
        """Show and save the layouts of *person*; without one, none can be saved."""
        if person is None:
            self.dashboard.use_storage(None, UNKNOWN_USER)
            return
        storage = FileLayouts(layouts_folder(), person, self._name, standard=self._standard)
        self.dashboard.use_storage(storage)

    def _opened_by(self, person: str | None) -> None:
        """Use the layouts of *person*, and bring the page up to date."""
        self._keep_layouts_of(person)
        self._uncover()

    def _cover(self) -> None:
        """Hide the numbers of a page until they are not older than its request."""
        self._is_covered = True
        self.dashboard.add_class(_COVERED)
        self.dashboard.set_state("loading")
        self.dashboard.header.observe(self._on_state, "state")

    def _on_state(self, change: Mapping[str, object]) -> None:
        """Show the numbers once the live report has read the source, or has shown an error."""
        if change["new"] in {"live", "stale", "error"}:
            self._show_numbers()

    def _uncover(self) -> None:
        """Read what is new since a page was prepared, and show its numbers."""
        if not self._is_covered:
            return
        with suppress(SourceError):  # the live report shows the error and tries again
            self._feed.refresh()
        self.dashboard.show(self._feed.snapshot(), force_all=True)
        if self._live is None:
            self.dashboard.set_state("paused")
        else:  # it may have shown newer numbers meanwhile
            self._live.show_feed()
        self._show_numbers()

    def _show_numbers(self) -> None:
        self._is_covered = False
        self.dashboard.remove_class(_COVERED)

    def export_layout(self, path: str | os.PathLike[str]) -> None:
        """Write the current layout of all tabs to a file.

        Such a file can be imported, or given to a report as its ``layout``. Raises
        :class:`LayoutError` if it cannot be written.
        """
        write_layout_file(path, self.dashboard.layout_of_tabs())

    def import_layout(self, path: str | os.PathLike[str]) -> None:
        """Show the layout in a file, and save it as the reader's own.

        Invalid parts of the file are noted in the page. Raises :class:`LayoutError` if all of it
        is invalid, and :class:`CampaignLiveError` if it cannot be saved, such as when another
        page has changed the layout: a second call replaces that.
        """
        layout, notices = read_layout_file(path)
        for notice in notices:
            self.dashboard.notify(notice)
        for tab, row in layout.items():
            self.dashboard.grids[tab].arrange(row)
        problems = [self.dashboard.save_layout(tab, row) for tab, row in layout.items()]
        if reason := next(filter(None, problems), None):
            raise CampaignLiveError(reason)

    @property
    def snapshot(self) -> Snapshot:
        """Return the current numbers, with what is new in the source."""
        if self._feed.refresh() and self._live is not None:
            self._live.show_feed()
        return self._feed.snapshot()

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, object]:
        """Return the widget and, of a report that does not go on, forms that need no kernel."""
        report = shown_view(self.dashboard)
        if self._live is not None:
            forms = {
                "text/plain": phrases.caption(report.snapshot, report.time_zone, report.locale)
            }
        else:
            forms = {"text/plain": text(report), "text/html": report_html(report)}
        if self._shows_samples:
            note = _SAMPLES(report.locale)
            forms["text/plain"] = f"{note}\n\n{forms['text/plain']}"
            if "text/html" in forms:
                forms["text/html"] = f"<p>{escape(note)}</p>{forms['text/html']}"
        return {**super()._repr_mimebundle_(**kwargs), **forms}

    def frame(self, tile_id: str) -> pd.DataFrame:
        """Return the numbers of one tile as they are now, as a frame.

        Columns, order and rows are those of the contract; counts are ``int64``, shares
        ``float64``. Raises :class:`UnknownNameError` for a tile that there is not.
        """
        snapshot = self.snapshot
        return frame(tile_of(tile_id, snapshot.basis), snapshot)

    def widget(self, tile_id: str) -> TileWidget:
        """Return one tile as a separate widget, usable in any layout.

        It follows :meth:`refresh`, and the live report while a page shows it.
        """
        snapshot, page = self.snapshot, self.dashboard
        one = tile_of(tile_id, snapshot.basis)
        alone = TileWidget(
            one,
            tile_table(one, snapshot),
            locale=page.locale,
            names=names_of(one, snapshot, page.locale),
            time_zone=page.time_zone,
            context=context(snapshot, page.time_zone, page.locale),
        )
        alone.is_static = self._live is None
        self.dashboard.follow(alone)
        return alone

    def refresh(self) -> None:
        """Read what is new and show it, in every tab and every single tile."""
        self.dashboard.show(self.snapshot, force_all=True)

    def live(self, every: float | None = None) -> None:
        """Keep up with the source in the background while a page shows the report.

        Parameters
        ----------
        every : float, optional
            Seconds between two refreshes at the least; by default what the report was made
            with, or what its reader has chosen.
        """
        self.stop()
        if every is not None:
            self._control.change({"every": [str(min(max(every, FASTEST), SLOWEST))]})
        rest = self._control.query.every
        self._live = Coordinator(
            self.dashboard, self._feed, every=max(_POLL, rest), min_interval=rest
        )
        self._live.start()

    def stop(self) -> None:
        """Stop keeping up; the last numbers stay."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _samples(campaign: str | None) -> str:
    """Return the samples' folder, for a report that names neither a source nor a campaign.

    Raises
    ------
    UsageError
        If there is a *campaign*: it is one of a source that was forgotten.
    """
    if campaign or os.environ.get(CAMPAIGN):
        message = f"no source: give a file, a folder, a glob or a database, or set {SOURCE}"
        raise UsageError(message)
    return str(samples_path())


def _publish_campaign(campaign: str | None) -> None:
    """Write the id of the campaign to the file that the server of this page has asked for."""
    file = os.environ.get(CAMPAIGN_FILE)
    if file and campaign is not None and not os.path.exists(file):
        Path(file).write_text(campaign, encoding="utf-8")
