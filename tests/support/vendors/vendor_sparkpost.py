"""Generated events as SparkPost's webhooks and events API report them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

SPARKPOST_KINDS: Final = (
    ("injection",) * 10
    + ("delivery",) * 8
    + ("bounce",) * 4
    + ("out_of_band",) * 2
    + ("open",) * 5
    + ("click",) * 3
    + ("delay", "delay", "policy_rejection", "generation_failure", "generation_rejection")
    + ("spam_complaint", "list_unsubscribe", "link_unsubscribe", "initial_open", "relay_message")
    + ("amp_open", "amp_click")
)
SPARKPOST_SAME: Final = {
    "injection": "sent",
    "delivery": "delivered",
    "spam_complaint": "spam_complaint",
    "list_unsubscribe": "unsubscribe",
    "link_unsubscribe": "unsubscribe",
}
SPARKPOST_CLASSES: Final = {
    "10": ("Invalid-Recipient", "hard"),
    "21": ("DNS-Failure", "soft"),
    "22": ("Mailbox-Full", "soft"),
    "25": ("Admin-Failure", "ignored"),
    "30": ("Generic-Bounce-No-RCPT", "hard"),
    "51": ("Spam-Block", "soft"),
    "60": ("Auto-Reply", "ignored"),
    "100": ("Challenge-Response", "ignored"),
}
SPARKPOST_GROUPS: Final = {
    "open": "track_event",
    "click": "track_event",
    "unsubscribe": "unsubscribe_event",
    "generation": "gen_event",
    "relay": "relay_event",
}


def sparkpost(rng: random.Random, f: Facts) -> Made:
    """Return an event of SparkPost's webhooks or events API."""
    kind = rng.choice(SPARKPOST_KINDS)
    named, templated = f.noted(), {"template_id": f"template_{f.number}"}
    if f.message and rng.random() < 0.4:
        templated = {"template_id": named.pop("message_id")}
    given = rng.choice(
        (
            {"campaign_id": f.campaign, "rcpt_tags": ["newsletter"]},
            {"campaign_id": "", "rcpt_tags": [f.campaign, "newsletter"]},
            {"campaign_id": "another", "rcpt_meta": {"campaign_id": f.campaign}},
        )
    )
    event: Row = {
        "type": kind,
        "event_id": f"92356927693{f.number:06}",
        "message_id": f"000443ee{f.number}",
        "timestamp": rng.choice(
            (str(int(f.at.timestamp())), f"{f.at:%Y-%m-%dT%H:%M:%S}.000+00:00")
        ),
        "rcpt_to": f.address.lower(),
        "raw_rcpt_to": f.address,
        "transmission_id": "65832150921904138",
        **templated,
        **given,
    }
    event["rcpt_meta"] = given.get("rcpt_meta", {}) | named
    event |= {"recipient_domain": f.domain} if rng.random() < 0.5 else {}
    extra, events = _sparkpost_body(rng, kind, f)
    return Made(_sparkpost_carried(rng, event | extra), events)


def _sparkpost_body(  # noqa: PLR0911 - one for each kind of row
    rng: random.Random, kind: str, f: Facts
) -> tuple[Row, list[Row]]:
    if kind in SPARKPOST_SAME:
        return {}, [f.event(SPARKPOST_SAME[kind])]
    if kind in ("open", "amp_open", "click", "amp_click"):
        fetched = rng.choice((True, False, None))
        seen = {} if fetched is None else {"user_agent_parsed": {"is_prefetched": fetched}}
        how = {"is_machine": fetched, "machine_reason": "prefetch" if fetched else None}
        if "open" in kind:
            return seen, [f.event("open", **how)]
        seen["target_link_url"] = f.url
        return seen, [f.event("click", url=f.url)]
    if kind in ("initial_open", "relay_message"):
        return {}, []
    if kind.startswith(("generation", "policy")):
        text = rng.choice(("554 5.7.1 recipient address suppressed due to policy", "554 5.3.3 no"))
        if "suppressed" in text:
            return {"raw_reason": text}, [f.event("excluded", reason="Suppressed")]
        return {"raw_reason": text}, [f.event("error", reason=kind)]
    body: Row = {
        "raw_reason": f.reply.text,
        "reason": "550 ...@...",
        "error_code": f.reply.text[:3],
    }
    number, (reason, means) = rng.choice(
        (*SPARKPOST_CLASSES.items(), ("1", (f.reply.reason, f.reply.kind)))
    )
    body["bounce_class"] = number
    if kind == "delay":
        return body, [f.delay(reason=reason)]
    return body, [f.bounce(means, late=kind == "out_of_band", reason=reason)]


def _sparkpost_carried(rng: random.Random, event: Row) -> Row:
    groups = (group for word, group in SPARKPOST_GROUPS.items() if word in event["type"])
    posted = {"msys": {next(groups, "message_event"): event}}
    return rng.choice((posted, posted, event, {"results": [event], "total_count": 1}))


def sparkpost_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows that must be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        raw = sparkpost(rng, facts(rng, first + len(rows))).raw
        if raw.get("type") in ("injection", "delivery", "open"):
            rows.append(raw)
    rows[0]["type"] = "teleportation"
    rows[1]["timestamp"] = ""
    rows[2] |= {"rcpt_meta": {}, "rcpt_tags": [], "campaign_id": None}
    rows[3] |= {"rcpt_to": "", "raw_rcpt_to": None, "rcpt_meta": {"campaign_id": "c1"}}
    return rows
