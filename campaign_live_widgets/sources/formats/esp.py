"""What mail vendors' formats have in common: one message, one address, an id of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.files.scan_sql import HOLDS_NOTHING, not_blank
from campaign_live_widgets.sources.formats.sql import (
    flag,
    microseconds,
    missing,
    no_time,
    not_known,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Collection

_EPOCH: Final = r"-?[0-9]{1,11}(\.[0-9]+)?"
"""Seconds since the epoch; a time of the calendar has other characters in it."""
_NOTES: Final = {
    "noted_campaign": "campaign_id",
    "message": "message_id",
    "profile": "profile_id",
    "execution": "execution_id",
    "variant": "variant",
    "test": "is_test",
    "campaign_name": "campaign_name",
    "message_name": "message_name",
}
"""Field → the name under which a sender may note it on a message."""
_DIGEST: Final = 32
"""Letters of a digest that are kept: 128 bits."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a vendor's rows become events: SQL over the format's fields.

    Attributes
    ----------
    kinds : str
        The list of the row's events by type: none for one that carries no event, null for
        one of a kind that is not known.
    kind_name : str
        What the vendor calls the field ``kind`` that tells it.
    address : str
        The recipient's; it may depend on ``part``, the place of the event in ``kinds``.
    id : str
        The vendor's own for the event.
    identity : tuple of str
        What tells an event from others where it has none.
    reason, bounce_type, is_async : str
        They may depend on ``event_type``; ``bounce_type`` and ``is_async`` count for a bounce.
    campaign_cause : str
        Where a campaign has been looked for in vain.
    prepared : str
        What follows ``SELECT`` to make the relation the others build on, of ``{raw}``.
    """

    kinds: str
    kind_name: str
    address: str
    identity: tuple[str, ...]
    reason: str
    bounce_type: str
    campaign_cause: str
    time: str = "time"
    campaign: str = "noted_campaign"
    message: str = "message"
    profile: str = "profile"
    domain: str = "NULL"
    is_async: str = "false"
    url: str = "NULL"
    test: str = "test"
    is_machine: str = "false"
    execution_id: str = "execution"
    variant: str = "variant"
    campaign_name: str = "campaign_name"
    message_name: str = "message_name"
    id: str = "id"
    prepared: str = "* FROM {raw}"


def events(m: Mapping, name: str, raw: str, *, complete: Collection[str]) -> str:
    """Return SQL that maps rows of *raw*; see :meth:`Format.events`.

    A message without a name of its own is the campaign's only one; a recipient whom only the
    address tells is known by its digest.
    """
    identity = ", ".join(f"coalesce({part}::VARCHAR, '')" for part in m.identity)
    many = "CASE WHEN len(kinds) > 1 THEN ':' || event_type ELSE '' END"
    causes = [
        f"WHEN broken IS NOT NULL AND broken <> {quoted(HOLDS_NOTHING)} THEN broken",
        f"WHEN kinds IS NULL AND kind IS NULL THEN {quoted(f'{m.kind_name} is missing')}",
        f"WHEN kinds IS NULL THEN {not_known(m.kind_name, 'kind')}",
        *([missing("timestamp", "seen_at")] if "time" not in complete else []),
        no_time(),
        f"WHEN campaign_id IS NULL THEN {quoted(m.campaign_cause)}",
        missing("recipient", "profile_id"),
    ]
    return f"""
        WITH prepared AS (
            SELECT {m.prepared.replace("{raw}", raw)}
        ), kinded AS (
            SELECT *, {m.time} AS seen_at,
                   CASE WHEN broken = {quoted(HOLDS_NOTHING)} THEN []::VARCHAR[]
                        WHEN broken IS NULL THEN {m.kinds} END AS kinds
            FROM prepared
        ), split AS (
            SELECT *, {instant("seen_at")} AS us,
                   unnest(CASE WHEN len(kinds) > 0 THEN kinds ELSE [NULL] END) AS event_type,
                   unnest(CASE WHEN len(kinds) > 0 THEN range(1, len(kinds) + 1)
                               WHEN kinds IS NULL THEN [1] ELSE [0] END) AS part
            FROM kinded
        ), addressed AS (
            SELECT *, {bare(m.address)} AS bare_address FROM split
        ), filled AS (
            SELECT file, row, place, part, us, broken, kinds, kind, seen_at,
                   {quoted(name + ":")} || coalesce({m.id} || {many},
                       {digest(f"concat_ws(chr(31), {identity}, event_type)")}) AS event_id,
                   {m.campaign} AS campaign_id,
                   coalesce({m.message}, {m.campaign}) AS message_id,
                   'email' AS channel,
                   coalesce({m.profile}, {digest("lower(bare_address)")}) AS profile_id,
                   event_type,
                   {m.reason} AS reason,
                   CASE WHEN event_type = 'bounce' THEN {m.bounce_type} END AS bounce_type,
                   CASE WHEN event_type = 'bounce' THEN {m.is_async} END AS is_async,
                   lower(coalesce({m.domain}, CASE WHEN contains(bare_address, '@')
                       THEN nullif(split_part(bare_address, '@', -1), '') END)) AS domain,
                   NULL::VARCHAR AS platform, {m.execution_id} AS execution_id,
                   {m.variant} AS variant, {m.url} AS url,
                   coalesce({flag(m.test)}, false) AS is_test,
                   coalesce({m.is_machine}, false) AS is_machine,
                   {m.campaign_name} AS campaign_name, {m.message_name} AS message_name
            FROM addressed
        )
        SELECT * EXCLUDE (broken, kinds, kind, seen_at),
               CASE WHEN part > 0 THEN CASE {" ".join(causes)} END END AS cause
        FROM filled"""


def instant(field: str) -> str:
    """Return SQL for a field as microseconds since the epoch: seconds, or a time as text."""
    seconds = f"try_cast({field} AS DECIMAL(20, 6))"
    return (
        f"CASE WHEN regexp_full_match({field}, {quoted(_EPOCH)}) "
        f"THEN ({seconds} * 1000000)::BIGINT ELSE {microseconds(field, native=False)} END"
    )


def bare(address: str) -> str:
    """Return SQL for an address without the name before it, null where blank."""
    inner = f"coalesce(nullif(regexp_extract({address}, '<([^<>]*)>[^<>]*$', 1), ''), {address})"
    return f"nullif(trim({inner}), '')"


def digest(text: str) -> str:
    """Return SQL for what stands for a text and does not tell it."""
    return f"left(sha256({text}), {_DIGEST})"


def first_of(field: str) -> str:
    """Return SQL for a field that is a text or a list of texts in JSON: the first that is one."""
    return (
        f"CASE WHEN starts_with({field}, '[') AND json_valid({field}) "
        f"THEN {not_blank(f'({field}::JSON->>0)')} ELSE {not_blank(field)} END"
    )


def notes(*places: str) -> dict[str, tuple[str, ...]]:
    """Return the fields that hold what the sender has noted on a message.

    Parameters
    ----------
    places : str
        Paths under which the vendor passes notes on; ``""`` for among the event's own names.
    """
    return {
        field: tuple(f"{place}.{name}".lstrip(".") for place in places)
        for field, name in _NOTES.items()
    }
