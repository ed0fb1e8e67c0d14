"""Generated events as Amazon SES publishes them, in what carries them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.support.vendors.vendor_facts import DOMAINS, Facts, Made, Row, facts

if TYPE_CHECKING:
    import random
    from datetime import datetime

SES_KINDS: Final = (
    ("Send",) * 10
    + ("Delivery",) * 8
    + ("Bounce",) * 5
    + ("Open",) * 5
    + ("Click",) * 3
    + ("Complaint", "Reject", "Rendering Failure", "DeliveryDelay", "DeliveryDelay")
    + ("Subscription",) * 3
)
SES_SUBTYPES: Final = {
    "MailboxFull": "Mailbox-Full",
    "MessageTooLarge": "Too-Large",
    "AttachmentRejected": "Prohibited-Attachment",
    "ContentRejected": "Spam-Content",
    "NoEmail": "Invalid-Recipient",
    "OnAccountSuppressionList": "OnAccountSuppressionList",
}
SES_AUTOMATIC: Final = {
    "ses:configuration-set": ["Marketing"],
    "ses:from-domain": ["example.com"],
    "ses:caller-identity": ["mailer"],
}
OUT, IN = ({"topicName": "news", "subscriptionStatus": s} for s in ("OptOut", "OptIn"))


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def ses(rng: random.Random, f: Facts) -> Made:
    """Return an event of Amazon SES, in what carries it."""
    kind = rng.choice(SES_KINDS)
    others = [f.address] if rng.random() < 0.8 else [f.address, f"Jo <second@{DOMAINS[0]}>"]
    tags = {name: [value] for name, value in ({"campaign_id": f.campaign} | f.noted()).items()}
    if rng.random() < 0.3:
        tags["campaign"] = tags.pop("campaign_id")
    mail = {
        "timestamp": _time(f.at),
        "messageId": f"ses-{f.number}",
        "source": "Shop <news@example.com>",
        "destination": others,
        "tags": tags | SES_AUTOMATIC,
    }
    raw, wanted = {"eventType": kind, "mail": mail}, [f]
    if len(others) > 1:
        wanted.append(replace(f, address=f"second@{DOMAINS[0]}", domain=DOMAINS[0]))
    body, made = _ses_body(rng, kind, f, wanted)
    for name, part in body.items():
        mail["timestamp"] = "2020-01-01T00:00:00.000Z" if "timestamp" in part else _time(f.at)
        raw[name] = part
    return Made(_ses_carried(rng, raw, f), made)


def _ses_body(rng: random.Random, kind: str, f: Facts, whom: list[Facts]) -> tuple[Row, list[Row]]:
    at = {"timestamp": _time(f.at)}
    addresses = [{"emailAddress": one.address} for one in whom]
    if kind in ("Open", "Click", "Subscription", "Complaint"):
        return _ses_engagement(rng, kind, f, alone=len(whom) == 1)
    if kind == "Bounce":
        return _ses_bounce(rng, f, whom)
    if kind == "DeliveryDelay":
        status = {"status": f.reply.code, "diagnosticCode": f"smtp; {f.reply.text}"}
        body = at | {"delayType": "General", "delayedRecipients": [a | status for a in addresses]}
        more = {"reason": f.reply.reason, "status_code": f.reply.code}
        return {"deliveryDelay": body}, [
            one.event("delay", i, **more) for i, one in enumerate(whom)
        ]
    same: dict[str, tuple[str, Row, str, Row]] = {
        "Send": ("send", {}, "sent", {}),
        "Delivery": ("delivery", at | {"recipients": [a.address for a in whom]}, "delivered", {}),
        "Reject": ("reject", {"reason": "Bad content"}, "error", {"reason": "Bad content"}),
        "Rendering Failure": (
            *("failure", {"errorMessage": "Attribute 'x' is not present", "templateName": "t"}),
            *("error", {"reason": "Rendering Failure"}),
        ),
    }
    name, body, means, more = same[kind]
    return {name: body}, [one.event(means, i, **more) for i, one in enumerate(whom)]


def _ses_engagement(
    rng: random.Random, kind: str, f: Facts, *, alone: bool
) -> tuple[Row, list[Row]]:
    """SES does not name the recipient if a message has several."""
    at = {"timestamp": _time(f.at)}
    anonymous = hashlib.sha256(f"ses-{f.number}".encode()).hexdigest()[:32]
    who = {} if alone else {"domain": None, "profile_id": f.profile or anonymous}
    if kind == "Open":
        return {"open": at | {"ipAddress": "192.0.2.1"}}, [f.event("open", **who)]
    if kind == "Complaint":  # SES names all who may have complained
        body = at | {"complainedRecipients": [{"emailAddress": f.address}]}
        if not alone:
            body["complainedRecipients"].append({"emailAddress": f"second@{DOMAINS[0]}"})
        return {"complaint": body}, [f.event("spam_complaint", **who)]
    if kind == "Click":
        return {"click": at | {"link": f.url}}, [f.event("click", url=f.url, **who)]
    new, old, left = rng.choice(
        (
            ({"unsubscribeAll": True, "topicSubscriptionStatus": [OUT]}, {}, True),
            ({"unsubscribeAll": False, "topicSubscriptionStatus": [OUT]}, [IN], True),
            ({"unsubscribeAll": False, "topicSubscriptionStatus": [OUT]}, [OUT], False),
            ({"unsubscribeAll": False, "topicSubscriptionStatus": [IN]}, [OUT], False),
        )
    )
    before = {"unsubscribeAll": False, "topicSubscriptionStatus": old or []}
    body = at | {"newTopicPreferences": new, "oldTopicPreferences": before}
    return {"subscription": body}, [f.event("unsubscribe", **who)] if left else []


def _ses_bounce(rng: random.Random, f: Facts, whom: list[Facts]) -> tuple[Row, list[Row]]:
    verdict, kind = rng.choice(
        (("Permanent", "hard"), ("Transient", "soft"), ("Undetermined", f.reply.kind))
    )
    status = {"status": f.reply.code, "diagnosticCode": f"smtp; {f.reply.text}", "action": "failed"}
    finer, reason = "General", f.reply.reason
    if verdict != "Undetermined" and rng.random() < 0.4:
        finer, reason = rng.choice(list(SES_SUBTYPES.items()))
    elif verdict != "Undetermined" and rng.random() < 0.3:
        status, reason = {}, {"Permanent": "Generic-Bounce", "Transient": "Soft-Bounce"}[verdict]
    reporter, late = rng.choice(
        (
            ({"reportingMTA": "dns; mx.example.com"}, True),
            ({"reportingMTA": "dns; mx.example.com", "remoteMtaIp": "192.0.2.7"}, False),
            ({"reportingMTA": "dsn; a8-70.smtp-out.amazonses.com"}, False),
            ({}, False),
        )
    )
    body = {
        "bounceType": verdict,
        "bounceSubType": finer,
        "bouncedRecipients": [{"emailAddress": one.address} | status for one in whom],
        "timestamp": _time(f.at),
        "feedbackId": f"feedback-{f.number}",
        **reporter,
    }
    code = {"status_code": f.reply.code if status else None}
    events = [
        one.bounce(kind, late=late, place=i, reason=reason, **code) for i, one in enumerate(whom)
    ]
    return {"bounce": body}, events


def _ses_carried(rng: random.Random, raw: Row, f: Facts) -> Row:
    """Return the event in one of the things that carry it."""
    envelope = {
        "Type": "Notification",
        "MessageId": f"sns-{f.number}",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:events",
        "Message": json.dumps(raw) + "\n",
        "Timestamp": "2020-01-01T00:00:00.000Z",
    }
    record = {"EventSource": "aws:sns", "Sns": envelope}
    queued = {"messageId": f"sqs-{f.number}", "body": json.dumps(envelope)}
    bus = {"detail-type": "Email Sent", "source": "aws.ses", "detail": raw}
    return rng.choice((raw, raw, raw, envelope, {"Records": [record]}, {"Records": [queued]}, bus))


def ses_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected."""
    rows: list[Row] = []
    while len(rows) < 4:
        raw = ses(rng, facts(rng, first + len(rows))).raw
        if raw.get("eventType") == "Send":
            rows.append(raw)
    rows[0]["eventType"] = "Teleport"
    rows[1]["mail"]["timestamp"] = None
    rows[2]["mail"]["tags"] = {"ses:configuration-set": ["Marketing"]}
    rows[3]["mail"] |= {"destination": [], "tags": {"campaign_id": ["c1"]}}
    return [*rows, {"Type": "Something", "Message": "else"}]
