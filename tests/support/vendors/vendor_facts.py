"""What mail vendors report of generated events: the facts, before any vendor's words for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.support.events.generate import BY_CODE_POINT, HOSTILE, instant

if TYPE_CHECKING:
    import random
    from datetime import datetime

Row = dict[str, Any]

DOMAINS: Final = tuple(f"isp{i:02}.example.com" for i in range(14))


@dataclass(frozen=True, slots=True)
class Made:
    """A vendor's row and its events: an empty list if ignored, null if rejected."""

    raw: Any
    events: list[Row] | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of a mail server and its meaning."""

    code: str
    text: str
    reason: str
    kind: str | None
    """The bounce type, if the vendor does not give one."""

    @property
    def code_in_text(self) -> str:
        """The status code that the text alone shows."""
        return self.code if self.code in self.text else self.text[:3]


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
    """One delivery, which every vendor's format can express."""

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
        reply = {"reason": self.reply.reason, "status_code": self.reply.code_in_text} | more
        return self.event("bounce", place, bounce_type=kind, is_async=late, **reply)

    def delay(self, **more: object) -> Row:
        """Return a retry with the server's reply."""
        reply = {"reason": self.reply.reason, "status_code": self.reply.code_in_text}
        return self.event("delay", **reply | more)


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
