"""Customer.io: what its reporting webhooks post.

Names and values after the reference of reporting webhooks: an event is a metric of an object,
such as ``opened`` of an ``email``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.channels.kinds import when
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping
from campaign_live_widgets.sources.formats.sql import one_of

if TYPE_CHECKING:
    from collections.abc import Collection

_METRICS: Final = {
    "sent": ("sent",),
    "delivered": ("delivered",),
    "attempted": ("delay",),
    "bounced": ("bounce",),
    "opened": ("open",),
    "clicked": ("click",),
    "spammed": ("spam_complaint",),
    "unsubscribed": ("unsubscribe",),
    "failed": ("error",),
    "dropped": ("excluded",),
    "suppressed": ("excluded",),
    "undeliverable": ("excluded",),
    "converted": (),
    "drafted": (),
}
_SENT_TO: Final = ("email", "push", "sms")
_KINDS: Final = f"""
    CASE WHEN object IN {one_of(_SENT_TO)} THEN CASE {when("kind", _METRICS)} END
         WHEN object = 'in_app' AND kind = 'clicked' THEN ['click']
         WHEN object NOT IN {one_of(_SENT_TO)} THEN []::VARCHAR[] END"""
_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_DEVICE: Final = """
    coalesce(device, CASE WHEN starts_with(devices, '[') AND json_valid(devices)
        THEN devices::JSON->>'$[0].device_platform' END)"""
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="metric",
    address="CASE object WHEN 'email' THEN address END",
    channel="object",
    platform=f"CASE object WHEN 'push' THEN lower({_DEVICE}) END",
    identity=("object", "kind", "delivery", "seen_at", "link"),
    campaign="""
        coalesce(campaign, 'broadcast:' || broadcast, 'newsletter:' || newsletter,
                 'transactional:' || transactional)""",
    campaign_cause="campaign is missing: no campaign_id, broadcast_id, newsletter_id "
    "or transactional_message_id",
    message="coalesce(tested_action, action)",
    profile="customer",
    execution_id="trigger_run",
    variant="CASE WHEN tested_action IS NOT NULL THEN action "
    "WHEN newsletter IS NOT NULL THEN content END",
    campaign_name="NULL::VARCHAR",
    message_name="NULL::VARCHAR",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN
                  CASE object WHEN 'email' THEN {_REASON} END
             WHEN event_type IN ('error', 'excluded') THEN kind END""",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    bounce_type=f"CASE object WHEN 'email' "
    f"THEN {bounces.bounce_type(_REASON, 'NULL::VARCHAR', 'reply')} END",
    url="CASE WHEN event_type = 'click' THEN link END",
    test="NULL::VARCHAR",
)


class CustomerIo(EspFormat, name="customerio"):
    """Events of Customer.io's reporting webhooks."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("event_id",),
        "time": ("timestamp",),
        "object": ("object_type",),
        "kind": ("metric",),
        "address": ("data.recipient", "data.email_address"),
        "customer": ("data.customer_id", "data.identifiers.id", "data.identifiers.cio_id"),
        "delivery": ("data.delivery_id",),
        "campaign": ("data.campaign_id",),
        "broadcast": ("data.broadcast_id",),
        "newsletter": ("data.newsletter_id",),
        "transactional": ("data.transactional_message_id",),
        "action": ("data.action_id",),
        "tested_action": ("data.parent_action_id",),
        "content": ("data.content_id",),
        "trigger_run": ("data.trigger_id",),
        "device": ("data.device_platform", "data.platform"),
        "devices": ("data.recipients",),
        "reply": ("data.failure_message",),
        "link": ("data.href",),
    }
    inside: ClassVar = ()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event is a metric of an object."""
        return {"event_id", "object_type", "metric"} <= set(paths)
