"""SparkPost: what its webhooks post, and what its events API lists.

Names and values after SparkPost's reference of events and bounce classification codes, which
Journey Optimizer's reasons come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, first_of, notes
from campaign_live_widgets.sources.formats.sql import flag, one_of, quoted

if TYPE_CHECKING:
    from collections.abc import Collection

_CLASSES: Final = {
    "10": "Invalid-Recipient",
    "20": "Soft-Bounce",
    "21": "DNS-Failure",
    "22": "Mailbox-Full",
    "23": "Too-Large",
    "24": "Timeout",
    "25": "Admin-Failure",
    "26": "Admin-Failure",
    "30": "Generic-Bounce-No-RCPT",
    "40": "Generic-Bounce",
    "50": "Mail-Block",
    "51": "Spam-Block",
    "52": "Spam-Content",
    "53": "Prohibited-Attachment",
    "54": "Relaying-Denied",
    "60": "Auto-Reply",
    "70": "Transient-Failure",
    "100": "Challenge-Response",
}
_HARD: Final = ("10", "30", "90")
_SOFT: Final = ("20", "21", "22", "23", "24", "40", "50", "51", "52", "53", "54", "70")
_IGNORED: Final = ("25", "26", "60", "80", "100")
"""Classes that are unrelated to the address: policies of the sender, automatic replies."""
_KINDS: Final = """
    CASE
        WHEN kind = 'injection' THEN ['sent']
        WHEN kind = 'delivery' THEN ['delivered']
        WHEN kind IN ('bounce', 'out_of_band') THEN ['bounce']
        WHEN kind = 'delay' THEN ['delay']
        WHEN kind IN ('policy_rejection', 'generation_failure', 'generation_rejection') THEN
            CASE WHEN contains(lower(reply), 'suppress') THEN ['excluded'] ELSE ['error'] END
        WHEN kind = 'spam_complaint' THEN ['spam_complaint']
        WHEN kind IN ('list_unsubscribe', 'link_unsubscribe') THEN ['unsubscribe']
        WHEN kind IN ('open', 'amp_open') THEN ['open']
        WHEN kind IN ('click', 'amp_click') THEN ['click']
        WHEN kind IN ('initial_open', 'amp_initial_open', 'sms_status', 'success', 'error')
            OR starts_with(kind, 'relay_') OR starts_with(kind, 'ab_test_') THEN []
    END"""


_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="type",
    address="address",
    domain="address_domain",
    identity=("transmission", "kind", "lower(address)", "seen_at", "link", "reply"),
    campaign=f"coalesce(noted_campaign, own_campaign, {first_of('tags')})",
    campaign_cause="campaign is missing: no metadata campaign_id, no campaign, no tag",
    # content without its own template gets a new name each time
    message="coalesce(message, CASE WHEN "
    "NOT regexp_full_match(template, '(smtp|template)_[0-9]+') THEN template END)",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN CASE
            WHEN {bounces.is_greylisted("reply")} THEN 'Transient-Failure'
            ELSE CASE verdict
            {" ".join(f"WHEN {quoted(c)} THEN {quoted(r)}" for c, r in _CLASSES.items())}
            ELSE {_REASON} END END
            WHEN event_type = 'excluded' THEN 'Suppressed'
            WHEN event_type = 'error' THEN kind END""",
    bounce_type=f"""
        CASE WHEN verdict IN {one_of(_HARD)} THEN 'hard'
             WHEN verdict IN {one_of(_SOFT)} THEN 'soft'
             WHEN verdict IN {one_of(_IGNORED)} THEN 'ignored'
             ELSE {bounces.bounce_type(_REASON, "NULL::VARCHAR", "reply")} END""",
    is_async="kind = 'out_of_band'",
    url="CASE WHEN event_type = 'click' THEN link END",
    status_code=bounces.status_code("error_code", "reply"),
    is_machine=f"CASE WHEN event_type = 'open' THEN {flag('fetched')} END",
    machine_reason="'prefetch'",
)


class SparkPost(EspFormat, name="sparkpost"):
    """Events of SparkPost's webhooks and events API."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "id": ("event_id",),
        "time": ("timestamp",),
        "kind": ("type",),
        "address": ("raw_rcpt_to", "rcpt_to"),
        "address_domain": ("recipient_domain",),
        "transmission": ("message_id", "transmission_id"),
        "verdict": ("bounce_class",),
        "reply": ("raw_reason", "reason"),
        "error_code": ("error_code",),
        "link": ("target_link_url",),
        "own_campaign": ("campaign_id",),
        "template": ("template_id",),
        **notes("rcpt_meta"),
        "tags": ("rcpt_tags",),
        "fetched": ("user_agent_parsed.is_prefetched",),
    }
    inside: ClassVar = ("results", "msys.*")

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event has the names of SparkPost's for its recipient."""
        return {"type", "event_id", "timestamp"} <= set(paths) and (
            "rcpt_to" in paths or "raw_rcpt_to" in paths
        )
