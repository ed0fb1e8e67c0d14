"""Cubes → the counts of a snapshot."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from campaign_live_widgets.catalog import COUNTS
from campaign_live_widgets.engine.aggregates.event_kinds import JUDGED
from campaign_live_widgets.engine.aggregates.event_times import MINUTE_US
from campaign_live_widgets.engine.aggregates.minute_cube import MinuteCube
from campaign_live_widgets.snapshot import EPOCH, MINUTE, Counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.event_kinds import EventKind
    from campaign_live_widgets.engine.aggregates.segments import SegmentMask
    from campaign_live_widgets.snapshot import Machines, Window

    Ints = NDArray[np.int64]


class Key(NamedTuple):
    """The key of one code of a cube; ``value`` is one of the cube's dimension."""

    value: str | None
    kind: EventKind


class CountedBy:
    """One question of the report: counts by minute and one dimension.

    Parameters
    ----------
    dimension : str
    cube : MinuteCube, optional
        One that is filled elsewhere.
    fold : callable, optional
        Returns what a value of the cube counts as; it is asked once for each key.
    """

    def __init__(
        self,
        dimension: str,
        cube: MinuteCube | None = None,
        fold: Callable[[str | None], str | None] = lambda value: value,
    ) -> None:
        self.dimension = dimension
        self.cube = MinuteCube() if cube is None else cube
        self._fold = fold
        self._rows: dict[tuple[str | None, str], int] = {}
        self._channels: dict[str, int] = {}
        self._row = np.empty(0, np.int64)
        self._channel = np.empty(0, np.int64)
        self._test = np.empty(0, bool)
        self._machine = np.empty(0, bool)
        self._judged = np.empty(0, bool)
        self._weights = np.empty((0, len(COUNTS)), np.int64)

    def _describe(self) -> None:
        """Work out row, channel and counts of every key that is new."""
        keys = cast("list[Key]", self.cube.keys[len(self._row) :])
        if not keys:
            return
        rows = [(self._fold(key.value), key.kind.channel) for key in keys]
        row = [self._rows.setdefault(pair, len(self._rows)) for pair in rows]
        channel = [self._channels.setdefault(name, len(self._channels)) for _, name in rows]
        self._row = np.append(self._row, row)
        self._channel = np.append(self._channel, channel)
        self._test = np.append(self._test, [key.kind.is_test for key in keys])
        self._machine = np.append(self._machine, [key.kind.is_machine is True for key in keys])
        self._judged = np.append(self._judged, [key.kind.event_type in JUDGED for key in keys])
        self._weights = np.vstack((self._weights, [_weights(key.kind) for key in keys]))

    def _left_out(self, machines: Machines, *, include_tests: bool) -> NDArray[np.bool_] | None:
        """Return by code which keys are not counted; ``None`` if all are."""
        left_out = None if include_tests else self._test
        if machines == "include":
            return left_out
        others = self._machine if machines == "exclude" else self._judged & ~self._machine
        return others if left_out is None else left_out | others

    def totals(
        self,
        start: int,
        end: int,
        *,
        include_tests: bool,
        mask: SegmentMask,
        machines: Machines = "include",
    ) -> Counts:
        """Return the counts over the minutes [start, end), one row per value and channel."""
        self._describe()
        count = self.cube.totals(start, end, mask)
        left_out = self._left_out(machines, include_tests=include_tests)
        nonzero = np.flatnonzero(count if left_out is None else count * ~left_out)
        used, table = _added(self._row[nonzero], self._weights[nonzero] * count[nonzero, None])
        names = list(self._rows)
        values = tuple(names[i][0] for i in used)
        return Counts(values, tuple(names[i][1] for i in used), table)

    def series(
        self,
        window: Window,
        *,
        include_tests: bool,
        mask: SegmentMask,
        machines: Machines = "include",
    ) -> Counts:
        """Return the counts by the window's buckets, one row per bucket and channel."""
        self._describe()
        start, end = minutes(window)
        width = window.bucket // MINUTE
        bucket, code, count = self.cube.series(start, end, width, mask)
        left_out = self._left_out(machines, include_tests=include_tests)
        if left_out is not None:
            counted = ~left_out[code]
            bucket, code, count = bucket[counted], code[counted], count[counted]
        first, keys = start // width, max(len(self.cube.keys), 1)
        # Many cells, few buckets and keys: counted into places, not sorted.
        total = np.bincount((bucket - first) * keys + code, weights=count)
        cell = np.flatnonzero(total)
        channels = max(len(self._channels), 1)
        slot, code = np.divmod(cell, keys)
        weights = self._weights[code] * total[cell].astype(np.int64)[:, None]
        used, table = _added(slot * channels + self._channel[code], weights)
        names = list(self._channels)
        bucket = (used // channels + first) * width
        times = (bucket * MINUTE_US).view("datetime64[us]")
        return Counts(times, tuple(names[i] for i in used % channels), table)


def _added(rows: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Return the rows that occur, in order, and for each of them the sum of its counts."""
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    if not len(starts):
        return rows, np.zeros((0, len(COUNTS)), np.int64)
    return rows[starts], np.add.reduceat(counts[order], starts, axis=0)


@cache
def _weights(kind: EventKind) -> list[int]:
    """Return for each count of the catalogue whether events of this kind are part of it."""
    return [
        int(
            count.event_type == kind.event_type
            and count.bounce_type in (None, kind.bounce_type)
            and count.is_async in (None, kind.late)
            and count.is_machine in (None, kind.is_machine)
        )
        for count in COUNTS
    ]


def minutes(window: Window) -> tuple[int, int]:
    """Return a window as minutes since the epoch, half-open."""
    return (window.start - EPOCH) // MINUTE, (window.end - EPOCH) // MINUTE
