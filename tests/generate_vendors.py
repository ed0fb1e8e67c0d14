"""Seeded events as mail vendors report them, each with the canonical events it stands for.

Shapes are typed by hand after what the vendors publish. The two sides of a row are written
from the same facts, and nothing of the package is used: what a row stands for is said here a
second time.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from generate import BY_CODE_POINT, END, HOSTILE, WINDOWS, instant

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]

DOMAINS: Final = tuple(f"isp{i:02}.example.com" for i in range(14))


@dataclass(frozen=True, slots=True)
class Made:
    """A vendor's row, and the events it stands for: none where ignored, null where refused."""

    raw: Any
    events: list[Row] | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a mail server answered, and what that means."""

    code: str
    text: str
    reason: str
    kind: str | None
    """What type of bounce it is where the vendor does not tell."""


REPLIES: Final = (
    Reply("5.1.1", "550 5.1.1 <a@example.com> User unknown", "Invalid-Recipient", "hard"),
    Reply("5.2.2", "552 5.2.2 Over quota", "Mailbox-Full", "soft"),
    Reply("4.2.2", "452 4.2.2 The mailbox is full", "Mailbox-Full", "soft"),
    Reply("5.7.1", "554 5.7.1 Blocked using bl.example.com; see 192.0.2.1", "Spam-Block", "hard"),
    Reply("5.7.1", "554 5.7.1 Relaying denied", "Relaying-Denied", "hard"),
    Reply("5.4.4", "550 5.4.4 Host not found", "DNS-Failure", "hard"),
    Reply("4.4.7", "421 4.4.7 Delivery time expired", "Timeout", "soft"),
    Reply("5.3.4", "552 5.3.4 Message too big for system", "Too-Large", "soft"),
    Reply("5.7.26", "550 5.7.26 Unauthenticated mail is not accepted", "Mail-Block", "hard"),
    Reply("5.0.0", "550 we do not like you", "Generic-Bounce", "hard"),
    Reply("4.0.0", "451 later perhaps", "Transient-Failure", "soft"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Who got what, when: what all vendors can tell in their own words."""

    number: int
    at: datetime
    campaign: str
    message: str | None
    profile: str | None
    address: str
    domain: str
    execution: str | None
    variant: str | None
    is_test: bool
    url: str
    reply: Reply

    def noted(self) -> Row:
        """Return what the sender has noted on the message, for the vendor to pass on."""
        notes = {
            "message_id": self.message,
            "profile_id": self.profile,
            "execution_id": self.execution,
            "variant": self.variant,
            "is_test": "true" if self.is_test else None,
        }
        return {name: value for name, value in notes.items() if value is not None}

    def event(self, kind: str, place: int = 0, **more: object) -> Row:
        """Return a canonical event of these facts."""
        own = hashlib.sha256(self.address.lower().encode()).hexdigest()[:32]
        return {
            "event_id": f"{self.number}-{place}",
            "timestamp": self.at,
            "campaign_id": self.campaign,
            "message_id": self.message or self.campaign,
            "channel": "email",
            "profile_id": self.profile or own,
            "event_type": kind,
            "domain": self.domain,
            "execution_id": self.execution,
            "variant": self.variant,
            "is_test": self.is_test,
            **more,
        }

    def bounce(self, kind: str | None, *, late: bool, place: int = 0, **more: object) -> Row:
        """Return a bounce with the server's reply."""
        reason = {"reason": self.reply.reason} | more
        return self.event("bounce", place, bounce_type=kind, is_async=late, **reason)

    def delay(self, **more: object) -> Row:
        """Return a retry with the server's reply."""
        return self.event("delay", **{"reason": self.reply.reason} | more)


def facts(rng: random.Random, number: int, at: datetime | None = None) -> Facts:
    """Return facts with everything nasty a sender may have noted."""
    domain = rng.choice(DOMAINS)
    person = rng.randrange(50)
    nasty = (*HOSTILE, *BY_CODE_POINT)
    return Facts(
        number=number,
        at=(at or instant(rng)).replace(microsecond=0),
        campaign=rng.choice(("c1", "c1", "c1", "c2", 'c"3", =1+1')),
        message=rng.choice(("m-1", "m-1", "m-2", "007", None, rng.choice(nasty))),
        profile=rng.choice((f"p{person}", f"p{person}", None)),
        address=rng.choice((f"p{person}@{domain}", f"P{person}@{domain.upper()}")),
        domain=domain,
        execution=rng.choice(("run-1", "run-2", None)),
        variant=rng.choice(("A", None)),
        is_test=rng.random() < 0.15,
        url="https://shop.example/?a=1&b=2",
        reply=rng.choice(REPLIES),
    )


# --- SendGrid ------------------------------------------------------------------------------

SENDGRID_KINDS: Final = (
    ("processed",) * 10
    + ("delivered",) * 8
    + ("bounce",) * 4
    + ("open",) * 5
    + ("click",) * 3
    + ("dropped", "dropped", "deferred", "deferred")
    + ("spamreport", "unsubscribe", "group_unsubscribe", "group_resubscribe")
)
SENDGRID_SAME: Final = {
    "processed": "sent",
    "delivered": "delivered",
    "click": "click",
    "spamreport": "spam_complaint",
    "unsubscribe": "unsubscribe",
    "group_unsubscribe": "unsubscribe",
}
SENDGRID_DROPS: Final = (
    ("Unsubscribed Address", "excluded"),
    ("Bounced Address", "excluded"),
    ("Spam Content", "error"),
    ("Invalid SMTPAPI header", "error"),
)


def sendgrid(rng: random.Random, f: Facts) -> Made:
    """Return an event of SendGrid's webhook."""
    kind = rng.choice(SENDGRID_KINDS)
    raw: Row = {
        "email": f.address,
        "timestamp": int(f.at.timestamp()),
        "event": kind,
        "smtp-id": f"<{f.number}@mail.example.com>",
        "sg_event_id": f"sg-event-{f.number}",
        "sg_message_id": f"sg-message-{f.number}.recvd-0",
    }
    name = f"Sale of {f.at:%d %H:%M:%S}" if rng.random() < 0.3 else None
    raw |= rng.choice(
        (
            {"marketing_campaign_id": f.campaign, "marketing_campaign_name": name},
            {"campaign_id": f.campaign, "category": ["newsletter"], "campaign_name": name},
            {"category": f.campaign, "singlesend_name": name},
            {"category": [f.campaign, "newsletter"], "singlesend_name": name},
        )
    )
    raw |= f.noted() if rng.random() < 0.8 else {"unique_args": f.noted()}
    more: Row = {"campaign_name": name}
    if kind in SENDGRID_SAME:
        if kind == "click":
            raw["url"] = more["url"] = f.url
        return Made(raw, [f.event(SENDGRID_SAME[kind], **more)])
    if kind == "group_resubscribe":
        return Made(raw | {"asm_group_id": 7}, [])
    if kind == "open":
        machine = rng.choice((True, False, None))
        seen = {} if machine is None else {"sg_machine_open": machine}
        return Made(raw | seen, [f.event("open", is_machine=machine, **more)])
    if kind == "dropped":
        reason, means = rng.choice(SENDGRID_DROPS)
        return Made(raw | {"reason": reason}, [f.event(means, reason=reason, **more)])
    if kind == "deferred":
        raw |= {"response": f.reply.text, "attempt": "3"}
        return Made(raw, [f.delay(**more)])
    return _sendgrid_bounce(rng, f, raw, more)


def _sendgrid_bounce(rng: random.Random, f: Facts, raw: Row, more: Row) -> Made:
    verdict = rng.choice(("bounce", "blocked", "expired", None))
    types = {"bounce": "hard", "blocked": "soft", "expired": "soft", None: f.reply.kind}
    raw |= {"reason": f.reply.text, "status": f.reply.code}
    if verdict:
        raw["type"] = verdict
    late = rng.random() < 0.3
    if late:
        raw["sg_message_id"] = rng.choice(("", None))
    return Made(raw, [f.bounce(types[verdict], late=late, **more)])


def sendgrid_faults(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be refused."""
    rows = [sendgrid(rng, facts(rng, first + i)).raw for i in range(4)]
    rows[0] |= {"event": "teleported"}
    rows[1] |= {"timestamp": "yesterday"}
    rows[2] = {"email": "a@example.com", "event": "open", "timestamp": 1, "sg_event_id": "x"}
    rows[3] |= {"email": None, "profile_id": "", "unique_args": {}, "event": "open"}
    return rows


# --- Amazon SES ----------------------------------------------------------------------------

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
    if kind in ("Open", "Click", "Subscription"):
        return _ses_engagement(rng, kind, f, alone=len(whom) == 1)
    if kind == "Bounce":
        return _ses_bounce(rng, f, whom)
    if kind == "DeliveryDelay":
        said = {"status": f.reply.code, "diagnosticCode": f"smtp; {f.reply.text}"}
        body = at | {"delayType": "General", "delayedRecipients": [a | said for a in addresses]}
        more = {"reason": f.reply.reason}
        return {"deliveryDelay": body}, [
            one.event("delay", i, **more) for i, one in enumerate(whom)
        ]
    same: dict[str, tuple[str, Row, str, Row]] = {
        "Send": ("send", {}, "sent", {}),
        "Delivery": ("delivery", at | {"recipients": [a.address for a in whom]}, "delivered", {}),
        "Complaint": ("complaint", at | {"complainedRecipients": addresses}, "spam_complaint", {}),
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
    """Of several recipients, SES does not tell who opened."""
    at = {"timestamp": _time(f.at)}
    nobody = hashlib.sha256(f"ses-{f.number}".encode()).hexdigest()[:32]
    who = {} if alone else {"domain": None, "profile_id": f.profile or nobody}
    if kind == "Open":
        return {"open": at | {"ipAddress": "192.0.2.1"}}, [f.event("open", **who)]
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
    said = {"status": f.reply.code, "diagnosticCode": f"smtp; {f.reply.text}", "action": "failed"}
    finer, reason = "General", f.reply.reason
    if verdict != "Undetermined" and rng.random() < 0.4:
        finer, reason = rng.choice(list(SES_SUBTYPES.items()))
    elif verdict != "Undetermined" and rng.random() < 0.3:
        said, reason = {}, {"Permanent": "Generic-Bounce", "Transient": "Soft-Bounce"}[verdict]
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
        "bouncedRecipients": [{"emailAddress": one.address} | said for one in whom],
        "timestamp": _time(f.at),
        "feedbackId": f"feedback-{f.number}",
        **reporter,
    }
    events = [one.bounce(kind, late=late, place=i, reason=reason) for i, one in enumerate(whom)]
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
    """Return rows to be refused."""
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


VENDORS: Final[dict[str, Callable[[random.Random, Facts], Made]]] = {
    "sendgrid": sendgrid,
    "ses": ses,
}
FAULTS: Final[dict[str, Callable[[random.Random, int], list[Any]]]] = {
    "sendgrid": sendgrid_faults,
    "ses": ses_faults,
}


def rows(vendor: str, seed: int, size: int = 500) -> list[Made]:
    """Return about *size* sound rows, some of them repeated, and those to be refused."""
    rng = random.Random(seed)  # noqa: S311 - test data
    edges = [END - window for window in WINDOWS.values()]
    edges += [END, END - timedelta(seconds=1)]
    times: list[datetime | None] = [*edges, *(None for _ in range(size))]
    made = [VENDORS[vendor](rng, facts(rng, i, at)) for i, at in enumerate(times)]
    made += rng.sample([m for m in made if m.events], size // 10)
    made += [Made(raw, None) for raw in FAULTS[vendor](rng, 2 * size)]
    rng.shuffle(made)
    return made
