"""Seeded rows as Adobe Journey Optimizer exports them: nested dicts of every kind."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from tests.support.events.generate import DOMAINS, END, REASONS, WINDOWS, instant, repeated, some

if TYPE_CHECKING:
    from datetime import datetime

Row = dict[str, Any]

CHANNEL: Final = "https://ns.adobe.com/xdm/channels/"
EMAIL_KINDS: Final = (
    ("sent",) * 12
    + ("bounce",) * 4
    + ("async",) * 3
    + ("out_of_band",) * 2
    + ("copy",) * 3
    + ("denylist", "denylist", "error", "error", "exclude", "exclude", "delay")
    + ("delivered", "read", "duplicate", "unknown")
    + ("open",) * 6
    + ("click",) * 3
    + ("unsubscribe", "spam_complaint", "bot_open", "bot_click")
)
PUSH_KINDS: Final = (
    ("sent",) * 10
    + ("bounce", "bounce", "async", "denylist", "error", "error", "exclude", "exclude")
    + ("delivered", "duplicate")
    + ("pushTracking.applicationOpened",) * 4
    + ("pushTracking.customAction",) * 3
)
SMS_KINDS: Final = ("sent", "bounce", "error", "exclude", "delivered", "read")
EXCLUSIONS: Final = ("EmailNoConsent", "Suppressed", "PushNoTokenFoundInProfile", "brand new one")
CODES: Final = ("FR-0", "FR-1", "5.1.1", "4.2.2", "550", "451", "5.1.1.1", "99", "sent 5.1.1")
"""Some are codes of servers."""


def _feedback(rng: random.Random, kind: str) -> Row:
    status = {"async": "bounce", "copy": "sent"}.get(kind, kind)
    feedback: Row = {"feedbackStatus": status, "retryCount": rng.randrange(3)}
    failure: Row = {"code": CODES[rng.randrange(len(CODES))], "reason": some(rng, REASONS)}
    if kind == "exclude":
        feedback["messageExclusion"] = {"code": "050101", "reason": some(rng, EXCLUSIONS)}
    elif kind in ("bounce", "async", "out_of_band"):
        failure["type"] = rng.choice(("Hard", "hard", "Soft", "soft", "Ignored", None))
        failure["category"] = "async" if kind == "async" else rng.choice(("sync", None))
        feedback["messageFailure"] = failure
    elif kind == "denylist":
        feedback["messageFailure"] = failure | {"type": rng.choice(("soft", "Hard", None))}
    elif kind in ("error", "delay"):
        feedback["messageFailure"] = failure
    return feedback


def _identity(rng: random.Random, profile: Row, number: int) -> Row:
    """Name the mail, and mostly the person, in one of several ways; return ``identityMap``."""
    person = f"person-{rng.randrange(40)}@mail.example"
    profile["messageProfileID"] = f"profile-{rng.randrange(60)}"
    chance = rng.random()
    if chance < 0.5:
        return {"Email": [{"id": person, "primary": True}]}
    if chance < 0.6:
        return {}
    if chance < 0.7:
        return {"ECID": [{"id": f"ecid-{rng.randrange(30)}", "primary": False}]}
    second = [{"id": f"ecid-{n}", "primary": False} for n in (number % 7, number % 5)]
    if chance < 0.8:
        return {"Phone": [{"id": person, "primary": False}], "ECID": second}
    if rng.random() < 0.5:
        del profile["messageProfileID"]
    return {"ECID": second, "Email": [{"id": person, "primary": True}]}


def _context(rng: random.Random, channel: str) -> Row:
    if channel == "push":
        platform = rng.choice(("apns", "apnsSandbox", "fcm", "fcm", "web", "harmony", None))
        return {"pushChannelContext": {"platform": platform}}
    if channel != "email":
        return {}
    domain = rng.choice(DOMAINS)
    context = {"address": f"someone@{domain.upper()}", "domain": domain, "namespace": "Email"}
    if rng.random() < 0.4:
        del context["domain"]
    elif rng.random() < 0.2:
        context["domain"] = domain.title()
    if rng.random() < 0.1:
        context = {"namespace": "Email"}
    return {"emailChannelContext": context}


def _execution(rng: random.Random, channel: str) -> Row:
    execution: Row = {
        "campaignID": rng.choice(("c1", "c1", "c1", "c2")),
        "messageExecutionID": f"UMA-{channel}-{rng.randrange(2)}",
        "batchInstanceID": f"batch-{rng.randrange(3)}",
        "messageType": "marketing",
    }
    if rng.random() < 0.8:
        execution["messageID"] = f"{channel}-{rng.randrange(3)}"
    return execution


def row(rng: random.Random, number: int, at: datetime | None = None) -> Row:
    """Return one sound row in the published schema's own spelling."""
    channel, kinds = rng.choice(
        (("email", EMAIL_KINDS),) * 6 + (("push", PUSH_KINDS),) * 4 + (("sms", SMS_KINDS),)
    )
    kind = rng.choice(kinds)
    profile: Row = {"channel": {"_id": CHANNEL + channel}, "variant": rng.choice(("A", None))}
    identities = _identity(rng, profile, number)
    if rng.random() < 0.12:
        profile["isTestExecution"] = rng.random() < 0.8
    inner = {"messageExecution": _execution(rng, channel), "messageProfile": profile}
    inner |= _context(rng, channel)
    out: Row = {
        "_id": f"x{number}",
        "timestamp": at or instant(rng),
        "eventType": "message.feedback",
        "identityMap": identities,
        "_experience": {"customerJourneyManagement": inner},
    }
    if kind.startswith("pushTracking"):
        out["eventType"] = kind
        action = {"actionID": rng.choice(("Dismiss", "Buy", None))}
        provider = inner["pushChannelContext"]["platform"]
        out["pushNotificationTracking"] = {"pushProvider": provider} | (
            {"customAction": action} if kind.endswith("customAction") else {}
        )
        out["application"] = {"launches": {"value": rng.randrange(2)}}
    elif kind.removeprefix("bot_") in ("open", "click", "unsubscribe", "spam_complaint"):
        out["eventType"] = "message.tracking"
        inner["messageInteraction"] = {
            "interactionType": kind,
            "url": "https://shop.example/" if "click" in kind else None,
            "isBot": rng.choice((True, False, None)),
        }
    else:
        inner["messageDeliveryfeedback"] = _feedback(rng, kind)
    if kind == "copy":
        inner["secondaryRecipientDetail"] = {
            "type": "BCC",
            "originalRecipientAddress": f"reader{number}@mail.example",
        }
    return out


def _broken(rng: random.Random, first: int) -> list[Row]:
    """Return rows to be rejected: required fields gone, words outside the enumerations."""
    rows = [row(rng, first + i) for i in range(60)]
    sent = [r for r in rows if _status(r) == "sent" and _is_event(r)][:6]
    bounce = next(r for r in rows if _status(r) == "bounce")
    inner = [r["_experience"]["customerJourneyManagement"] for r in sent]
    sent[0]["_id"] = None
    sent[1]["timestamp"] = "not a time"
    del inner[2]["messageExecution"]["campaignID"]
    inner[3]["messageProfile"]["channel"]["_id"] = CHANNEL + "pigeon"
    inner[4]["messageDeliveryfeedback"]["feedbackStatus"] = "teleported"
    inner[5]["messageProfile"].pop("messageProfileID", None)
    sent[5]["identityMap"] = {"ECID": [{"id": "", "primary": True}]}
    failure = bounce["_experience"]["customerJourneyManagement"]["messageDeliveryfeedback"]
    failure["messageFailure"]["type"] = "Squishy"
    return [*sent, bounce]


def _status(out: Row) -> str | None:
    inner = out["_experience"]["customerJourneyManagement"]
    return inner.get("messageDeliveryfeedback", {}).get("feedbackStatus")


def _is_event(out: Row) -> bool:
    inner = out["_experience"]["customerJourneyManagement"]
    silent = _status(out) in ("delivered", "read", "duplicate", "unknown")
    return not silent and "secondaryRecipientDetail" not in inner


def rows(seed: int, size: int = 500, *, faults: bool = True) -> list[Row]:
    """Return about *size* sound rows of two campaigns, repeats and, if asked, bad rows."""
    rng = random.Random(seed)  # noqa: S311 - test data
    edges = [END - window for window in WINDOWS.values()] + [END]
    sound = [row(rng, i) for i in range(size)]
    sound += [row(rng, size + i, at) for i, at in enumerate(edges)]
    counted = [r for r in sound if _is_event(r)]
    out = sound + repeated(rng, counted)[len(counted) :]
    if faults:
        out += _broken(rng, 2 * size)
    rng.shuffle(out)
    return out
