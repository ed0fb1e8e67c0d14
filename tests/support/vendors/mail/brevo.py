"""Generated events as Brevo's webhooks report them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

KINDS: Final = (
    ("request",) * 9
    + ("delivered",) * 7
    + ("hard_bounce", "soft_bounce") * 3
    + ("opened", "unique_opened", "proxy_open", "unique_proxy_open", "click") * 2
    + ("deferred", "deferred", "blocked", "invalid_email", "error", "spam", "unsubscribed")
    + ("list_addition", "contactUpdated")
)
SAME: Final = {
    "request": "sent",
    "delivered": "delivered",
    "opened": "open",
    "unique_opened": "open",
    "spam": "spam_complaint",
    "unsubscribed": "unsubscribe",
}


def brevo(rng: random.Random, f: Facts) -> Made:
    """Return an event of a transactional or a marketing webhook."""
    kind, notes = rng.choice(KINDS), f.noted()
    name = f"Sale of {f.at:%d %H:%M:%S}" if rng.random() < 0.5 else None
    raw: Row = {
        "event": kind,
        "email": f.address,
        "id": 26224,
        "date": "2018-03-06 11:10:23",
        "subject": "A subject of none of ours",
        "ts_event": int(f.at.timestamp()),
    }
    given = rng.choice(("custom", "marketing", "tags", "tag"))
    more: Row = {}
    if given == "marketing":
        raw |= {"camp_id": f.campaign, "campaign name": name, "date_event": ""}
        more["campaign_name"] = name
    else:
        raw |= {"message-id": f"<{f.number}@smtp-relay.example.com>", "ts": 7}
        milliseconds = int(f.at.timestamp()) * 1000
        raw["ts_epoch"] = rng.choice((milliseconds, milliseconds // 1000))
        raw["sending_ip"] = "192.0.2.1"
    if given == "custom":
        notes["campaign_id"] = f.campaign
    elif given == "tags":
        raw |= {"tags": [f.campaign, "second"], "tag": json.dumps(["another"])}
    elif given == "tag":
        raw["tag"] = rng.choice((f.campaign, json.dumps([f.campaign, "second"])))
    if f.message and rng.random() < 0.3:
        raw["template_id"] = notes.pop("message_id")
    raw["X-Mailin-custom"] = json.dumps(notes)
    return _with_event(kind, f, raw, more)


def _with_event(kind: str, f: Facts, raw: Row, more: Row) -> Made:  # noqa: PLR0911 - one a kind
    if kind in SAME:
        return Made(raw, [f.event(SAME[kind], **more)])
    if kind == "click":
        return Made(raw | {"link": f.url}, [f.event("click", url=f.url, **more)])
    if kind.endswith("proxy_open"):
        how = {"is_machine": True, "machine_reason": "vendor_event"}
        return Made(raw, [f.event("open", **how, **more)])
    if kind == "deferred":
        return Made(raw | {"reason": f.reply.text}, [f.delay(**more)])
    if kind in ("hard_bounce", "soft_bounce"):
        bounce = f.bounce(kind.partition("_")[0], late=False, **more)
        return Made(raw | {"reason": f.reply.text}, [bounce])
    if kind in ("blocked", "invalid_email"):
        reason = {"blocked": "Suppressed", "invalid_email": "Invalid-Recipient"}[kind]
        bounce = f.bounce("hard", late=False, reason=reason, status_code=None, **more)
        return Made(raw | {"reason": "blocked : due to blacklist user"}, [bounce])
    if kind == "error":
        return Made(raw, [f.event("error", reason="error", **more)])
    return Made(raw, [])


def brevo_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        made = brevo(rng, facts(rng, first + len(rows)))
        if made.raw["event"] == "delivered" and "camp_id" not in made.raw:
            rows.append(made.raw)
    rows[0]["event"] = "teleported"
    rows[1] |= {"ts_epoch": "soon", "ts_event": None}
    rows[2] |= {"X-Mailin-custom": "campaign_id", "tags": [], "tag": ""}
    rows[3] |= {"email": "", "X-Mailin-custom": '{"campaign_id": "c1"}'}
    return rows
