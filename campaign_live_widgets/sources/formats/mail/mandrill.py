"""Mandrill (Mailchimp Transactional): what its webhooks post, a list of events.

Names and values after Mailchimp's reference of transactional webhooks. A bounce implies that the
mail was sent; where ``send`` is posted as well, the two are one event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, first_of, notes
from campaign_live_widgets.sources.formats.sql import one_of

if TYPE_CHECKING:
    from collections.abc import Collection

_FAULTS: Final = ("invalid-sender", "test-mode-limit", "unsigned", "rule")
"""Why a mail was rejected because of what was sent, not of its recipient."""
_KINDS: Final = f"""
    CASE kind
        WHEN 'send' THEN ['sent']
        WHEN 'delivered' THEN ['delivered']
        WHEN 'deferral' THEN ['delay']
        WHEN 'hard_bounce' THEN ['sent', 'bounce']
        WHEN 'soft_bounce' THEN ['sent', 'bounce']
        WHEN 'reject' THEN CASE WHEN rejection IN {one_of(_FAULTS)} THEN ['error']
                                ELSE ['excluded'] END
        WHEN 'open' THEN ['open']
        WHEN 'click' THEN ['click']
        WHEN 'spam' THEN ['spam_complaint']
        WHEN 'unsub' THEN ['unsubscribe']
        WHEN 'inbound' THEN []
        WHEN 'blacklist' THEN []
        WHEN 'whitelist' THEN []
    END"""
_LAST_TRY: Final = """
    CASE WHEN json_valid(tries) THEN tries::JSON->>'$[#-1].diag' END"""
_REASON: Final = bounces.reason("NULL::VARCHAR", "reply")
_MAPPING: Final = Mapping(
    prepared=f"""* REPLACE (CASE WHEN kind = 'deferral' THEN coalesce({_LAST_TRY}, reply)
                                ELSE coalesce(reply, replace(summary, '_', ' ')) END AS reply)
                FROM {{raw}}""",
    kinds=_KINDS,
    kind_name="event",
    address="address",
    id="NULL::VARCHAR",
    identity=(
        *("transmission", "lower(address)"),
        *(f"CASE WHEN event_type <> 'sent' THEN {f} END" for f in ("seen_at", "link", "client")),
    ),
    campaign=f"coalesce(noted_campaign, {first_of('tags')})",
    campaign_cause="campaign is missing: no metadata campaign_id, no tag",
    message="coalesce(message, template)",
    reason=f"""
        CASE WHEN event_type IN ('bounce', 'delay') THEN {_REASON}
             WHEN event_type IN ('excluded', 'error') THEN coalesce(rejection, kind) END""",
    bounce_type="CASE kind WHEN 'hard_bounce' THEN 'hard' ELSE 'soft' END",
    status_code=bounces.status_code("NULL::VARCHAR", "reply"),
    url="CASE WHEN event_type = 'click' THEN link END",
)


class Mandrill(EspFormat, name="mandrill"):
    """Events of Mandrill's webhooks."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "time": ("ts",),
        "kind": ("event", "type"),
        "address": ("msg.email", "reject.email"),
        "transmission": ("_id", "msg._id"),
        "reply": ("msg.diag",),
        "summary": ("msg.bounce_description",),
        "tries": ("msg.smtp_events",),
        "rejection": ("msg.reject.reason", "reject.reason"),
        "link": ("url",),
        "client": ("ip",),
        "tags": ("msg.tags",),
        "template": ("msg.template",),
        **notes("msg.metadata"),
    }
    inside: ClassVar = ("mandrill_events",)

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether an event is beside its mail, or a change of a list beside its entry."""
        return {"event", "ts", "msg.email"} <= set(paths) or {
            *("type", "action", "reject.email")
        } <= set(paths)
