"""What is kept of a campaign → counts: few ranges of indexes, whatever the size of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.engine.aggregates.cube_cells import CubeCells
from campaign_live_widgets.engine.aggregates.entities import EntityStats, add_entity, timed_name
from campaign_live_widgets.engine.aggregates.event_times import Moment
from campaign_live_widgets.engine.aggregates.segments import Segment
from campaign_live_widgets.engine.batch_delta import CampaignDelta
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.engine.pushdown.connections.base import fetch_all, zoned_microseconds
from campaign_live_widgets.engine.pushdown.full_counts import STATUSES
from campaign_live_widgets.engine.pushdown.full_read import Outcome
from campaign_live_widgets.engine.pushdown.kept.keeper import KeptRollup
from campaign_live_widgets.engine.pushdown.kept.settled_entries import SettledEntries
from campaign_live_widgets.engine.pushdown.result_rows import RollupDelta
from campaign_live_widgets.sources.formats.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.pushdown.connections.base import Row
    from campaign_live_widgets.engine.pushdown.kept.keeper import Keeper
    from campaign_live_widgets.engine.pushdown.kept.state import State
    from campaign_live_widgets.engine.pushdown.kept.tables import KeptTables

    Ints = NDArray[np.int64]

_COUNT: Final = np.dtype([("value", ">i4"), ("minute", ">i2"), ("total", ">i8")])
"""The number of a value in one minute of an hour, as the table of cells has it."""
_BLOCK: Final = 4 << 20
"""Bytes of counts that are added at once."""


class PostgresRollup(KeptRollup):
    """The counts of all rows before a watermark; all that is asked of them is of one instant."""

    def __init__(self, keeper: Keeper, state: State, tables: KeptTables) -> None:
        super().__init__(keeper, state)
        self._tables = tables

    def newest_events(self, until: str) -> dict[str, int | None]:
        """Return the time of each campaign's last event up to *until*, an SQL literal."""
        name = self._tables.name
        rows = self._rows(
            f"SELECT c.campaign_id, greatest((SELECT last_time FROM {name('times')} AS t"
            f" WHERE t.campaign_id = c.campaign_id AND last_time <= {until}"
            " ORDER BY minute DESC LIMIT 1),"
            f" (SELECT max(at) FROM {name('ahead')} AS a"
            f" WHERE a.campaign_id = c.campaign_id AND at <= {until}))"
            f" FROM (SELECT DISTINCT campaign_id FROM {name('campaigns')}) AS c"
        )
        return {cid: None if at is None else zoned_microseconds(at) for cid, at in rows}

    def read(
        self,
        campaign: str,
        window: tuple[int, int] | None,
        now: int,
        add: Callable[[CampaignDelta], None],
    ) -> RollupDelta:
        """Pass what the campaign has to *add*, some at a time; return all but its cells.

        Of one *window*, in minutes, only cells and entries inside it are read.
        """
        delta = RollupDelta()
        self._add_facts(delta, now)
        name, of_campaign = self._tables.name, f"WHERE campaign_id = {quoted(campaign)}"
        for message, named, channel, *counted in self._rows(
            "SELECT message_id, nullif(message_name, ''), channel, total, first_time, last_time"
            f" FROM {name('names')} {of_campaign}"
        ):
            stats = _stats(counted, named, frozenset((channel,)))
            add_entity(delta.messages, message, stats)
        numbers, segments = [], []
        for number, message, execution, *counted in self._rows(
            "SELECT segment, message_id, nullif(execution_id, ''), total, first_time, last_time"
            f" FROM {name('segments')} {of_campaign} ORDER BY segment"
        ):
            numbers.append(number)
            segments.append(Segment(message, execution))
            if execution is not None:
                add_entity(delta.executions, execution, _stats(counted))
        delta.times += (
            Moment(campaign, False, time, 0)  # noqa: FBT003 - not after now
            for (time,) in self._connection.stream(
                f"SELECT {_microseconds('last_time')} FROM {name('times')} {of_campaign}"
            )
        )
        if segments:
            places = _Places(np.array(numbers), segments)
            inside = f"segment = ANY('{{{','.join(map(str, numbers))}}}')"
            first, end = window or (None, None)
            for part in self._cells(inside, places, first, end):
                add(part)
            entries = SettledEntries(
                self._connection, self._tables, self._state, campaign, np.array(numbers), segments
            )
            links = entries.links(self._connection, window)
            add(CampaignDelta(segments=segments, links=(links, entries)))
        return delta

    def _add_facts(self, delta: RollupDelta, now: int) -> None:
        """Add what is known of all rows and all campaigns."""
        name = self._tables.name
        for outcome, total in self._rows(f"SELECT outcome, total FROM {name('outcomes')}"):
            delta.statuses[STATUSES[Outcome(outcome)]] += total
        for campaign, named, past, *counted in self._rows(
            "SELECT campaign_id, nullif(campaign_name, ''), (SELECT last_time FROM"
            f" {name('times')} AS t WHERE t.campaign_id = c.campaign_id"
            " ORDER BY minute DESC LIMIT 1), total, first_time, last_time"
            f" FROM {name('campaigns')} AS c"
        ):
            add_entity(delta.campaigns, campaign, _stats(counted, named))
            if past is not None:
                delta.times.append(Moment(campaign, False, zoned_microseconds(past), 0))  # noqa: FBT003
        for campaign, at, total in self._rows(
            f"SELECT campaign_id, at, total FROM {name('ahead')}"
        ):
            time = zoned_microseconds(at)
            delta.times.append(Moment(campaign, time > now, time, total))
        delta.rejects = [
            (row, cause)
            for row, cause in self._rows(f"SELECT id, cause FROM {name('examples')} ORDER BY place")
        ]

    def _cells(
        self, inside: str, places: _Places, first: int | None, end: int | None
    ) -> Iterator[CampaignDelta]:
        """Yield the cells of each cube, of the minutes from *first* to *end*, exclusive."""
        if first is not None and end is not None:
            inside += f" AND hour >= {first // 60} AND hour <= {(end - 1) // 60}"
        numbers = {cube: number for number, cube in enumerate(self._state.cubes, start=1)}
        for question in QUESTIONS:
            texts: dict[int, str] = {}
            for rows in _blocks(
                self._connection.stream(
                    f"SELECT segment, hour, event_kind, counts FROM"
                    f" {self._tables.name('cells')} WHERE cube = {numbers[question]} AND {inside}"
                )
            ):
                *columns, packed = zip(*rows, strict=True)
                lengths = [len(counts) // _COUNT.itemsize for counts in packed]
                segment, hour, kind = (np.repeat(np.array(c), lengths) for c in columns)
                counts = np.frombuffer(b"".join(packed), _COUNT)
                minute = hour * 60 + counts["minute"]
                wide = (segment, minute, kind, counts["value"], counts["total"])
                cells = [column.astype(np.int64) for column in wide]
                if first is not None and end is not None:
                    inside_window = (minute >= first) & (minute < end)
                    cells = [column[inside_window] for column in cells]
                if not len(cells[0]):
                    continue
                if unknown := set(np.unique(cells[3]).tolist()) - {0, *texts}:
                    texts |= self._texts(unknown)
                yield places.cells(question, cells, texts)

    def _texts(self, numbers: set[int]) -> dict[int, str]:
        """Return the values of cells by number."""
        listed = ",".join(map(str, sorted(numbers)))
        return dict(
            self._rows(
                f"SELECT value, text FROM {self._tables.name('values')}"
                f" WHERE value = ANY('{{{listed}}}')"
            )
        )

    def _rows(self, statement: str) -> list[Row]:
        return fetch_all(self._connection.rows(statement))


class _Places:
    """The segments of a campaign, and the place of each number among them."""

    def __init__(self, numbers: Ints, segments: list[Segment]) -> None:
        self._numbers, self._segments = numbers, segments
        self._messages: list[str | None] = list(
            dict.fromkeys(segment.message for segment in segments)
        )
        index = {message: place for place, message in enumerate(self._messages)}
        self._message_places = np.array([index[segment.message] for segment in segments])

    def _of(self, segment: Ints) -> Ints:
        return np.searchsorted(self._numbers, segment)

    def cells(self, question: str, cells: list[Ints], texts: dict[int, str]) -> CampaignDelta:
        """Return the cells of one cube; *cells* has its five columns, *texts* are of its values."""
        segment, minute, kind, value, total = cells
        segment = self._of(segment)
        if question == QUESTIONS[0]:
            places, known = self._message_places[segment], self._messages
        else:
            numbers, places = np.unique(value, return_inverse=True)
            known = [texts.get(number) for number in numbers.tolist()]
        group = CubeCells.of_values(
            question, known, places, kind, slot=minute, segment=segment, count=total
        )
        return CampaignDelta(segments=self._segments, cells=[group])


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield rows, the last value of which are bytes, some at a time."""
    block: list[Row] = []
    size = 0
    for row in rows:
        block.append(row)
        size += len(row[-1])
        if size >= _BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


def _stats(
    counted: list[Any], name: str | None = None, channels: frozenset[str] = frozenset()
) -> EntityStats:
    total, first, last = counted
    newest = zoned_microseconds(last)
    times = (zoned_microseconds(first), newest)
    return EntityStats(total, *times, timed_name(name, newest), channels)


def _microseconds(column: str) -> str:
    return f"(extract(epoch FROM {column}) * 1000000)::bigint"
