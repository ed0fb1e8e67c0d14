"""SendGrid: what its Event Webhook posts, as arrays of events or one event a line.

Names and values after Twilio's Event Webhook reference. Custom arguments are among the
event's own names; some exports keep them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, first_of, notes
from campaign_live_widgets.sources.formats.sql import flag, one_of

if TYPE_CHECKING:
    from collections.abc import Collection

_SUPPRESSED: Final = (
    *("bounced address", "unsubscribed address", "spam reporting address"),
    *("bounced", "unsubscribed", "spam reporting"),
)
"""Why a message was dropped where its recipient is on one of the sender's lists."""
_KINDS: Final = f"""
    CASE kind
        WHEN 'processed' THEN ['sent']
        WHEN 'delivered' THEN ['delivered']
        WHEN 'deferred' THEN ['delay']
        WHEN 'bounce' THEN ['bounce']
        WHEN 'dropped' THEN CASE WHEN lower(reply) IN {one_of(_SUPPRESSED)} THEN ['excluded']
                                 ELSE ['error'] END
        WHEN 'open' THEN ['open']
        WHEN 'click' THEN ['click']
        WHEN 'spamreport' THEN ['spam_complaint']
        WHEN 'unsubscribe' THEN ['unsubscribe']
        WHEN 'group_unsubscribe' THEN ['unsubscribe']
        WHEN 'group_resubscribe' THEN []
        WHEN 'account_status_change' THEN []
    END"""


_NOTES: Final = notes("", "unique_args", "custom_args")


_REASON: Final = bounces.reason("status", "reply")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="event",
    address="address",
    identity=("transmission", "kind", "lower(address)", "seen_at", "link", "reply"),
    campaign=f"coalesce(noted_campaign, {first_of('category')})",
    campaign_cause="campaign is missing: no custom argument campaign_id, no campaign, no category",
    reason=f"""CASE WHEN event_type IN ('bounce', 'delay') THEN {_REASON}
                    WHEN event_type IN ('excluded', 'error') THEN reply END""",
    bounce_type=f"""
        CASE lower(verdict) WHEN 'bounce' THEN 'hard' WHEN 'blocked' THEN 'soft'
             WHEN 'expired' THEN 'soft'
             ELSE {bounces.bounce_type(_REASON, "status", "reply")} END""",
    # a bounce that came back as a separate message is the only one without SendGrid's id
    is_async="transmission IS NULL",
    url="CASE WHEN event_type = 'click' THEN link END",
    status_code=bounces.status_code("status", "reply"),
    # the recipient's mail program is Apple's, which opens mail for its users
    is_machine=f"CASE WHEN event_type = 'open' THEN {flag('machine')} END",
    machine_reason="'apple_privacy'",
)


class SendGrid(EspFormat, name="sendgrid"):
    """Events of SendGrid's Event Webhook."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("sg_event_id",),
        "time": ("timestamp",),
        "kind": ("event",),
        "address": ("email",),
        "transmission": ("sg_message_id",),
        "verdict": ("type",),
        "status": ("status",),
        "reply": ("reason", "response"),
        "machine": ("sg_machine_open",),
        "link": ("url",),
        "category": ("category",),
        **_NOTES,
        "noted_campaign": (
            *_NOTES["noted_campaign"],
            *("marketing_campaign_id", "singlesend_id", "mc_auto_id"),
        ),
        "campaign_name": (
            *_NOTES["campaign_name"],
            *("marketing_campaign_name", "singlesend_name", "mc_auto_name"),
        ),
        "message": (*_NOTES["message"], "mc_auto_step_id", "template_id", "sg_template_id"),
        "message_name": (*_NOTES["message_name"], "sg_template_name"),
        "variant": (*_NOTES["variant"], "marketing_campaign_version"),
    }
    inside: ClassVar = ()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether the ids are there that only SendGrid gives."""
        return "event" in paths and ("sg_event_id" in paths or "sg_message_id" in paths)
