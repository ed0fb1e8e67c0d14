"""The index of ids: which events a store holds, in files of sorted hashes.

16 bytes an event: two halves of 64 bits, all first halves before all second ones, sorted by the
first. Files are memory-mapped, so memory does not grow with the store.

The files ("runs") form a log-structured merge tree. A commit of n ids writes a new run, merged
with every run that has fewer than 4 n ids, and with larger ones as far as that makes them small
in turn. So the runs grow geometrically: there are few of them, and an id is rewritten a
logarithmic number of times. Example, of runs with 1000, 90 and 10 ids: a commit of 5 ids merges
with 10 (10 < 4 * 5) to 15, then stops at 90 (90 >= 4 * 15); the runs are 1000, 90 and 15.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.engine.duckdb.queries import hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import duckdb
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Ids = tuple[Hashes, Hashes]

WIDTH: Final = 16
"""Bytes of an id."""
_FACTOR: Final = 4
"""A run is merged with the next larger one unless that is this many times larger."""
_BLOCK: Final = 1 << 20
_PROBE_TEXTS: Final = (
    "",
    "a",
    "twelve bytes",
    "more than twelve bytes, so that it is not in place",
    "é",
)


def probe(con: duckdb.DuckDBPyConnection) -> str:
    """Return a fingerprint of DuckDB's hash function, which may change with its version."""
    total = 0
    for text in _PROBE_TEXTS:
        row = con.execute(
            f"SELECT high, low FROM (SELECT {hashes('t')} FROM (SELECT ?::VARCHAR AS t))", [text]
        ).fetchone() or (0, 0)
        total = (total * 31 + row[0] * 7 + row[1]) % (1 << 64)
    return f"{total:016x}"


class Run:
    """One file of the index, memory-mapped."""

    def __init__(self, path: Path, rows: int) -> None:
        if os.path.getsize(path) != rows * WIDTH:
            message = f"{path.name} does not have the expected size"
            raise ValueError(message)
        both: NDArray[Any] = np.memmap(path, dtype="<u8", mode="r", shape=(2, rows))
        self.high: Hashes = both[0]
        self.low: Hashes = both[1]

    def __len__(self) -> int:
        """Return the number of ids."""
        return len(self.high)


def contains(runs: Iterable[Run], high: Hashes, low: Hashes) -> NDArray[np.bool_]:
    """Return which ids are in any of *runs*."""
    order = np.argsort(high)
    result = np.zeros(len(high), dtype=bool)
    result[order] = contains_sorted(((run.high, run.low) for run in runs), high[order], low[order])
    return result


def contains_sorted(runs: Iterable[Ids], high: Hashes, low: Hashes) -> NDArray[np.bool_]:
    """Return which ids are in any of *runs*; the ids are sorted by *high*."""
    result = np.zeros(len(high), dtype=bool)
    for run in runs:
        if len(run[0]) and len(high):
            result |= _in_run(run, high, low)
    return result


def _in_run(run: Ids, high: Hashes, low: Hashes) -> NDArray[np.bool_]:
    """Return which ids are in a sorted run; the ids are sorted by *high*."""
    result = np.zeros(len(high), dtype=bool)
    first = np.searchsorted(run[0], high, side="left")
    inside = np.minimum(first, len(run[0]) - 1)
    same = np.flatnonzero(run[0][inside] == high)
    if not len(same):
        return result
    last = np.searchsorted(run[0], high[same], side="right")
    first = first[same]
    while len(same):  # more than one turn is rare: two ids then share half of their hash
        result[same[run[1][first] == low[same]]] = True
        first += 1
        more = first < last
        same, first, last = same[more], first[more], last[more]
    return result


def runs_to_merge(rows: Sequence[int], new: int) -> list[int]:
    """Return the indexes of the runs to merge with a new run of *new* ids."""
    merged: list[int] = []
    for index in sorted(range(len(rows)), key=lambda index: rows[index]):
        if rows[index] >= _FACTOR * new:
            break
        merged.append(index)
        new += rows[index]
    return merged


def write(path: Path, parts: Sequence[Ids]) -> int:
    """Merge sorted *parts* into one run, block by block; return its number of ids."""
    total = sum(len(high) for high, _ in parts)
    with open(path, "wb") as stream:
        stream.truncate(total * WIDTH)
    if not total:
        return 0
    # Written, not mapped: a full disk is then an error, not a signal that ends the process.
    with open(path, "r+b") as stream:
        position = 0
        for high, low in merge_blocks(parts):
            stream.seek(position * 8)
            stream.write(high.astype("<u8", copy=False).tobytes())
            stream.seek((total + position) * 8)
            stream.write(low.astype("<u8", copy=False).tobytes())
            position += len(high)
    return total


def sort(high: Hashes, low: Hashes) -> Ids:
    """Return ids sorted by the first half."""
    order = np.argsort(high)
    return high[order], low[order]


def merge_blocks(parts: Sequence[Ids]) -> Iterator[Ids]:
    """Yield the ids of all sorted parts in order, a bounded number at a time.

    Every millionth id of the largest part is a boundary; a block is all ids of all parts between
    two boundaries.
    """
    largest = max(parts, key=lambda part: len(part[0]))[0]
    bounds = largest[_BLOCK::_BLOCK]
    starts = [0] * len(parts)
    for number in range(len(bounds) + 1):
        ends = [
            int(np.searchsorted(high, bounds[number])) if number < len(bounds) else len(high)
            for high, _ in parts
        ]
        pieces = [
            (high[start:end], low[start:end])
            for (high, low), start, end in zip(parts, starts, ends, strict=True)
        ]
        starts = ends
        yield sort(*(np.concatenate(column) for column in zip(*pieces, strict=True)))
