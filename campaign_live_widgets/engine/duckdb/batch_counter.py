"""What one batch of events adds to a rollup, worked out before any of it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from campaign_live_widgets.engine.aggregates.counts_by_dimension import minutes
from campaign_live_widgets.engine.aggregates.entities import Named, add_named
from campaign_live_widgets.engine.aggregates.event_times import Moment, newest_campaign
from campaign_live_widgets.engine.aggregates.seen_ids import repeats
from campaign_live_widgets.engine.aggregates.segments import Part
from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.engine.duckdb.cells import fetch_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
    from campaign_live_widgets.engine.duckdb.cells import Cells
    from campaign_live_widgets.snapshot import Window
    from campaign_live_widgets.sources import Tally
    from campaign_live_widgets.sources.files.staging import Batch, Stage

    Hashes = NDArray[np.uint64]
    Ids = tuple[Hashes, Hashes, NDArray[np.int64]]


@dataclass(slots=True)
class Counted:
    """What a batch adds.

    Attributes
    ----------
    ids : tuple of arrays or None
        Hashes (two halves) of the events counted, each once, and the readings they are from;
        nothing where no more batches will come.
    met_again : tuple of arrays or None
        The same of events that were counted from a file which has been replaced since.
    tallies : dict
        File → what became of its rows besides.
    times : list
        When events of all campaigns happened.
    campaigns, messages, executions : dict
        By id; messages and executions are of the one campaign that is counted.
    parts : list
        Of that campaign; cells and entries name a part by its place here.
    entries : list of arrays or None
        Profile (two halves of its hash), minute, test, part; each entry once.
    entered : dict or None
        In place of *entries*, distinct profiles of the one window, without and with tests.
    """

    ids: Ids | None
    met_again: Ids | None
    tallies: Mapping[str, Tally]
    campaign: str | None
    times: list[Moment]
    campaigns: dict[str, Named]
    messages: dict[str, Named]
    executions: dict[str, Named]
    parts: list[Part]
    cells: list[Cells]
    entries: list[NDArray[Any]] | None
    entered: dict[bool, int] | None


class Counter:
    """Counts batches of one source for one campaign.

    *window*, where given, is the only one that will be asked for.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, stage: Stage, seen: SeenEvents, window: Window | None
    ) -> None:
        self._con, self._stage, self._seen, self._window = con, stage, seen, window

    def count(  # noqa: PLR0913 - all but two by name
        self,
        batch: Batch,
        campaign: str | None,
        *,
        readings: Iterable[int],
        keeps: bool,
        now: int,
        until: int,
    ) -> Counted:
        """Return what the batch adds; the engine is asked, nothing is kept.

        Parameters
        ----------
        campaign : str or None
            By default that of the batch's newest event up to *until*.
        readings : iterable of int
            Those that stand: a known event of another one is no duplicate, its file is gone.
        keeps : bool
            Whether more batches will come, so that ids and entries are wanted one by one.
        now, until : int
            In microseconds since the epoch.
        """
        refused = bool(batch.refused or batch.empty)
        if batch.refused:
            self._stage.add_rejects(batch)
        high, low, position = self._ids(refused=refused)
        is_known, stands = self._seen.known(high, low, readings)
        once = np.ones(len(high), dtype=bool)
        once[repeats(high, low, position)] = False
        new, again = once & ~is_known, once & is_known & ~stands
        if not new.all():
            self._con.register(sql.REPEATS, pd.DataFrame({"position": position[~new]}))
        for file, duplicates in enumerate(np.bincount(batch.files_of(position[~new & ~again]))):
            batch.tallies[batch.fragments[file].file.path].duplicates += int(duplicates)
        counted = _nothing(campaign)
        counted.tallies = batch.tallies
        if keeps:
            counted.ids = _ids(batch, high, low, position, new)
            counted.met_again = _ids(batch, high, low, position, again)
        if new.any():
            events = sql.fresh(repeats=not new.all(), refused=refused)
            if campaign is None:
                counted.campaign = newest_campaign(dict(self._newest(events, until)))
            self._name(counted, events, now)
            self._fill(counted, events, small=len(high) < sql.SMALL, keeps=keeps)
        return counted

    def count_distinct(  # noqa: PLR0913 - all but two by name
        self, events: str, campaign: str, *, rows: int, keeps: bool, names_only: bool, now: int
    ) -> Counted:
        """Return what a relation of so many events adds, none of which repeats another.

        *names_only* tells that all of them are outside the window.
        """
        counted = _nothing(campaign)
        self._name(counted, events, now)
        if not names_only:
            self._fill(counted, events, small=rows < sql.SMALL, keeps=keeps)
        return counted

    def newest(self, until: int) -> list[tuple[str, int | None]]:
        """Return each campaign of what is laid out, and its newest event's time up to *until*."""
        if not self._stage.tables:
            return []
        return self._newest(sql.fresh(repeats=False, refused=True), until)

    def _newest(self, events: str, until: int) -> list[tuple[str, int | None]]:
        return self._con.execute(sql.newest(events, until)).fetchall()

    def _ids(self, *, refused: bool) -> tuple[Hashes, Hashes, NDArray[np.int64]]:
        """Return the ids of all accepted events and where each event is."""
        if not self._stage.tables:
            return np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64)
        high, low, position = self._columns(sql.ids(refused=refused))
        return high, low, position

    def _name(self, counted: Counted, events: str, now: int) -> None:
        """Find the campaigns and, of the one that is counted, messages and executions."""
        times = self._con.execute(sql.times(events, counted.campaign or "", now)).fetchall()
        counted.times = [Moment(*row) for row in times]
        rows = self._con.execute(sql.names(events)).fetchall()
        for cid, name, *_, count, oldest, newest in rows:
            named = Named(count, oldest, newest, _named(name, newest))
            add_named(counted.campaigns, cid, named)
        parts: dict[Part, None] = {}
        for cid, _, message, name, execution, channel, count, oldest, newest in rows:
            if cid != counted.campaign:
                continue
            parts[Part(message, execution)] = None
            named = Named(count, oldest, newest, _named(name, newest), frozenset((channel,)))
            add_named(counted.messages, message, named)
            if execution is not None:
                add_named(counted.executions, execution, Named(count, oldest, newest))
        counted.parts = list(parts)

    def _fill(self, counted: Counted, events: str, *, small: bool, keeps: bool) -> None:
        """Count the campaign's events and profiles."""
        campaign = str(counted.campaign)
        if campaign not in counted.campaigns:
            return
        self._con.register(sql.PARTS, _numbered(counted.parts))
        window, bucket = None, None
        if self._window is not None:
            window = minutes(self._window)
            bucket = int(self._window.bucket.total_seconds()) // 60
        query = sql.cells(events, campaign, bucket=bucket, window=window)
        counted.cells = fetch_cells(
            self._con, query, counted.parts, small=small, untimed=window[0] if window else 0
        )
        if window is None or keeps:
            counted.entries = self._columns(sql.entries(events, campaign))
        else:
            row = self._con.execute(sql.entered(events, campaign, window)).fetchone() or (0, 0)
            counted.entered = {False: row[0], True: row[1]}

    def _columns(self, query: str) -> list[NDArray[Any]]:
        """Return the columns of a result that has no nulls."""
        return [np.ma.getdata(c) for c in self._con.execute(query).fetchnumpy().values()]


def _nothing(campaign: str | None) -> Counted:
    """Return what adds nothing yet."""
    return Counted(
        ids=None,
        met_again=None,
        tallies={},
        times=[],
        campaign=campaign,
        campaigns={},
        messages={},
        executions={},
        parts=[],
        cells=[],
        entries=None,
        entered=None,
    )


def _ids(
    batch: Batch, high: Hashes, low: Hashes, position: NDArray[np.int64], kept: NDArray[np.bool_]
) -> Ids:
    if kept.all():
        return high, low, batch.readings_of(position)
    return high[kept], low[kept], batch.readings_of(position[kept])


def _named(name: str | None, at: int) -> tuple[int, str] | None:
    return None if name is None else (at, name)


def _numbered(parts: Sequence[Part]) -> pd.DataFrame:
    """Return parts and their places with the types SQL needs to compare them."""
    return pd.DataFrame(
        {
            "message": pd.Series([part.message for part in parts], dtype="str"),
            "execution": pd.Series([part.execution for part in parts], dtype="str"),
            "number": np.arange(len(parts), dtype=np.int64),
        }
    )
