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
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.event_kinds import EventKind
    from campaign_live_widgets.engine.aggregates.segments import SegmentMask
    from campaign_live_widgets.snapshot import Machines, Window

    Ints = NDArray[np.int64]


class Key(NamedTuple):
    """The key of one code of a cube; ``value`` is one of the cube's dimension."""

    value: str | None
    kind: EventKind


class _Kinds:
    """What the kinds of events of a cube are part of, by their numbers.

    Attributes
    ----------
    channel : array
        The number of the channel of each kind.
    """

    def __init__(self, kinds: Collection[EventKind], channels: dict[str, int]) -> None:
        numbers = [channels.setdefault(kind.channel, len(channels)) for kind in kinds]
        self.channel = np.array(numbers, np.int64)
        is_part = np.array([_weights(kind) for kind in kinds], bool).reshape(-1, len(COUNTS))
        # An event is part of few counts; a kind with fewer than others has the place after them.
        places = np.sort(np.where(is_part, np.arange(len(COUNTS)), len(COUNTS)), axis=1)
        self._places = places[:, : int(is_part.sum(axis=1).max(initial=0))]
        self._is_test = np.array([kind.is_test for kind in kinds], bool)
        self._is_machine = np.array([kind.is_machine is True for kind in kinds], bool)
        self._is_judged = np.array([kind.event_type in JUDGED for kind in kinds], bool)

    def counted(self, machines: Machines, *, include_tests: bool) -> NDArray[np.bool_]:
        """Return which kinds are counted."""
        counted = ~self._is_test | include_tests
        if machines == "exclude":
            counted &= ~self._is_machine
        elif machines == "only":
            counted &= self._is_machine | ~self._is_judged
        return counted

    def added(self, rows: Ints, kinds: Ints, events: Ints) -> tuple[Ints, Ints]:
        """Return the rows that occur, in order, and for each of them its counts."""
        is_used = np.zeros(int(rows.max(initial=-1)) + 1, dtype=bool)
        is_used[rows] = True
        used, size = np.flatnonzero(is_used), len(COUNTS) + 1
        number = np.cumsum(is_used) - 1
        places = self._places[kinds]
        cell = (number[rows] * size)[:, None] + places
        repeated = np.repeat(events, places.shape[1])
        table = np.bincount(cell.ravel(), repeated, len(used) * size).reshape(-1, size)
        return used, table[:, :-1].astype(np.int64)


class CountedBy:
    """One question of the report: counts by minute and one dimension.

    Parameters
    ----------
    dimension : str
    cube : MinuteCube, optional
        One that is filled elsewhere.
    fold : callable, optional
        Returns what a value of the cube counts as; it gives the same for equal values.
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
        self._kinds: dict[EventKind, int] = {}
        self._channels: dict[str, int] = {}
        self._row = np.empty(0, np.int64)
        self._kind = np.empty(0, np.int64)
        self._of_kinds = _Kinds((), self._channels)

    def _describe(self) -> None:
        """Work out row and kind of every key that is new."""
        keys = cast("list[Key]", self.cube.keys[len(self._row) :])
        if not keys:
            return
        known = len(self._kinds)
        folded = {value: self._fold(value) for value in {key.value for key in keys}}
        rows, kinds = self._rows, self._kinds
        row = [rows.setdefault((folded[key.value], key.kind.channel), len(rows)) for key in keys]
        kind = [kinds.setdefault(key.kind, len(kinds)) for key in keys]
        self._row = np.append(self._row, row)
        self._kind = np.append(self._kind, kind)
        if len(kinds) > known:
            self._of_kinds = _Kinds(kinds, self._channels)

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
        count = count * self._of_kinds.counted(machines, include_tests=include_tests)[self._kind]
        nonzero = np.flatnonzero(count)
        used, table = self._of_kinds.added(self._row[nonzero], self._kind[nonzero], count[nonzero])
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
        # Many cells, few buckets and kinds: counted into places, not sorted.
        first, kinds, channels = start // width, len(self._kinds), len(self._channels)
        total = np.bincount((bucket - first) * kinds + self._kind[code], weights=count)
        cell = np.flatnonzero(total)
        slot, kind = np.divmod(cell, max(kinds, 1))
        is_counted = self._of_kinds.counted(machines, include_tests=include_tests)[kind]
        cell, slot, kind = cell[is_counted], slot[is_counted], kind[is_counted]
        row = slot * channels + self._of_kinds.channel[kind]
        used, table = self._of_kinds.added(row, kind, total[cell])
        names = list(self._channels)
        bucket = (used // max(channels, 1) + first) * width
        times = (bucket * MINUTE_US).view("datetime64[us]")
        return Counts(times, tuple(names[i] for i in used % max(channels, 1)), table)


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
