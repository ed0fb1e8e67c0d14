"""Cubes → the tables of a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from campaign_live_widgets.catalog import COUNTS
from campaign_live_widgets.engine.aggregates.minute_cube import MinuteCube
from campaign_live_widgets.snapshot import EPOCH, MINUTE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.event_kinds import EventKind
    from campaign_live_widgets.engine.aggregates.segments import SegmentMask
    from campaign_live_widgets.snapshot import Window

    Ints = NDArray[np.int64]

_COLUMNS = [count.column for count in COUNTS]


class Key(NamedTuple):
    """The key of one code of a cube; ``value`` is one of the cube's dimension."""

    value: str | None
    kind: EventKind


class CountedBy:
    """One question of the report: counts by minute and one dimension."""

    def __init__(self, dimension: str) -> None:
        self.dimension = dimension
        self.cube = MinuteCube()
        self._rows: dict[tuple[str | None, str], int] = {}
        self._channels: dict[str, int] = {}
        self._row: list[int] = []
        self._channel: list[int] = []
        self._test: list[bool] = []
        self._weights: list[list[int]] = []

    def _describe(self) -> None:
        """Work out row, channel and counts of every key that is new."""
        for key in self.cube.keys[len(self._row) :]:
            assert isinstance(key, Key)  # noqa: S101 - for the type checker
            self._row.append(self._rows.setdefault((key.value, key.kind.channel), len(self._rows)))
            self._channel.append(self._channels.setdefault(key.kind.channel, len(self._channels)))
            self._test.append(key.kind.is_test)
            self._weights.append(_weights(key))

    def totals(
        self, start: int, end: int, *, include_tests: bool, mask: SegmentMask
    ) -> pd.DataFrame:
        """Return the counts over the minutes [start, end), one row per value and channel."""
        self._describe()
        count = self.cube.totals(start, end, mask)
        nonzero = np.flatnonzero(
            count if include_tests else count * ~np.array(self._test, dtype=bool)
        )
        row = np.array(self._row, dtype=np.int64)[nonzero]
        used, row = np.unique(row, return_inverse=True)
        weights = np.array(self._weights, dtype=np.int64).reshape(-1, len(COUNTS))[nonzero]
        table = np.zeros((len(used), len(COUNTS)), np.int64)
        np.add.at(table, row, weights * count[nonzero, None])
        names = list(self._rows)
        values, channels = [names[i][0] for i in used], [names[i][1] for i in used]
        return _frame({self.dimension: values, "channel": channels}, table)

    def series(self, window: Window, *, include_tests: bool, mask: SegmentMask) -> pd.DataFrame:
        """Return the counts by the window's buckets, one row per bucket and channel."""
        self._describe()
        start, end = minutes(window)
        width = window.bucket // MINUTE
        bucket, code, count = self.cube.series(start, end, width, mask)
        if not include_tests:
            real = ~np.array(self._test, dtype=bool)[code]
            bucket, code, count = bucket[real], code[real], count[real]
        first, keys = start // width, max(len(self.cube.keys), 1)
        # Many cells, few buckets and keys: counted into places, not sorted.
        total = np.bincount((bucket - first) * keys + code, weights=count)
        cell = np.flatnonzero(total)
        channels = max(len(self._channels), 1)
        channel = np.array(self._channel, dtype=np.int64)[cell % keys]
        used, row = np.unique((cell // keys) * channels + channel, return_inverse=True)
        weights = np.array(self._weights, dtype=np.int64).reshape(-1, len(COUNTS))[cell % keys]
        table = np.zeros((len(used), len(COUNTS)), np.int64)
        np.add.at(table, row, weights * total[cell].astype(np.int64)[:, None])
        names = list(self._channels)
        bucket = (used // channels + first) * width
        times = pd.DatetimeIndex((bucket * 60_000_000).view("datetime64[us]"), tz="UTC")
        return _frame({"bucket": times, "channel": [names[i] for i in used % channels]}, table)


def _frame(labels: dict[str, object], counts: Ints) -> pd.DataFrame:
    """Return labels and counts as one of a snapshot's tables."""
    columns = {
        name: label if isinstance(label, pd.Index) else pd.Series(label, dtype=object)
        for name, label in labels.items()
    }
    return pd.DataFrame({**columns, **dict(zip(_COLUMNS, counts.T, strict=True))}, copy=False)


def _weights(key: Key) -> list[int]:
    """Return for each count of the catalogue whether events of this key are part of it."""
    return [
        int(
            count.event_type == key.kind.event_type
            and count.bounce_type in (None, key.kind.bounce_type)
            and count.is_async in (None, key.kind.late)
        )
        for count in COUNTS
    ]


def minutes(window: Window) -> tuple[int, int]:
    """Return a window as minutes since the epoch, half-open."""
    return (window.start - EPOCH) // MINUTE, (window.end - EPOCH) // MINUTE
