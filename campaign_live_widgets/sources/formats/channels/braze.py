"""Braze: the events of Currents, in Avro files of a bucket or posted as JSON.

Names and values after Braze's glossary of message engagement events. A file in a bucket has the
fields of an event side by side, and its type in the name of the folder (``event_type=…``); the
custom HTTP connector posts a list of ``events`` with nested fields.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.channels.kinds import when
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, either
from campaign_live_widgets.sources.formats.sql import flag, quoted

if TYPE_CHECKING:
    from collections.abc import Collection

_MESSAGES: Final = "users.messages."
_CHANNELS: Final = {
    "email": "email",
    "pushnotification": "push",
    "sms": "sms",
    "inappmessage": "in_app",
}
"""Braze's name of a channel → ours. Other channels carry no event."""
_EVENTS: Final = {
    "email.Send": ("sent",),
    "email.Delivery": ("delivered",),
    "email.Bounce": ("bounce",),
    "email.SoftBounce": ("bounce",),
    "email.Deferral": ("delay",),
    "email.Open": ("open",),
    "email.Click": ("click",),
    "email.MarkAsSpam": ("spam_complaint",),
    "email.Unsubscribe": ("unsubscribe",),
    "email.Abort": ("excluded",),
    "email.Retry": (),
    # Braze's deliveries of a push are its sends without its bounces
    "pushnotification.Send": ("sent", "delivered"),
    "pushnotification.Bounce": ("bounce",),
    "pushnotification.Abort": ("excluded",),
    "pushnotification.IosForeground": (),
    "pushnotification.InfluencedOpen": (),
    "pushnotification.Retry": (),
    "sms.Send": ("sent",),
    "sms.CarrierSend": (),
    "sms.Delivery": ("delivered",),
    "sms.DeliveryFailure": ("error",),
    "sms.Rejection": ("bounce",),
    "sms.ShortLinkClick": ("click",),
    "sms.Abort": ("excluded",),
    "sms.InboundReceive": (),
    "sms.Retry": (),
    "inappmessage.Click": ("click",),
    "inappmessage.Impression": (),
    "inappmessage.Abort": (),
}
_OTHER_CHANNELS: Final = (
    f"starts_with(kind, 'users.') AND NOT (starts_with(kind, {quoted(_MESSAGES)}) AND "
    f"split_part(kind, '.', 3) IN ({', '.join(map(quoted, _CHANNELS))}))"
)
_KINDS: Final = f"""
    CASE
        WHEN kind = '{_MESSAGES}pushnotification.Open' THEN
            CASE WHEN button IS NULL THEN ['open'] ELSE ['action'] END
        {when("kind", _EVENTS, _MESSAGES)}
        WHEN {_OTHER_CHANNELS} THEN []::VARCHAR[]
    END"""
_CHANNEL: Final = (
    "CASE split_part(kind, '.', 3) "
    + " ".join(f"WHEN {quoted(theirs)} THEN {quoted(ours)}" for theirs, ours in _CHANNELS.items())
    + " END"
)
_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="event_type",
    address="address",
    domain="address_domain",
    channel=_CHANNEL,
    platform="CASE WHEN contains(kind, '.pushnotification.') THEN lower(device) END",
    identity=("kind", "braze_user", "seen_at", "campaign", "canvas", "step", "link"),
    campaign="coalesce(campaign, canvas)",
    campaign_cause="campaign is missing: no campaign_id, no canvas_id",
    message="CASE WHEN campaign IS NULL THEN step END",
    profile="coalesce(braze_user, own_user)",
    # the dispatches of a Canvas step differ for each person
    execution_id="CASE WHEN campaign IS NOT NULL THEN coalesce(send, dispatch) END",
    variant="CASE WHEN campaign IS NULL THEN coalesce(step_variation, canvas_variation) "
    "ELSE variation END",
    campaign_name="CASE WHEN campaign IS NULL THEN canvas_name ELSE campaign_name END",
    message_name="CASE WHEN campaign IS NULL THEN step_name END",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN
                  CASE WHEN contains(kind, '.email.') THEN {_REASON} ELSE failure END
             WHEN event_type = 'error' THEN coalesce(failure, 'DeliveryFailure')
             WHEN event_type = 'excluded' THEN coalesce(abort, 'Abort')
             WHEN event_type = 'action' OR contains(kind, '.inappmessage.') THEN button END""",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    bounce_type="CASE WHEN ends_with(kind, 'SoftBounce') THEN 'soft' ELSE 'hard' END",
    is_async="contains(kind, '.pushnotification.')",
    url="CASE WHEN event_type = 'click' THEN link END",
    test="NULL::VARCHAR",
    machine_reason="'vendor_flag'",
    is_machine=f"CASE event_type WHEN 'open' THEN {flag('machine')} "
    f"WHEN 'click' THEN {flag('robot')} END",
)


_either = partial(either, "properties")
"""Returns the paths of a field: in what is posted, and in a file."""


class Braze(EspFormat, name="braze"):
    """Events of Braze's Currents."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("id",),
        "time": ("time",),
        "kind": ("event_type",),
        "braze_user": ("user.user_id", "user_id"),
        "own_user": ("user.external_user_id", "external_user_id"),
        "address": _either("email_address"),
        "address_domain": _either("recipient_domain"),
        "device": _either("platform"),
        "campaign": _either("campaign_id"),
        "campaign_name": _either("campaign_name"),
        "variation": _either("message_variation_id"),
        "canvas": _either("canvas_id"),
        "canvas_name": _either("canvas_name"),
        "canvas_variation": _either("canvas_variation_id"),
        "step": _either("canvas_step_id"),
        "step_name": _either("canvas_step_name"),
        "step_variation": _either("canvas_step_message_variation_id"),
        "send": _either("send_id"),
        "dispatch": _either("dispatch_id"),
        "reply": _either("bounce_reason", "deferral_reason"),
        "failure": _either("provider_error_code", "provider_error_title"),
        "abort": _either("abort_type"),
        "button": _either("button_string", "button_id"),
        "machine": _either("machine_open"),
        "robot": _either("is_suspected_bot_click"),
        "link": _either("url"),
    }
    inside: ClassVar = ("events",)

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event has Braze's user, and the fields that each of its events has."""
        names = {path.removeprefix("properties.").removeprefix("user.") for path in paths}
        return {"id", "time", "user_id"} <= names and (
            "properties.app_group_id" in paths
            or not names.isdisjoint(("dispatch_id", "app_group_id", "canvas_step_id"))
            or {"external_user_id", "timezone"} <= names
        )
