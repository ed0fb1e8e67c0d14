"""The events that every source gets: generated ones, and mail that vendors have words for."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tests.support.events import generate

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, Any]

CAMPAIGNS: Final = ("c1", 'c"3", =1+1')
_MAIL_KINDS: Final = (
    *("sent", "sent", "delivered", "delivered", "bounce", "bounce", "bounce", "delay", "open"),
    *("click", "unsubscribe", "spam_complaint", "error", "error", "excluded"),
)
_BOUNCES: Final = (
    ("Mailbox-Full", "soft"),
    ("Invalid-Recipient", "hard"),
    ("Soft-Bounce", "soft"),
    ("Auto-Reply", "ignored"),
)
_REASONS: Final[Mapping[str, tuple[str | None, ...]]] = {
    "delay": tuple(reason for reason, _ in _BOUNCES[:3]),
    "error": ("Bad content", "Rendering Failure", "SMTPApiError", "generation_failure"),
    "excluded": ("Bounced Address", "Suppressed", "ManuallyDeactivated"),
}
_FAULTS: Final[tuple[Row, ...]] = ({"campaign_id": " "}, {"event_type": "teleported"})


def _mail(rng: random.Random, number: int) -> Row:
    """Return an event of an e-mail that at least one vendor can report."""
    row = generate.event(rng, number)
    kind = rng.choice(_MAIL_KINDS)
    reason, bounce_type = rng.choice(_BOUNCES)
    if kind != "bounce":
        reason, bounce_type = rng.choice(_REASONS.get(kind, (None,))), None
    micro = rng.choice((0, 0, 250_000))
    return row | {
        "timestamp": row["timestamp"].replace(microsecond=micro),
        "channel": "email",
        "event_type": kind,
        "domain": rng.choice((*generate.DOMAINS, None)),
        "platform": None,
        "reason": reason,
        "bounce_type": bounce_type,
        "is_async": bounce_type == "ignored" or rng.random() < 0.2 if kind == "bounce" else None,
    }


@cache
def events(seed: int) -> tuple[Row, ...]:
    """Return some hundred events of several campaigns, with repeats and with bad rows."""
    rng = random.Random(seed)  # noqa: S311 - test data
    mail = generate.repeated(rng, [_mail(rng, 50_000 + number) for number in range(150)])
    mail += [_mail(rng, 60_000 + n) | fault for n in range(4) for fault in _FAULTS]
    rows = generate.events(seed, 200) + mail
    rng.shuffle(rows)
    return tuple(rows)
