"""Counting of a small batch in Python: the same sums as the SQL of :mod:`.queries`.

For some thousand rows, a dictionary is quicker than planning a statement.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from campaign_live_widgets.catalog import ENTRY_EVENTS
from campaign_live_widgets.catalog.details import FAILURES, Click, Failure, MachineOpen, packed
from campaign_live_widgets.catalog.links import link_of
from campaign_live_widgets.engine.aggregates.counts_by_dimension import Key
from campaign_live_widgets.engine.aggregates.cube_cells import CubeCells
from campaign_live_widgets.engine.aggregates.event_kinds import (
    COUNTED_BY,
    EVENT_KINDS,
    JUDGED,
    EventKind,
)
from campaign_live_widgets.engine.aggregates.event_times import MINUTE_US, Moment
from campaign_live_widgets.engine.aggregates.seen_ids import repeats
from campaign_live_widgets.engine.batch_delta import BatchDelta
from campaign_live_widgets.engine.dimensions import BY_VALUE, QUESTIONS
from campaign_live_widgets.engine.duckdb.batch_counter import add_entities, repeats_by_file
from campaign_live_widgets.engine.duckdb.queries import NAMES
from campaign_live_widgets.engine.duckdb.small_pairs import pairs_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
    from campaign_live_widgets.engine.aggregates.segments import Segment
    from campaign_live_widgets.sources.files.small.columns import Columns
    from campaign_live_widgets.sources.files.small.reader import SmallBatch

_NUMBERS = {kind: number for number, kind in enumerate(EVENT_KINDS)}
_COUNTED_BY = {name: frozenset(kinds) for name, kinds in COUNTED_BY.items()}


def count_small(  # noqa: PLR0913 - all but four by name
    batch: SmallBatch,
    seen: SeenEvents,
    campaign: str,
    campaigns: Collection[str],
    *,
    now: int,
    uniques: bool,
) -> BatchDelta:
    """Return what a small batch adds; see :meth:`BatchCounter.count`.

    Parameters
    ----------
    campaign : str
        The rollup's own one.
    campaigns : collection of str
        All that are counted.
    now : int
        In microseconds since the epoch.
    uniques : bool
        Whether distinct pairs are counted.
    """
    columns, files = batch.columns, batch.files
    high, low = columns.hashes["event_id"]
    new = ~seen.lookup(high, low)
    new[repeats(high, low, columns.position)] = False
    delta = BatchDelta(campaign, tallies=files.tallies)
    if new.all():
        delta.ids = (high, low)
    else:
        delta.ids = (high[new], low[new])
        delta.repeats = repeats_by_file(files, columns.position[~new])
        for path, positions in delta.repeats.items():
            files.tallies[path].duplicates += len(positions)
        columns = columns.where(new)
    if len(columns.us):
        _count_entities(delta, columns, campaigns, now)
        _count_events(delta, columns, uniques=uniques)
    return delta


def _count_entities(
    delta: BatchDelta, columns: Columns, campaigns: Collection[str], now: int
) -> None:
    """Count events by campaign and, of *campaigns*, by message and execution."""
    us, values = columns.us, columns.values
    is_ahead = us > now
    is_held = np.fromiter(map(campaigns.__contains__, values["campaign_id"]), bool, len(us))
    slot = np.where(is_ahead, us, np.where(is_held, us // MINUTE_US, 0))
    keys = zip(values["campaign_id"], is_ahead.tolist(), slot.tolist(), strict=True)
    delta.times = [
        Moment(campaign, ahead, last, count)
        for (campaign, ahead, _), count, _, last in _grouped(keys, us)
    ]
    named = zip(*(values[name] for name in NAMES), strict=True)
    rows = [(*names, count, first, last) for names, count, first, last in _grouped(named, us)]
    add_entities(delta, rows, campaigns)


def _grouped(
    keys: Iterable[tuple[Any, ...]], us: NDArray[np.int64]
) -> Iterator[tuple[tuple[Any, ...], int, int, int]]:
    """Yield each distinct key, the number of its rows, and their first and last time."""
    numbers: dict[tuple[Any, ...], int] = {}
    group = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
    first, last = np.full((2, len(numbers)), us[0])
    first[group], last[group] = us, us  # any of them, where the others are compared with it
    np.minimum.at(first, group, us)
    np.maximum.at(last, group, us)
    counts = np.bincount(group, minlength=len(numbers))
    return zip(numbers, counts.tolist(), first.tolist(), last.tolist(), strict=True)


def _count_events(delta: BatchDelta, columns: Columns, *, uniques: bool) -> None:
    """Count events and profiles of the campaigns that the delta has parts of."""
    if not delta.parts:
        return
    numbers: dict[tuple[str, str, str | None], int] = {}
    for campaign, part in delta.parts.items():
        for message, execution in part.segments:
            numbers[campaign, message, execution] = len(numbers)
    segments = [segment for part in delta.parts.values() for segment in part.segments]
    values = columns.values
    named = zip(values["campaign_id"], values["message_id"], values["execution_id"], strict=True)
    segment = [numbers.get(names, -1) for names in named]
    if -1 in segment:
        own = np.array(segment) >= 0
        columns = columns.where(own)
        values = columns.values
        segment = [number for number in segment if number >= 0]
    kind = _kinds(columns)
    minute = (columns.us // MINUTE_US).tolist()
    cells = [_by_message(Counter(zip(segment, kind, minute, strict=True)), segments)]
    for name in BY_VALUE:
        column = _details(values, kind) if name == "detail" else values[name]
        rows = zip(column, kind, segment, minute, strict=True)
        kinds = _COUNTED_BY.get(name)
        cells += _by_value(
            name, Counter(r for r in rows if r[1] in kinds) if kinds else Counter(rows)
        )
    pairs = pairs_of(columns, segment, kind) if uniques else None
    delta.share(cells, _entries(columns, segment), pairs)


def _kinds(columns: Columns) -> list[int]:
    """Return the number of the kind of each event; see :data:`EVENT_KINDS`."""
    values = columns.values
    names = ("channel", "event_type", "bounce_type", "is_async", "is_test", "is_machine")
    rows = list(zip(*(values[name] for name in names), strict=True))
    numbers = {}
    for row in set(rows):
        channel, event_type, bounce_type, is_async, is_test, is_machine = row
        is_bounce = event_type == "bounce"
        kind = EventKind(
            channel,
            event_type,
            bounce_type if is_bounce else None,
            bool(is_bounce and is_async),
            bool(is_test),
            is_machine if event_type in JUDGED else None,
        )
        numbers[row] = _NUMBERS[kind]
    return [numbers[row] for row in rows]


def _details(values: dict[str, list[Any]], kind: list[int]) -> list[str | None]:
    """Return the detail of each event; see :mod:`~.details`."""
    names = ("domain", "reason", "status_code", "url", "machine_reason")
    rows = zip(kind, *(values[name] for name in names), strict=True)
    return [_detail(*row) if row[0] in _COUNTED_BY["detail"] else None for row in rows]


def _detail(  # noqa: PLR0913 - the columns of a row
    kind: int,
    domain: str | None,
    reason: str | None,
    status_code: str | None,
    url: str | None,
    machine_reason: str | None,
) -> str:
    _, event_type, *_, is_machine = EVENT_KINDS[kind]
    if event_type in FAILURES:
        return packed(Failure(domain, reason, status_code))
    cause = machine_reason if is_machine else None
    return packed(Click(link_of(url), cause) if event_type == "click" else MachineOpen(cause))


def _by_message(counts: Counter[tuple[int, int, int]], segments: list[Segment]) -> CubeCells:
    keys: dict[Key, int] = {}
    rows = []
    for (segment, kind, minute), count in counts.items():
        key = Key(segments[segment].message, EVENT_KINDS[kind])
        rows.append((minute, keys.setdefault(key, len(keys)), segment, count))
    return _cells(QUESTIONS[0], keys, rows)


def _by_value(dimension: str, counts: Counter[tuple[str | None, int, int, int]]) -> list[CubeCells]:
    keys: dict[tuple[str | None, int], int] = {}
    rows = [
        (minute, keys.setdefault((value, kind), len(keys)), segment, count)
        for (value, kind, segment, minute), count in counts.items()
    ]
    named = [Key(value, EVENT_KINDS[kind]) for value, kind in keys]
    return [_cells(dimension, named, rows)] if rows else []


def _cells(dimension: str, keys: Iterable[Key], rows: list[tuple[int, int, int, int]]) -> CubeCells:
    return CubeCells(dimension, list(keys), *np.array(rows, dtype=np.int64).T)


def _entries(columns: Columns, segment: list[int]) -> list[NDArray[Any]]:
    """Return the entries: profile (two halves of its hash), minute, test, segment."""
    entering = np.array([name in ENTRY_EVENTS for name in columns.values["event_type"]], dtype=bool)
    high, low = columns.hashes["profile_id"]
    is_test = np.array([flag is True for flag in columns.values["is_test"]], dtype=bool)
    return [
        high[entering],
        low[entering],
        (columns.us // MINUTE_US)[entering],
        is_test[entering],
        np.array(segment, dtype=np.int64)[entering],
    ]
