"""Generated events as MailerSend's webhooks post them, in both versions of their body."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

KINDS: Final = (
    ("sent",) * 9
    + ("delivered",) * 8
    + ("hard_bounced", "soft_bounced") * 4
    + ("opened",) * 5
    + ("clicked",) * 3
    + ("deferred", "suppressed", "unsubscribed", "spam_complaint", "spam_complaints")
    + ("opened_unique", "clicked_unique", "survey_opened")
)
SAME: Final = {
    "sent": "sent",
    "delivered": "delivered",
    "opened": "open",
    "unsubscribed": "unsubscribe",
    "spam_complaint": "spam_complaint",
    "spam_complaints": "spam_complaint",
}


def mailersend(rng: random.Random, f: Facts) -> Made:
    """Return an activity; nothing of the sender's own is passed on but tags."""
    kind = rng.choice(KINDS)
    f = replace(f, profile=None, execution=None, variant=None, is_test=False)
    f = replace(f, at=f.at.replace(microsecond=rng.choice((0, 506_000))))
    seen = f"{f.at:%Y-%m-%dT%H:%M:%S}.{f.at.microsecond:06}Z"
    tags = [f.campaign, "Tag 2"]
    template = f.message or ""
    details, events = _details(kind, f)
    raw: Row = {"type": f"activity.{kind}", "domain_id": "d1", "webhook_id": "w1"}
    if rng.random() < 0.5:
        raw["created_at"] = "2020-01-01T00:00:00.000000Z"
        mail = {
            "object": "email",
            "id": f"mail-{f.number}",
            "status": "sent",
            "tags": tags,
            "message": {"object": "message", "id": f"message-{f.number}"},
            "recipient": {"object": "recipient", "id": "r1", "email": f.address},
        }
        raw["data"] = {
            "object": "activity",
            "id": f"activity-{f.number}",
            "type": kind,
            "created_at": seen,
            "email": mail,
            "morph": details and {"object": "other", **details},
            "template_id": template,
        }
        return Made(raw, events)
    names = {"reason": "bounce_reason", "url": "url"}
    raw |= {"created_at": seen}
    raw["data"] = {
        "type": kind,
        "id": f"activity-{f.number}",
        "recipient": f.address,
        "message_id": f"message-{f.number}",
        "tags": tags,
        "template_id": template,
        "meta": {names[name]: value for name, value in details.items()} if details else [],
    }
    return Made(raw, events)


def _details(kind: str, f: Facts) -> tuple[Row | None, list[Row]]:
    if kind in SAME:
        return None, [f.event(SAME[kind])]
    if kind == "clicked":
        return {"url": f.url}, [f.event("click", url=f.url)]
    if kind == "deferred":
        return {"reason": f.reply.text}, [f.delay()]
    if kind == "suppressed":
        return None, [f.event("excluded", reason="Suppressed")]
    if kind.endswith("bounced"):
        bounce = f.bounce(kind.partition("_")[0], late=False)
        return {"reason": f.reply.text}, [bounce]
    return None, []


def mailersend_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        made = mailersend(rng, facts(rng, first + len(rows)))
        if made.raw["type"] == "activity.sent" and "email" in made.raw["data"]:
            rows.append(made.raw)
    rows[0]["type"] = "activity.teleported"
    rows[1]["data"]["created_at"] = "noon"
    rows[2]["data"]["email"]["tags"] = None
    rows[3]["data"]["email"]["recipient"]["email"] = ""
    return rows
