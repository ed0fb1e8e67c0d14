"""OneSignal: what its event streams post, and the message events in a data warehouse.

Names and values after the reference of event stream data. The body of an event stream is the
sender's own: it has the fields by their names, nested or with dots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.channels.kinds import when
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping

if TYPE_CHECKING:
    from collections.abc import Collection

_EVENTS: Final = {
    "push.sent": ("sent",),
    "push.received": ("delivered",),
    "push.clicked": ("open",),
    "push.failed": ("error",),
    "push.unsubscribed": ("unsubscribe",),
    "email.sent": ("sent",),
    "email.received": ("delivered",),
    "email.opened": ("open",),
    "email.clicked": ("click",),
    "email.unsubscribed": ("unsubscribe",),
    "email.reported_as_spam": ("spam_complaint",),
    "email.bounced": ("bounce",),
    "email.failed": ("error",),
    "email.suppressed": ("excluded",),
    "sms.sent": ("sent",),
    "sms.delivered": ("delivered",),
    "sms.failed": ("error",),
    "sms.undelivered": ("bounce",),
    "iam.clicked": ("click",),
    "iam.impression": (),
    "iam.page_displayed": (),
}
_KINDS: Final = f"""
    CASE {when("kind", _EVENTS, "message.")}
         WHEN starts_with(kind, 'message.')
             AND split_part(kind, '.', 2) NOT IN ('push', 'email', 'sms', 'iam') THEN []::VARCHAR[]
    END"""
_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="event.kind",
    address="CASE WHEN contains(address, '@') THEN address END",
    channel="CASE split_part(kind, '.', 2) WHEN 'iam' THEN 'in_app' "
    "ELSE split_part(kind, '.', 2) END",
    platform="""
        CASE WHEN starts_with(kind, 'message.push.') THEN
             CASE WHEN regexp_matches(lower(device), 'chrome|firefox|safari|edge|web') THEN 'web'
                  ELSE lower(device) END END""",
    identity=("kind", "own_message", "person", "seen_at"),
    campaign="coalesce(noted_campaign, template, own_message)",
    campaign_cause="campaign is missing: no message.id, no message.template_id, no campaign_id",
    message="NULL::VARCHAR",
    profile="person",
    # a message of a template is one of many
    execution_id="CASE WHEN coalesce(noted_campaign, template) IS NOT NULL THEN own_message END",
    campaign_name="title",
    message_name="NULL::VARCHAR",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'error') AND starts_with(kind, 'message.email.')
                  THEN {_REASON}
             WHEN event_type = 'error' THEN coalesce(
                  CASE WHEN regexp_full_match(reply, '[A-Za-z0-9 _.-]{{1,60}}') THEN reply END,
                  'failed')
             WHEN event_type = 'excluded' THEN 'Suppressed'
             WHEN starts_with(kind, 'message.iam.') THEN target END""",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    bounce_type="CASE WHEN starts_with(kind, 'message.email.') THEN 'hard' END",
    url="NULL::VARCHAR",
)


class OneSignal(EspFormat, name="onesignal"):
    """Events of OneSignal's event streams."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("event.id", "event_id"),
        "kind": ("event.kind", "event_kind"),
        "time": ("event.datetime", "event.timestamp", "event_timestamp"),
        "device": ("event.subscription_device_type", "subscription_device_type"),
        "person": (
            *("event.external_id", "external_id", "event.onesignal_id", "onesignal_id"),
            *("event.subscription_id", "subscription_id"),
        ),
        "address": ("user.subscription.subscription_token",),
        "own_message": ("message.id", "message_id"),
        "template": ("message.template_id", "template_id"),
        "title": ("message.name", "message_name"),
        "reply": ("event.data.failure_reason", "failure_reason"),
        "target": ("event.data.target_name", "event.data.target_id"),
        "noted_campaign": ("campaign_id",),
        "variant": ("variant",),
        "test": ("is_test",),
    }

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether there is the kind of an event, and OneSignal's ids of the person."""
        return ("event.kind" in paths or "event_kind" in paths) and any(
            name in paths
            for path in ("onesignal_id", "subscription_id", "subscription_device_type")
            for name in (path, f"event.{path}")
        )
