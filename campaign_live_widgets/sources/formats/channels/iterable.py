"""Iterable: what its system webhooks post.

Names and values after Iterable's page on system webhooks. An event has a name and
``dataFields``. A data export has the fields alone; its data type is then the name.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.channels.kinds import when
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, either
from campaign_live_widgets.sources.formats.sql import flag, one_of, quoted

if TYPE_CHECKING:
    from collections.abc import Collection

_EVENTS: Final = {
    # Iterable's deliveries are its sends without its bounces
    "emailSend": ("sent", "delivered"),
    "emailBounce": ("bounce",),
    "emailOpen": ("open",),
    "emailClick": ("click",),
    "emailComplaint": ("spam_complaint",),
    "emailUnSubscribe": ("unsubscribe",),
    "emailUnsubscribe": ("unsubscribe",),
    "emailSendSkip": ("excluded",),
    "emailSubscribe": (),
    "hostedUnsubscribeClick": (),
    "pushSend": ("sent", "delivered"),
    "pushBounce": ("bounce",),
    "pushOpen": ("open",),
    "pushSendSkip": ("excluded",),
    "pushUninstall": (),
    "webPushSend": ("sent", "delivered"),
    "webPushClick": ("open",),
    "webPushSendSkip": ("excluded",),
    "smsSend": ("sent",),
    "smsBounce": ("bounce",),
    "smsClick": ("click",),
    "smsSendSkip": ("excluded",),
    "smsReceived": (),
    "inAppClick": ("click",),
}
_OTHER: Final = ("inApp", "inbox", "embedded", "whatsApp", "journey")
"""How the names of events start that have no place in a report."""
_OTHER_NAMES: Final = ("purchase", "customEvent", "user", "smsUsageInfo")
_KINDS: Final = f"""
    CASE {when("kind", _EVENTS)}
         WHEN kind IN {one_of(_OTHER_NAMES)}
             OR {" OR ".join(f"starts_with(kind, {quoted(start)})" for start in _OTHER)}
             THEN []::VARCHAR[]
    END"""
_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="eventName",
    address="address",
    channel="""
        CASE WHEN starts_with(kind, 'email') THEN 'email' WHEN starts_with(kind, 'sms') THEN 'sms'
             WHEN starts_with(kind, 'inApp') THEN 'in_app' ELSE 'push' END""",
    platform="CASE WHEN starts_with(kind, 'webPush') THEN 'web' END",
    time=r"regexp_replace(time, ' ([+-][0-9:]+)$', '\1')",
    id="NULL::VARCHAR",
    identity=("kind", "transmission", "lower(address)", "user", "seen_at", "campaign", "link"),
    campaign="campaign",
    campaign_cause="campaign is missing: no campaignId",
    message="NULL::VARCHAR",
    profile="user",
    execution_id="NULL::VARCHAR",
    variant="CASE WHEN experiment IS NOT NULL THEN template END",
    message_name="NULL::VARCHAR",
    reason=f"""
        CASE WHEN event_type = 'bounce' THEN
                  CASE WHEN starts_with(kind, 'email') THEN {_REASON} END
             WHEN event_type = 'excluded' THEN why END""",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    bounce_type=f"""
        CASE WHEN contains(lower(verdict), 'hard') THEN 'hard'
             WHEN contains(lower(verdict), 'soft') THEN 'soft'
             WHEN starts_with(kind, 'push') THEN 'hard'
             ELSE {bounces.bounce_type(_REASON, "NULL::VARCHAR", "reply")} END""",
    is_async="NOT starts_with(kind, 'sms')",
    url="CASE WHEN event_type = 'click' THEN link END",
    test="NULL::VARCHAR",
    machine_reason="'vendor_flag'",
    is_machine=f"CASE WHEN event_type IN ('open', 'click') THEN {flag('robot')} END",
)


_either = partial(either, "dataFields")
"""Returns the paths of a field: in what is posted, and in a file."""


class IterableWebhooks(EspFormat, name="iterable"):
    """Events of Iterable's system webhooks."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "kind": ("eventName",),
        "time": _either("createdAt"),
        "address": ("email", "dataFields.email"),
        "user": ("userId", "dataFields.userId"),
        "campaign": _either("campaignId"),
        "campaign_name": _either("campaignName"),
        "template": _either("templateId"),
        "experiment": _either("experimentId"),
        "transmission": _either("messageId"),
        "link": _either("url", "clickedUrl"),
        "verdict": _either("recipientState"),
        "reply": _either("bounceMessage"),
        "why": _either("reason"),
        "robot": _either("isBot"),
    }
    inside: ClassVar = ()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether there are a name of an event and Iterable's data fields."""
        return "eventname" in paths and (
            any(path.startswith("datafields.") for path in paths)
            or {"createdat", "campaignid"} <= set(paths)
        )
