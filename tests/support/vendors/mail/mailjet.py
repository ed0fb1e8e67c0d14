"""Generated events as Mailjet's Event API posts them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

KINDS: Final = (
    ("sent",) * 10
    + ("bounce",) * 8
    + ("open",) * 5
    + ("click",) * 3
    + ("blocked", "blocked", "spam", "unsub")
)
ERRORS: Final = {
    "user unknown": "Invalid-Recipient",
    "quota exceeded": "Mailbox-Full",
    "no mail host": "DNS-Failure",
    "relay/access denied": "Relaying-Denied",
    "sender blocked": "Mail-Block",
    "content blocked": "Spam-Content",
    "connection issue": "Transient-Failure",
}
BLOCKS: Final = {
    "preblocked": "excluded",
    "spam reporter": "excluded",
    "duplicate in campaign": "excluded",
    "content blocked": "error",
    "system issue": "error",
}


def mailjet(rng: random.Random, f: Facts) -> Made:  # noqa: PLR0911 - one for each kind
    """Return an event of Mailjet's."""
    kind, notes = rng.choice(KINDS), f.noted()
    given = rng.choice(
        (
            {"mj_campaign_id": f.campaign, "customcampaign": ""},
            {"mj_campaign_id": 0, "customcampaign": f.campaign},
            {"mj_campaign_id": 77, "customcampaign": "another"},
        )
    )
    if given["customcampaign"] == "another":
        notes["campaign_id"] = f.campaign
    raw: Row = {
        "event": kind,
        "time": int(f.at.timestamp()),
        "MessageID": 10**16 + f.number,
        "Message_GUID": f"guid-{f.number}",
        "email": f.address,
        "mj_contact_id": 320,
        "CustomID": "of the sender",
        "Payload": json.dumps(notes),
        **given,
    }
    if kind == "sent":
        raw |= {"mj_message_id": str(raw["MessageID"]), "smtp_reply": "sent (250 2.0.0 OK)"}
        return Made(raw, [f.event("sent", 0), f.event("delivered", 1)])
    if kind in ("open", "click"):
        raw |= {"ip": "192.0.2.1", "geo": "FR", "agent": "Mozilla/5.0"}
        if kind == "open":
            return Made(raw, [f.event("open")])
        return Made(raw | {"url": f.url}, [f.event("click", url=f.url)])
    if kind == "spam":
        return Made(raw | {"source": "JMRPP"}, [f.event("spam_complaint")])
    if kind == "unsub":
        return Made(raw | {"mj_list_id": 1, "ip": "192.0.2.1"}, [f.event("unsubscribe")])
    if kind == "blocked":
        error, means = rng.choice(list(BLOCKS.items()))
        raw |= {"error_related_to": "mailjet", "error": error}
        return Made(raw, [f.event(means, reason=error)])
    return _bounce(rng, f, raw)


def _bounce(rng: random.Random, f: Facts, raw: Row) -> Made:
    raw |= {"blocked": False, "error_related_to": "recipient", "comment": f.reply.text}
    if rng.random() < 0.2:
        raw |= {"error": "greylisted", "hard_bounce": False}
        return Made(raw, [f.delay(reason="Transient-Failure")])
    means: str | None = rng.choice(("hard", "soft"))
    raw["hard_bounce"] = means == "hard"
    error, reason = rng.choice((*ERRORS.items(), ("", f.reply.reason)))
    if not error and rng.random() < 0.5:
        del raw["hard_bounce"]
        means = f.reply.kind
    raw["error"] = error
    return Made(raw, [f.event("sent"), f.bounce(means, late=False, place=1, reason=reason)])


def mailjet_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        made = mailjet(rng, facts(rng, first + len(rows)))
        if made.raw["event"] == "sent":
            rows.append(made.raw)
    rows[0]["event"] = "teleported"
    rows[1]["time"] = ""
    rows[2] |= {"Payload": "", "mj_campaign_id": 0, "customcampaign": ""}
    rows[3] |= {"email": None, "Payload": '{"campaign_id": "c1"}'}
    return rows
