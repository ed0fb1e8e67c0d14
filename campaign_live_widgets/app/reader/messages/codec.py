"""Questions and snapshots as messages.

A snapshot has no ids of profiles or of events, only counts and names, and so has a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from campaign_live_widgets.app.reader.messages.notices import to_version
from campaign_live_widgets.app.reader.messages.protocol import (
    DamagedMessageError,
    encode_body,
)
from campaign_live_widgets.app.reader.messages.values import (
    executions_to,
    families_to,
    folded_to,
    health_to,
    is_true,
    length_to,
    many,
    messages_to,
    names_to,
    number,
    optional,
    optional_time_to,
    row,
    selection_to,
    series_to,
    text,
    to_executions,
    to_families,
    to_folded,
    to_health,
    to_length,
    to_messages,
    to_names,
    to_optional_text,
    to_optional_time,
    to_selection,
    to_series,
    to_time,
    to_uniques,
    to_window,
    uniques_to,
    window_to,
)
from campaign_live_widgets.app.settings.query import EVERYTHING, Query
from campaign_live_widgets.catalog import BASES, COUNTS
from campaign_live_widgets.catalog.providers import families as shipped_families
from campaign_live_widgets.snapshot import (
    DIMENSIONS,
    MACHINES,
    Counts,
    Run,
    Snapshot,
    Window,
    microseconds,
)

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from campaign_live_widgets.app.reader.messages.protocol import Body, Ints, Json
    from campaign_live_widgets.catalog import Basis
    from campaign_live_widgets.catalog.providers import Families
    from campaign_live_widgets.snapshot import Ending, Machines, Selection

_SERIES: Final = DIMENSIONS[0]
"""The dimension whose values are times."""
_SHIPPED: Final = shipped_families()
_ENDINGS: Final[dict[str, Ending]] = {"now": "now", "newest": "newest", "fixed": "fixed"}


class Answer(NamedTuple):
    """A snapshot as the reader sends it.

    Attributes
    ----------
    snapshot : Snapshot
    version : str
        Of the counts that it was made from.
    valid_from, valid_until : datetime
        Half-open: at all these moments the same counts give the same snapshot but for the time at
        which it was taken.
    """

    snapshot: Snapshot
    version: str
    valid_from: datetime
    valid_until: datetime


class Question(NamedTuple):
    """The part of a query that determines what is counted."""

    campaign: str | None
    window: timedelta | Window | None
    """``None`` is everything since the first event."""
    at: datetime | None
    selection: Selection
    include_tests: bool
    machines: Machines = "include"
    basis: Basis = "default"
    families: Families = _SHIPPED
    small_cells: int = 0

    @classmethod
    def of(cls, query: Query, campaign: str | None) -> Question:
        """Return the question of a query about a campaign."""
        window = None if isinstance(query.window, str) else query.window
        return cls(
            campaign,
            window,
            query.at,
            query.selection,
            query.include_tests,
            query.machines,
            query.basis,
            query.families,
            query.small_cells,
        )

    @property
    def query(self) -> Query:
        """Return a query with this question."""
        return Query(
            campaign=self.campaign,
            window=EVERYTHING if self.window is None else self.window,
            at=self.at,
            messages=tuple(sorted(self.selection.messages)),
            executions=tuple(sorted(self.selection.executions)),
            include_tests=self.include_tests,
            machines=self.machines,
            basis=self.basis,
            families=self.families,
            small_cells=self.small_cells,
        )


def question_to(question: Question) -> list[Any]:
    """Return the JSON of a question."""
    window: int | list[int] | None = None
    if isinstance(question.window, Window):
        window = window_to(question.window)
    elif question.window is not None:
        window = length_to(question.window)
    return [
        question.campaign,
        window,
        optional_time_to(question.at),
        selection_to(question.selection),
        question.include_tests,
        question.machines,
        question.basis,
        families_to(question.families),
        question.small_cells,
    ]


def to_question(value: object) -> Question:
    """Return the question of such JSON; raise :class:`DamagedMessageError` if it is not one."""
    scope = (to_selection, is_true, _machines, _basis, to_families, number)
    return Question(*row(value, to_optional_text, _span, to_optional_time, *scope))


def _span(value: object) -> timedelta | Window | None:
    if value is None:
        return None
    return to_window(value) if isinstance(value, list) else to_length(value)


def encode_answer(answer: Answer) -> bytes:
    """Return the body of an answer."""
    snapshot = answer.snapshot
    arrays: list[Ints] = []
    tables = [_table_to(snapshot.counts[dimension], arrays) for dimension in DIMENSIONS]
    run, uniques = snapshot.run, snapshot.uniques
    head: Json = {
        "version": answer.version,
        "valid": [microseconds(answer.valid_from), microseconds(answer.valid_until)],
        "campaign": [snapshot.campaign_id, snapshot.campaign_name],
        "window": window_to(snapshot.window),
        "tables": tables,
        "entered": snapshot.entered_profiles,
        "message_names": names_to(snapshot.message_names.items()),
        "newest": optional_time_to(snapshot.newest_event),
        "health": health_to(snapshot.health),
        "tests": snapshot.include_tests,
        "machines": snapshot.machines,
        "basis": snapshot.basis,
        "families": families_to(snapshot.families),
        "provider_series": series_to(snapshot.provider_series),
        "small_cells": snapshot.small_cells,
        "folded": folded_to(snapshot.folded),
        "selection": selection_to(snapshot.selection),
        "messages": messages_to(snapshot.messages),
        "executions": executions_to(snapshot.executions),
        "campaign_names": names_to(snapshot.campaign_names.items()),
        "ending": snapshot.ending,
        "taken": optional_time_to(snapshot.taken_at),
        "run": None if run is None else [run.entered_profiles, _table_to(run.counts, arrays)],
        "uniques": None if uniques is None else uniques_to(uniques),
    }
    return encode_body(head, arrays)


def to_answer(body: Body) -> Answer:
    """Return the answer of a body; raise :class:`DamagedMessageError` if it is not one."""
    try:
        return _answer(body.head, list(body.arrays))
    except KeyError as missing:
        cause = f"it has no {missing.args[0]}"
        raise DamagedMessageError(cause) from None


def _answer(head: Json, arrays: list[Ints]) -> Answer:
    campaign_id, campaign_name = row(head["campaign"], text, to_optional_text)
    tables = head["tables"]
    if not isinstance(tables, list) or len(tables) != len(DIMENSIONS):
        raise DamagedMessageError("it does not have a table for each dimension")
    arrays.reverse()
    counts = {
        dimension: _to_table(dimension, table, arrays)
        for dimension, table in zip(DIMENSIONS, tables, strict=True)
    }
    run = None if head["run"] is None else _to_run(head["run"], arrays)
    if arrays:
        raise DamagedMessageError("it has more arrays than its tables need")
    snapshot = Snapshot(
        campaign_id=campaign_id,
        campaign_name=campaign_name,
        window=to_window(head["window"]),
        counts=counts,
        entered_profiles=number(head["entered"]),
        message_names=_message_names(head["message_names"]),
        newest_event=to_optional_time(head["newest"]),
        health=to_health(head["health"]),
        include_tests=is_true(head["tests"]),
        machines=_machines(head["machines"]),
        basis=_basis(head["basis"]),
        families=to_families(head["families"]),
        provider_series=to_series(head["provider_series"]),
        small_cells=number(head["small_cells"]),
        folded=to_folded(head["folded"]),
        selection=to_selection(head["selection"]),
        messages=to_messages(head["messages"]),
        executions=to_executions(head["executions"]),
        campaign_names=to_names(head["campaign_names"]),
        ending=_ending(head["ending"]),
        taken_at=to_optional_time(head["taken"]),
        run=run,
        uniques=optional(to_uniques)(head["uniques"]),
    )
    return Answer(snapshot, to_version(head["version"]), *row(head["valid"], to_time, to_time))


def _message_names(value: object) -> dict[str, str]:
    return {key: text(name) for key, name in to_names(value).items()}


def _ending(value: object) -> Ending:
    ending = _ENDINGS.get(text(value))
    if ending is None:
        raise DamagedMessageError("a window has an unknown end")
    return ending


def _machines(value: object) -> Machines:
    for known in MACHINES:
        if value == known:
            return known
    raise DamagedMessageError("machines have an unknown value")


def _basis(value: object) -> Basis:
    for known in BASES:
        if value == known:
            return known
    raise DamagedMessageError("rates divide by an unknown metric")


def _to_run(value: object, arrays: list[Ints]) -> Run:
    entered, table = row(value, number, _as_it_is)
    return Run(_to_table("message_id", table, arrays), entered)


def _as_it_is(value: object) -> object:
    return value


def _table_to(table: Counts, arrays: list[Ints]) -> list[Any]:
    """Return the texts of a table, and append its arrays."""
    channels = list(dict.fromkeys(table.channels))
    numbers = {channel: index for index, channel in enumerate(channels)}
    arrays.append(np.array([numbers[channel] for channel in table.channels], np.int64))
    arrays.append(table.counts)
    if isinstance(table.values, np.ndarray):
        arrays.append(table.values.view(np.int64))
        return [channels, None]
    return [channels, list(table.values)]


def _to_table(dimension: str, value: object, arrays: list[Ints]) -> Counts:
    """Return a table, and remove its arrays from the end of *arrays*."""
    channels, texts = row(value, many(text), _optional_texts)
    numbers, counts = _next(arrays), _next(arrays)
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(channels):
        raise DamagedMessageError("a channel is out of range")
    if len(counts) != len(numbers) * len(COUNTS):
        raise DamagedMessageError("a table does not have a column for each count")
    values: tuple[str | None, ...] | np.ndarray[Any, np.dtype[np.datetime64]]
    values = _next(arrays).view("datetime64[us]") if dimension == _SERIES else texts or ()
    if len(values) != len(numbers) or (texts is None) != (dimension == _SERIES):
        raise DamagedMessageError("a table does not have a value for each row")
    return Counts(
        values,
        tuple(channels[index] for index in numbers.tolist()),
        counts.reshape(len(numbers), len(COUNTS)),
    )


def _optional_texts(value: object) -> tuple[str | None, ...] | None:
    return None if value is None else many(to_optional_text)(value)


def _next(arrays: list[Ints]) -> Ints:
    if not arrays:
        raise DamagedMessageError("it has fewer arrays than its tables need")
    return arrays.pop()
