"""Sends that no event reports: each delivery and each bounce counts as the send of its mail.

``sends=outcomes:exports/`` is exports/ read so. As part of the address it goes wherever the source
goes: to other processes, notebooks, servers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.sources.mapping.prefix import split_mapping, with_mapping

if TYPE_CHECKING:
    import os

EVENTS: Final = "events"
OUTCOMES: Final = "outcomes"
CHOICES: Final = (EVENTS, OUTCOMES)
"""What counts as sent: the events of sending, or deliveries and bounces."""
OUTCOMES_NOTE: Final = "each delivery and each bounce counts as a send (--sends outcomes)"
_PREFIX: Final = "sends="
_DERIVED: Final = 1000
"""Added to the number of an event within its row: the number of its send."""


def split_sends(source: str) -> tuple[str, str]:
    """Return what counts as sent, ``""`` where the address does not name it, and the rest of it."""
    if not source.lower().startswith(_PREFIX):
        return "", source
    sends, colon, rest = source[len(_PREFIX) :].partition(":")
    return (check_sends(sends.lower()), rest) if colon else ("", source)


def check_sends(sends: str | None) -> str:
    """Return what counts as sent; raise :class:`UsageError` if it is neither of the choices."""
    if sends and sends not in CHOICES:
        message = f"sends={sends} is unknown; give {' or '.join(CHOICES)}"
        raise UsageError(message)
    return sends or ""


def read_as(source: str, mapping: str | os.PathLike[str] | None, sends: str | None = None) -> str:
    """Return a source with what maps its rows and what counts as sent, if that is given."""
    named, rest = split_sends(source)
    return with_sends(with_mapping(rest, mapping), check_sends(sends) or named)


def with_sends(source: str, sends: str) -> str:
    """Return an address with what counts as sent."""
    return f"{_PREFIX}{sends}:{source}" if sends == OUTCOMES else source


def split_reading(source: str) -> tuple[str, str]:
    """Return how the rows of an address are read, and the rest of it."""
    own = split_mapping(split_sends(source)[1])[1]
    return source[: len(source) - len(own)], own


def outcomes_as_sends(events: str, *, one_each: bool) -> str:
    """Return SQL for events of which each delivery and each bounce counts as a send.

    A bounce that came after the delivery is not. A row that only reports that a mail was
    sent is ignored.

    Parameters
    ----------
    events : str
        SQL for the relation of a batch; see :mod:`.batch_relation`.
    one_each : bool
        No row has more than one event.
    """
    outcome = (
        "coalesce(event_type = 'delivered' OR (event_type = 'bounce' AND is_async IS NOT TRUE), "
        "false)"
    )
    alone = "true" if one_each else f"NOT bool_or({outcome}) OVER (PARTITION BY place)"
    return f"""
        SELECT * EXCLUDE (clw_kind, clw_kinds) REPLACE (
            CASE clw_kind WHEN 'none' THEN 0 WHEN 'send' THEN part + {_DERIVED} ELSE part END
                AS part,
            CASE clw_kind WHEN 'none' THEN NULL WHEN 'send' THEN 'sent' ELSE event_type END
                AS event_type,
            CASE clw_kind WHEN 'send' THEN event_id || ':sent' ELSE event_id END AS event_id,
            CASE WHEN clw_kind = 'event' THEN reason END AS reason,
            CASE WHEN clw_kind = 'event' THEN bounce_type END AS bounce_type,
            CASE WHEN clw_kind = 'event' THEN is_async END AS is_async,
            CASE WHEN clw_kind = 'event' THEN status_code END AS status_code)
        FROM (
            SELECT *, unnest(clw_kinds) AS clw_kind FROM (
                SELECT *, CASE
                    WHEN cause IS NOT NULL OR part = 0 THEN ['event']
                    WHEN {outcome} THEN ['event', 'send']
                    WHEN event_type <> 'sent' THEN ['event']
                    WHEN {alone} AND part = 1 THEN ['none']
                    ELSE [] END AS clw_kinds
                FROM ({events})))"""
