"""SQL of the rollup of files: all queries over one batch of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import ENTRY_EVENTS
from campaign_live_widgets.engine.aggregates.event_kinds import PACKED_KIND, packed_kinds
from campaign_live_widgets.engine.dimensions import BY_VALUE, QUESTIONS, REASONED
from campaign_live_widgets.sources import quoted

if TYPE_CHECKING:
    from collections.abc import Collection

REPEATS: Final = "repeats"
CELLS: Final = "cells"
SMALL: Final = 50_000
"""Number of events up to which cells are fetched as rows."""
SEGMENTS: Final = "segments"
"""The batch's segments: ``campaign``, ``message``, ``execution``, ``number``."""

_ACCEPTED: Final = "cause IS NULL AND part > 0"
_HIGH: Final = "hash({0})"
_LOW: Final = "hash(reverse({0}))"
_MINUTE: Final = "floor(us / 60000000)::BIGINT"  # down, also before 1970
_COUNTED: Final = (
    *("campaign_id", "campaign_name", "message_id", "message_name", "execution_id", "channel"),
    *("event_type", "bounce_type", "is_async", "is_test", "profile_id", *BY_VALUE),
)
"""The columns that counting needs, besides the time."""
_POSITION: Final = "place * 2 + (part > 1)::INTEGER"


def hashes(column: str) -> str:
    """Return SQL for 128 bits of hash of a text, as two columns ``high`` and ``low``."""
    return f"{_HIGH.format(column)} AS high, {_LOW.format(column)} AS low"


def ids(batch: str, *, rejected: bool) -> str:
    """Return SQL for the hashed ids of all accepted events of a batch and their positions.

    Parameters
    ----------
    batch : str
        A relation as :mod:`~campaign_live_widgets.sources.batch_relation` describes it.
    rejected : bool
        Whether some of its rows are rejected or ignored.
    """
    where = f" WHERE {_ACCEPTED}" if rejected else ""
    return f"SELECT {hashes('event_id')}, {_POSITION} AS position FROM {batch}{where}"


def new_events(batch: str, *, repeats: bool, rejected: bool) -> str:
    """Return the relation of a batch's events without *repeats* and *rejected* rows.

    The two flags give whether there are any; see :func:`ids` for *batch*.
    """
    where = f" WHERE {_ACCEPTED}" if rejected else ""
    join = f" ANTI JOIN {REPEATS} ON {REPEATS}.position = {_POSITION}" if repeats else ""
    return f"(SELECT * FROM {batch}{join}{where})" if where or join else batch


def own_events(events: str, campaign: str, repeats: str | None, *, all_accepted: bool) -> str:
    """Return SQL for what counting needs of the events of one campaign.

    Parameters
    ----------
    events : str
        SQL for rows as :mod:`~campaign_live_widgets.sources.batch_relation` describes them.
    repeats : str or None
        A relation with the positions of rows that repeat another event, if there are any.
    all_accepted : bool
        Whether no row is rejected or ignored.
    """
    join = f" ANTI JOIN {repeats} ON {repeats}.position = {_POSITION}" if repeats else ""
    accepted = "" if all_accepted else f" AND {_ACCEPTED}"
    return (
        f"SELECT us, {', '.join(_COUNTED)} FROM ({events}) AS event{join} "
        f"WHERE {_of([campaign])}{accepted}"
    )


def newest(events: str, until: int) -> str:
    """Return SQL for each campaign and the time of its newest event that is not after *until*."""
    return f"SELECT campaign_id, max(us) FILTER (us <= {until}) FROM {events} GROUP BY ALL"


def times(events: str, campaigns: Collection[str], now: int) -> str:
    """Return SQL for when events happened: campaign, whether after *now*, last, how many.

    After now a row for each time; until then one for each minute of *campaigns* and one for each
    other campaign.
    """
    return f"""
        SELECT campaign_id, is_ahead, max(us), count(*)
        FROM {_with_slot(events, campaigns, now)} GROUP BY campaign_id, is_ahead, slot"""


NAMES: Final = (
    *("campaign_id", "campaign_name", "message_id", "message_name", "execution_id", "channel"),
)


def names_and_times(events: str, campaigns: Collection[str], now: int) -> str:
    """Return SQL for ids and names, and for times, in one pass.

    The columns are whether a row is one of times, those of :data:`NAMES`, ``is_ahead``, the
    number of events, and the times of the oldest and the newest. A row of times has only the
    campaign; see :func:`times`. Any other is of one campaign, message, execution and channel,
    with one name for each.
    """
    names = ", ".join(NAMES)
    return f"""
        SELECT grouping(channel) = 1, {names}, is_ahead, count(*), min(us), max(us)
        FROM {_with_slot(events, campaigns, now)}
        GROUP BY GROUPING SETS (({names}), (campaign_id, is_ahead, slot))"""


def _with_slot(events: str, campaigns: Collection[str], now: int) -> str:
    """Return the relation of events with what their times are grouped by."""
    return f"""(
        SELECT *, us > {now} AS is_ahead,
               CASE WHEN us > {now} THEN us WHEN {_of(campaigns)} THEN {_MINUTE} END AS slot
        FROM {events})"""


def _of(campaigns: Collection[str]) -> str:
    """Return SQL for whether an event is of one of *campaigns*."""
    if not campaigns:
        return "false"
    names = [quoted(campaign) for campaign in campaigns]
    return (
        f"campaign_id = {names[0]}" if len(names) == 1 else f"campaign_id IN ({', '.join(names)})"
    )


def cells(
    events: str,
    campaigns: Collection[str],
    *,
    bucket: int | None,
    window: tuple[int, int] | None,
) -> str:
    """Return SQL for the cells of all cubes of *campaigns*, in one pass.

    The columns are the dimension (see :func:`dimension`), ``value``, ``kind``, ``segment``,
    ``slot`` and ``count``; a message is given by its segment. Without *bucket* every cube is by
    minute. With it (minutes, and the *window* in minutes) only what that window needs of the
    whole campaign is counted: the series by bucket, the others without time and segment.
    """
    if bucket is None or window is None:
        slot, inside, timed = _MINUTE, "", set(QUESTIONS)
    else:
        start, end = window
        slot = f"greatest(floor({_MINUTE} / {bucket})::BIGINT * {bucket}, {start})"
        inside = f" AND us >= {start * 60_000_000} AND us < {end * 60_000_000}"
        timed = {QUESTIONS[0]}
    sets = ", ".join(
        f"({'slot, segment, ' if question in timed else ''}"
        f"{'' if question == QUESTIONS[0] else f'{question}, '}kind)"
        for question in QUESTIONS
    )
    reasoned = ", ".join(map(str, packed_kinds(REASONED)))
    values = ", ".join(BY_VALUE)
    return f"""
        SELECT grouping({values}) AS dimension, coalesce({values}) AS value,
               kind, coalesce(segment, 0) AS segment, slot, count(*) AS count
        FROM (
            SELECT {slot} AS slot, {values}, {PACKED_KIND} AS kind, {SEGMENTS}.number AS segment
            FROM {_with_segments(events, campaigns)} WHERE {_of(campaigns)}{inside}
        )
        GROUP BY GROUPING SETS ({sets})
        HAVING grouping(reason) = 1 OR kind IN ({reasoned})"""


def _with_segments(events: str, campaigns: Collection[str]) -> str:
    """Return SQL for events joined with their segments, which are those of *campaigns*."""
    join = (
        f"{events} AS event JOIN {SEGMENTS} ON {SEGMENTS}.message = event.message_id "
        f"AND {SEGMENTS}.execution IS NOT DISTINCT FROM event.execution_id"
    )
    if len(campaigns) > 1:
        join += f" AND {SEGMENTS}.campaign = event.campaign_id"
    return join


def dimension(number: int) -> str:
    """Return the dimension of cells: ``grouping`` sets a bit for each value not grouped by."""
    bits = len(BY_VALUE)
    grouped = number ^ ((1 << bits) - 1)
    return BY_VALUE[bits - grouped.bit_length()] if grouped else QUESTIONS[0]


KEYS: Final = f"""
    SELECT DISTINCT dimension, value, kind, CASE WHEN dimension = {(1 << len(BY_VALUE)) - 1}
           THEN segment END AS segment
    FROM {CELLS}"""
"""The keys of all cubes; those of messages by their segments."""


def coded(number: int, by: str) -> str:
    """Return SQL for one cube's cells with its keys' codes, from the table ``codes``.

    *by* is the column that distinguishes the codes besides the kind: ``value`` or ``segment``.
    """
    return f"""
        SELECT cell.slot, code.code, cell.segment, cell.count
        FROM {CELLS} AS cell JOIN codes AS code
          ON cell.kind = code.kind AND cell.{by} IS NOT DISTINCT FROM code.{by}
        WHERE cell.dimension = {number}"""


def _entering(campaigns: Collection[str]) -> str:
    names = ", ".join(map(quoted, ENTRY_EVENTS))
    return f"{_of(campaigns)} AND event_type IN ({names})"


def entries(events: str, campaigns: Collection[str]) -> str:
    """Return SQL for the entries of campaigns: profile, minute, test, segment."""
    return f"""
        SELECT {hashes("profile_id")}, {_MINUTE} AS minute,
               coalesce(is_test, false) AS is_test, {SEGMENTS}.number AS segment
        FROM {_with_segments(events, campaigns)} WHERE {_entering(campaigns)}"""


def entered(events: str, campaign: str, window: tuple[int, int]) -> str:
    """Return SQL for the distinct profiles of one window, without and with tests."""
    start, end = window
    return f"""
        SELECT count(*) FILTER (WHERE is_real), count(*)
        FROM (
            SELECT profile_id, bool_or(NOT coalesce(is_test, false)) AS is_real
            FROM {events} WHERE {_entering([campaign])}
              AND us >= {start * 60_000_000} AND us < {end * 60_000_000}
            GROUP BY profile_id
        )"""
