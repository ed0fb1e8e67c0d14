"""Mailtrap: what its webhooks of sending post, a list of events.

Names and values after Mailtrap's documentation of webhooks, and of statuses and events: after a
``soft bounce`` and a ``suspension`` it tries again. There is no event of sending: a delivery
implies that the mail was sent, and so does a bounce.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, notes

if TYPE_CHECKING:
    from collections.abc import Collection

_KINDS: Final = """
    CASE kind
        WHEN 'delivery' THEN ['sent', 'delivered']
        WHEN 'soft bounce' THEN ['delay']
        WHEN 'suspension' THEN ['delay']
        WHEN 'bounce' THEN ['sent', 'bounce']
        WHEN 'reject' THEN CASE WHEN contains(lower(why), 'suppress') THEN ['excluded']
                                ELSE ['error'] END
        WHEN 'open' THEN ['open']
        WHEN 'click' THEN ['click']
        WHEN 'spam' THEN ['spam_complaint']
        WHEN 'unsubscribe' THEN ['unsubscribe']
        WHEN 'inbound.message_received' THEN []
    END"""
_REASON: Final = bounces.reason("status", "reply")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="event",
    address="address",
    identity=("transmission", "kind", "lower(address)", "seen_at", "link", "client"),
    campaign="coalesce(noted_campaign, category)",
    campaign_cause="campaign is missing: no custom variable campaign_id, no category",
    reason=f"""
        CASE WHEN kind = 'suspension' THEN 'Suspension'
             WHEN event_type IN ('bounce', 'delay') THEN {_REASON}
             WHEN event_type = 'excluded' THEN 'Suppressed'
             WHEN event_type = 'error' THEN kind END""",
    bounce_type="'hard'",  # it is not tried again
    status_code=bounces.status_code("status", "reply"),
    url="CASE WHEN event_type = 'click' THEN link END",
)


class Mailtrap(EspFormat, name="mailtrap"):
    """Events of Mailtrap's webhooks."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("event_id",),
        "time": ("timestamp",),
        "kind": ("event",),
        "address": ("email",),
        "transmission": ("message_id",),
        "status": ("response_code",),
        "reply": ("response",),
        "why": ("reason",),
        "link": ("url",),
        "client": ("ip",),
        "category": ("category",),
        **notes("custom_variables"),
    }
    inside: ClassVar = ("events",)

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event names the stream or the domain of its mail."""
        return {"event", "event_id", "message_id"} <= set(paths) and (
            "sending_stream" in paths or "sending_domain_name" in paths
        )
