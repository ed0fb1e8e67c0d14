"""Generated events as Mailtrap's webhooks post them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

KINDS: Final = (
    ("delivery",) * 12
    + ("bounce",) * 8
    + ("open",) * 5
    + ("click",) * 3
    + ("soft bounce", "soft bounce", "suspension", "reject", "reject", "spam", "unsubscribe")
    + ("inbound.message_received",) * 2
)
SAME: Final = {"open": "open", "spam": "spam_complaint", "unsubscribe": "unsubscribe"}


def mailtrap(rng: random.Random, f: Facts) -> Made:
    """Return an event, sometimes in the list that a webhook posts."""
    kind, notes = rng.choice(KINDS), f.noted()
    given = {"category": f.campaign}
    if rng.random() < 0.5:
        given, notes["campaign_id"] = {"category": "another"}, f.campaign
    raw: Row = {
        "event": kind,
        "message_id": f"mailtrap-{f.number}",
        "event_id": f"event-{f.number}",
        "sending_stream": "bulk",
        "sending_domain_name": "example.com",
        "email": f.address,
        "timestamp": int(f.at.timestamp()),
        "custom_variables": notes,
        **given,
    }
    extra, events = _with_event(rng, kind, f)
    raw |= extra
    return Made(rng.choice((raw, {"events": [raw]})), events)


def _with_event(  # noqa: PLR0911 - one for each kind
    rng: random.Random, kind: str, f: Facts
) -> tuple[Row, list[Row]]:
    if kind in SAME:
        return {"ip": "192.0.2.1"}, [f.event(SAME[kind])]
    if kind == "delivery":
        return {}, [f.event("sent"), f.event("delivered", 1)]
    if kind == "click":
        return {"url": f.url, "ip": "192.0.2.1"}, [f.event("click", url=f.url)]
    if kind == "suspension":
        return {"reason": "domain is not verified"}, [f.event("delay", reason="Suspension")]
    if kind == "reject":
        why, means, reason = rng.choice(
            (
                ("Recipient in suppression list. Reason: unsubscription", "excluded", "Suppressed"),
                ("Domain is not verified", "error", "reject"),
            )
        )
        return {"reason": why}, [f.event(means, reason=reason)]
    if kind == "inbound.message_received":
        return {}, []
    reply = {"response": f.reply.text, "response_code": int(f.reply.text[:3])}
    if kind == "soft bounce":
        return reply, [f.delay()]
    return reply, [f.event("sent"), f.bounce("hard", late=False, place=1)]


def mailtrap_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        made = mailtrap(rng, facts(rng, first + len(rows)))
        if made.raw.get("event") == "delivery":
            rows.append(made.raw)
    rows[0]["event"] = "teleportation"
    rows[1]["timestamp"] = None
    rows[2] |= {"category": "", "custom_variables": {}}
    rows[3] |= {"email": "", "custom_variables": {"campaign_id": "c1"}}
    return rows
