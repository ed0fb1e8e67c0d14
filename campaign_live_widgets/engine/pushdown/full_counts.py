"""Answers of a full read, as Arrow tables → counts; only names go through Python one by one.

The columns of each part are those of :mod:`.full_read`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from campaign_live_widgets.engine.aggregates.cube_cells import CubeCells
from campaign_live_widgets.engine.aggregates.entities import EntityStats, add_entity, timed_name
from campaign_live_widgets.engine.aggregates.event_kinds import COUNTED_BY, EVENT_KINDS
from campaign_live_widgets.engine.aggregates.event_times import MINUTE_US, Moment
from campaign_live_widgets.engine.aggregates.segments import Segment
from campaign_live_widgets.engine.batch_delta import CampaignDelta
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.engine.pushdown.answer import ACCEPTED, IGNORED, REJECTED
from campaign_live_widgets.engine.pushdown.full_read import Outcome
from campaign_live_widgets.sources import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    from campaign_live_widgets.engine.pushdown.result_rows import RollupDelta

    Ints = NDArray[np.int64]

STATUSES = {
    Outcome.COUNTED: ACCEPTED,
    Outcome.REPEATED: ACCEPTED,
    Outcome.REJECTED: REJECTED,
    Outcome.IGNORED: IGNORED,
}
"""Outcome → what the health counts it as."""
_TIMES = ("first_time", "last_time", "last_past")


class Texts(NamedTuple):
    """A column of texts: for each row a place in *values*, the last of which is ``None``."""

    places: Ints
    values: list[str | None]

    @classmethod
    def of(cls, column: pa.ChunkedArray) -> Texts:
        """Return a column of Arrow."""
        whole = column.unify_dictionaries().combine_chunks()
        values: list[str | None] = [*whole.dictionary.to_pylist(), None]
        return cls(_array(whole.indices, len(values) - 1), values)


def count_outcomes(delta: RollupDelta, table: pa.Table, campaign: str) -> None:
    """Add the part ``rows``; the part ``messages`` has the times of events of *campaign*."""
    times = [_microseconds(table[name]).tolist() for name in _TIMES]
    rows = table.drop_columns(list(_TIMES)).to_pylist()
    for row, first, last, last_past in zip(rows, *times, strict=True):
        for outcome, status in STATUSES.items():
            delta.statuses[status] += row[outcome]
        events = row[Outcome.COUNTED]
        if not events:
            continue
        key, name = row["campaign_id"], timed_name(row["campaign_name"], last)
        add_entity(delta.campaigns, key, EntityStats(events, first, last, name))
        if row["past"] and key != campaign:
            delta.times.append(_past(key, last_past, row["past"]))


def has_events_ahead(table: pa.Table) -> bool:
    """Return whether the part ``rows`` has events after now."""
    return bool((_numbers(table["past"]) < _numbers(table[Outcome.COUNTED])).any())


def count_ahead(delta: RollupDelta, table: pa.Table) -> None:
    """Add the part ``ahead``."""
    campaigns, times = Texts.of(table["campaign_id"]), _microseconds(table["last_time"])
    for place, last, events in zip(
        campaigns.places.tolist(), times.tolist(), _numbers(table["total"]).tolist(), strict=True
    ):
        moment = Moment(campaigns.values[place] or "", True, last, events)  # noqa: FBT003
        delta.times.append(moment)


def count_messages(
    delta: RollupDelta, table: pa.Table, campaign: str, window: tuple[int, int] | None
) -> CampaignDelta:
    """Add the part ``messages``; return its cells, of one *window* those inside it."""
    kinds, totals = _numbers(table["event_kind"]), _Totals.of(table)
    messages, names = Texts.of(table["message_id"]), Texts.of(table["message_name"])
    executions = Texts.of(table["execution_id"])
    channels = np.array([CHANNELS.index(kind.channel) for kind in EVENT_KINDS])[kinds]
    shape = (len(messages.values), len(names.values), len(CHANNELS))
    codes = np.ravel_multi_index((messages.places, names.places, channels), shape)
    for code, part_of in totals.by(codes):
        message, name, channel = np.unravel_index(code, shape)
        named = timed_name(names.values[name], part_of.newest)
        stats = replace(part_of, name=named, channels=frozenset((CHANNELS[channel],)))
        add_entity(delta.messages, messages.values[message] or "", stats)
    for code, stats in totals.by(executions.places):
        if (execution := executions.values[code]) is not None:
            add_entity(delta.executions, execution, stats)
    minutes = _minutes(table)
    for _, stats in totals.past().by(minutes):
        if stats.events:
            delta.times.append(_past(campaign, stats.newest, stats.events))
    part = CampaignDelta()
    segments = segments_of(part, messages, executions)
    inside = np.ones(len(minutes), dtype=bool)
    if window is not None:
        inside = (minutes >= window[0]) & (minutes < window[1])
    reasoned = inside & np.isin(kinds, COUNTED_BY["reason"])
    for question, texts, rows in (
        (QUESTIONS[0], messages, inside),
        ("reason", Texts.of(table["reason"]), reasoned),
        ("platform", Texts.of(table["platform"]), inside),
    ):
        if rows.any():
            cells = CubeCells.of_values(
                question,
                texts.values,
                texts.places[rows],
                kinds[rows],
                slot=minutes[rows],
                segment=segments[rows],
                count=totals.events[rows],
            )
            part.cells.append(cells)
    return part


def domains_of(table: pa.Table, untimed: int) -> CampaignDelta:
    """Return the cells by domain and by detail of a block of the part ``domains``.

    For one window it is the whole part, and the cells have no minute and no message: *untimed*
    takes the place of the minute.
    """
    part = CampaignDelta()
    if not table.num_rows:
        return part
    if "minute" in table.column_names:
        minutes = _minutes(table)
        texts = (Texts.of(table[name]) for name in ("message_id", "execution_id"))
        segments = segments_of(part, *texts)
    else:
        minutes = np.full(table.num_rows, untimed)
        segments, part.segments = np.zeros(table.num_rows, np.int64), [Segment("", None)]
    kinds, totals = _numbers(table["event_kind"]), _numbers(table["total"])
    detailed = np.isin(kinds, COUNTED_BY["detail"])
    for question, rows in (("domain", np.ones(len(kinds), dtype=bool)), ("detail", detailed)):
        if rows.any():
            values = Texts.of(table[question])
            cells = CubeCells.of_values(
                question,
                values.values,
                values.places[rows],
                kinds[rows],
                slot=minutes[rows],
                segment=segments[rows],
                count=totals[rows],
            )
            part.cells.append(cells)
    return part


def segments_of(part: CampaignDelta, messages: Texts, executions: Texts) -> Ints:
    """Give a new part its segments; return the place of each row's among them."""
    size = len(executions.values)
    places: tuple[Ints, Ints] = np.unique(
        messages.places * size + executions.places, return_inverse=True
    )
    codes, segment = places
    part.segments = [
        Segment(messages.values[code // size] or "", executions.values[code % size])
        for code in codes.tolist()
    ]
    return segment


def entries_of(batch: pa.Table) -> CampaignDelta:
    """Return the entries of a block of the part ``entries``."""
    part = CampaignDelta()
    part.entries = [
        _numbers(batch["high"]).view(np.uint64).copy(),  # not in Arrow's memory: it is kept
        _numbers(batch["low"]).view(np.uint64),
        _minutes(batch),
        _numbers(batch["is_test"].cast("int8")).astype(bool),
        segments_of(part, Texts.of(batch["message_id"]), Texts.of(batch["execution_id"])),
    ]
    return part


def entered_in_window(table: pa.Table) -> dict[bool, int]:
    """Return the number of profiles of the part ``entered``, without and with tests."""
    rows = table.to_pylist()
    return {
        False: sum(row["total"] for row in rows if not row["by_tests"]),
        True: sum(row["total"] for row in rows),
    }


class _Totals(NamedTuple):
    """Numbers and times of events, by row: those of all, and of those not after now."""

    events: Ints
    first: Ints
    last: Ints
    past_events: Ints
    last_past: Ints

    @classmethod
    def of(cls, table: pa.Table) -> _Totals:
        """Return the columns of a part."""
        first, last, last_past = (_microseconds(table[name]) for name in _TIMES)
        return cls(_numbers(table["total"]), first, last, _numbers(table["past"]), last_past)

    def past(self) -> _Totals:
        """Return the same with the events not after now in place of all."""
        return self._replace(events=self.past_events, last=self.last_past)

    def by(self, codes: Ints) -> Iterator[tuple[int, EntityStats]]:
        """Yield each code, and the events of its rows."""
        order = np.argsort(codes, kind="stable")
        groups, starts = np.unique(codes[order], return_index=True)
        if not len(groups):
            return
        columns = (
            groups,
            np.add.reduceat(self.events[order], starts),
            np.minimum.reduceat(self.first[order], starts),
            np.maximum.reduceat(self.last[order], starts),
        )
        for code, *counted in zip(*(column.tolist() for column in columns), strict=True):
            yield code, EntityStats(*counted)


def _array(column: pa.Array, null: int = 0) -> Ints:
    """Return an array of Arrow as numbers, *null* in place of nulls.

    Arrow's own ``to_numpy`` and ``fill_null`` import pandas.
    """
    import pyarrow as pa

    if not len(column):
        return np.empty(0, np.int64)
    data = pa.Array.from_buffers(
        column.type, len(column), [None, column.buffers()[1]], offset=column.offset
    )
    values = np.from_dlpack(data).astype(np.int64, copy=False)
    if not column.null_count:
        return values
    return np.where(np.from_dlpack(column.is_valid().cast("int8")) == 1, values, null)


def _numbers(column: pa.ChunkedArray) -> Ints:
    """Return a column as numbers; 0 where it is null."""
    return _array(column.combine_chunks())


def _microseconds(column: pa.ChunkedArray) -> Ints:
    """Return a column of times as microseconds since the epoch; 0 where it is null."""
    import pyarrow as pa

    return _numbers(column.cast(pa.timestamp("us", column.type.tz)).cast("int64"))


def _minutes(table: pa.Table) -> Ints:
    """Return the column ``minute``, a time, as minutes since the epoch."""
    return _microseconds(table["minute"]) // MINUTE_US


def _past(campaign: str, last: int, events: int) -> Moment:
    """Return events that are not after now."""
    return Moment(campaign, False, last, events)  # noqa: FBT003
