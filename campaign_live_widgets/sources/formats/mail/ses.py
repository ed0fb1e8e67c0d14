"""Amazon SES: events as it publishes them, alone or inside an envelope.

Names and values after the developer guide's contents of event data. Firehose writes one event a
line; SNS puts the event as text into an envelope, SQS and Lambda that into a list of records,
EventBridge the event into its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, first_of, notes

if TYPE_CHECKING:
    from collections.abc import Collection

_OF_WHOM: Final = """
    CASE lower(kind)
        WHEN 'bounce' THEN bounced WHEN 'complaint' THEN complained
        WHEN 'deliverydelay' THEN delayed WHEN 'delivery' THEN recipients
        ELSE destination END"""
_WHO: Final = f"""
    list_filter(
        list_transform(
            json_extract(CASE WHEN json_valid({_OF_WHOM}) THEN ({_OF_WHOM})::JSON END, '$[*]'),
            lambda one: {{
                'address': CASE json_type(one) WHEN 'VARCHAR' THEN one->>'$'
                                               WHEN 'OBJECT' THEN one->>'$.emailAddress' END,
                'status': one->>'$.status', 'reply': one->>'$.diagnosticCode'
            }}
        ),
        lambda one: trim(coalesce(one.address, '')) <> ''
    )"""
"""Each recipient whom a row is about."""
_OF_SNS: Final = (
    {"type", "messageid", "topicarn", "message"},
    {"notificationtype", "message"},
)
"""The fields of SNS's envelopes, and of what SES reports of itself."""
_NO_RECIPIENT: Final = (
    "[{'address': NULL::VARCHAR, 'status': NULL::VARCHAR, 'reply': NULL::VARCHAR}]"
)
_OUT: Final = """
    list_transform(
        list_filter(
            json_extract({field}::JSON, '$.topicSubscriptionStatus[*]'),
            lambda topic: lower(replace(topic->>'$.subscriptionStatus', '_', '')) = 'optout'
        ),
        lambda topic: coalesce(topic->>'$.topicName', '')
    )"""
_LEFT: Final = f"""
    CASE WHEN json_valid(preferences) THEN
        coalesce(lower(preferences::JSON->>'$.unsubscribeAll') = 'true', false)
        OR len(list_filter(
            {_OUT.format(field="preferences")},
            lambda name: NOT list_contains(
                coalesce(CASE WHEN json_valid(old_preferences)
                         THEN {_OUT.format(field="old_preferences")} END, []), name)
        )) > 0
    END"""
"""Whether somebody has left a list, or all, with this change."""
_KIND: Final = f"""
    CASE lower(kind)
        WHEN 'send' THEN 'sent'
        WHEN 'delivery' THEN 'delivered'
        WHEN 'deliverydelay' THEN 'delay'
        WHEN 'bounce' THEN 'bounce'
        WHEN 'complaint' THEN CASE
            WHEN lower(feedback) = 'not-spam' THEN 'none'
            WHEN complaint_finer = 'OnAccountSuppressionList' THEN 'excluded'
            ELSE 'spam_complaint' END
        WHEN 'reject' THEN 'error'
        WHEN 'rendering failure' THEN 'error'
        WHEN 'open' THEN 'open'
        WHEN 'click' THEN 'click'
        WHEN 'subscription' THEN CASE WHEN {_LEFT} THEN 'unsubscribe' ELSE 'none' END
        WHEN 'received' THEN 'none'
        WHEN 'amazonsnssubscriptionsucceeded' THEN 'none'
        ELSE CASE WHEN kind IS NULL AND envelope IN
             ('Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation')
             THEN 'none' END
    END"""
_BY_ONE: Final = "event_kind IN ('open', 'click', 'unsubscribe', 'spam_complaint')"
"""What one of a mail's recipients has done: where there are several, SES does not say who."""


_REASON: Final = bounces.reason("who[part].status", "who[part].reply")
_MAPPING: Final = Mapping(
    # one event for each recipient, but one alone where one of several has done something
    prepared=f"""*, CASE WHEN {_BY_ONE} AND len(whom) <> 1
            THEN [{{'address': transmission, 'status': NULL::VARCHAR, 'reply': NULL::VARCHAR}}]
            WHEN coalesce(len(whom), 0) = 0 THEN {_NO_RECIPIENT} ELSE whom END AS who
        FROM (SELECT *, {_KIND} AS event_kind, {_WHO} AS whom FROM {{raw}})""",
    kinds="""CASE WHEN event_kind = 'none' THEN []
                  WHEN event_kind IS NOT NULL
                  THEN list_transform(who, lambda one: event_kind) END""",
    kind_name="eventType",
    address="who[part].address",
    id="NULL::VARCHAR",
    identity=("transmission", "lower(bare_address)", "seen_at", "link", "client", "finer"),
    # a tag's values are a list
    campaign=f"coalesce({first_of('noted_campaign')}, {first_of('campaign_tag')})",
    campaign_cause="campaign is missing: no message tag campaign_id or campaign",
    message=f"coalesce({first_of('message')}, {first_of('message_tag')})",
    profile=first_of("profile"),
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN
            CASE finer
                WHEN 'MailboxFull' THEN 'Mailbox-Full'
                WHEN 'MessageTooLarge' THEN 'Too-Large'
                WHEN 'AttachmentRejected' THEN 'Prohibited-Attachment'
                WHEN 'ContentRejected' THEN 'Spam-Content'
                WHEN 'SpamDetected' THEN 'Spam-Content'
                WHEN 'NoEmail' THEN 'Invalid-Recipient'
                WHEN 'Suppressed' THEN finer
                WHEN 'OnAccountSuppressionList' THEN finer
                WHEN 'UnsubscribedRecipient' THEN finer
                WHEN 'CustomTimeoutExceeded' THEN 'Timeout'
                ELSE coalesce(nullif({_REASON}, 'Undetermined'),
                    CASE WHEN event_type = 'delay' THEN finer
                         WHEN verdict = 'Permanent' THEN 'Generic-Bounce'
                         WHEN verdict = 'Transient' THEN 'Soft-Bounce' ELSE 'Undetermined' END)
            END
            WHEN event_type = 'excluded' THEN complaint_finer
            WHEN event_type = 'error' THEN coalesce(rejection, kind) END""",
    bounce_type=f"""
        CASE verdict WHEN 'Permanent' THEN 'hard' WHEN 'Transient' THEN 'soft'
            ELSE {bounces.bounce_type(_REASON, "who[part].status", "who[part].reply")} END""",
    # another server than SES's own has reported it, and SES had no talk with the one refusing
    is_async="refuser IS NULL AND reporter IS NOT NULL AND NOT contains(reporter, 'amazonses')",
    status_code=bounces.status_code("who[part].status", "who[part].reply"),
    url="CASE WHEN event_type = 'click' THEN link END",
    test=first_of("test"),
    execution_id=first_of("execution"),
    variant=first_of("variant"),
    campaign_name=first_of("campaign_name"),
    message_name=first_of("message_name"),
)


class SimpleEmailService(EspFormat, name="ses"):
    """Events that Amazon SES publishes."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "time": (
            *("bounce.timestamp", "complaint.timestamp", "delivery.timestamp"),
            *("deliveryDelay.timestamp", "open.timestamp", "click.timestamp"),
            *("subscription.timestamp", "mail.timestamp"),
        ),
        "kind": ("eventType", "notificationType"),
        "envelope": ("Type",),
        "transmission": ("mail.messageId",),
        **notes("mail.tags"),
        "campaign_tag": ("mail.tags.campaign",),
        "message_tag": ("mail.tags.message",),
        "destination": ("mail.destination",),
        "recipients": ("delivery.recipients",),
        "bounced": ("bounce.bouncedRecipients",),
        "complained": ("complaint.complainedRecipients",),
        "delayed": ("deliveryDelay.delayedRecipients",),
        "verdict": ("bounce.bounceType",),
        "finer": ("bounce.bounceSubType", "deliveryDelay.delayType"),
        "complaint_finer": ("complaint.complaintSubType",),
        "feedback": ("complaint.complaintFeedbackType",),
        "reporter": ("bounce.reportingMTA",),
        "refuser": ("bounce.remoteMtaIp",),
        "rejection": ("reject.reason",),
        "link": ("click.link",),
        "client": ("open.ipAddress", "click.ipAddress"),
        "preferences": ("subscription.newTopicPreferences",),
        "old_preferences": ("subscription.oldTopicPreferences",),
    }
    names: ClassVar = (
        *("emailAddress", "diagnosticCode", "status", "unsubscribeAll"),
        *("topicSubscriptionStatus", "subscriptionStatus", "topicName"),
    )
    inside: ClassVar = ("Records", "body", "Sns", "Message", "detail")

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether a kind of event is next to its mail, or SNS has wrapped a message."""
        has_kind = "eventtype" in paths or "notificationtype" in paths
        return ("mail.messageid" in paths and has_kind) or any(
            set(paths) >= fields for fields in _OF_SNS
        )
