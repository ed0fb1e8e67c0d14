"""What one statement of a pushed-down rollup answered, sorted out."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from campaign_live_widgets.engine.aggregates.counts_by_dimension import Key
from campaign_live_widgets.engine.aggregates.entities import EntityStats, add_entity
from campaign_live_widgets.engine.aggregates.event_kinds import EVENT_KINDS
from campaign_live_widgets.engine.aggregates.event_times import Moment
from campaign_live_widgets.engine.aggregates.segments import Segment
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.engine.duckdb.cells import CubeCells
from campaign_live_widgets.engine.pushdown.connections.base import microseconds
from campaign_live_widgets.engine.pushdown.statement import RowKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


class Cell(NamedTuple):
    """A cell of one question's cube; its value is null where the part's message is."""

    question: int
    value: str | None
    segment: Segment
    kind: int
    minute: int


class Entry(NamedTuple):
    """A profile that entered in a minute, by a test or not, with a part."""

    high: int
    low: int
    minute: int
    is_test: int
    segment: Segment


@dataclass(slots=True)
class RollupDelta:
    """What rows of one sort add: those that have settled, or those that will be read again.

    Attributes
    ----------
    rejects : list
        Id and cause of the first rows refused.
    entered : dict or None
        Distinct profiles of the one window, without and with tests.
    """

    cells: Counter[Cell] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)
    campaigns: dict[str, EntityStats] = field(default_factory=dict)
    messages: dict[str, EntityStats] = field(default_factory=dict)
    executions: dict[str, EntityStats] = field(default_factory=dict)
    times: list[Moment] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0
    ignored: int = 0
    rejects: list[tuple[str, str]] = field(default_factory=list)
    entered: dict[bool, int] | None = None

    @property
    def rows(self) -> int:
        """Return how many rows there were, a vendor's row once for each event that it gives."""
        return self.accepted + self.refused + self.ignored

    @property
    def named(
        self,
    ) -> tuple[dict[str, EntityStats], dict[str, EntityStats], dict[str, EntityStats]]:
        """Return campaigns, messages and executions."""
        return self.campaigns, self.messages, self.executions


def sort_out(
    batches: Iterable[list[tuple[Any, ...]]], campaign: str, untimed: int
) -> tuple[RollupDelta, RollupDelta]:
    """Return what has settled and what will be read again.

    *untimed* is the minute of cells that have none.
    """
    settled, still_open = RollupDelta(), RollupDelta()
    segments: dict[Segment, Segment] = {}  # one object each: there are few, and rows are many

    def segment(message: str | None, execution: str | None) -> Segment:
        found = Segment(message or "", execution)
        return segments.setdefault(found, found)

    for rows in batches:
        for row in rows:
            what, is_open, a, b, c, d, e, f, kind, minute, high, low, n, first, last = row
            into = still_open if is_open else settled
            if what < RowKind.NAME:
                own = segment(a, b) if what == RowKind.CELL else segment(b, c)
                value = None if what == RowKind.CELL else a
                at = untimed if minute is None else minute
                into.cells[Cell(what, value, own, kind, at)] += n
            elif what == RowKind.ENTRY:
                into.entries.append(Entry(high, low, minute, kind, segment(a, b)))
            elif what == RowKind.NAME:
                counted = (n, microseconds(first), microseconds(last))
                _name(into, (a, b, c, d, e, f), counted, is_own=a == campaign)
            elif what == RowKind.TIME:
                into.times.append(Moment(a, bool(kind), microseconds(last), n))
            elif what == RowKind.ENTERED:
                into.entered = {False: n, True: high}
            elif what == RowKind.ROWS:
                into.accepted += n
                into.refused += high
                into.ignored += low or 0
            else:
                into.rejects.append((a, b))
    return settled, still_open


def _name(
    into: RollupDelta, texts: tuple[Any, ...], counted: tuple[int, int, int], *, is_own: bool
) -> None:
    """Note who is who."""
    cid, name, message, message_name, execution, channel = texts
    newest = counted[-1]
    add_entity(into.campaigns, cid, EntityStats(*counted, _told(name, newest)))
    if not is_own:
        return
    named = EntityStats(*counted, _told(message_name, newest), frozenset((channel,)))
    add_entity(into.messages, message, named)
    if execution is not None:
        add_entity(into.executions, execution, EntityStats(*counted))


def _told(name: str | None, at: int) -> tuple[int, str] | None:
    return None if name is None else (at, name)


def cells_of(counts: Counter[Cell], places: dict[Segment, int]) -> Iterator[CubeCells]:
    """Yield counts as the cells of each question; *places* are those of the parts."""
    keys: dict[int, dict[Key, int]] = defaultdict(dict)
    rows: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for cell, count in counts.items():
        if not count:
            continue
        value = cell.segment.message if cell.question == RowKind.CELL else cell.value
        own = keys[cell.question]
        place = own.setdefault(Key(value, EVENT_KINDS[cell.kind]), len(own))
        rows[cell.question].append((cell.minute, place, places[cell.segment], count))
    for question, found in rows.items():
        columns = np.array(found, dtype=np.int64).T
        yield CubeCells(QUESTIONS[question], list(keys[question]), *columns)


class Columns(NamedTuple):
    """Entries column by column: two halves of the profile's hash, minute, test, part's place."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    minute: NDArray[np.int64]
    is_test: NDArray[np.bool_]
    segment: NDArray[np.int64]


def columns_of(entries: list[Entry], places: dict[Segment, int]) -> Columns:
    """Return entries as columns; *places* are those of the parts."""
    high, low, minute, test = (
        np.fromiter((entry[i] for entry in entries), np.int64, len(entries)) for i in range(4)
    )
    segment = np.fromiter((places[entry.segment] for entry in entries), np.int64, len(entries))
    return Columns(high.view(np.uint64), low.view(np.uint64), minute, test.astype(bool), segment)
