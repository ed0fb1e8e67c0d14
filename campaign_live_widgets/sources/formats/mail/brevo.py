"""Brevo: what its transactional and marketing webhooks post, one event each.

Names and values after Brevo's reference of transactional and marketing webhooks. ``ts_epoch`` is
in UTC whatever the time zone of the account; it is in milliseconds, in some of the reference's
examples in seconds. ``X-Mailin-custom`` is a header of the sender's own: JSON in it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, first_of, notes_in

if TYPE_CHECKING:
    from collections.abc import Collection

_KINDS: Final = """
    CASE lower(kind)
        WHEN 'request' THEN ['sent']
        WHEN 'sent' THEN ['sent']
        WHEN 'delivered' THEN ['delivered']
        WHEN 'deferred' THEN ['delay']
        WHEN 'hard_bounce' THEN ['bounce']
        WHEN 'soft_bounce' THEN ['bounce']
        WHEN 'invalid_email' THEN ['bounce']
        WHEN 'blocked' THEN ['bounce']
        WHEN 'error' THEN ['error']
        WHEN 'opened' THEN ['open']
        WHEN 'unique_opened' THEN ['open']
        WHEN 'proxy_open' THEN ['open']
        WHEN 'unique_proxy_open' THEN ['open']
        WHEN 'click' THEN ['click']
        WHEN 'spam' THEN ['spam_complaint']
        WHEN 'complaint' THEN ['spam_complaint']
        WHEN 'unsubscribed' THEN ['unsubscribe']
        WHEN 'unsubscribe' THEN ['unsubscribe']
        WHEN 'list_addition' THEN []
        WHEN 'listaddition' THEN []
        WHEN 'contact_updated' THEN []
        WHEN 'contactupdated' THEN []
        WHEN 'contact_deleted' THEN []
        WHEN 'contactdeleted' THEN []
    END"""
_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_MAPPING: Final = Mapping(
    prepared=f"*, {notes_in('custom')} FROM {{raw}}",
    kinds=_KINDS,
    kind_name="event",
    address="address",
    time="""CASE WHEN regexp_full_match(epoch, '[0-9]{12,14}')
                 THEN (epoch::BIGINT / 1000)::VARCHAR ELSE coalesce(epoch, seconds) END""",
    id="NULL::VARCHAR",
    # of a first opening there may be two events: they are of one time
    identity=("transmission", "own_campaign", "lower(address)", "seen_at", "link"),
    campaign=f"coalesce(noted_campaign, own_campaign, {first_of('tags')})",
    campaign_cause="campaign is missing: no campaign_id in X-Mailin-custom, no camp_id, no tag",
    message="coalesce(message, template)",
    campaign_name="coalesce(campaign_name, own_campaign_name)",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN CASE lower(kind)
                 WHEN 'blocked' THEN 'Suppressed'
                 WHEN 'invalid_email' THEN 'Invalid-Recipient'
                 ELSE {_REASON} END
             WHEN event_type = 'error' THEN lower(kind) END""",
    bounce_type="CASE lower(kind) WHEN 'soft_bounce' THEN 'soft' ELSE 'hard' END",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    is_machine="CASE WHEN contains(lower(kind), 'proxy') THEN true END",
    machine_reason="'vendor_event'",
    url="CASE WHEN event_type = 'click' THEN link END",
)


class Brevo(EspFormat, name="brevo"):
    """Events of Brevo's webhooks."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "epoch": ("ts_epoch",),
        "seconds": ("ts_event", "ts"),
        "kind": ("event",),
        "address": ("email",),
        "transmission": ("message-id",),
        "reply": ("reason",),
        "link": ("link", "URL"),
        "tags": ("tags", "tag"),
        "custom": ("X-Mailin-custom",),
        "own_campaign": ("camp_id",),
        "own_campaign_name": ("campaign name",),
        "template": ("template_id",),
    }
    inside: ClassVar = ()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event has the names of Brevo's for its times and its mail."""
        return (
            {"event", "email"} <= set(paths)
            and ("ts_event" in paths or "ts_epoch" in paths)
            and ("message-id" in paths or "camp_id" in paths)
        )
