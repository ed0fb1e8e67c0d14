"""Mailjet: what its Event API posts, one event or a list of them.

Names, values and errors after Mailjet's guide to webhooks. ``sent`` is a mail that the server of
the recipient has accepted, and there is no event before it: it implies that the mail was sent, and
so does a bounce, which are one event where both are posted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, notes_in
from campaign_live_widgets.sources.formats.sql import flag, one_of, quoted

if TYPE_CHECKING:
    from collections.abc import Collection

_UNWANTED: Final = (
    *("blacklisted", "spam reporter", "preblocked", "duplicate in campaign", "typofix"),
)
"""Errors of a blocked mail that Mailjet did not try to send to its recipient."""
_REASONS: Final = {
    "user unknown": "Invalid-Recipient",
    "mailbox inactive": "Invalid-Recipient",
    "quota exceeded": "Mailbox-Full",
    "invalid domain": "DNS-Failure",
    "no mail host": "DNS-Failure",
    "relay/access denied": "Relaying-Denied",
    "greylisted": "Transient-Failure",
    "sender blocked": "Mail-Block",
    "content blocked": "Spam-Content",
    "policy issue": "Mail-Block",
    "system issue": "Transient-Failure",
    "protocol issue": "Transient-Failure",
    "connection issue": "Transient-Failure",
}
_KINDS: Final = f"""
    CASE kind
        WHEN 'sent' THEN ['sent', 'delivered']
        WHEN 'bounce' THEN CASE WHEN lower(problem) = 'greylisted'
            AND NOT coalesce({flag("permanent")}, false) THEN ['delay'] ELSE ['sent', 'bounce'] END
        WHEN 'blocked' THEN CASE WHEN lower(problem) IN {one_of(_UNWANTED)} THEN ['excluded']
                                 ELSE ['error'] END
        WHEN 'open' THEN ['open']
        WHEN 'click' THEN ['click']
        WHEN 'spam' THEN ['spam_complaint']
        WHEN 'unsub' THEN ['unsubscribe']
    END"""
_FOUND: Final = bounces.reason("NULL::VARCHAR", "reply")
_BRANCHES: Final = " ".join(f"WHEN {quoted(e)} THEN {quoted(r)}" for e, r in _REASONS.items())
_REASON: Final = f"CASE lower(problem) {_BRANCHES} ELSE {_FOUND} END"
_MAPPING: Final = Mapping(
    prepared=f"*, {notes_in('payload')} FROM {{raw}}",
    kinds=_KINDS,
    kind_name="event",
    address="address",
    id="NULL::VARCHAR",
    identity=(
        *("transmission", "lower(address)"),
        *(f"CASE WHEN event_type <> 'sent' THEN {f} END" for f in ("seen_at", "link", "client")),
    ),
    campaign="coalesce(noted_campaign, custom_campaign, nullif(own_campaign, '0'))",
    campaign_cause="campaign is missing: no campaign_id in Payload, no campaign",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN {_REASON}
             WHEN event_type IN ('excluded', 'error') THEN
                 CASE WHEN lower(problem) IN {one_of((*_UNWANTED, *_REASONS))}
                      THEN lower(problem) ELSE kind END END""",
    bounce_type=f"""
        CASE {flag("permanent")} WHEN true THEN 'hard' WHEN false THEN 'soft'
             ELSE {bounces.bounce_type(_REASON, "NULL::VARCHAR", "reply")} END""",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    url="CASE WHEN event_type = 'click' THEN link END",
)


class Mailjet(EspFormat, name="mailjet"):
    """Events of Mailjet's Event API."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "time": ("time",),
        "kind": ("event",),
        "address": ("email",),
        "transmission": ("MessageID", "Message_GUID"),
        "problem": ("error",),
        "permanent": ("hard_bounce",),
        "reply": ("comment",),
        "link": ("url",),
        "client": ("ip",),
        "payload": ("Payload",),
        "custom_campaign": ("customcampaign",),
        "own_campaign": ("mj_campaign_id",),
    }
    inside: ClassVar = ()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event has a field that only Mailjet has."""
        return {"event", "time", "email"} <= set(paths) and (
            "mj_campaign_id" in paths or "mj_contact_id" in paths or "message_guid" in paths
        )
