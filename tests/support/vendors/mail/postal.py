"""Generated events as Postal's webhooks post them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

KINDS: Final = (
    ("MessageSent",) * 12
    + ("MessageDeliveryFailed",) * 8
    + ("MessageLoaded",) * 5
    + ("MessageLinkClicked",) * 3
    + ("MessageDelayed", "MessageDelayed", "MessageHeld", "MessageHeld", "MessageBounced")
    + ("DomainDNSError", "SendLimitApproaching", "incoming", "incoming")
)


def postal(rng: random.Random, f: Facts) -> Made:
    """Return an event of a mail, or of the server; nothing is passed on but one tag."""
    kind = rng.choice(KINDS)
    f = replace(f, message=None, profile=None, execution=None, variant=None, is_test=False)
    f = replace(f, at=f.at.replace(microsecond=rng.choice((0, 129_940))))
    raw: Row = {"event": kind, "timestamp": f.at.timestamp(), "uuid": f"uuid-{f.number}"}
    if kind in ("DomainDNSError", "SendLimitApproaching"):
        return Made(raw | {"payload": {"server": {"uuid": "s1", "name": "mail"}}}, [])
    direction = "incoming" if kind == "incoming" else "outgoing"
    mail = {
        "id": f.number,
        "token": f"token-{f.number}",
        "direction": direction,
        "message_id": f"{f.number}@mail.example.com",
        "to": f.address,
        "from": "news@example.com",
        "subject": "Sale",
        "timestamp": 1477945177.12994,
        "tag": f.campaign,
    }
    if kind == "incoming":
        raw |= {"event": "MessageSent", "payload": {"status": "Sent", "message": mail}}
        return Made(raw, [])
    return Made(*_with_event(rng, kind, f, raw, mail))


def _with_event(  # noqa: PLR0911 - one for each kind
    rng: random.Random, kind: str, f: Facts, raw: Row, mail: Row
) -> tuple[Row, list[Row]]:
    if kind == "MessageBounced":
        answer = mail | {"id": 9, "token": "t9", "direction": "incoming", "to": "postmaster@x"}
        none = {"reason": "Undetermined", "status_code": None}
        raw["payload"] = {"original_message": mail, "bounce": answer}
        return raw, [f.bounce(None, late=True, **none)]
    payload: Row = {"message": mail}
    raw["payload"] = payload
    if kind == "MessageLoaded":
        return raw, [f.event("open")]
    if kind == "MessageLinkClicked":
        payload |= {"url": f.url, "ip_address": "192.0.2.1", "user_agent": "Mozilla/5.0"}
        return raw, [f.event("click", url=f.url)]
    payload |= {"timestamp": raw["timestamp"], "time": 0.22, "sent_with_ssl": True}
    raw["timestamp"] += 60
    if kind == "MessageSent":
        payload |= {"status": "Sent", "details": "by SMTP", "output": "250 2.0.0 OK"}
        return raw, [f.event("sent"), f.event("delivered", 1)]
    if kind == "MessageHeld":
        details, reason = rng.choice(
            (
                (
                    "Recipient is on the suppression list (reason: too many soft fails)",
                    "Suppressed",
                ),
                ("Server is in development mode", "Held"),
            )
        )
        payload |= {"status": "Held", "details": details, "output": ""}
        return raw, [f.event("excluded", reason=reason)]
    payload |= {"details": "Permanent or not", "output": f.reply.text}
    if kind == "MessageDelayed":
        return raw, [f.delay()]
    more: Row = {}
    means: str | None = f.reply.kind
    if rng.random() < 0.2:
        payload["output"] = ""
        more, means = {"reason": "Undetermined", "status_code": None}, "hard"
    return raw, [f.event("sent"), f.bounce(means, late=False, place=1, **more)]


def postal_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        made = postal(rng, facts(rng, first + len(rows)))
        if made.raw["event"] == "MessageSent" and made.events:
            rows.append(made.raw)
    rows[0]["event"] = "MessageTeleported"
    rows[1] |= {"timestamp": None}
    rows[1]["payload"]["timestamp"] = "noon"
    rows[2]["payload"]["message"]["tag"] = ""
    rows[3]["payload"]["message"]["to"] = None
    return rows
