"""Seeded events as mail vendors report them, each with the canonical events it stands for.

Shapes are typed by hand after what the vendors publish. The two sides of a row are written
from the same facts, and nothing of the package is used: what a row stands for is said here a
second time.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
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


VENDORS: Final[dict[str, Callable[[random.Random, Facts], Made]]] = {"sendgrid": sendgrid}
FAULTS: Final[dict[str, Callable[[random.Random, int], list[Any]]]] = {"sendgrid": sendgrid_faults}


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
