"""A static report: read once, shown without scripts, written to files.

For notebooks that a schedule runs and people read later, wherever a notebook can be read: what
is shown is plain HTML and text, and needs no kernel, no widgets and no network.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from campaign_live_widgets.app.feeds.read_once import read_snapshot
from campaign_live_widgets.app.jobs.shown_view import passed_view
from campaign_live_widgets.app.settings.query import parse_query
from campaign_live_widgets.app.settings.secret_reference import resolve
from campaign_live_widgets.catalog import COUNTS, METRICS, TABS, TILES, Text, rate, tile_of
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.io.environment import CAMPAIGN, SOURCE
from campaign_live_widgets.layouts.places import places
from campaign_live_widgets.rendering.language import phrases, times
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.report import evaluate, frame
from campaign_live_widgets.sources.mapping.prefix import with_no_campaign
from campaign_live_widgets.sources.sends import read_as

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from campaign_live_widgets.app.settings.query import WindowGiven
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.snapshot import Snapshot

_LABELLED: Final = Text("{}: {}", "{}\N{NO-BREAK SPACE}: {}")


class StaticView:
    """A part of a report as a cell's last value: static HTML, and plain text."""

    def __init__(self, report: ReportView) -> None:
        self._report = report

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from campaign_live_widgets.rendering.html.notebook import report_html
        from campaign_live_widgets.rendering.text import text

        return {"text/plain": text(self._report), "text/html": report_html(self._report)}


class Lines:
    """Lines of text as a cell's last value."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self.bundle()

    def bundle(self) -> dict[str, str]:
        """Return them as text and as escaped HTML."""
        return {
            "text/plain": "\n".join(self._lines),
            "text/html": "".join(f"<p>{escape(line)}</p>" for line in self._lines),
        }


class StaticReport(StaticView):
    """One campaign in one window, read once.

    Parameters
    ----------
    source : str or path, optional
        A file, a folder or a glob of events, or ``env:NAME`` for what that variable of the
        environment holds; by default what ``CAMPAIGN_LIVE_SOURCE`` names.
    campaign : str, optional
        By default ``CAMPAIGN_LIVE_CAMPAIGN``, else the campaign with the newest event.
    window : str, timedelta or pair
        As for :class:`~campaign_live_widgets.CampaignReport`, as all other parameters.
    at : str or datetime, optional
    messages, executions : iterable of str
    locale : str
    include_tests : bool
    machines, basis : str
    providers : path, optional
    small_cells : int
    time_zone : str
    layout : path or mapping, optional
        The positions of the tiles: a layout file, or its content.
    mapping : path, optional
        A mapping file, by which rows are read.
    no_campaign : str
        ``keep`` to count rows without a campaign as those of ``(no campaign)``.
    sends : str, optional
        What counts as sent: ``events`` of sending, the default, or ``outcomes``: each delivery and
        each bounce. Of files only.

    Raises
    ------
    UsageError
        If a parameter is invalid, or the source has no event of what it names.
    SourceError
        If the source cannot be read.
    """

    def __init__(  # noqa: PLR0913 - the report's parameters, all but two by name
        self,
        source: str | os.PathLike[str] | None = None,
        campaign: str | None = None,
        *,
        window: WindowGiven = "24h",
        at: str | datetime | None = None,
        messages: Iterable[str] = (),
        executions: Iterable[str] = (),
        locale: str = "en",
        include_tests: bool = False,
        machines: str = "include",
        basis: str = "default",
        providers: str | os.PathLike[str] | None = None,
        small_cells: int = 0,
        time_zone: str = "UTC",
        layout: str | os.PathLike[str] | Mapping[str, object] | None = None,
        mapping: str | os.PathLike[str] | None = None,
        sends: str | None = None,
        no_campaign: str = "reject",
    ) -> None:
        named = os.fspath(source) if source else os.environ.get(SOURCE, "")
        if not named:
            message = f"no source: give a file, a folder, a glob or a database, or set {SOURCE}"
            raise UsageError(message)
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
            time_zone=time_zone,
            locale=locale,
        )
        now = datetime.now(UTC)
        super().__init__(
            passed_view()
            or ReportView(
                snapshot=read_snapshot(named, query, now),
                made_at=now,
                locale=query.locale,
                time_zone=query.time_zone,
                places=_places(layout),
            )
        )

    @property
    def view(self) -> ReportView:
        """Return the numbers and how their reader wants them, as one value."""
        return self._report

    still = view
    """Former name of :attr:`view`."""

    @property
    def snapshot(self) -> Snapshot:
        """Return the numbers."""
        return self._report.snapshot

    def lines(self) -> list[str]:
        """Return what the numbers are of: campaign, window, newest event, data quality."""
        snapshot, locale, zone = self.snapshot, self._report.locale, self._report.time_zone
        name = phrases.campaign(snapshot)
        window = phrases.window(snapshot, self._report.made_at, zone, locale)
        scope = phrases.scope(snapshot, zone, locale)
        newest = phrases.WORDS["none"](locale)
        if snapshot.newest_event is not None:
            at = times.moment(snapshot.newest_event, zone, locale)
            newest = _LABELLED(locale).format(phrases.WORDS["newest"](locale), at)
        health = phrases.health_facts(snapshot.health, locale)
        return [
            " · ".join((name, window, *scope)),
            " · ".join((newest, *(_LABELLED(locale).format(term, n) for term, _, n in health))),
            *phrases.first_notes(snapshot.health, zone, locale),
        ]

    def tab(self, name: str) -> StaticView:
        """Return one tab to show; raise :class:`UnknownNameError` if no tab has that name."""
        if name not in TABS:
            raise UnknownNameError("tab", name, TABS)
        return StaticView(replace(self._report, places={name: self._report.places.get(name, ())}))

    def frame(self, tile_id: str) -> pd.DataFrame:
        """Return the numbers of one tile; see :meth:`CampaignReport.frame`."""
        return frame(tile_of(tile_id, self.snapshot.basis), self.snapshot)

    def rates(self, channel: str) -> pd.DataFrame:
        """Return a channel's counts with their rates, and what each rate divides by.

        Columns ``metric``, ``count`` (``int64``), ``rate`` (a part of one, ``float64``; null
        where there is none) and ``rate_of``: the metrics of the channel's table
        by message, in its order. Raises :class:`UnknownNameError` for an unknown channel.
        """
        return rates(self.snapshot, channel)

    def require_channel(self, message: str, channel: str) -> None:
        """Raise :class:`UsageError` if *message* is of another channel than *channel*."""
        for known in self.snapshot.messages:
            if known.id == message and channel not in known.channels:
                other = ", ".join(known.channels)
                text = f"message {message!r} is of the channel {other}, not {channel}"
                raise UsageError(text)

    def save(self, folder: str | os.PathLike[str], formats: Collection[str]) -> None:
        """Write the snapshot's files, a line for each; an empty *folder*: none.

        *folder* may be ``env:NAME``. See :func:`campaign_live_widgets.snapshots.write_files`.
        """
        from campaign_live_widgets.snapshots import write_files

        if not (named := os.fspath(folder)):
            return
        target = Path(resolve(named, "folder"))
        target.mkdir(parents=True, exist_ok=True)
        write_files(self._report, target, formats, progress=_print_line)


StillReport = StaticReport
"""The former name, which notebooks import."""


def rates(snapshot: Snapshot, channel: str) -> pd.DataFrame:
    """Return a channel's counts with their rates; see :meth:`StaticReport.rates`."""
    by_message = f"{channel}.metrics_by_message"
    if by_message not in TILES:
        raise UnknownNameError("channel", channel, {t.channel for t in TILES.values() if t.channel})
    counts = snapshot.counts["message_id"]
    in_channel = np.array([name == channel for name in counts.channels], dtype=bool)
    columns = {c.column: counts.column(c.column)[in_channel].sum(keepdims=True) for c in COUNTS}
    metrics = TILES[by_message].metrics
    wholes = {m: METRICS[m].rate_of for m in metrics}
    wanted = tuple(dict.fromkeys((*metrics, *filter(None, wholes.values()))))
    totals = {m: int(values[0]) for m, values in evaluate(wanted, columns).items()}
    parts = [
        None if whole is None else rate(m, totals[m], whole, totals[whole])
        for m, whole in wholes.items()
    ]
    return pd.DataFrame(
        {
            "metric": pd.Series(list(metrics), dtype=object),
            "count": np.array([totals[m] for m in metrics], dtype=np.int64),
            "rate": np.array(parts, dtype=np.float64),
            "rate_of": pd.Series(list(wholes.values()), dtype=object),
        }
    )


def _places(
    layout: str | os.PathLike[str] | Mapping[str, object] | None,
) -> Mapping[str, Sequence[Place]]:
    if not layout:
        return places(TILES.values())
    from campaign_live_widgets.layouts.shared import shared_layout

    return shared_layout(layout)[0]


def _print_line(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the output of a cell
