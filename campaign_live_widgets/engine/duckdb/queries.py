"""SQL of the rollup of files: all queries over one batch of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import ENTRY_EVENTS, UNKNOWN
from campaign_live_widgets.engine.aggregates.event_kinds import COUNTED_BY, PACKED_KIND
from campaign_live_widgets.engine.aggregates.unique_entries import TEST
from campaign_live_widgets.engine.aggregates.unique_pairs import ALL_FLAGS, ENTERED, FLAGS, PAIRED
from campaign_live_widgets.engine.dimensions import BY_VALUE, QUESTIONS
from campaign_live_widgets.engine.duckdb.details import (
    DETAILED,
    OF_EVENT,
    with_detail,
    with_link,
)
from campaign_live_widgets.sources import CHANNELS, quoted

if TYPE_CHECKING:
    from collections.abc import Collection

REPEATS: Final = "repeats"
CELLS: Final = "cells"
SMALL: Final = 50_000
"""Number of events up to which cells are fetched as rows."""
SEGMENTS: Final = "segments"
"""The batch's segments: ``campaign``, ``message``, ``execution``, ``number``."""

PROFILES: Final = "profiles"
"""Events by profiles; see :func:`profiles`."""

_ACCEPTED: Final = "cause IS NULL AND part > 0"
_HIGH: Final = "hash({0})"
_LOW: Final = "hash(reverse({0}))"
_MINUTE: Final = "floor(us / 60000000)::BIGINT"  # down, also before 1970
_COUNTED: Final = (
    *("campaign_id", "campaign_name", "message_id", "message_name", "execution_id", "channel"),
    *("event_type", "bounce_type", "is_async", "is_test", "profile_id"),
    *(name for name in BY_VALUE if name != "detail"),
    *DETAILED,
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
    """Return SQL for the cells of all cubes of *campaigns*.

    The columns are ``dimension`` (its place in :data:`QUESTIONS`), ``value``, ``kind``,
    ``segment``, ``slot`` and ``count``; a message is given by its segment. Without *bucket* every
    cube is by minute. With it (minutes, and the *window* in minutes) only what that window needs
    of the whole campaign is counted: the series by bucket, the others without time and segment.
    """
    if bucket is None or window is None:
        slot, inside, timed = _MINUTE, "", set(QUESTIONS)
    else:
        start, end = window
        slot = f"greatest(floor({_MINUTE} / {bucket})::BIGINT * {bucket}, {start})"
        inside = f" AND us >= {start * 60_000_000} AND us < {end * 60_000_000}"
        timed = {QUESTIONS[0]}
    grouped = [question for question in QUESTIONS if question != "detail"]
    own = [name for name in BY_VALUE if name != "detail"]
    values = ", ".join(own)
    # ``grouping`` sets a bit for each value that is not grouped by; the last value's is 1.
    bits = {name: 1 << place for place, name in enumerate(reversed(own))}
    numbers = " ".join(
        f"WHEN {sum(bits.values()) - bits.get(question, 0)} THEN {QUESTIONS.index(question)}"
        for question in grouped
    )
    sets = ", ".join(
        f"({'slot, segment, ' if question in timed else ''}"
        f"{'' if question == QUESTIONS[0] else f'{question}, '}kind)"
        for question in grouped
    )
    reasoned = ", ".join(map(str, COUNTED_BY["reason"]))
    when = "segment, slot" if "detail" in timed else "0 AS segment, NULL::BIGINT AS slot"
    detailed = f"""
        (SELECT detail, url, kind, {when}, count(*) AS count
         FROM counted WHERE detail IS NOT NULL GROUP BY ALL)"""
    return f"""
        WITH counted AS (
            SELECT {slot} AS slot, {values}, {OF_EVENT}, {PACKED_KIND} AS kind,
                   {SEGMENTS}.number AS segment
            FROM {_with_segments(events, campaigns)} WHERE {_of(campaigns)}{inside}
        )
        SELECT CASE grouping({values}) {numbers} END AS dimension, coalesce({values}) AS value,
               kind, coalesce(segment, 0) AS segment, slot, count(*) AS count
        FROM counted GROUP BY GROUPING SETS ({sets})
        HAVING grouping(reason) = 1 OR kind IN ({reasoned})
        UNION ALL
        SELECT {QUESTIONS.index("detail")}, detail, kind, segment, slot, sum(count)::BIGINT
        FROM {with_detail(detailed)} GROUP BY ALL"""


def _with_segments(events: str, campaigns: Collection[str]) -> str:
    """Return SQL for events joined with their segments, which are those of *campaigns*."""
    join = (
        f"{events} AS event JOIN {SEGMENTS} ON {SEGMENTS}.message = event.message_id "
        f"AND {SEGMENTS}.execution IS NOT DISTINCT FROM event.execution_id"
    )
    if len(campaigns) > 1:
        join += f" AND {SEGMENTS}.campaign = event.campaign_id"
    return join


KEYS: Final = f"""
    SELECT DISTINCT dimension, value, kind, CASE WHEN dimension = 0 THEN segment END AS segment
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


def earlier(events: str, campaign: str, start: int) -> str:
    """Return SQL for how many events of a kind a message has before the minute *start*."""
    return f"""
        SELECT message_id, {PACKED_KIND} AS kind, count(*)
        FROM {events} WHERE {_of([campaign])} AND us < {start * 60_000_000} GROUP BY ALL"""


_FLAG: Final = " ".join(
    f"WHEN event_type = {quoted(event_type)} AND coalesce(is_machine, false) = {is_machine} "
    f"THEN {flag}"
    for (event_type, is_machine), flag in FLAGS.items()
)


def profiles(
    events: str, campaigns: Collection[str], *, uniques: bool, before: int | None = None
) -> str:
    """Return SQL for the table of events by profiles, which other queries read.

    Parameters
    ----------
    uniques : bool
        Whether to include events of pairs, or only those by which profiles enter.
    before : int, optional
        The minute from which on events are left out.
    """
    types = dict.fromkeys((*ENTRY_EVENTS, *PAIRED) if uniques else ENTRY_EVENTS)
    until = "" if before is None else f" AND us < {before * 60_000_000}"
    clicked = "event_type = 'click' AND is_machine IS NOT TRUE"
    url = f"CASE WHEN {clicked} THEN coalesce(url, '') END" if uniques else "NULL::VARCHAR"
    return f"""
        CREATE OR REPLACE TEMP TABLE {PROFILES} AS
        SELECT {hashes("profile_id")}, {_MINUTE} AS minute,
               ((CASE {_FLAG} ELSE 0 END)
                + CASE WHEN event_type IN ({", ".join(map(quoted, ENTRY_EVENTS))})
                       THEN {ENTERED} ELSE 0 END)::UTINYINT AS flags,
               (CASE WHEN is_test THEN {TEST} ELSE 0 END)::UTINYINT AS test,
               (list_position({list(CHANNELS)}, channel) - 1)::UTINYINT AS channel,
               {SEGMENTS}.number AS segment, {url} AS url
        FROM {_with_segments(events, campaigns)}
        WHERE {_of(campaigns)} AND event_type IN ({", ".join(map(quoted, types))}){until}"""


DROP_PROFILES: Final = f"DROP TABLE IF EXISTS {PROFILES}"
ENTRIES: Final = f"""
    SELECT high, low, minute, test > 0 AS is_test, segment
    FROM {PROFILES} WHERE flags & {ENTERED} > 0"""
"""The entries: profile, minute, test, segment."""
PAIRS: Final = f"""
    SELECT high, low, minute, ((flags & {ALL_FLAGS}) | test)::UTINYINT AS flags, channel, segment
    FROM {PROFILES} WHERE flags & {ALL_FLAGS} > 0"""
"""The events of pairs, with the columns of ``PairEvents``."""
_URLS: Final = f"(SELECT DISTINCT url FROM {PROFILES} WHERE url IS NOT NULL)"
_CLICKS: Final = f"""
    (SELECT * FROM {PROFILES} JOIN (SELECT url, link FROM {with_link(_URLS)}) USING (url))"""
"""Clicks with their links: few URLs have many clicks, and each link takes long to find out."""
CLICKS: Final = f"""
    SELECT high, low, minute, ((flags & {ALL_FLAGS}) | test)::UTINYINT AS flags, channel, segment,
           link
    FROM {_CLICKS}"""
"""Clicks that are not machines', as events of pairs, and their links."""
_PAIR: Final = "high, low, segment, channel"


def entered(start: int) -> str:
    """Return SQL for the distinct profiles since the minute *start*, and of all entries.

    The columns are those since then, without and with tests, and the same of all.
    """
    return f"""
        SELECT count(*) FILTER (real_inside), count(*) FILTER (is_inside),
               count(*) FILTER (is_real), count(*)
        FROM (
            SELECT bool_or(test = 0) AS is_real, bool_or(minute >= {start}) AS is_inside,
                   bool_or(test = 0 AND minute >= {start}) AS real_inside
            FROM {PROFILES} WHERE flags & {ENTERED} > 0 GROUP BY high, low
        )"""


def pairs_since(start: int) -> str:
    """Return SQL for how many pairs have the same flags since the minute *start*, and of all.

    The columns are the channel, the flags of their events since then, not of tests and of all, the
    same of all minutes, and the number of pairs.
    """
    return f"""
        SELECT channel, coalesce(real_inside, 0), coalesce(all_inside, 0), coalesce(is_real, 0),
               of_all, count(*)
        FROM (
            SELECT channel, bit_or(flags) FILTER (test = 0 AND minute >= {start}) AS real_inside,
                   bit_or(flags) FILTER (minute >= {start}) AS all_inside,
                   bit_or(flags) FILTER (test = 0) AS is_real, bit_or(flags) AS of_all
            FROM {PROFILES} WHERE flags & {ALL_FLAGS} > 0 GROUP BY {_PAIR}
        ) GROUP BY ALL"""


def clicks_since(start: int) -> str:
    """Return SQL for the pairs of each channel and link since then, without and with tests."""
    return f"""
        SELECT channel, link, count(*) FILTER (is_real), count(*)
        FROM (
            SELECT channel, link, bool_or(test = 0) AS is_real
            FROM {_CLICKS} WHERE minute >= {start} GROUP BY {_PAIR}, link
        ) GROUP BY ALL"""


def values(events: str, campaigns: Collection[str]) -> str:
    """Return SQL for opens with their domain and clicks with their link, for ``ValueRows``.

    After profile, minute, test, machine and segment: whether a click, channel, domain or link.
    """
    rows = f"""(
        SELECT DISTINCT {_HIGH.format("profile_id")} AS profile, {_MINUTE} AS minute,
               coalesce(is_test, false) AS is_test, coalesce(is_machine, false) AS is_machine,
               {SEGMENTS}.number AS segment, event_type = 'click' AS is_click, channel,
               CASE WHEN event_type = 'click' THEN url END AS url,
               CASE WHEN event_type = 'open' THEN domain END AS domain
        FROM {_with_segments(events, campaigns)}
        WHERE {_of(campaigns)} AND event_type IN ('open', 'click'))"""
    return f"""
        SELECT profile, minute, is_test, is_machine, segment, is_click, channel,
               CASE WHEN is_click THEN link ELSE coalesce(domain, {quoted(UNKNOWN)}) END AS value
        FROM {with_link(rows)}"""
