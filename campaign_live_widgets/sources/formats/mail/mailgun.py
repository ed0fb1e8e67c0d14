"""Mailgun: what its webhooks post and its events API lists.

Names and values after Mailgun's reference of event types and their structure. A webhook puts
the event beside its signature, the API into a page of items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, first_of, notes
from campaign_live_widgets.sources.formats.sql import flag

if TYPE_CHECKING:
    from collections.abc import Collection

_MARKS: Final = ("delivery-status.", "client-info.", "envelope.", "flags.", "user-variables.")
_KINDS: Final = f"""
    CASE WHEN {flag("routed")} THEN []::VARCHAR[] ELSE CASE kind
        WHEN 'accepted' THEN ['sent']
        WHEN 'delivered' THEN ['delivered']
        WHEN 'failed' THEN CASE severity WHEN 'temporary' THEN ['delay'] ELSE ['bounce'] END
        WHEN 'rejected' THEN ['error']
        WHEN 'opened' THEN ['open']
        WHEN 'clicked' THEN ['click']
        WHEN 'complained' THEN ['spam_complaint']
        WHEN 'unsubscribed' THEN ['unsubscribe']
        WHEN 'stored' THEN []
        WHEN 'email_validation' THEN []
        ELSE CASE WHEN starts_with(kind, 'list_') THEN [] END
    END END"""
_CAMPAIGN: Final = """
    CASE WHEN json_valid(campaigns) THEN
        coalesce(nullif(campaigns::JSON->>'$[0].id', ''), nullif(campaigns::JSON->>'$[0].name', ''))
    END"""


_WRITTEN_TO: Final = """
    CASE WHEN contains(regexp_replace(written_to, '"[^"]*"', '', 'g'), ',')
         THEN replace(written_to, '@', ' at ') ELSE written_to END"""
"""To whom a mail was written that Mailgun rejected: it names no recipient. Of several addresses
none has a domain."""
_REASON: Final = bounces.reason("status", "reply")
_TYPE: Final = bounces.bounce_type(_REASON, "status", "reply")
_MAPPING: Final = Mapping(
    prepared="*, concat_ws(' ', basic, details) AS reply FROM {raw}",
    kinds=_KINDS,
    kind_name="event",
    address=f"coalesce(address, {_WRITTEN_TO})",
    domain="address_domain",
    id="own_id || ':' || time",  # an id is unique within a day
    identity=("transmission", "kind", "lower(address)", "seen_at", "link", "why"),
    campaign=f"coalesce(noted_campaign, {_CAMPAIGN}, {first_of('tags')})",
    campaign_cause="campaign is missing: no user variable campaign_id, no campaign, no tag",
    message="coalesce(message, template)",
    reason=f"""CASE WHEN event_type IN ('bounce', 'delay') THEN
                        CASE WHEN starts_with(why, 'suppress-') THEN why ELSE {_REASON} END
                    WHEN event_type = 'error' THEN why END""",
    bounce_type=f"""
        CASE WHEN lower(verdict) IN ('hard', 'soft') THEN lower(verdict)
             WHEN starts_with(why, 'suppress-') THEN 'hard'
             WHEN why = 'old' THEN 'soft'
             ELSE coalesce({_TYPE}, 'hard') END""",
    is_async=f"coalesce({flag('late')}, false)",
    url="CASE WHEN event_type = 'click' THEN link END",
    test=f"CASE WHEN {flag('test_mode')} THEN 'true' ELSE test END",
    status_code=bounces.status_code("status", "reply"),
    # what kind of robot it was: empty where it was none
    is_machine="""robot IS NOT NULL OR CASE WHEN json_valid(client)
        THEN CASE WHEN client::JSON->>'$.bot' IS NOT NULL THEN false END END""",
    machine_reason="""CASE robot WHEN 'apple' THEN 'apple_privacy' WHEN 'gmail' THEN 'prefetch'
                                 ELSE 'vendor_flag' END""",
)


class Mailgun(EspFormat, name="mailgun"):
    """Events of Mailgun's webhooks and events API."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "own_id": ("id",),
        "time": ("timestamp",),
        "kind": ("event",),
        "address": ("recipient",),
        "written_to": ("message.headers.to",),
        "address_domain": ("recipient-domain",),
        "severity": ("severity",),
        "why": ("reason", "reject.reason"),
        "verdict": ("delivery-status.bounce-type",),
        "status": ("delivery-status.bounce-code", "delivery-status.enhanced-code"),
        "basic": ("delivery-status.code",),
        "details": ("delivery-status.message", "delivery-status.description", "reject.description"),
        "late": ("flags.is-delayed-bounce",),
        "routed": ("flags.is-routed",),
        "test_mode": ("flags.is-test-mode",),
        "robot": ("client-info.bot",),
        "client": ("client-info",),
        "link": ("url",),
        **notes("user-variables"),
        "campaigns": ("campaigns",),
        "tags": ("tags",),
        "template": ("template.name",),
        "transmission": ("message.headers.message-id",),
    }
    inside: ClassVar = ("items", "event-data")

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event has a field, or a recipient and fields, as only Mailgun has."""
        return "event" in paths and (
            "log-level" in paths
            or "recipient-domain" in paths
            or ("recipient" in paths and any(path.startswith(_MARKS) for path in paths))
        )
