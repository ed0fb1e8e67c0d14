"""Values of a snapshot as JSON: lists of texts, whole numbers and true or false.

Each function ``NAME_to`` returns the JSON of a value, and ``to_NAME`` the value of such JSON. The
latter raise :class:`~.protocol.DamagedMessageError` for anything else.
Times are whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from campaign_live_widgets.app.reader.messages.protocol import DamagedMessageError
from campaign_live_widgets.catalog.providers import with_rows
from campaign_live_widgets.snapshot import (
    MICROSECOND,
    Campaign,
    Execution,
    Folded,
    Health,
    Lost,
    Message,
    ProviderSeries,
    Reject,
    Selection,
    UniqueCounts,
    Uniques,
    Window,
    microseconds,
    time_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from campaign_live_widgets.catalog.providers import Families

T = TypeVar("T")

_LIMIT: Final = 1 << 63


def is_true(value: object) -> bool:
    """Return a value that must be true or false."""
    if not isinstance(value, bool):
        raise DamagedMessageError("a value is neither true nor false")
    return value


def text(value: object) -> str:
    """Return a value that must be a text."""
    if not isinstance(value, str):
        raise DamagedMessageError("a value is not a text")
    return value


def number(value: object) -> int:
    """Return a value that must be a whole number of 64 bits."""
    if not isinstance(value, int) or isinstance(value, bool) or not -_LIMIT <= value < _LIMIT:
        raise DamagedMessageError("a value is not a whole number of 64 bits")
    return value


def optional(convert: Callable[[object], T]) -> Callable[[object], T | None]:
    """Return what converts a value, or ``None`` as it is."""
    return lambda value: None if value is None else convert(value)


def many(convert: Callable[[object], T]) -> Callable[[object], tuple[T, ...]]:
    """Return what converts a list."""
    return lambda value: tuple(convert(item) for item in _list(value))


def row(value: object, *converters: Callable[[object], Any]) -> list[Any]:
    """Return a list of as many values as there are converters."""
    items = _list(value)
    if len(items) != len(converters):
        raise DamagedMessageError("a list has another length than its fields")
    return [convert(item) for convert, item in zip(converters, items, strict=True)]


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise DamagedMessageError("a value is not a list")
    return value


def to_time(value: object) -> datetime:
    """Return the time of a number."""
    try:
        return time_of(number(value))
    except OverflowError:
        raise DamagedMessageError("a time is out of range") from None


def length_to(length: timedelta) -> int:
    """Return a duration as a number."""
    return length // MICROSECOND


def to_length(value: object) -> timedelta:
    """Return the duration of a number."""
    try:
        return number(value) * MICROSECOND
    except OverflowError:
        raise DamagedMessageError("a duration is out of range") from None


def optional_time_to(at: datetime | None) -> int | None:
    """Return a time as a number, or ``None``."""
    return None if at is None else microseconds(at)


to_optional_time: Final = optional(to_time)
to_optional_text: Final = optional(text)
_texts: Final = many(text)


def _to_date(value: object) -> date:
    try:
        return date.fromordinal(number(value))
    except (ValueError, OverflowError):
        raise DamagedMessageError("a date is out of range") from None


def window_to(window: Window) -> list[int]:
    """Return a window's start and end."""
    return [microseconds(window.start), microseconds(window.end)]


def to_window(value: object) -> Window:
    """Return the window of a start and an end."""
    return Window(*row(value, to_time, to_time))


def selection_to(selection: Selection) -> list[list[str]]:
    """Return the names of messages and those of executions, each in order."""
    return [sorted(selection.messages), sorted(selection.executions)]


def to_selection(value: object) -> Selection:
    """Return the selection of these names."""
    messages, executions = row(value, _texts, _texts)
    return Selection(frozenset(messages), frozenset(executions))


def health_to(health: Health) -> list[Any]:
    """Return the fields of a source's health, in their order."""
    return [
        *(health.events, health.duplicates, health.rejected, health.ignored, health.missing),
        [[o.campaign, [d.toordinal() for d in o.days], o.files, o.events] for o in health.lost],
        list(health.unread_commits),
        health.gone,
        [[reject.file, reject.row, reject.cause] for reject in health.rejects],
        list(health.notes),
        health.ahead,
        optional_time_to(health.ahead_until),
        health.messages,
        health.without_send,
    ]


def to_health(value: object) -> Health:
    """Return the health of these fields."""
    return Health(
        *row(
            value,
            *(number, number, number, number, number),
            many(lambda lost: Lost(*row(lost, text, many(_to_date), number, number))),
            many(number),
            number,
            many(lambda reject: Reject(*row(reject, text, optional(number), text))),
            _texts,
            number,
            to_optional_time,
            number,
            number,
        )
    )


def campaigns_to(campaigns: Iterable[Campaign]) -> list[Any]:
    """Return the fields of campaigns."""
    return [
        [c.id, c.name, c.events, microseconds(c.oldest_event), optional_time_to(c.newest_event)]
        for c in campaigns
    ]


def to_campaigns(value: object) -> list[Campaign]:
    """Return the campaigns of these fields."""
    fields = (text, to_optional_text, number, to_time, to_optional_time)
    return [Campaign(*row(campaign, *fields)) for campaign in _list(value)]


def messages_to(messages: Iterable[Message]) -> list[Any]:
    """Return the fields of messages."""
    return [
        [m.id, m.name, list(m.channels), m.events, microseconds(m.newest_event)] for m in messages
    ]


def to_messages(value: object) -> tuple[Message, ...]:
    """Return the messages of these fields."""
    fields = (text, to_optional_text, _texts, number, to_time)
    return tuple(Message(*row(message, *fields)) for message in _list(value))


def executions_to(executions: Iterable[Execution]) -> list[Any]:
    """Return the fields of executions."""
    return [
        [x.id, x.events, microseconds(x.oldest_event), microseconds(x.newest_event)]
        for x in executions
    ]


def to_executions(value: object) -> tuple[Execution, ...]:
    """Return the executions of these fields."""
    fields = (text, number, to_time, to_time)
    return tuple(Execution(*row(execution, *fields)) for execution in _list(value))


def uniques_to(uniques: Uniques) -> list[Any]:
    """Return the numbers of each channel, and those of each link."""
    links = [[*link, people] for link, people in uniques.link_people.items()]
    return [[[channel, *row] for channel, row in uniques.channels.items()], links]


def to_uniques(value: object) -> Uniques:
    """Return the distinct pairs of these numbers."""
    channels, links = row(value, _list, _list)
    fields = (text, *(number for _ in UniqueCounts._fields))
    rows = [row(channel, *fields) for channel in channels]
    people = [row(link, text, text, number) for link in links]
    return Uniques(
        {channel: UniqueCounts(*numbers) for channel, *numbers in rows},
        {(channel, link): total for channel, link, total in people},
    )


def families_to(families: Families) -> list[Any]:
    """Return the rows of families of mailbox providers that are not shipped."""
    return [list(pair) for pair in families.added]


def to_families(value: object) -> Families:
    """Return the shipped families after such rows."""
    pairs = (row(pair, text, text) for pair in _list(value))
    return with_rows(tuple((pattern, family) for pattern, family in pairs))


def series_to(series: ProviderSeries) -> list[Any]:
    """Return the families of a series, and the counts of each."""
    return [list(series.families), *map(_lines, (series.decided, series.failures))]


def _lines(counts: tuple[tuple[int, ...], ...]) -> list[list[int]]:
    return [list(line) for line in counts]


def to_series(value: object) -> ProviderSeries:
    """Return the series of such counts."""
    lines = many(many(number))
    return ProviderSeries(*row(value, many(text), lines, lines))


def folded_to(folded: Folded) -> list[Any]:
    """Return the JSON of what shares a row."""
    return [sorted(map(list, group)) for group in (folded.domains, folded.links)]


def to_folded(value: object) -> Folded:
    """Return what shares a row of :func:`folded_to`."""
    return Folded(*map(frozenset, row(value, *[many(_folded)] * 2)))


def _folded(value: object) -> tuple[str, str]:
    channel, name = row(value, text, text)
    return channel, name


def names_to(names: Iterable[tuple[str, str | None]]) -> list[Any]:
    """Return pairs of an id and a display name."""
    return [list(pair) for pair in names]


def to_names(value: object) -> dict[str, str | None]:
    """Return the display name of each id."""
    return dict(tuple(row(pair, text, to_optional_text)) for pair in _list(value))
