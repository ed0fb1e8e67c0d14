"""The SQL of the rollup, all of it: what is asked of one batch of events."""

from __future__ import annotations

from typing import Final

from campaign_live_widgets.catalog import ENTRY_EVENTS
from campaign_live_widgets.engine.aggregates import event_kinds as kinds
from campaign_live_widgets.engine.dimensions import BY_VALUE, QUESTIONS, REASONED
from campaign_live_widgets.sources import quoted
from campaign_live_widgets.sources.files.staging import BATCH

REPEATS: Final = "repeats"
CELLS: Final = "cells"
SMALL: Final = 50_000
"""Events up to which cells are fetched as rows."""
PARTS: Final = "parts"
"""The batch's messages and executions: ``message``, ``execution``, ``number``."""

_ACCEPTED: Final = "cause IS NULL AND part > 0"
_HIGH: Final = "hash({0})"
_LOW: Final = "hash(reverse({0}))"
_MINUTE: Final = "floor(us / 60000000)::BIGINT"  # down, also before 1970
_POSITION: Final = "place * 2 + (part > 1)::INTEGER"


def hashes(column: str) -> str:
    """Return SQL for 128 bits of hash of a text, as two columns ``high`` and ``low``."""
    return f"{_HIGH.format(column)} AS high, {_LOW.format(column)} AS low"


def ids(*, refused: bool) -> str:
    """Return SQL for the hashed ids of all accepted events and where each event is."""
    where = f" WHERE {_ACCEPTED}" if refused else ""
    return f"SELECT {hashes('event_id')}, {_POSITION} AS position FROM {BATCH}{where}"


def fresh(*, repeats: bool, refused: bool) -> str:
    """Return the relation of events to count: no *repeats*, none *refused*, as far as any is."""
    where = f" WHERE {_ACCEPTED}" if refused else ""
    join = f" ANTI JOIN {REPEATS} ON {REPEATS}.position = {_POSITION}" if repeats else ""
    return f"(SELECT * FROM {BATCH}{join}{where})" if where or join else BATCH


def names(events: str) -> str:
    """Return SQL for who is who: ids and names of campaigns, messages and executions.

    With them the channel, the number of events, the oldest and the newest.
    """
    return f"""
        SELECT campaign_id, campaign_name, message_id, message_name, execution_id, channel,
               count(*), min(us), max(us)
        FROM {events} GROUP BY ALL"""


def newest(events: str, until: int) -> str:
    """Return SQL for each campaign and the time of its newest event that is not after *until*."""
    return f"SELECT campaign_id, max(us) FILTER (us <= {until}) FROM {events} GROUP BY ALL"


def times(events: str, campaign: str, now: int) -> str:
    """Return SQL for when events happened: campaign, whether after *now*, last, how many.

    After now a row for each time; until then one for each minute of *campaign* and one for each
    other campaign.
    """
    return f"""
        SELECT campaign_id, us > {now}, max(us), count(*)
        FROM {events}
        GROUP BY campaign_id, us > {now},
                 CASE WHEN us > {now} THEN us
                      WHEN campaign_id = {quoted(campaign)} THEN {_MINUTE} END"""


def cells(events: str, campaign: str, *, bucket: int | None, window: tuple[int, int] | None) -> str:
    """Return SQL for the cells of all cubes, in one pass.

    The columns are the question (see :func:`question`), ``value``, ``kind``, ``part``,
    ``slot`` and ``count``; the value of a message is its part's. Without *bucket* every cube is by
    minute. With it (minutes, and the *window* in minutes) only what that window asks of the
    whole campaign is kept: the series by bucket, the others without time and part.
    """
    if bucket is None or window is None:
        slot, inside, timed = _MINUTE, "", set(QUESTIONS)
    else:
        start, end = window
        slot = f"greatest(floor({_MINUTE} / {bucket})::BIGINT * {bucket}, {start})"
        inside = f" AND us >= {start * 60_000_000} AND us < {end * 60_000_000}"
        timed = {QUESTIONS[0]}
    sets = ", ".join(
        f"({'slot, part, ' if question in timed else ''}"
        f"{'' if question == QUESTIONS[0] else f'{question}, '}kind)"
        for question in QUESTIONS
    )
    reasoned = ", ".join(map(str, kinds.packed_of(REASONED)))
    values = ", ".join(BY_VALUE)
    return f"""
        SELECT grouping({values}) AS question, coalesce({values}) AS value,
               kind, coalesce(part, 0) AS part, slot, count(*) AS count
        FROM (
            SELECT {slot} AS slot, {values}, {kinds.PACKED} AS kind, {PARTS}.number AS part
            FROM {_in_parts(events)} WHERE campaign_id = {quoted(campaign)}{inside}
        )
        GROUP BY GROUPING SETS ({sets})
        HAVING grouping(reason) = 1 OR kind IN ({reasoned})"""


def _in_parts(events: str) -> str:
    """Return SQL for events joined with their parts; all are of the one campaign."""
    return (
        f"{events} AS event JOIN {PARTS} ON {PARTS}.message = event.message_id "
        f"AND {PARTS}.execution IS NOT DISTINCT FROM event.execution_id"
    )


def question(number: int) -> str:
    """Return the question that cells answer: ``grouping`` has a bit for each value left out."""
    left_out = len(BY_VALUE)
    grouped = number ^ ((1 << left_out) - 1)
    return BY_VALUE[left_out - grouped.bit_length()] if grouped else QUESTIONS[0]


KEYS: Final = f"""
    SELECT DISTINCT question, value, kind, CASE WHEN question = {(1 << len(BY_VALUE)) - 1}
           THEN part END AS part
    FROM {CELLS}"""
"""The keys of all cubes; those of messages by their parts."""


def coded(number: int, by: str) -> str:
    """Return SQL for one cube's cells with its keys' codes, from the table ``codes``.

    *by* is what the codes tell apart besides the kind: ``value`` or ``part``.
    """
    return f"""
        SELECT cell.slot, code.code, cell.part, cell.count
        FROM {CELLS} AS cell JOIN codes AS code
          ON cell.kind = code.kind AND cell.{by} IS NOT DISTINCT FROM code.{by}
        WHERE cell.question = {number}"""


def _entering(campaign: str) -> str:
    names = ", ".join(map(quoted, ENTRY_EVENTS))
    return f"campaign_id = {quoted(campaign)} AND event_type IN ({names})"


def entries(events: str, campaign: str) -> str:
    """Return SQL for the campaign's entries: profile, minute, test, part."""
    return f"""
        SELECT {hashes("profile_id")}, {_MINUTE} AS minute,
               coalesce(is_test, false) AS is_test, {PARTS}.number AS part
        FROM {_in_parts(events)} WHERE {_entering(campaign)}"""


def entered(events: str, campaign: str, window: tuple[int, int]) -> str:
    """Return SQL for the distinct profiles of one window, without and with tests."""
    start, end = window
    return f"""
        SELECT count(*) FILTER (WHERE is_real), count(*)
        FROM (
            SELECT profile_id, bool_or(NOT coalesce(is_test, false)) AS is_real
            FROM {events} WHERE {_entering(campaign)}
              AND us >= {start * 60_000_000} AND us < {end * 60_000_000}
            GROUP BY profile_id
        )"""
