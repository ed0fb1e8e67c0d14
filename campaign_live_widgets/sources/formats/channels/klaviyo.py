"""Klaviyo: what its system webhooks post, and events with the names of their metrics.

Names and values after Klaviyo's guide to system webhooks, its events API and the properties of
its built-in metrics. A webhook posts a list of topics, each with an event of the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats.channels.kinds import when
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping
from campaign_live_widgets.sources.formats.sql import flag, one_of

if TYPE_CHECKING:
    from collections.abc import Collection

_EVENTS: Final = {
    # Klaviyo reports no sending
    "received_email": ("sent", "delivered"),
    "bounced_email": ("sent", "bounce"),
    "dropped_email": ("excluded",),
    "opened_email": ("open",),
    "clicked_email": ("click",),
    "marked_email_as_spam": ("spam_complaint",),
    "received_push": ("sent", "delivered"),
    "bounced_push": ("sent", "bounce"),
    "opened_push": ("open",),
    "sent_sms": ("sent",),
    "clicked_sms": ("click",),
    "failed_to_deliver_sms": ("bounce",),
}
_LEAVES: Final = (
    "unsubscribed_from_email_marketing",
    "unsubscribed",
    "unsubscribed_from_sms_marketing",
)
"""Topics that are about a message only if one has led to them."""
_OTHER: Final = (
    *("subscribed_to_email_marketing", "updated_email_preferences", "subscribed_to_list"),
    *("manually_suppressed_from_email_marketing", "manually_unsuppressed_from_email_marketing"),
    *("received_sms", "received_automated_response_sms", "subscribed_to_sms_marketing"),
    *("failed_to_deliver_automated_response_sms", "unsubscribed_from_list"),
    *("ready_to_review", "submitted_review", "submitted_rating"),
)
_KINDS: Final = f"""
    CASE
        {when("word", _EVENTS)}
        WHEN word IN {one_of(_LEAVES)} THEN
            CASE WHEN coalesce(flow, message) IS NULL THEN []::VARCHAR[] ELSE ['unsubscribe'] END
        WHEN word IN {one_of(_OTHER)} THEN []::VARCHAR[]
        WHEN starts_with(kind, 'event:') AND NOT starts_with(kind, 'event:klaviyo.')
            THEN []::VARCHAR[]
    END"""
_PRIVACY: Final = flag("privacy")
_MAPPING: Final = Mapping(
    prepared="*, replace(regexp_replace(lower(kind), '^event:klaviyo\\.', ''), ' ', '_') AS word "
    "FROM {raw}",
    kinds=_KINDS,
    kind_name="topic",
    address="address",
    domain="address_domain",
    channel="CASE WHEN contains(word, 'push') THEN 'push' WHEN contains(word, 'sms') THEN 'sms' "
    "ELSE 'email' END",
    platform="CASE WHEN contains(word, 'push') THEN lower(device) END",
    identity=("word", "person", "seen_at", "message", "link"),
    campaign="coalesce(flow, message)",
    campaign_cause="campaign is missing: no $flow, no $message",
    profile="person",
    execution_id="NULL::VARCHAR",
    campaign_name="CASE WHEN flow IS NULL THEN title END",
    message_name="title",
    reason="CASE WHEN event_type = 'bounce' THEN 'Undetermined' "
    "WHEN event_type = 'excluded' THEN 'Dropped' END",
    status_code="NULL::VARCHAR",
    bounce_type="CASE WHEN contains(lower(verdict), 'hard') THEN 'hard' "
    "WHEN contains(lower(verdict), 'soft') THEN 'soft' END",
    url="CASE WHEN event_type = 'click' THEN link END",
    test="NULL::VARCHAR",
    machine_reason=f"CASE WHEN {_PRIVACY} THEN 'apple_privacy' ELSE 'vendor_flag' END",
    is_machine=f"CASE event_type WHEN 'open' THEN coalesce({flag('machine')}, {_PRIVACY}) "
    f"WHEN 'click' THEN {flag('robot')} END",
)
_EVENT: Final = ("payload.data.", "payload.", "")
"""Where an event of the API may be."""


def _event(path: str) -> tuple[str, ...]:
    """Return the paths of a field of an event."""
    return tuple(place + path for place in _EVENT)


def _property(*names: str) -> tuple[str, ...]:
    """Return the paths of a property of an event."""
    places = tuple(f"{place}attributes.event_properties." for place in _EVENT)
    return tuple(place + name for name in names for place in (*places, "event_properties."))


class Klaviyo(EspFormat, name="klaviyo"):
    """Events of Klaviyo's system webhooks."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("external_id", *_event("id")),
        "kind": ("topic", "event_name"),
        "time": (*_event("attributes.datetime"), "datetime", *_event("attributes.timestamp")),
        "person": (*_event("relationships.profile.data.id"), "person.id"),
        "address": ("person.$email",),
        "address_domain": _property("Email Domain"),
        "flow": _property("$flow"),
        "message": _property("$message"),
        "variant": _property("$variation"),
        "title": _property("Campaign Name"),
        "verdict": _property("Bounce Type"),
        "link": _property("URL"),
        "device": _property("Platform"),
        "machine": _property("machine_open", "Machine Open"),
        "privacy": _property("Apple Privacy Open"),
        "robot": _property("Bot Click", "bot_click"),
    }
    inside: ClassVar = ("data",)

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether there is a topic with an event, or the properties of an event."""
        properties = ("attributes.event_properties.", "event_properties.")
        return any(path.startswith(properties) for path in paths) or (
            "topic" in paths and any(path.startswith("payload.") for path in paths)
        )
