"""MailerSend: what its webhooks post, one event each, in both versions of their body.

Names and values after MailerSend's reference of webhooks. Nothing of the sender's own is in an
event but the tags of the mail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, first_of, notes
from campaign_live_widgets.sources.formats.sql import one_of

if TYPE_CHECKING:
    from collections.abc import Collection

_OTHERS: Final = (
    *("activity.opened_unique", "activity.clicked_unique", "activity.survey_opened"),
    *("activity.survey_submitted", "webhook.test", "inbound.message", "inbound_forward.failed"),
    *("sender_identity.verified", "maintenance.start", "maintenance.end"),
    *("email_single.verified", "email_list.verified", "bulk_email.completed"),
)
"""What is no event of a mail, or is posted beside an event that is counted."""
_KINDS: Final = f"""
    CASE
        WHEN kind = 'activity.sent' THEN ['sent']
        WHEN kind = 'activity.delivered' THEN ['delivered']
        WHEN kind = 'activity.deferred' THEN ['delay']
        WHEN kind IN ('activity.hard_bounced', 'activity.soft_bounced') THEN ['bounce']
        WHEN kind = 'activity.suppressed' THEN ['excluded']
        WHEN kind = 'activity.opened' THEN ['open']
        WHEN kind = 'activity.clicked' THEN ['click']
        WHEN kind = 'activity.unsubscribed' THEN ['unsubscribe']
        WHEN kind IN ('activity.spam_complaint', 'activity.spam_complaints')
            THEN ['spam_complaint']
        WHEN kind IN {one_of(_OTHERS)} THEN []
    END"""
_REASON: Final = bounces.reason("status", "reply")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="type",
    address="address",
    identity=("transmission", "kind", "lower(address)", "seen_at", "link"),
    campaign=first_of("tags"),
    campaign_cause="campaign is missing: no tag",
    message="template",
    reason=f"""CASE WHEN event_type IN ('bounce', 'delay') THEN {_REASON}
                    WHEN event_type = 'excluded' THEN 'Suppressed' END""",
    bounce_type="CASE kind WHEN 'activity.hard_bounced' THEN 'hard' ELSE 'soft' END",
    status_code=bounces.status_code("status", "reply"),
    url="CASE WHEN event_type = 'click' THEN link END",
)


class MailerSend(EspFormat, name="mailersend"):
    """Events of MailerSend's webhooks."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("data.id",),
        "time": ("data.created_at", "created_at"),
        "kind": ("type",),
        "address": ("data.email.recipient.email", "data.recipient"),
        "transmission": ("data.email.message.id", "data.message_id"),
        "status": ("data.meta.bounce_code",),
        "reply": ("data.morph.reason", "data.meta.bounce_reason"),
        "link": ("data.morph.url", "data.meta.url"),
        "tags": ("data.email.tags", "data.tags"),
        "template": ("data.template_id",),
        **notes(),
    }
    inside: ClassVar = ()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an activity has a recipient where only MailerSend has it."""
        return "type" in paths and (
            "data.email.recipient.email" in paths
            or {"data.recipient", "data.message_id"} <= set(paths)
        )
