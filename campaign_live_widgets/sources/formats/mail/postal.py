"""Postal: what its webhooks post, one event each.

Names and values after Postal's documentation of webhooks. There is no event of sending: a delivery
implies that the mail was sent, and so does a delivery that has failed permanently. A bounce is an
answer to a mail that had been accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, notes

if TYPE_CHECKING:
    from collections.abc import Collection

_KINDS: Final = """
    CASE WHEN direction = 'incoming' THEN []::VARCHAR[] ELSE CASE kind
        WHEN 'MessageSent' THEN ['sent', 'delivered']
        WHEN 'MessageDelayed' THEN ['delay']
        WHEN 'MessageDeliveryFailed' THEN ['sent', 'bounce']
        WHEN 'MessageHeld' THEN ['excluded']
        WHEN 'MessageBounced' THEN ['bounce']
        WHEN 'MessageLoaded' THEN ['open']
        WHEN 'MessageLinkClicked' THEN ['click']
        WHEN 'DomainDNSError' THEN []
        WHEN 'SendLimitApproaching' THEN []
        WHEN 'SendLimitExceeded' THEN []
    END END"""
_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_TYPE: Final = bounces.bounce_type(_REASON, "NULL::VARCHAR", "reply")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="event",
    address="address",
    identity=("transmission", "kind", "lower(address)", "seen_at", "link", "client"),
    campaign="tag",
    campaign_cause="campaign is missing: no tag",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN {_REASON}
             WHEN event_type = 'excluded' THEN
                 CASE WHEN contains(lower(details), 'suppression') THEN 'Suppressed'
                      ELSE 'Held' END END""",
    bounce_type=f"""CASE kind WHEN 'MessageDeliveryFailed' THEN coalesce({_TYPE}, 'hard')
                              ELSE {_TYPE} END""",
    is_async="kind = 'MessageBounced'",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    url="CASE WHEN event_type = 'click' THEN link END",
)


class Postal(EspFormat, name="postal"):
    """Events of Postal's webhooks."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("uuid",),
        "time": ("payload.timestamp", "timestamp"),
        "kind": ("event",),
        "address": ("payload.message.to", "payload.original_message.to"),
        "transmission": ("payload.message.message_id", "payload.original_message.message_id"),
        "direction": ("payload.message.direction", "payload.original_message.direction"),
        "reply": ("payload.output",),
        "details": ("payload.details",),
        "link": ("payload.url",),
        "client": ("payload.ip_address",),
        "tag": ("payload.message.tag", "payload.original_message.tag"),
        **notes(),
    }
    inside: ClassVar = ()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event has a payload with a mail of Postal's."""
        return {"event", "uuid"} <= set(paths) and any(
            path in paths
            for path in (
                *("payload.message.direction", "payload.original_message.direction"),
                *("payload.message.token", "payload.original_message.token"),
            )
        )
