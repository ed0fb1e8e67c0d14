"""Decoding of the answer: rows of :mod:`.answer` → what they add to a rollup."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from campaign_live_widgets.engine.aggregates.counts_by_dimension import Key
from campaign_live_widgets.engine.aggregates.cube_cells import CubeCells
from campaign_live_widgets.engine.aggregates.entities import EntityStats, add_entity, timed_name
from campaign_live_widgets.engine.aggregates.event_kinds import EVENT_KINDS
from campaign_live_widgets.engine.aggregates.event_times import Moment
from campaign_live_widgets.engine.aggregates.segments import Segment
from campaign_live_widgets.engine.batch_delta import CampaignDelta
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.engine.pushdown.answer import (
    ACCEPTED,
    IGNORED,
    REJECTED,
    AnswerRow,
    RowKind,
)
from campaign_live_widgets.engine.pushdown.connections.base import zoned_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


class Cell(NamedTuple):
    """A cell of one dimension's cube; of messages the value is null, and the segment's."""

    dimension: int
    value: str | None
    segment: Segment
    kind: int
    minute: int


class Entry(NamedTuple):
    """A profile that entered in a minute, by a test or not, in a segment."""

    high: int
    low: int
    minute: int
    is_test: bool
    segment: Segment


@dataclass(slots=True)
class RollupDelta:
    """What the stable rows of an answer add to a rollup, or its pending rows.

    Attributes
    ----------
    statuses : Counter
        How many rows are accepted, rejected and ignored.
    rejects : list
        Id and cause of the first rejected rows.
    entered : dict or None
        Distinct profiles of the one window, without and with tests.
    """

    cells: Counter[Cell] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)
    campaigns: dict[str, EntityStats] = field(default_factory=dict)
    messages: dict[str, EntityStats] = field(default_factory=dict)
    executions: dict[str, EntityStats] = field(default_factory=dict)
    times: list[Moment] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    rejects: list[tuple[str, str]] = field(default_factory=list)
    entered: dict[bool, int] | None = None

    @property
    def accepted(self) -> int:
        """Return the number of accepted rows."""
        return self.statuses[ACCEPTED]

    @property
    def rejected(self) -> int:
        """Return the number of rejected rows."""
        return self.statuses[REJECTED]

    @property
    def ignored(self) -> int:
        """Return the number of rows that have no event."""
        return self.statuses[IGNORED]

    @property
    def rows(self) -> int:
        """Return the number of rows; a row that gives two events counts twice."""
        return self.statuses.total()

    @property
    def entities(self) -> tuple[dict[str, EntityStats], ...]:
        """Return campaigns, messages and executions."""
        return self.campaigns, self.messages, self.executions


def decode(
    batches: Iterable[list[tuple[Any, ...]]], campaign: str, untimed: int
) -> tuple[RollupDelta, RollupDelta]:
    """Return what the stable rows of an answer add, and what its pending rows add.

    *untimed* is the minute of cells that have none.
    """
    stable, pending = RollupDelta(), RollupDelta()
    segments: dict[Segment, Segment] = {}  # few objects, shared by many rows

    def segment_of(row: AnswerRow) -> Segment:
        segment = Segment(row.message_id or "", row.execution_id)
        return segments.setdefault(segment, segment)

    for rows in batches:
        for row in map(AnswerRow._make, rows):
            delta = pending if row.pending else stable
            kind, total = row.row_kind, row.total or 0
            if kind < RowKind.NAME:
                minute = untimed if row.minute is None else row.minute
                cell = Cell(kind, row.value, segment_of(row), row.event_kind or 0, minute)
                delta.cells[cell] += total
            elif kind == RowKind.ENTRY:
                delta.entries.append(_entry(row, segment_of(row)))
            elif kind == RowKind.NAME:
                _add_names(delta, row, campaign)
            elif kind == RowKind.TIME:
                assert row.campaign_id is not None  # noqa: S101 - for the type checker
                moment = Moment(row.campaign_id, bool(row.flag), _us(row.last_time), total)
                delta.times.append(moment)
            elif kind == RowKind.ENTERED:
                entered = delta.entered = delta.entered or {False: 0, True: 0}
                entered[True] += total
                entered[False] += 0 if row.flag else total
            elif kind == RowKind.ROWS:
                delta.statuses[row.value or ""] += total
            else:
                delta.rejects.append((row.value or "", row.cause or ""))
    return stable, pending


def _entry(row: AnswerRow, segment: Segment) -> Entry:
    assert row.high is not None  # noqa: S101 - for the type checker
    assert row.low is not None  # noqa: S101
    assert row.minute is not None  # noqa: S101
    return Entry(row.high, row.low, row.minute, bool(row.flag), segment)


def _us(time: Any) -> int:  # noqa: ANN401 - a time of the database's client
    return zoned_microseconds(time)


def _add_names(delta: RollupDelta, row: AnswerRow, campaign: str) -> None:
    """Add events of one campaign, message, execution and channel."""
    newest = _us(row.last_time)
    counted = (row.total or 0, _us(row.first_time), newest)
    stats = EntityStats(*counted, timed_name(row.campaign_name, newest))
    add_entity(delta.campaigns, row.campaign_id or "", stats)
    if row.campaign_id != campaign:
        return
    channels = frozenset((row.channel or "",))
    stats = EntityStats(*counted, timed_name(row.message_name, newest), channels)
    add_entity(delta.messages, row.message_id or "", stats)
    if row.execution_id is not None:
        add_entity(delta.executions, row.execution_id, EntityStats(*counted))


def update_entities(
    totals: dict[str, EntityStats],
    stable: dict[str, EntityStats],
    new: dict[str, EntityStats],
    old: dict[str, EntityStats],
    pending: dict[str, EntityStats],
) -> None:
    """Add *new* stable entities, and update *totals*: the stable and the pending ones.

    *old* are the pending ones of the last refresh.
    """
    for key, stats in new.items():
        add_entity(stable, key, stats)
    for key in {**new, **old, **pending}:
        parts = [entities[key] for entities in (stable, pending) if key in entities]
        if parts:
            totals[key] = sum(parts[1:], start=parts[0])
        else:
            del totals[key]


def part_of(
    cells: Counter[Cell], entries: list[Entry], entered: dict[bool, int] | None
) -> CampaignDelta:
    """Return what is added to the counts of a campaign."""
    segments = list(dict.fromkeys((*(c.segment for c in cells), *(e.segment for e in entries))))
    indices = {segment: index for index, segment in enumerate(segments)}
    part = CampaignDelta(segments=segments, cells=list(cells_of(cells, indices)), entered=entered)
    part.entries = list(columns_of(entries, indices)) if entries else None
    return part


def cells_of(counts: Counter[Cell], indices: dict[Segment, int]) -> Iterator[CubeCells]:
    """Yield counts as the cells of each dimension; *indices* are those of the segments."""
    keys: dict[int, dict[Key, int]] = defaultdict(dict)
    rows: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for cell, count in counts.items():
        if not count:
            continue
        value = cell.segment.message if cell.dimension == RowKind.CELL else cell.value
        codes = keys[cell.dimension]
        index = codes.setdefault(Key(value, EVENT_KINDS[cell.kind]), len(codes))
        rows[cell.dimension].append((cell.minute, index, indices[cell.segment], count))
    for dimension, cells in rows.items():
        columns = np.array(cells, dtype=np.int64).T
        yield CubeCells(QUESTIONS[dimension], list(keys[dimension]), *columns)


class Columns(NamedTuple):
    """Entries column by column: two halves of the profile's hash, minute, test, segment's index."""

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    minute: NDArray[np.int64]
    is_test: NDArray[np.bool_]
    segment: NDArray[np.int64]


def columns_of(entries: list[Entry], indices: dict[Segment, int]) -> Columns:
    """Return entries as columns; *indices* are those of the segments."""
    high, low, minute, test = (
        np.fromiter((entry[i] for entry in entries), np.int64, len(entries)) for i in range(4)
    )
    segment = np.fromiter((indices[entry.segment] for entry in entries), np.int64, len(entries))
    return Columns(high.view(np.uint64), low.view(np.uint64), minute, test.astype(bool), segment)
