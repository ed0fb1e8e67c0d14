"""Generated events as Postmark's webhooks report them."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random

POSTMARK_KINDS: Final = (
    ("Delivery",) * 12
    + ("Bounce",) * 8
    + ("Open",) * 6
    + ("Click",) * 3
    + ("SpamComplaint", "SubscriptionChange", "SubscriptionChange", "SubscriptionChange")
)
POSTMARK_BOUNCES: Final[dict[str, tuple[str | None, str | None]]] = {
    "HardBounce": ("hard", None),
    "SoftBounce": ("soft", None),
    "Blocked": ("soft", None),
    "DnsError": ("soft", "DNS-Failure"),
    "DMARCPolicy": ("soft", "Mail-Block"),
    "BadEmailAddress": ("hard", "Invalid-Recipient"),
}
"""Type → bounce type, and reason if it does not come from the server's reply."""
POSTMARK_ANSWERS: Final = {
    "AutoResponder": "Auto-Reply",
    "SpamNotification": "Spam-Content",
    "ChallengeVerification": "Challenge-Response",
    "VirusNotification": "VirusNotification",
}
POSTMARK_OTHERS: Final = {
    "ManuallyDeactivated": "excluded",
    "SMTPApiError": "error",
    "TemplateRenderingFailed": "error",
    "Unsubscribe": "unsubscribe",
    "Subscribe": None,
}


def postmark(rng: random.Random, f: Facts) -> Made:
    """Return an event of Postmark's webhooks."""
    kind = rng.choice(POSTMARK_KINDS)
    notes, tag = rng.choice((({"campaign_id": f.campaign}, "welcome"), ({}, f.campaign)))
    raw: Row = {
        "RecordType": kind,
        "MessageID": f"pm-{f.number}",
        "MessageStream": "broadcast",
        "ServerID": 23,
        "Tag": tag,
        "Metadata": notes | f.noted(),
    }
    at = f"{f.at:%Y-%m-%dT%H:%M:%S}.0000000Z"
    if kind == "Delivery":
        raw |= {"Recipient": f.address, "DeliveredAt": at, "Details": "250 OK"}
        return Made(raw, [f.event("sent", 0), f.event("delivered", 1)])
    if kind == "Open":
        raw |= {"Recipient": f.address, "ReceivedAt": at, "FirstOpen": True, "UserAgent": "M/5"}
        return Made(raw, [f.event("open")])
    if kind == "Click":
        raw |= {"Recipient": f.address, "ReceivedAt": at, "OriginalLink": f.url}
        return Made(raw, [f.event("click", url=f.url)])
    if kind == "SubscriptionChange":
        leaves, why = rng.choice(((True, "ManualSuppression"), (True, "HardBounce"), (False, None)))
        raw |= {"Recipient": f.address, "ChangedAt": at, "SuppressSending": leaves}
        left = leaves and why == "ManualSuppression"
        return Made(raw | {"SuppressionReason": why}, [f.event("unsubscribe")] if left else [])
    offset = f.at.astimezone(timezone(timedelta(hours=-4)))
    raw |= {"ID": 9 * 10**8 + f.number, "Email": f.address, "BouncedAt": offset.isoformat()}
    if kind == "SpamComplaint":
        return Made(raw | {"Type": kind, "TypeCode": 512}, [f.event("spam_complaint")])
    return _postmark_bounce(rng, f, raw | {"Details": f"smtp;{f.reply.text}"})


def _postmark_bounce(rng: random.Random, f: Facts, raw: Row) -> Made:
    kind = rng.choice(
        (
            *(*POSTMARK_BOUNCES, *POSTMARK_BOUNCES, *POSTMARK_ANSWERS, *POSTMARK_OTHERS),
            *("Unknown", "Transient"),
        )
    )
    raw["Type"] = kind
    if kind == "Transient":
        return Made(raw, [f.delay()])
    if kind in POSTMARK_ANSWERS:
        reason = POSTMARK_ANSWERS[kind]
        return Made(raw, [f.bounce("ignored", late=True, reason=reason)])
    if kind in POSTMARK_OTHERS:
        means = POSTMARK_OTHERS[kind]
        why = kind if means in ("excluded", "error") else None
        return Made(raw, [f.event(means, reason=why)] if means else [])
    means, reason = POSTMARK_BOUNCES.get(kind, (f.reply.kind, None))
    bounce = f.bounce(means, late=False, place=1, reason=reason or f.reply.reason)
    return Made(raw, [f.event("sent", 0), bounce])


def postmark_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        raw = postmark(rng, facts(rng, first + len(rows))).raw
        if raw["RecordType"] == "Delivery":
            rows.append(raw)
    rows[0]["RecordType"] = "Teleport"
    rows[1]["DeliveredAt"] = "yesterday"
    rows[2] |= {"Metadata": {}, "Tag": ""}
    rows[3] |= {"Recipient": None, "Metadata": {"campaign_id": "c1"}}
    return rows
