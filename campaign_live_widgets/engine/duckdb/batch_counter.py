"""Counting of one batch of events: the result is complete before the rollup is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from campaign_live_widgets.engine.aggregates.counts_by_dimension import minutes
from campaign_live_widgets.engine.aggregates.entities import EntityStats, add_entity, timed_name
from campaign_live_widgets.engine.aggregates.event_times import MINUTE_US, Moment, newest_campaign
from campaign_live_widgets.engine.aggregates.seen_ids import repeats
from campaign_live_widgets.engine.aggregates.segments import Segment
from campaign_live_widgets.engine.batch_delta import BatchDelta, CampaignDelta
from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.engine.duckdb.cells import fetch_cells
from campaign_live_widgets.engine.duckdb.pairs import (
    fetch_earlier,
    fetch_profiles,
    fetch_totals,
)
from campaign_live_widgets.engine.duckdb.value_profiles import fetch_values
from campaign_live_widgets.sources.batch_relation import BATCH

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
    from campaign_live_widgets.snapshot import Window
    from campaign_live_widgets.sources.files.staging import Batch, Stage

    Hashes = NDArray[np.uint64]


class BatchCounter:
    """Counts batches of one source.

    *window*, where given, is the only window that will be asked for; *uniques* is whether distinct
    pairs are counted, *small_cells* whether profiles are kept by domain and link.
    """

    def __init__(  # noqa: PLR0913 - the last ones by name
        self,
        con: duckdb.DuckDBPyConnection,
        stage: Stage,
        seen: SeenEvents,
        window: Window | None,
        *,
        uniques: bool,
        small_cells: bool,
    ) -> None:
        self._con, self._stage, self._seen, self._window = con, stage, seen, window
        self._uniques, self._small_cells = uniques, small_cells

    def count(  # noqa: PLR0913 - all but three by name
        self,
        batch: Batch,
        campaign: str | None,
        campaigns: Collection[str],
        *,
        keeps: bool,
        now: int,
        until: int,
    ) -> BatchDelta:
        """Return what the batch adds; the rollup is not changed.

        Parameters
        ----------
        campaign : str or None
            The rollup's own one, by default that of the batch's newest event up to *until*.
        campaigns : collection of str
            All that are counted, with their own one where it is known.
        keeps : bool
            Whether further batches will come, so that single ids and entries are needed.
        now, until : int
            In microseconds since the epoch.
        """
        rejected = bool(batch.rejected or batch.ignored)
        if batch.rejected:
            self._stage.add_rejects(batch)
        high, low, position = self._ids(rejected=rejected)
        new = ~self._seen.lookup(high, low)
        new[repeats(high, low, position)] = False
        repeated = position[~new]
        if len(repeated):
            self._con.register(sql.REPEATS, {"position": repeated})
        delta = BatchDelta(campaign, tallies=batch.tallies)
        delta.repeats = repeats_by_file(batch, repeated)
        for path, positions in delta.repeats.items():
            batch.tallies[path].duplicates += len(positions)
        if keeps:
            delta.ids = (high, low) if new.all() else (high[new], low[new])
        if new.any():
            events = sql.new_events(BATCH, repeats=not new.all(), rejected=rejected)
            if campaign is None:
                delta.campaign = newest_campaign(dict(self._newest(events, until)))
                campaigns = {*campaigns, str(delta.campaign)}
            self._count_entities(delta, events, campaigns, now)
            self._count_events(delta, events, small=len(high) < sql.SMALL, keeps=keeps)
        return delta

    def count_distinct(  # noqa: PLR0913 - all but two by name
        self, events: str, campaign: str, *, rows: int, keeps: bool, names_only: bool, now: int
    ) -> BatchDelta:
        """Return what a relation of *rows* distinct events adds.

        *names_only* is for events that are all outside the window.
        """
        delta = BatchDelta(campaign)
        self._count_entities(delta, events, [campaign], now)
        if not names_only:
            self._count_events(delta, events, small=rows < sql.SMALL, keeps=keeps)
        return delta

    def newest(self, until: int) -> list[tuple[str, int | None]]:
        """Return each campaign of the batch and the time of its newest event up to *until*."""
        if not self._stage.tables:
            return []
        return self._newest(sql.new_events(BATCH, repeats=False, rejected=True), until)

    def _newest(self, events: str, until: int) -> list[tuple[str, int | None]]:
        return self._con.execute(sql.newest(events, until)).fetchall()

    def _ids(self, *, rejected: bool) -> tuple[Hashes, Hashes, NDArray[np.int64]]:
        """Return the hashed ids of all accepted events, and their positions."""
        if not self._stage.tables:
            return np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64)
        high, low, position = self._columns(sql.ids(BATCH, rejected=rejected))
        return high, low, position

    def _count_entities(
        self, delta: BatchDelta, events: str, campaigns: Collection[str], now: int
    ) -> None:
        """Count events by campaign and, of *campaigns*, by message and execution."""
        rows = []
        for is_time, *names, is_ahead, count, oldest, newest in self._con.execute(
            sql.names_and_times(events, campaigns, now)
        ).fetchall():
            if is_time:
                delta.times.append(Moment(names[0], is_ahead, newest, count))
            else:
                rows.append((*names, count, oldest, newest))
        add_entities(delta, rows, campaigns)

    def _count_events(self, delta: BatchDelta, events: str, *, small: bool, keeps: bool) -> None:
        """Count events and profiles of the campaigns that the delta has parts of."""
        if not delta.parts:
            return
        campaigns = list(delta.parts)
        segments = {campaign: part.segments for campaign, part in delta.parts.items()}
        self._con.register(sql.SEGMENTS, _numbered(segments))
        window, bucket = None, None
        if self._window is not None:
            window = minutes(self._window)
            bucket = int(self._window.bucket.total_seconds()) // 60
        query = sql.cells(events, campaigns, bucket=bucket, window=window)
        every_segment = [segment for group in segments.values() for segment in group]
        cells = fetch_cells(
            self._con, query, every_segment, small=small, untimed=window[0] if window else 0
        )
        if window is not None:
            (campaign,) = campaigns
            has_earlier = delta.campaigns[campaign].oldest < window[0] * MINUTE_US
            delta.parts[campaign].earlier = (
                fetch_earlier(self._con, events, campaign, window[0]) if has_earlier else []
            )
        values = fetch_values(self._con, events, campaigns) if self._small_cells else None
        if window is None or keeps:
            profiles = fetch_profiles(self._con, events, campaigns, uniques=self._uniques)
            delta.share(cells, *profiles, values)
            return
        delta.share(cells, None, values=values)
        part = delta.parts[campaign]
        fetch_totals(self._con, events, campaign, window, part, uniques=self._uniques)

    def _columns(self, query: str) -> list[NDArray[Any]]:
        """Return the columns of a result that has no nulls."""
        return [np.ma.getdata(c) for c in self._con.execute(query).fetchnumpy().values()]


def add_entities(
    delta: BatchDelta,
    rows: Collection[tuple[Any, ...]],
    campaigns: Collection[str],
) -> None:
    """Add entities to a delta, with a part for each of *campaigns* that has events.

    A row has the values of :data:`~campaign_live_widgets.engine.duckdb.queries.NAMES`, the number
    of events, and the times of the oldest and the newest.
    """
    for cid, name, *_, count, oldest, newest in rows:
        stats = EntityStats(count, oldest, newest, timed_name(name, newest))
        add_entity(delta.campaigns, cid, stats)
    delta.parts = {cid: CampaignDelta() for cid in campaigns if cid in delta.campaigns}
    segments: dict[str, dict[Segment, None]] = {cid: {} for cid in delta.parts}
    for cid, _, message, name, execution, channel, count, oldest, newest in rows:
        part = delta.parts.get(cid)
        if part is None:
            continue
        segments[cid][Segment(message, execution)] = None
        stats = EntityStats(count, oldest, newest, timed_name(name, newest), frozenset((channel,)))
        add_entity(part.messages, message, stats)
        if execution is not None:
            add_entity(part.executions, execution, EntityStats(count, oldest, newest))
    for cid, part in delta.parts.items():
        part.segments = list(segments[cid])


def repeats_by_file(batch: Batch, position: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Return positions of rows by the path of their file, there counted from its start."""
    file = batch.files_of(position)
    order = np.argsort(file, kind="stable")
    files, starts = np.unique(file[order], return_index=True)
    groups = np.split(batch.positions_in_file(position[order]), starts[1:])
    paths = [batch.slices[number].file.path for number in files]
    return dict(zip(paths, groups, strict=False))  # without rows there is one empty group


def _numbered(segments: Mapping[str, Sequence[Segment]]) -> dict[str, NDArray[Any]]:
    """Return the segments of campaigns and their indices as columns that DuckDB reads."""
    rows = [(campaign, *segment) for campaign, group in segments.items() for segment in group]
    campaign, message, execution = (
        np.array([row[column] for row in rows], dtype=object) for column in range(3)
    )
    return {
        "campaign": campaign,
        "message": message,
        "execution": execution,
        "number": np.arange(len(rows), dtype=np.int64),
    }
