"""The index of ids: which events a store holds, in files of sorted hashes.

16 bytes an event: two halves of 64 bits, all first halves before all second ones, in order of
the first. Files are mapped, not read, so that memory does not grow with the store.
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
_FACTOR: Final = 4
"""A run is merged with the next larger one unless that is so many times larger."""
_BLOCK: Final = 1 << 20
_PROBES: Final = (
    "",
    "a",
    "twelve bytes",
    "more than twelve bytes, so that it is not in place",
    "é",
)


def probe(con: duckdb.DuckDBPyConnection) -> str:
    """Return what tells the engine's hash function: another version may have another one."""
    total = 0
    for text in _PROBES:
        row = con.execute(
            f"SELECT high, low FROM (SELECT {hashes('t')} FROM (SELECT ?::VARCHAR AS t))", [text]
        ).fetchone() or (0, 0)
        total = (total * 31 + row[0] * 7 + row[1]) % (1 << 64)
    return f"{total:016x}"


class Run:
    """One file of the index, mapped."""

    def __init__(self, path: Path, rows: int) -> None:
        if os.path.getsize(path) != rows * WIDTH:
            message = f"{path.name} has not the size that it should have"
            raise ValueError(message)
        both: NDArray[Any] = np.memmap(path, dtype="<u8", mode="r", shape=(2, rows))
        self.high: Hashes = both[0]
        self.low: Hashes = both[1]

    def __len__(self) -> int:
        """Return how many ids it holds."""
        return len(self.high)


def _among(run: Ids, high: Hashes, low: Hashes) -> NDArray[np.bool_]:
    """Tell which ids are in a sorted run; they come in order of *high*."""
    found = np.zeros(len(high), dtype=bool)
    first = np.searchsorted(run[0], high, side="left")
    inside = np.minimum(first, len(run[0]) - 1)
    same = np.flatnonzero(run[0][inside] == high)
    if not len(same):
        return found
    last = np.searchsorted(run[0], high[same], side="right")
    first = first[same]
    while len(same):  # seldom more than once: two ids share half of their hash
        found[same[run[1][first] == low[same]]] = True
        first += 1
        more = first < last
        same, first, last = same[more], first[more], last[more]
    return found


def among(runs: Iterable[Ids], high: Hashes, low: Hashes) -> NDArray[np.bool_]:
    """Tell which ids are in any of *runs*; they come in order of *high*."""
    found = np.zeros(len(high), dtype=bool)
    for run in runs:
        if len(run[0]) and len(high):
            found |= _among(run, high, low)
    return found


def known(runs: Iterable[Run], high: Hashes, low: Hashes) -> NDArray[np.bool_]:
    """Tell which ids are in any of *runs*."""
    order = np.argsort(high)
    found = np.zeros(len(high), dtype=bool)
    found[order] = among(((run.high, run.low) for run in runs), high[order], low[order])
    return found


def to_merge(rows: Sequence[int], new: int) -> list[int]:
    """Return the places of the runs that a new one of so many ids is merged with."""
    places: list[int] = []
    for place in sorted(range(len(rows)), key=lambda place: rows[place]):
        if rows[place] >= _FACTOR * new:
            break
        places.append(place)
        new += rows[place]
    return places


def write(path: Path, parts: Sequence[Ids]) -> int:
    """Write sorted *parts* as one run, block by block; return how many ids it holds."""
    total = sum(len(high) for high, _ in parts)
    with open(path, "wb") as stream:
        stream.truncate(total * WIDTH)
    if not total:
        return 0
    # Written, not mapped: a full disk is then an error, not a signal that ends the process.
    with open(path, "r+b") as out:
        position = 0
        for high, low in blocks(parts):
            out.seek(position * 8)
            out.write(high.astype("<u8", copy=False).tobytes())
            out.seek((total + position) * 8)
            out.write(low.astype("<u8", copy=False).tobytes())
            position += len(high)
    return total


def ordered(high: Hashes, low: Hashes) -> Ids:
    """Return ids in order of the first half."""
    order = np.argsort(high)
    return high[order], low[order]


def blocks(parts: Sequence[Ids]) -> Iterator[Ids]:
    """Yield the ids of all parts in order, a bounded number at a time."""
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
        yield ordered(*(np.concatenate(column) for column in zip(*pieces, strict=True)))
