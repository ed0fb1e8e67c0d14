"""Generated events as SendGrid's Event Webhook reports them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

SENDGRID_KINDS: Final = (
    ("processed",) * 10
    + ("delivered",) * 8
    + ("bounce",) * 4
    + ("open",) * 5
    + ("click",) * 3
    + ("dropped", "dropped", "deferred", "deferred")
    + ("spamreport", "unsubscribe", "group_unsubscribe", "group_resubscribe")
)
SENDGRID_SAME: Final = {
    "processed": "sent",
    "delivered": "delivered",
    "click": "click",
    "spamreport": "spam_complaint",
    "unsubscribe": "unsubscribe",
    "group_unsubscribe": "unsubscribe",
}
SENDGRID_DROPS: Final = (
    ("Unsubscribed Address", "excluded"),
    ("Bounced Address", "excluded"),
    ("Spam Content", "error"),
    ("Invalid SMTPAPI header", "error"),
)


def sendgrid(rng: random.Random, f: Facts) -> Made:
    """Return an event of SendGrid's webhook."""
    kind = rng.choice(SENDGRID_KINDS)
    raw: Row = {
        "email": f.address,
        "timestamp": int(f.at.timestamp()),
        "event": kind,
        "smtp-id": f"<{f.number}@mail.example.com>",
        "sg_event_id": f"sg-event-{f.number}",
        "sg_message_id": f"sg-message-{f.number}.recvd-0",
    }
    name = f"Sale of {f.at:%d %H:%M:%S}" if rng.random() < 0.3 else None
    raw |= rng.choice(
        (
            {"marketing_campaign_id": f.campaign, "marketing_campaign_name": name},
            {"campaign_id": f.campaign, "category": ["newsletter"], "campaign_name": name},
            {"category": f.campaign, "singlesend_name": name},
            {"category": [f.campaign, "newsletter"], "singlesend_name": name},
        )
    )
    raw |= f.noted() if rng.random() < 0.8 else {"unique_args": f.noted()}
    more: Row = {"campaign_name": name}
    if kind in SENDGRID_SAME:
        if kind == "click":
            raw["url"] = more["url"] = f.url
        return Made(raw, [f.event(SENDGRID_SAME[kind], **more)])
    if kind == "group_resubscribe":
        return Made(raw | {"asm_group_id": 7}, [])
    if kind == "open":
        machine = rng.choice((True, False, None))
        seen = {} if machine is None else {"sg_machine_open": machine}
        how = {"is_machine": machine, "machine_reason": "apple_privacy" if machine else None}
        return Made(raw | seen, [f.event("open", **how, **more)])
    if kind == "dropped":
        reason, means = rng.choice(SENDGRID_DROPS)
        return Made(raw | {"reason": reason}, [f.event(means, reason=reason, **more)])
    if kind == "deferred":
        raw |= {"response": f.reply.text, "attempt": "3"}
        return Made(raw, [f.delay(**more)])
    return _sendgrid_bounce(rng, f, raw, more)


def _sendgrid_bounce(rng: random.Random, f: Facts, raw: Row, more: Row) -> Made:
    verdict = rng.choice(("bounce", "blocked", "expired", None))
    types = {"bounce": "hard", "blocked": "soft", "expired": "soft", None: f.reply.kind}
    raw |= {"reason": f.reply.text, "status": f.reply.code}
    if verdict:
        raw["type"] = verdict
    late = rng.random() < 0.3
    if late:
        raw["sg_message_id"] = rng.choice(("", None))
    more["status_code"] = f.reply.code
    return Made(raw, [f.bounce(types[verdict], late=late, **more)])


def sendgrid_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows = [sendgrid(rng, facts(rng, first + i)).raw for i in range(4)]
    rows[0] |= {"event": "teleported"}
    rows[1] |= {"timestamp": "yesterday"}
    rows[2] = {"email": "a@example.com", "event": "open", "timestamp": 1, "sg_event_id": "x"}
    rows[3] |= {"email": None, "profile_id": "", "unique_args": {}, "event": "open"}
    return rows
