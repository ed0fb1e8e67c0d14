"""Counting of one batch of events: the result is complete before the rollup is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from campaign_live_widgets.engine.aggregates.counts_by_dimension import minutes
from campaign_live_widgets.engine.aggregates.entities import EntityStats, add_entity, timed_name
from campaign_live_widgets.engine.aggregates.event_times import Moment, newest_campaign
from campaign_live_widgets.engine.aggregates.seen_ids import repeats
from campaign_live_widgets.engine.aggregates.segments import Segment
from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.engine.duckdb.cells import fetch_cells
from campaign_live_widgets.sources.batch_relation import BATCH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.cube_cells import CubeCells
    from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
    from campaign_live_widgets.snapshot import Window
    from campaign_live_widgets.sources import Tally
    from campaign_live_widgets.sources.files.staging import Batch, Stage

    Hashes = NDArray[np.uint64]
    Ids = tuple[Hashes, Hashes]


@dataclass(slots=True)
class BatchDelta:
    """What a batch adds to the aggregates of a rollup.

    Attributes
    ----------
    ids : tuple of arrays or None
        Hashes (two halves) of the events counted, each once; ``None`` where no further batch
        will come.
    tallies : dict
        File → its duplicate, rejected and ignored rows.
    times : list
        Times of events of all campaigns.
    campaigns, messages, executions : dict
        By id; messages and executions are of the counted campaign.
    segments : list
        Of that campaign; cells and entries give a segment as an index into it.
    entries : list of arrays or None
        Profile (two halves of its hash), minute, test, segment; each entry once.
    entered : dict or None
        In place of *entries*, distinct profiles of the one window, without and with tests.
    """

    ids: Ids | None
    tallies: Mapping[str, Tally]
    campaign: str | None
    times: list[Moment]
    campaigns: dict[str, EntityStats]
    messages: dict[str, EntityStats]
    executions: dict[str, EntityStats]
    segments: list[Segment]
    cells: list[CubeCells]
    entries: list[NDArray[Any]] | None
    entered: dict[bool, int] | None


class BatchCounter:
    """Counts batches of one source for one campaign.

    *window*, where given, is the only window that will be asked for.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, stage: Stage, seen: SeenEvents, window: Window | None
    ) -> None:
        self._con, self._stage, self._seen, self._window = con, stage, seen, window

    def count(
        self,
        batch: Batch,
        campaign: str | None,
        *,
        keeps: bool,
        now: int,
        until: int,
    ) -> BatchDelta:
        """Return what the batch adds; the rollup is not changed.

        Parameters
        ----------
        campaign : str or None
            By default that of the batch's newest event up to *until*.
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
        if not new.all():
            self._con.register(sql.REPEATS, {"position": position[~new]})
        for file, duplicates in enumerate(np.bincount(batch.files_of(position[~new]))):
            batch.tallies[batch.slices[file].file.path].duplicates += int(duplicates)
        delta = _empty_delta(campaign)
        delta.tallies = batch.tallies
        if keeps:
            delta.ids = (high, low) if new.all() else (high[new], low[new])
        if new.any():
            events = sql.new_events(BATCH, repeats=not new.all(), rejected=rejected)
            if campaign is None:
                delta.campaign = newest_campaign(dict(self._newest(events, until)))
            self._count_entities(delta, events, now)
            self._count_events(delta, events, small=len(high) < sql.SMALL, keeps=keeps)
        return delta

    def count_distinct(  # noqa: PLR0913 - all but two by name
        self, events: str, campaign: str, *, rows: int, keeps: bool, names_only: bool, now: int
    ) -> BatchDelta:
        """Return what a relation of *rows* distinct events adds.

        *names_only* is for events that are all outside the window.
        """
        delta = _empty_delta(campaign)
        self._count_entities(delta, events, now)
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

    def _count_entities(self, delta: BatchDelta, events: str, now: int) -> None:
        """Count events by campaign and, of the counted one, by message and execution."""
        times = self._con.execute(sql.times(events, delta.campaign or "", now)).fetchall()
        delta.times = [Moment(*row) for row in times]
        rows = self._con.execute(sql.names(events)).fetchall()
        for cid, name, *_, count, oldest, newest in rows:
            stats = EntityStats(count, oldest, newest, timed_name(name, newest))
            add_entity(delta.campaigns, cid, stats)
        segments: dict[Segment, None] = {}
        for cid, _, message, name, execution, channel, count, oldest, newest in rows:
            if cid != delta.campaign:
                continue
            segments[Segment(message, execution)] = None
            stats = EntityStats(
                count, oldest, newest, timed_name(name, newest), frozenset((channel,))
            )
            add_entity(delta.messages, message, stats)
            if execution is not None:
                add_entity(delta.executions, execution, EntityStats(count, oldest, newest))
        delta.segments = list(segments)

    def _count_events(self, delta: BatchDelta, events: str, *, small: bool, keeps: bool) -> None:
        """Count the campaign's events and profiles."""
        campaign = str(delta.campaign)
        if campaign not in delta.campaigns:
            return
        self._con.register(sql.SEGMENTS, _numbered(delta.segments))
        window, bucket = None, None
        if self._window is not None:
            window = minutes(self._window)
            bucket = int(self._window.bucket.total_seconds()) // 60
        query = sql.cells(events, campaign, bucket=bucket, window=window)
        delta.cells = fetch_cells(
            self._con, query, delta.segments, small=small, untimed=window[0] if window else 0
        )
        if window is None or keeps:
            delta.entries = self._columns(sql.entries(events, campaign))
        else:
            row = self._con.execute(sql.entered(events, campaign, window)).fetchone() or (0, 0)
            delta.entered = {False: row[0], True: row[1]}

    def _columns(self, query: str) -> list[NDArray[Any]]:
        """Return the columns of a result that has no nulls."""
        return [np.ma.getdata(c) for c in self._con.execute(query).fetchnumpy().values()]


def _empty_delta(campaign: str | None) -> BatchDelta:
    """Return a delta that adds nothing."""
    return BatchDelta(
        ids=None,
        tallies={},
        times=[],
        campaign=campaign,
        campaigns={},
        messages={},
        executions={},
        segments=[],
        cells=[],
        entries=None,
        entered=None,
    )


def _numbered(segments: Sequence[Segment]) -> dict[str, NDArray[Any]]:
    """Return segments and their indices as columns that DuckDB reads."""
    return {
        "message": np.array([segment.message for segment in segments], dtype=object),
        "execution": np.array([segment.execution for segment in segments], dtype=object),
        "number": np.arange(len(segments), dtype=np.int64),
    }
