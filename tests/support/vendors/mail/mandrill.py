"""Generated events as Mandrill's webhooks post them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

KINDS: Final = (
    ("send",) * 9
    + ("delivered",) * 8
    + ("hard_bounce", "soft_bounce") * 4
    + ("open",) * 5
    + ("click",) * 3
    + ("deferral", "deferral", "reject", "reject", "spam", "unsub", "inbound", "list")
)
SAME: Final = {
    "send": "sent",
    "delivered": "delivered",
    "open": "open",
    "spam": "spam_complaint",
    "unsub": "unsubscribe",
}


def mandrill(rng: random.Random, f: Facts) -> Made:
    """Return an event of a mail, or a change of one of the account's lists."""
    kind, notes = rng.choice(KINDS), f.noted()
    if kind == "list":
        entry = {"email": f.address, "reason": "hard-bounce", "detail": "", "expired": False}
        what = rng.choice(("blacklist", "whitelist"))
        return Made({"type": what, "action": "add", "ts": 1384954004, "reject": entry}, [])
    mail: Row = {
        "ts": 1365109999,
        "_id": f"mandrill-{f.number}",
        "_version": "a1",
        "email": f.address,
        "sender": "news@example.com",
        "subject": "Sale",
        "state": "sent",
        "opens": [],
        "clicks": [],
        "template": None,
    }
    if rng.random() < 0.5:
        mail["tags"] = [f.campaign, "second"]
    else:
        mail |= {"tags": ["another"], "metadata": {"campaign_id": f.campaign}}
    if f.message and rng.random() < 0.3:
        mail["template"] = notes.pop("message_id")
    mail["metadata"] = mail.get("metadata", {}) | notes
    raw: Row = {"event": kind, "_id": mail["_id"], "ts": int(f.at.timestamp()), "msg": mail}
    return _with_event(rng, kind, f, raw)


def _with_event(rng: random.Random, kind: str, f: Facts, raw: Row) -> Made:
    mail = raw["msg"]
    if kind in SAME:
        return Made(raw, [f.event(SAME[kind])])
    if kind == "click":
        raw |= {"url": f.url, "ip": "192.0.2.1", "user_agent": "Mozilla/5.0"}
        return Made(raw, [f.event("click", url=f.url)])
    if kind == "deferral":
        tries = ("451 4.3.5 Temporarily unavailable", f.reply.text)
        mail["smtp_events"] = [{"diag": text, "type": "deferred"} for text in tries]
        return Made(raw, [f.delay()])
    if kind == "reject":
        why, means = rng.choice(
            (("hard-bounce", "excluded"), ("unsub", "excluded"), ("unsigned", "error"))
        )
        mail |= {"state": "rejected", "reject": {"reason": why}}
        return Made(raw, [f.event(means, reason=why)])
    if kind == "inbound":
        return Made(raw, [])
    mail |= {"state": "bounced", "bounce_description": "general", "diag": f"smtp;{f.reply.text}"}
    more = {}
    if rng.random() < 0.2:
        mail |= {"bounce_description": "mailbox_full"}
        del mail["diag"]
        more = {"reason": "Mailbox-Full", "status_code": None}
    bounce = f.bounce(kind.partition("_")[0], late=False, place=1, **more)
    return Made(raw, [f.event("sent"), bounce])


def mandrill_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        made = mandrill(rng, facts(rng, first + len(rows)))
        if made.raw.get("event") == "send":
            rows.append(made.raw)
    rows[0]["event"] = "teleported"
    rows[1]["ts"] = None
    rows[2]["msg"] |= {"tags": [], "metadata": {}}
    rows[3]["msg"] |= {"email": " ", "metadata": {"campaign_id": "c1"}}
    return rows
