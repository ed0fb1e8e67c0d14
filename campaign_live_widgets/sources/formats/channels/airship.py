"""Airship: the events of Real-Time Data Streaming, one a line.

Names and values after the reference of the Real-Time Data Streaming API. Feedback of e-mail and
text messages comes as custom events on their channels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats.channels.kinds import when
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, first_of
from campaign_live_widgets.sources.formats.sql import one_of, quoted

if TYPE_CHECKING:
    from collections.abc import Collection

_EMAIL: Final = {
    "delivery": ("delivered",),
    "delay": ("delay",),
    "bounce": ("bounce",),
    "out_of_band": ("bounce",),
    "open": ("open",),
    "click": ("click",),
    "spam_complaint": ("spam_complaint",),
    "unsubscribe": ("unsubscribe",),
    "list_unsubscribe": ("unsubscribe",),
    "link_unsubscribe": ("unsubscribe",),
}
_SMS: Final = {
    "delivered": ("delivered",),
    "failed": ("bounce",),
    "undeliverable": ("bounce",),
    "rejected": ("bounce",),
    "expired": ("bounce",),
}
_OTHER: Final = (
    *("CLOSE", "COMPLIANCE", "CONTACT_CHANGE", "CONTROL", "FIRST_OPEN", "FIRST_OPT_IN"),
    *("FIRST_SEEN", "LOCATION", "REGION", "MOBILE_ORIGINATED", "NAMED_USER", "PUSH_BODY"),
    *("SCREEN_VIEWED", "UNINSTALL", "LABEL_EVENT"),
)
_OTHER_STARTS: Final = (
    *("ATTRIBUTE", "FEATURE_FLAG", "IN_APP_", "RICH_", "SUBSCRIPTION", "TAG_", "WEB_"),
)
_KINDS: Final = f"""
    CASE
        WHEN kind = 'SEND' THEN ['sent']
        WHEN kind = 'SEND_REJECTED' THEN ['bounce']
        WHEN kind = 'SEND_ABORTED' THEN ['excluded']
        WHEN kind = 'OPEN' THEN CASE WHEN opened IS NULL THEN []::VARCHAR[] ELSE ['open'] END
        WHEN kind = 'SHORT_LINK_CLICK' THEN ['click']
        WHEN kind = 'IN_APP_MESSAGE_RESOLUTION' AND way IN ('BUTTON_CLICK', 'MESSAGE_CLICK')
            THEN ['click']
        WHEN kind = 'CUSTOM' AND channel_type = 'email' THEN CASE
            {when("word", _EMAIL)} ELSE []::VARCHAR[] END
        WHEN kind = 'CUSTOM' AND channel_type = 'sms' THEN CASE
            {when("word", _SMS)} ELSE []::VARCHAR[] END
        WHEN kind = 'CUSTOM' OR kind IN {one_of(_OTHER)}
            OR {" OR ".join(f"starts_with(kind, {quoted(start)})" for start in _OTHER_STARTS)}
            THEN []::VARCHAR[]
    END"""
_MAPPING: Final = Mapping(
    prepared=f"""
        *, CASE WHEN lower(device_type) IN ('email', 'sms') THEN lower(device_type)
                WHEN kind = 'SHORT_LINK_CLICK' THEN 'sms'
                WHEN kind = 'IN_APP_MESSAGE_RESOLUTION' THEN 'in_app' ELSE 'push' END
               AS channel_type,
           coalesce(pushed, opened) AS push, coalesce(own_group, opened_group) AS push_group,
           coalesce({first_of("categories")}, {first_of("opened_categories")}) AS category
        FROM {{raw}}""",
    kinds=_KINDS,
    kind_name="type",
    address="CASE WHEN contains(address, '@') THEN address END",
    channel="channel_type",
    platform="""
        CASE channel_type WHEN 'push' THEN coalesce(lower(device_type),
            CASE WHEN ios IS NOT NULL THEN 'ios' WHEN android IS NOT NULL THEN 'android'
                 WHEN amazon IS NOT NULL THEN 'amazon' WHEN web IS NOT NULL THEN 'web' END) END""",
    identity=("kind", "person", "seen_at", "push", "word"),
    campaign="coalesce(category, push_group, push)",
    campaign_cause="campaign is missing: no campaigns, no group_id, no push_id",
    message="coalesce(push_group, push)",
    profile="coalesce(person, ios, android, amazon, web)",
    execution_id="CASE WHEN push_group IS NOT NULL THEN push END",
    variant="coalesce(arm, opened_arm)",
    campaign_name="NULL::VARCHAR",
    message_name="NULL::VARCHAR",
    reason="""
        CASE WHEN event_type = 'bounce' AND channel_type = 'email' THEN 'Undetermined'
             WHEN event_type = 'bounce' AND channel_type = 'sms' THEN word
             WHEN event_type = 'excluded' THEN 'SEND_ABORTED'
             WHEN event_type = 'delay' THEN 'Undetermined'
             WHEN channel_type = 'in_app' THEN button END""",
    status_code="NULL::VARCHAR",
    bounce_type="CASE channel_type WHEN 'push' THEN 'hard' END",
    is_async="coalesce(word = 'out_of_band', false)",
    url="CASE WHEN event_type = 'click' THEN link END",
    test="NULL::VARCHAR",
)


class Airship(EspFormat, name="airship"):
    """Events of Airship's Real-Time Data Streaming."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("id",),
        "time": ("occurred",),
        "kind": ("type",),
        "person": ("device.named_user_id", "device.channel"),
        "device_type": ("device.device_type",),
        "address": ("device.delivery_address",),
        "ios": ("device.ios_channel",),
        "android": ("device.android_channel",),
        "amazon": ("device.amazon_channel",),
        "web": ("device.web_channel",),
        "pushed": ("body.push_id",),
        "own_group": ("body.group_id",),
        "arm": ("body.variant_id",),
        "opened": ("body.triggering_push.push_id",),
        "opened_group": ("body.triggering_push.group_id",),
        "opened_arm": ("body.triggering_push.variant_id",),
        "categories": ("body.campaigns.categories",),
        "opened_categories": ("body.triggering_push.campaigns.categories",),
        "word": ("body.name",),
        "way": ("body.type",),
        "button": ("body.button_id",),
        "link": ("body.url", "body.properties.url"),
    }
    inside: ClassVar = ()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event has an offset in Airship's stream."""
        return {"id", "type", "offset", "occurred"} <= set(paths)
