"""What vendors' formats have in common: e-mail service providers (ESP), and senders of push."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats.base import Format
from campaign_live_widgets.sources.formats.sql import (
    HOLDS_NOTHING,
    domain,
    flag,
    missing,
    not_blank,
    not_known,
    quoted,
)
from campaign_live_widgets.sources.formats.times import epoch_or_time, no_time

if TYPE_CHECKING:
    from collections.abc import Collection

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
    channel, platform : str
        The channel of the event, and the platform of a push; they may depend on ``event_type``.
    reason, bounce_type, is_async, status_code : str
        They may depend on ``event_type``; the second and the third are only used for a bounce, the
        last one for a bounce and a delay.
    is_machine, machine_reason : str
        Whether a machine opened or clicked: null where the vendor does not judge. How it was
        recognised; only used for a machine.
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
    status_code: str
    time: str = "time"
    campaign: str = "noted_campaign"
    message: str = "message"
    profile: str = "profile"
    domain: str = "NULL"
    channel: str = "'email'"
    platform: str = "NULL::VARCHAR"
    is_async: str = "false"
    url: str = "NULL"
    test: str = "test"
    is_machine: str = "NULL::BOOLEAN"
    machine_reason: str = "NULL::VARCHAR"
    execution_id: str = "execution"
    variant: str = "variant"
    campaign_name: str = "campaign_name"
    message_name: str = "message_name"
    id: str = "id"
    prepared: str = "* FROM {raw}"


class EspFormat(Format, name=None):
    """A vendor's format: a subclass gives its fields and a mapping."""

    mapping: ClassVar[Mapping]
    natives: ClassVar = {}
    given: ClassVar = {column: field for field, column in _NOTES.items() if column != "is_test"}

    def events(
        self,
        raw: str,
        *,
        complete: Collection[str],
        native: Collection[str],  # noqa: ARG002 - JSON and CSV have no types
    ) -> str:
        """Return SQL that maps the rows; see :meth:`Format.events`."""
        return events(self.mapping, self.name, raw, complete=complete)

    def with_campaign(self, value: str) -> Format:
        """Return the format with a campaign for rows that have none."""
        mapping = replace(self.mapping, campaign=f"coalesce({self.mapping.campaign}, {value})")
        kind: type[Format] = type("Completed", (type(self),), {"mapping": mapping}, name=None)
        return kind()


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
            SELECT *, {epoch_or_time("seen_at")} AS us,
                   unnest(CASE WHEN len(kinds) > 0 THEN kinds ELSE [NULL] END) AS event_type,
                   unnest(CASE WHEN len(kinds) > 0 THEN range(1, len(kinds) + 1)
                               WHEN kinds IS NULL THEN [1] ELSE [0] END) AS part
            FROM kinded
        ), addressed AS (
            SELECT *, {bare(m.address)} AS bare_address,
                   coalesce({m.domain}, CASE WHEN contains(bare_address, '@')
                       THEN nullif(split_part(bare_address, '@', -1), '') END) AS domain_given
            FROM split
        ), filled AS (
            SELECT file, row, place, part, us, broken, kinds, kind, seen_at,
                   {quoted(name + ":")} || coalesce({m.id} || {many},
                       {digest(f"concat_ws(chr(31), {identity}, event_type)")}) AS event_id,
                   {m.campaign} AS campaign_id,
                   coalesce({m.message}, {m.campaign}) AS message_id,
                   {m.channel} AS channel,
                   coalesce({m.profile}, {digest("lower(bare_address)")}) AS profile_id,
                   event_type,
                   {m.reason} AS reason,
                   CASE WHEN event_type = 'bounce' THEN {m.bounce_type} END AS bounce_type,
                   CASE WHEN event_type = 'bounce' THEN {m.is_async} END AS is_async,
                   {domain("domain_given")} AS domain,
                   {m.platform} AS platform, {m.execution_id} AS execution_id,
                   {m.variant} AS variant, {m.url} AS url,
                   coalesce({flag(m.test)}, false) AS is_test,
                   CASE WHEN event_type IN ('open', 'click') THEN {m.is_machine} END AS is_machine,
                   {m.campaign_name} AS campaign_name, {m.message_name} AS message_name,
                   CASE WHEN event_type IN ('bounce', 'delay') THEN {m.status_code} END
                       AS status_code,
                   CASE WHEN event_type IN ('open', 'click') AND {m.is_machine}
                       THEN {m.machine_reason} END AS machine_reason
            FROM addressed
        )
        SELECT * EXCLUDE (broken, kinds, kind, seen_at),
               CASE WHEN part > 0 THEN CASE {" ".join(causes)} END END AS cause
        FROM filled"""


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
        Paths of the vendor's objects of custom arguments; ``""`` for the event itself. None
        where the vendor passes no arguments on.
    """
    return {
        field: tuple(f"{place}.{name}".lstrip(".") for place in places)
        for field, name in _NOTES.items()
    }


def notes_in(field: str) -> str:
    """Return SQL for the same fields, from a field that is an object in JSON, or any other text."""
    values = (
        f"CASE WHEN json_valid({field}) THEN {_text_at(field, name)} END AS {column}"
        for column, name in _NOTES.items()
    )
    return ", ".join(values)


def _text_at(field: str, name: str) -> str:
    path = quoted(f"$.{name}")
    return not_blank(f"({field}::JSON->>{path})")


def either(place: str, *names: str) -> tuple[str, ...]:
    """Return the paths of a field that is inside the object *place*, or beside it.

    The first that is not null is used: *names* below the place, then as they are.
    """
    return (*(f"{place}.{name}" for name in names), *names)
