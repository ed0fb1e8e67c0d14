"""Resend: what its webhooks post, one event each.

Names and values after Resend's reference of webhook events and of bounces, whose types are those
of Amazon SES.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, first_of, notes

if TYPE_CHECKING:
    from collections.abc import Collection

_KINDS: Final = """
    CASE
        WHEN kind = 'email.sent' THEN ['sent']
        WHEN kind = 'email.delivered' THEN ['delivered']
        WHEN kind = 'email.delivery_delayed' THEN ['delay']
        WHEN kind = 'email.bounced' THEN ['bounce']
        WHEN kind = 'email.suppressed' THEN ['excluded']
        WHEN kind = 'email.failed' THEN ['error']
        WHEN kind = 'email.opened' THEN ['open']
        WHEN kind = 'email.clicked' THEN ['click']
        WHEN kind = 'email.complained' THEN ['spam_complaint']
        WHEN kind IN ('email.scheduled', 'email.received')
            OR starts_with(kind, 'contact.') OR starts_with(kind, 'domain.') THEN []
    END"""
_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="type",
    # an event does not name which one of several recipients it is about
    address=f"""CASE WHEN json_valid(recipients) AND json_array_length(recipients::JSON) > 1
                     THEN transmission ELSE {first_of("recipients")} END""",
    id="NULL::VARCHAR",
    identity=("transmission", "kind", "seen_at", "link", "client"),
    campaign="coalesce(noted_campaign, campaign_tag, broadcast)",
    campaign_cause="campaign is missing: no tag campaign_id or campaign, no broadcast",
    message="coalesce(message, template)",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN CASE finer
                 WHEN 'NoEmail' THEN 'Invalid-Recipient'
                 WHEN 'MailboxFull' THEN 'Mailbox-Full'
                 WHEN 'MessageTooLarge' THEN 'Too-Large'
                 WHEN 'ContentRejected' THEN 'Spam-Content'
                 WHEN 'AttachmentRejected' THEN 'Prohibited-Attachment'
                 WHEN 'Suppressed' THEN finer
                 WHEN 'OnAccountSuppressionList' THEN finer
                 ELSE coalesce(nullif({_REASON}, 'Undetermined'),
                     CASE verdict WHEN 'Permanent' THEN 'Generic-Bounce'
                                  WHEN 'Transient' THEN 'Soft-Bounce' ELSE 'Undetermined' END)
             END
             WHEN event_type = 'excluded' THEN 'Suppressed'
             WHEN event_type = 'error' THEN
                 CASE WHEN regexp_full_match(failure, '[a-z_]{{1,40}}') THEN failure
                      ELSE 'failed' END END""",
    bounce_type=f"""
        CASE verdict WHEN 'Permanent' THEN 'hard' WHEN 'Transient' THEN 'soft'
             ELSE {bounces.bounce_type(_REASON, "NULL::VARCHAR", "reply")} END""",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    url="CASE WHEN event_type = 'click' THEN link END",
)


class Resend(EspFormat, name="resend"):
    """Events of Resend's webhooks."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "time": ("created_at",),
        "kind": ("type",),
        "recipients": ("data.to",),
        "transmission": ("data.email_id",),
        "verdict": ("data.bounce.type",),
        "finer": ("data.bounce.subType",),
        "reply": ("data.bounce.message",),
        "failure": ("data.failed.reason",),
        "link": ("data.click.link",),
        "client": ("data.click.ipAddress",),
        **notes("data.tags"),
        "campaign_tag": ("data.tags.campaign",),
        "broadcast": ("data.broadcast_id",),
        "template": ("data.template_id",),
    }
    inside: ClassVar = ()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event has the id of a mail of Resend's."""
        return {"type", "created_at", "data.email_id"} <= set(paths)
