"""Generated events as Mailgun's webhooks and events API report them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

MAILGUN_KINDS: Final = (
    ("accepted",) * 10
    + ("delivered",) * 8
    + ("permanent",) * 5
    + ("opened",) * 5
    + ("clicked",) * 3
    + ("temporary", "temporary", "rejected", "complained", "unsubscribed", "stored", "routed")
)
MAILGUN_ROBOTS: Final = {
    "apple": "apple_privacy",
    "gmail": "prefetch",
    "generic": "vendor_flag",
}
MAILGUN_SAME: Final = {
    "accepted": "sent",
    "delivered": "delivered",
    "complained": "spam_complaint",
    "unsubscribed": "unsubscribe",
}


def mailgun(rng: random.Random, f: Facts) -> Made:
    """Return an event of Mailgun, as its webhooks post it or its API lists it."""
    kind = rng.choice(MAILGUN_KINDS)
    micro = rng.choice((0, 153_125, 500_000))
    f = replace(f, at=f.at.replace(microsecond=micro))
    named, template = f.noted(), None
    if f.message and rng.random() < 0.3:
        template = {"name": named.pop("message_id")}
    notes, campaigns, tags = rng.choice(
        (
            ({"campaign_id": f.campaign}, [], ["newsletter"]),
            ({}, [{"id": f.campaign, "name": "Sale"}], ["newsletter"]),
            ({}, [], [f.campaign, "newsletter"]),
        )
    )
    event: Row = {
        "id": f"mg{f.number % 97}",  # unique within a day only
        "timestamp": f.at.timestamp(),
        "event": {"permanent": "failed", "temporary": "failed", "routed": "accepted"}.get(
            kind, kind
        ),
        "log-level": "info",
        "recipient": f.address,
        "user-variables": notes | named,
        "campaigns": campaigns,
        "tags": tags,
        "flags": {"is-routed": kind == "routed", "is-test-mode": f.is_test},
        "message": {"headers": {"message-id": f"{f.number}@mail.example.com"}, "size": 9},
    }
    event |= {"template": template} if template else {}
    event |= {"recipient-domain": f.domain} if rng.random() < 0.5 else {}
    extra, events = _mailgun_body(rng, kind, f)
    return Made(_mailgun_carried(rng, event | extra), events)


def _mailgun_body(  # noqa: PLR0911 - one for each kind of row
    rng: random.Random, kind: str, f: Facts
) -> tuple[Row, list[Row]]:
    if kind in MAILGUN_SAME:
        return {}, [f.event(MAILGUN_SAME[kind])]
    if kind in ("opened", "clicked"):
        robot = rng.choice((*MAILGUN_ROBOTS, "", None))
        seen = {"client-info": {"client-type": "browser", "bot": robot}}
        judged: Row = {"is_machine": None if robot is None else robot != ""}
        judged["machine_reason"] = MAILGUN_ROBOTS.get(robot or "")
        if kind == "opened":
            return seen, [f.event("open", **judged)]
        return seen | {"url": f.url}, [f.event("click", url=f.url, **judged)]
    if kind == "rejected":
        why = "Sandbox subdomains are for test purposes only"
        return {"reject": {"reason": why, "description": ""}}, [f.event("error", reason=why)]
    if kind in ("stored", "routed"):
        return {}, []
    basic, message = f.reply.text.split(" ", 1)
    status = {"code": int(basic), "message": message, "attempt-no": 2, "description": ""}
    if f.reply.code not in message and rng.random() < 0.5:
        status["bounce-code"] = f.reply.code
    code = {"status_code": f.reply.code if "bounce-code" in status else f.reply.code_in_text}
    if kind == "temporary":
        return {"severity": kind, "reason": "generic", "delivery-status": status}, [f.delay(**code)]
    late = rng.random() < 0.3
    why, reason, means = rng.choice(
        (
            ("bounce", f.reply.reason, f.reply.kind),
            ("bounce", f.reply.reason, f.reply.kind),
            ("old", f.reply.reason, "soft"),
            ("suppress-bounce", "suppress-bounce", "hard"),
        )
    )
    body = {"severity": kind, "reason": why, "delivery-status": status}
    if late:
        body["flags"] = {"is-delayed-bounce": True, "is-test-mode": f.is_test}
    return body, [f.bounce(means, late=late, reason=reason, **code)]


def _mailgun_carried(rng: random.Random, event: Row) -> Row:
    signature = {"timestamp": "1534108637", "token": "6518", "signature": "d2f2"}
    posted = {"signature": signature, "event-data": event}
    paging = {"next": "https://api.example.com/v3/next"}
    return rng.choice((posted, posted, event, {"items": [event], "paging": paging}))


def mailgun_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        raw = mailgun(rng, facts(rng, first + len(rows))).raw
        if raw.get("event") in ("accepted", "delivered") and not raw["flags"]["is-routed"]:
            rows.append(raw)
    rows[0]["event"] = "teleported"
    rows[1]["timestamp"] = "soon"
    rows[2] |= {"user-variables": {}, "campaigns": [], "tags": []}
    rows[3] |= {"recipient": "", "user-variables": {"campaign_id": "c1"}}
    return rows
