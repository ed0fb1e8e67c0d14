"""Postmark: what its webhooks post, one event each.

Names and values after Postmark's reference of webhooks and bounce types. There is no event of
sending: a delivery implies that the message was sent, and so does a bounce that is not an
answer to a delivered one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, notes
from campaign_live_widgets.sources.formats.sql import flag, one_of

if TYPE_CHECKING:
    from collections.abc import Collection

_ANSWERS: Final = (
    *("AutoResponder", "AddressChange", "SpamNotification", "OpenRelayTest"),
    *("VirusNotification", "ChallengeVerification"),
)
"""Bounces that are mail in answer to a message that had been delivered."""
_KINDS: Final = f"""
    CASE kind
        WHEN 'Delivery' THEN ['sent', 'delivered']
        WHEN 'Open' THEN ['open']
        WHEN 'Click' THEN ['click']
        WHEN 'SpamComplaint' THEN ['spam_complaint']
        WHEN 'SubscriptionChange' THEN
            CASE WHEN {flag("left_list")} AND coalesce(origin, 'Recipient') = 'Recipient'
                 AND coalesce(why, 'ManualSuppression') = 'ManualSuppression'
                 THEN ['unsubscribe'] ELSE [] END
        WHEN 'Inbound' THEN []
        WHEN 'Bounce' THEN
            CASE WHEN verdict IN {one_of(_ANSWERS)} THEN ['bounce']
                 WHEN verdict = 'Transient' THEN ['delay']
                 WHEN verdict = 'Unsubscribe' THEN ['unsubscribe']
                 WHEN verdict = 'SpamComplaint' THEN ['spam_complaint']
                 WHEN verdict = 'ManuallyDeactivated' THEN ['excluded']
                 WHEN verdict IN ('SMTPApiError', 'TemplateRenderingFailed') THEN ['error']
                 WHEN verdict IN ('Subscribe', 'InboundError') THEN []
                 ELSE ['sent', 'bounce'] END
    END"""


_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_KNOWN_REASON: Final = f"nullif({_REASON}, 'Undetermined')"
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="RecordType",
    address="address",
    identity=("transmission", "kind", "lower(address)", "seen_at", "link", "client"),
    campaign="coalesce(noted_campaign, tag)",
    campaign_cause="campaign is missing: no metadata campaign_id, no tag",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN CASE verdict
            WHEN 'DnsError' THEN 'DNS-Failure'
            WHEN 'DMARCPolicy' THEN 'Mail-Block'
            WHEN 'BadEmailAddress' THEN 'Invalid-Recipient'
            WHEN 'SpamNotification' THEN 'Spam-Content'
            WHEN 'AutoResponder' THEN 'Auto-Reply'
            WHEN 'AddressChange' THEN 'Auto-Reply'
            WHEN 'ChallengeVerification' THEN 'Challenge-Response'
            WHEN 'OpenRelayTest' THEN verdict
            WHEN 'VirusNotification' THEN verdict
            WHEN 'Blocked' THEN coalesce({_KNOWN_REASON}, 'Mail-Block')
            WHEN 'HardBounce' THEN coalesce({_KNOWN_REASON}, 'Generic-Bounce')
            WHEN 'SoftBounce' THEN coalesce({_KNOWN_REASON}, 'Soft-Bounce')
            WHEN 'Transient' THEN coalesce({_KNOWN_REASON}, 'Transient-Failure')
            ELSE {_REASON} END
            WHEN event_type IN ('excluded', 'error') THEN verdict END""",
    bounce_type=f"""
        CASE WHEN verdict IN ('HardBounce', 'BadEmailAddress') THEN 'hard'
             WHEN verdict IN ('SoftBounce', 'DnsError', 'Blocked', 'DMARCPolicy') THEN 'soft'
             WHEN verdict IN {one_of(_ANSWERS)} THEN 'ignored'
             ELSE {bounces.bounce_type(_REASON, "NULL::VARCHAR", "reply")} END""",
    is_async=f"verdict IN {one_of(_ANSWERS)}",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    url="CASE WHEN event_type = 'click' THEN link END",
)


class Postmark(EspFormat, name="postmark"):
    """Events of Postmark's webhooks, and bounces as its API lists them."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("ID",),
        "time": ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt"),
        "kind": ("RecordType",),
        "address": ("Recipient", "Email"),
        "transmission": ("MessageID",),
        "verdict": ("Type",),
        "reply": ("Details",),
        "left_list": ("SuppressSending",),
        "why": ("SuppressionReason",),
        "origin": ("Origin",),
        "link": ("OriginalLink",),
        "tag": ("Tag",),
        **notes("Metadata"),
        "client": ("UserAgent",),
    }
    inside: ClassVar = ("Bounces",)

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether a record of a type is about a message."""
        return {"recordtype", "messageid"} <= set(paths)
