"""Seeded rows of vendors with several channels, each with its canonical events."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from tests.support.channels.samples import SAMPLES
from tests.support.channels.words import WORDS
from tests.support.vendors.vendor_facts import Facts, Made, Row, facts

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_KINDS: Final = {
    "email": (
        *("sent", "sent", "delivered", "delivered", "bounce", "bounce", "delay", "open", "open"),
        *("click", "unsubscribe", "spam_complaint", "error", "excluded"),
    ),
    "push": ("sent", "sent", "delivered", "bounce", "open", "action", "error", "excluded"),
}
_TIMES: Final = {
    "airship": ("occurred",),
    "braze": ("time",),
    "customerio": ("timestamp",),
    "fcm": ("event_timestamp",),
    "iterable": ("dataFields", "createdAt"),
    "klaviyo": ("payload", "data", "attributes", "datetime"),
    "onesignal": ("event", "datetime"),
}
"""Where a vendor has the time of an event."""
_REASONS: Final = ("Mailbox-Full", "Invalid-Recipient", "Soft-Bounce")


def _event(rng: random.Random, f: Facts) -> Row:
    """Return an event of these facts, in whole seconds."""
    channel = rng.choice(("email", "email", "push"))
    kind = rng.choice(_KINDS[channel])
    bounced = kind == "bounce"
    return f.event(
        kind,
        channel=channel,
        domain=f.domain if channel == "email" else None,
        platform=rng.choice(("ios", "android", "web")) if channel == "push" else None,
        reason=rng.choice(_REASONS),
        bounce_type=rng.choice(("hard", "soft")) if bounced else None,
        is_async=rng.random() < 0.3 if bounced else None,
        url=f.url if kind == "click" else None,
        is_machine=rng.choice((True, False, None)) if kind in ("open", "click") else None,
        campaign_name="Sale",
        message_name="Hello",
    )


def generator(vendor: str) -> Callable[[random.Random, Facts], Made]:
    """Return what makes a row of a vendor from facts; some rows carry no event."""
    word, means = WORDS[vendor]
    ignored = [raw for raw, events in SAMPLES[vendor] if not events and raw != {"events": []}]

    def made(rng: random.Random, f: Facts) -> Made:
        if rng.random() < 0.05:
            return Made(deepcopy(rng.choice(ignored)), [])
        while True:
            row = _event(rng, f)
            raw = word(row)
            if raw is not None:
                return Made(raw, means(row))

    return made


def faults(vendor: str) -> Callable[[random.Random, int], list[Any]]:
    """Return what makes rows of a vendor that must be rejected."""
    word, _ = WORDS[vendor]
    channel = {"fcm": "push"}.get(vendor, "email")

    def made(rng: random.Random, first: int) -> list[Any]:
        f = facts(rng, first)
        kind = "open" if channel == "email" else "sent"
        plain = f.event(kind, channel=channel, is_machine=None, url=None, platform=None)
        plain |= {"campaign_name": None, "message_name": None, "reason": None}
        plain |= {"bounce_type": None, "is_async": None, "profile_id": "p1"}
        plain |= {} if channel == "email" else {"domain": None}
        late = deepcopy(word(plain))
        place = late
        *folders, name = _TIMES[vendor]
        for folder in folders:
            place = place[folder]  # type: ignore[index]
        place[name] = "soon"  # type: ignore[index]
        rows = [
            *(late, word(plain | {"event_type": "teleported"}), word(plain | {"campaign_id": " "})),
            word(plain | {"event_id": "again", "campaign_id": " "}),
        ]
        assert None not in rows
        return rows

    return made
