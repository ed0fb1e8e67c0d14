"""What the formats of e-mail service providers (ESP) have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats.base import Format
from campaign_live_widgets.sources.formats.sql import (
    HOLDS_NOTHING,
    flag,
    microseconds,
    missing,
    no_time,
    not_blank,
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
"""Field → the name of the custom argument with which a sender can set it on a message."""
_DIGEST: Final = 32
"""Hexadecimal digits of a digest: 128 bits."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a vendor's rows become events: SQL over the format's fields.

    Attributes
    ----------
    kinds : str
        The list of the row's event types: empty if it has no event, null if its kind is
        unknown.
    kind_name : str
        The vendor's name of the field ``kind``.
    address : str
        That of the recipient; it may depend on ``part``, the number of the event in ``kinds``.
    id : str
        The vendor's id of the event.
    identity : tuple of str
        What distinguishes an event from others if it has no id.
    reason, bounce_type, is_async : str
        They may depend on ``event_type``; the last two are only used for a bounce.
    campaign_cause : str
        The cause of rejection if there is no campaign: which fields can name it.
    prepared : str
        What follows ``SELECT``, of ``{raw}``: the relation that the others are evaluated on.
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


class EspFormat(Format, name=None):
    """A format of an e-mail service provider: a subclass gives its fields and a mapping."""

    mapping: ClassVar[Mapping]
    natives: ClassVar = {}

    def events(
        self,
        raw: str,
        *,
        complete: Collection[str],
        native: Collection[str],  # noqa: ARG002 - JSON and CSV have no types
    ) -> str:
        """Return SQL that maps the rows; see :meth:`Format.events`."""
        return events(self.mapping, self.name, raw, complete=complete)


def events(m: Mapping, name: str, raw: str, *, complete: Collection[str]) -> str:
    """Return SQL that maps rows of *raw*; see :meth:`Format.events`.

    A message without an id is the campaign's only message. A recipient without a profile id is
    identified by the digest of the address.
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
    """Return SQL for the digest of a text."""
    return f"left(sha256({text}), {_DIGEST})"


def first_of(field: str) -> str:
    """Return SQL for a field that is a text or a list of texts in JSON: the first that is one."""
    return (
        f"CASE WHEN starts_with({field}, '[') AND json_valid({field}) "
        f"THEN {not_blank(f'({field}::JSON->>0)')} ELSE {not_blank(field)} END"
    )


def notes(*places: str) -> dict[str, tuple[str, ...]]:
    """Return the fields of the custom arguments that a sender can set on a message.

    Parameters
    ----------
    places : str
        Paths of the vendor's objects of custom arguments; ``""`` for the event itself.
    """
    return {
        field: tuple(f"{place}.{name}".lstrip(".") for place in places)
        for field, name in _NOTES.items()
    }
