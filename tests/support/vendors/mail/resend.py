"""Generated events as Resend's webhooks post them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import DOMAINS, Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

KINDS: Final = (
    ("sent",) * 9
    + ("delivered",) * 8
    + ("bounced",) * 8
    + ("opened",) * 5
    + ("clicked",) * 3
    + ("delivery_delayed", "failed", "suppressed", "complained", "scheduled", "received")
    + ("contact", "domain")
)
SAME: Final = {
    "sent": "sent",
    "delivered": "delivered",
    "opened": "open",
    "complained": "spam_complaint",
}
SUBTYPES: Final = {
    "NoEmail": "Invalid-Recipient",
    "MailboxFull": "Mailbox-Full",
    "MessageTooLarge": "Too-Large",
    "ContentRejected": "Spam-Content",
    "AttachmentRejected": "Prohibited-Attachment",
    "Suppressed": "Suppressed",
}


def resend(rng: random.Random, f: Facts) -> Made:
    """Return an event of a mail to one or two, of a contact or of a domain."""
    kind, notes = rng.choice(KINDS), f.noted()
    f = replace(f, at=f.at.replace(microsecond=rng.choice((0, 126_000))))
    seen = f"{f.at:%Y-%m-%dT%H:%M:%S}.{f.at.microsecond // 1000:03}Z"
    if kind in ("contact", "domain"):
        body = {"id": f"resend-{f.number}", "created_at": seen, "email": f.address}
        what = rng.choice(("created", "updated", "deleted"))
        return Made({"type": f"{kind}.{what}", "created_at": seen, "data": body}, [])
    mail: Row = {
        "created_at": "2026-01-01T23:41:11.894719+00:00",
        "email_id": f"resend-{f.number}",
        "from": "Shop <news@example.com>",
        "to": [f.address],
        "subject": "Sale",
        "template_id": None,
        "broadcast_id": None,
    }
    given = rng.choice(("campaign_id", "campaign", "broadcast"))
    if given == "broadcast":
        mail["broadcast_id"] = f.campaign
    else:
        notes[given] = f.campaign
    if f.message and rng.random() < 0.3:
        mail["template_id"] = notes.pop("message_id")
    mail["tags"] = notes | {"category": "confirm_email"}
    who: Row = {}
    if rng.random() < 0.15:
        mail["to"].append(f"second@{DOMAINS[0]}")
        digest = hashlib.sha256(mail["email_id"].encode()).hexdigest()[:32]
        who = {"domain": None, "profile_id": f.profile or digest}
    raw: Row = {"type": f"email.{kind}", "created_at": seen, "data": mail}
    return _with_event(rng, kind, f, raw, who)


def _with_event(  # noqa: PLR0911 - one for each kind
    rng: random.Random, kind: str, f: Facts, raw: Row, who: Row
) -> Made:
    mail = raw["data"]
    if kind in SAME:
        return Made(raw, [f.event(SAME[kind], **who)])
    if kind == "clicked":
        mail["click"] = {"ipAddress": "192.0.2.1", "link": f.url, "userAgent": "Mozilla/5.0"}
        return Made(raw, [f.event("click", url=f.url, **who)])
    if kind == "delivery_delayed":
        return Made(raw, [f.event("delay", reason="Undetermined", **who)])
    if kind == "failed":
        why = rng.choice(("reached_daily_quota", "to jane.doe@example.com, which is wrong"))
        mail["failed"] = {"reason": why}
        reason = why if "@" not in why else "failed"
        return Made(raw, [f.event("error", reason=reason, **who)])
    if kind == "suppressed":
        mail["suppressed"] = {"message": "is on the suppression list", "type": "OnAccount"}
        return Made(raw, [f.event("excluded", reason="Suppressed", **who)])
    if kind in ("scheduled", "received"):
        return Made(raw, [])
    verdict, means = rng.choice(
        (("Permanent", "hard"), ("Transient", "soft"), ("Undetermined", f.reply.kind))
    )
    finer, reason = rng.choice((*SUBTYPES.items(), *[("General", f.reply.reason)] * 3))
    if verdict == "Undetermined":
        finer, reason = "General", f.reply.reason
    mail["bounce"] = {"message": f.reply.text, "subType": finer, "type": verdict}
    return Made(raw, [f.bounce(means, late=False, **{"reason": reason} | who)])


def resend_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        made = resend(rng, facts(rng, first + len(rows)))
        if made.raw["type"] == "email.sent" and len(made.raw["data"]["to"]) == 1:
            rows.append(made.raw)
    rows[0]["type"] = "email.teleported"
    rows[1]["created_at"] = "noon"
    rows[2]["data"] |= {"tags": {"category": "x"}, "broadcast_id": None}
    rows[3]["data"] |= {"to": [], "tags": {"campaign_id": "c1"}}
    return rows
